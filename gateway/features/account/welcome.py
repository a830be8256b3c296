"""Where the first team member comes in, by the address that was printed at the start. A GET changes nothing."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.account.sign_in import keep_signed_in
from gateway.parts.devices import device_of
from gateway.projection.call import Call
from gateway.web.identity import has_role
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import FirstTeamMember
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("welcome", private=True)
OVER: Final = "welcome-over"
NAME: Final = f"Your name can have {limits.most(FirstTeamMember, 'name'):,} characters at most, in one line"
ASKED: Final = {"email": Asked(ask="Enter an email address, like name@example.com"), "name": Asked(ask=NAME)}


@routes.route("GET", "/welcome/{token}", "Welcome", requires="anyone")
def show_welcome(call: Call) -> Response:
    """Asks who comes in; a scanner that follows the link uses nothing up."""
    try:
        call.registration("check_welcome", token=call.path["token"])
    except Refusal as refusal:
        return _over(call, refusal)
    return _show(call, {"email": "", "name": ""})


@routes.route("POST", "/welcome/{token}", "Come in", requires="anyone")
def come_in(call: Call) -> Response:
    """Makes them the first of the team, signs this browser in, and leads to where the team begins."""
    form = typed(call, "email", "name")
    given = {"token": call.path["token"], "email": form["email"], "name": form["name"].strip() or None}
    try:
        signed_in = call.registration("come_in", given=given, device=device_of(call.request)).value
    except Refusal as refusal:
        return _show(call, form, refusal) if refusal.code == Invalid.code else _over(call, refusal)
    response = go("team_home.show_home", done="welcome")
    keep_signed_in(call, response, signed_in)
    return response


def _show(call: Call, form: dict[str, str], refusal: Refusal | None = None) -> Response:
    errors = in_form(refusal, ASKED, form) if refusal else {}
    return call.app.pages.show_form(call, "welcome.html", 422 if errors else 200, form=form, errors=errors)


def _over(call: Call, refusal: Refusal) -> Response:
    """Say that the address no longer works; whoever has come in by it, and pressed twice, is led on."""
    if refusal.code != OVER:
        raise refusal
    if call.app.pages.visitor(call) and has_role(call.who(), "team"):
        return go("team_home.show_home")
    return call.app.pages.show_form(call, "welcome_over.html", 410)
