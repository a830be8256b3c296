"""A form for suggestions: a theme, an offer to speak, or anything else."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.pages.field_errors import Asked, found, in_form
from gateway.web.pages.forms import key_of, new_key, typed
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.registration.schemas import SuggestionMade
from services.runtime import limits
from services.runtime.refusals import Invalid, KeyInUse, KeyReused, Refusal

SIGN_IN: Final = SignIn("Suggest something", "to suggest something", keeps={"text": "Your suggestion"})
routes = page_routes("suggest", sign_in=SIGN_IN)
TOO_MANY: Final = "too-many-suggestions"
ASKED: Final = {
    "kind": Asked(ask="Choose what your suggestion is"),
    "text": Asked("your suggestion", "Write your suggestion"),
}
KINDS: Final = {
    "theme": "A theme for a session",
    "speak": "I would like to speak at a session",
    "other": "Something else",
}


@routes.route("GET", "/suggest", "Suggest something", requires="person", query=("kind", "sent"))
def show_form(call: Call) -> Response:
    """The form; or thanks, where it was sent just now."""
    if "sent" in call.query():
        return call.app.pages.show_form(call, "suggest_thanks.html")
    kind = call.query().get("kind", "")
    return _show(call, {"kind": kind if kind in KINDS else "", "text": ""}, {}, 200)


@routes.route("POST", "/suggest", "Suggest something", requires="person")
def send(call: Call) -> Response:
    """Keeps it for the team, and leads to the thanks. What is wrong is told on the form."""
    said = typed(call, "kind", "text")
    if errors := found(SuggestionMade(), said, ASKED):
        return _show(call, said, errors, 422)
    try:
        call.registration("suggest", given=said, key=key_of(call))
    except Refusal as refusal:
        if refusal.code in (Invalid.code, KeyReused.code):
            return _show(call, said, in_form(refusal, ASKED, said), 422)
        if refusal.code == TOO_MANY:
            return _show(call, said, {"text": refusal.detail}, 429)
        if refusal.code != KeyInUse.code:  # the first press is still under way
            raise
    return go("suggest.show_form", sent="yes")


def _show(call: Call, said: dict[str, str], errors: dict[str, str], status: int) -> Response:
    context = {
        "said": said,
        "errors": errors,
        "kinds": KINDS,
        "most": limits.most(SuggestionMade, "text"),
        "key": new_key(),
    }
    return call.app.pages.show_form(call, "suggest.html", status, **context)
