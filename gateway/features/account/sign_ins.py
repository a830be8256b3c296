"""The page of where someone is signed in, with a button for each."""

from datetime import datetime

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.identity import COOKIE
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import NotFound, Refusal

routes = page_routes(
    "sign_ins",
    sign_in=SignIn("Where you are signed in", "to see where you are signed in"),
    back="sign_ins.show_sign_ins",
    private=True,
)
TIMES = ("signed_in_at", "last_used_at", "expires_at")


@routes.route("GET", "/account/sign-ins", "Where you are signed in", requires="person", query=("done",))
def show_sign_ins(call: Call) -> Response:
    """Each of them, and a way out of all."""
    rows = call.registration("sign_ins").value["items"]
    shown = [{**row, **{name: datetime.fromisoformat(row[name]) for name in TIMES}} for row in rows]
    offers = bool(call.app.settings.identity_providers)
    done = call.query().get("done") == "out"
    return call.app.pages.show_form(call, "sign_ins.html", rows=shown, done=done, offers_providers=offers)


@routes.route("POST", "/account/sign-ins/{id}/end", "Sign out there", requires="person")
def end(call: Call) -> Response:
    """Leads back to the list, also where it was over already."""
    try:
        call.registration("end_sign_in", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return go("sign_ins.show_sign_ins", done="out")


@routes.route("POST", "/account/sign-ins/end-all", "Sign out everywhere", requires="person")
def end_all(call: Call) -> Response:
    """Here as well."""
    call.registration("end_sign_ins")
    response = go("home.home")
    call.app.cookies.delete(response, COOKIE)
    return response
