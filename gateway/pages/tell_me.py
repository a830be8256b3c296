"""“Tell me when there is more”: the button on the pages of sessions and topics."""

from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from gateway import lists
from gateway.call import Call
from gateway.pages.layout import led_to
from gateway.pages.sessions import TOLD
from gateway.read_model import ReadModel
from gateway.routing import Routes
from services.bus.refusals import NotFound

routes = Routes("Pages", prefix="")
THERE: Final[
    dict[str, Callable[[ReadModel, str], bool]]
] = {  # what can be asked for, and whether there is such a thing
    "session": lambda model, slug: model.sessions.get(slug) is not None,
    "topic": lambda model, slug: slug in lists.topics(model),
    "programme": lambda model, slug: model.get("programmes", slug) is not None,
}


@routes.route(
    "POST", "/interests", "anyone", "Ask to be told when there is more", media="text/html", form=True, status=303
)  # fmt: skip
def tell_me(call: Call) -> Response:
    """Leads back to the page that has the button, which says so. Asked for twice is once."""
    kind, slug = _wanted(call)
    pages = {"session": f"/sessions/{slug}", "topic": f"/topics/{slug}", "programme": f"/sessions?programme={slug}"}
    back = pages[kind]
    if not call.house.pages.is_signed_in(call):
        to = "so that we know where to write to"
        then = "Then you come back to the page, and can press the button again."
        return call.house.pages.ask_to_sign_in(call, "Tell me when there is more", to, back=back, then=then)
    call.registration("register_interest", given={kind: slug})
    return led_to(f"{back}{'&' if '?' in back else '?'}{urlencode({TOLD: 'yes'})}")


def _wanted(call: Call) -> tuple[str, str]:
    """Return what the form names: the kind of thing, and its name. Raises NotFound where there is no such thing."""
    call.model.require_ready()
    named = [(kind, str(call.given[kind])) for kind in THERE if kind in call.given]
    if len(named) != 1 or not THERE[named[0][0]](call.model, named[0][1]):
        raise NotFound("There is nothing of this name.")
    return named[0]
