"""“Tell me when there is more”: the button on the pages of sessions and topics."""

from collections.abc import Callable
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.interests.pages import page_of
from gateway.parts.cards import TOLD
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import ReadModel
from gateway.web import guards
from gateway.web.pages.layout import led_to
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import NotFound

routes = page_routes("tell_me")
THERE: Final[
    dict[str, Callable[[ReadModel, str], bool]]
] = {  # what can be asked for, and whether there is such a thing
    "session": lambda model, slug: model.sessions.get(slug) is not None,
    "topic": lambda model, slug: slug in lists.topics(model),
    "programme": lambda model, slug: model.get("programmes", slug) is not None,
}
SIGN_IN: Final = SignIn(
    "Tell me when there is more",
    "so that we know where to write to",
    then="Then you come back to the page, and can press the button again.",
)


def _ask_to_sign_in(call: Call) -> Response:
    return guards.ask_to_sign_in(call, SIGN_IN, back=page_of(*_wanted(call)))


@routes.route("POST", "/interests", "Ask to be told when there is more", requires="person", sign_in=_ask_to_sign_in)
def tell_me(call: Call) -> Response:
    """Leads back to the page that has the button, which says so. Asked for twice is once."""
    kind, slug = _wanted(call)
    call.registration("register_interest", given={kind: slug})
    return led_to(page_of(kind, slug, **{TOLD: "yes"}))


def _wanted(call: Call) -> tuple[str, str]:
    """Return what the form names: the kind of thing, and its name. Raises NotFound where there is no such thing."""
    call.model.require_ready()
    named = [(kind, value) for kind, value in _named(call).items() if kind in THERE]
    if len(named) != 1 or not THERE[named[0][0]](call.model, named[0][1]):
        raise NotFound("There is nothing of this name.")
    return named[0]


def _named(call: Call) -> dict[str, str]:
    return lists.with_topic_of_now(call.model, {kind: str(value) for kind, value in call.given.items()})
