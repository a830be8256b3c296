"""The team's page for giving a place to one person who waits: what it means, and a button."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.bookings.team_booking import booking_of
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import follow_figures
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import Admission
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_admitting", sign_in=FOR_THE_TEAM, private=True)
FIELDS: Final = ("over_capacity", "reason")
WHY: Final = "Enter the reason for going over capacity"
ASKED: Final = {
    "over_capacity": Asked(ask="Tick the box to give a place over capacity"),
    "reason": Asked("the reason", but={"reason-missing": WHY}),
}
NONE_FREE: Final = "session-full"
IN_THE_WAY: Final = ("not-waiting", "booking-closed", "session-cancelled")


@routes.route("GET", "/team/bookings/{reference}/admit", "Give a place to someone on the waiting list", requires="team")
def show_admit(call: Call) -> Response:
    """Says who it is, whether a place is free for them, and who is ahead of them, with a button."""
    return _show(call, dict.fromkeys(FIELDS, ""))


@routes.route(
    "POST", "/team/bookings/{reference}/admit", "Give a place to someone on the waiting list", requires="team"
)
def admit(call: Call) -> Response:
    """Leads to the waiting list; or says what is in the way. Where no place is free, a box must be ticked."""
    said, booking = typed(call, *FIELDS), booking_of(call)
    given: Data = {"reason": said["reason"]} if said["reason"].strip() else {}
    if said["over_capacity"] == "yes":
        given["over_capacity"] = True
    try:
        named: Data = {"reference": call.path["reference"], "given": given, "key": key_of(call)}
        follow_figures(call, once(lambda: call.registration("admit", **named)))
    except Refusal as refusal:
        if refusal.code == NONE_FREE:
            return _show(call, said, _unsaid(said), 409)
        if refusal.code == Invalid.code:
            return _show(call, said, in_form(refusal, ASKED, said), 422)
        if refusal.code in IN_THE_WAY:
            return _not_waiting(call, refusal)
        raise
    back = "team_applications.show_applications" if booking["application"] else "team_bookings.show_waiting_list"
    return go(back, slug=booking["session"], done="admitted")


def _unsaid(said: dict[str, str]) -> Errors:
    """Return what has yet to be said where no place is free."""
    errors = {"over_capacity": ASKED["over_capacity"].ask}
    return errors if said["reason"].strip() else {**errors, "reason": WHY}


def _show(call: Call, said: dict[str, str], errors: Errors | None = None, status: int = 200) -> Response:
    try:
        foreseen = call.registration("foresee_admission", reference=call.path["reference"]).value
    except Refusal as refusal:
        if refusal.code not in IN_THE_WAY:
            raise
        return _not_waiting(call, refusal)
    booking = booking_of(call)
    context: Data = {"booking": booking, "foreseen": foreseen, "said": said, "errors": errors or {}}
    context["places"] = _places(booking, foreseen["mode"])
    context["most"] = limits.most(Admission, "reason")
    return show(call, "team_booking_admit.html", status, **context)


def _places(booking: Data, mode: str) -> Data:
    """Return how full the session is in that mode; nothing, where the catalogue has not told of it here."""
    none = {"capacity": 0, "left": 0, "over": 0}
    return dict(booking["about"]["modes"].get(mode, none)) if booking["about"] else none


def _not_waiting(call: Call, refusal: Refusal) -> Response:
    return show(call, "team_booking_not_waiting.html", 409, booking=booking_of(call), why=refusal.code)
