"""Whether the coordinators of someone's organisation see their places: a switch on a page of the account."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.editing import refused
from gateway.projection.call import Call
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes

HEADING: Final = "Who sees your bookings"
routes = page_routes("sharing", sign_in=SignIn(HEADING, "to see and change it"), private=True)
DONE: Final = {
    "agreed": "Saved. The coordinators of your organisation can see your bookings from now on.",
    "ended": "Saved. The coordinators of your organisation can no longer see your bookings.",
}


@routes.route("GET", "/account/sharing", HEADING, requires="person", query=("done",))
def show_sharing(call: Call) -> Response:
    """What they would see, and a button to agree to it or to end it."""
    told = call.registration("sharing").value
    since = datetime.fromisoformat(told["since"]) if told["since"] else None
    done = DONE.get(call.query().get("done", ""), "")
    return call.app.pages.show_form(call, "sharing.html", **{**told, "since": since}, done=done)


@routes.route("POST", "/account/sharing", HEADING, requires="person")
def change_sharing(call: Call) -> Response:
    """Leads back to the page, which says how it is now; also where there is no organisation any more."""
    shares = call.given.get("shares") == "yes"
    refusal = refused(lambda: call.registration("change_sharing", given={"shares": shares}))
    if refusal is not None and refusal.code != "no-organisation":
        raise refusal
    return go("sharing.show_sharing", done=None if refusal else "agreed" if shares else "ended")
