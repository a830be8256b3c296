"""The page of one's own booking, and a page with a button for each thing that can be done with it.

Letters lead here, and mail scanners follow their links: a GET never does anything.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.api import read_invite
from gateway.features.bookings.certificates_api import read_certificate
from gateway.parts.own_bookings import NOT_YOURS, how_it_stands
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session
from gateway.projection.rows import BookingRow
from gateway.projection.views import status_of
from gateway.web.errors import NotReady
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.forms import key_of, new_key, typed
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.registration.schemas import Cancellation
from services.runtime import limits
from services.runtime.refusals import Invalid, KeyInUse, NotFound, Refusal, Unavailable

SIGN_IN: Final = SignIn("Your booking", "to see your booking", keeps={"reason": "Why?"})
# A browser that downloads a file stays where it is: the way from signing in leads to the page that has its link.
FOR_A_FILE: Final = replace(SIGN_IN, then="Then your booking opens, with a link to the file.")
routes = page_routes("bookings", sign_in=SIGN_IN, explains=NOT_YOURS)
DONE: Final = {"accept": "accepted", "decline": "declined", "cancel": "cancelled"}  # what is said once it was done
CAME_TO: Final = {  # the states after it
    "accepted": ("confirmed",),
    "declined": ("cancelled", "waiting"),
    "cancelled": ("cancelled", "partly_attended", "attended"),
    "handed_on": ("cancelled",),
    "needs": ("confirmed", "waiting", "offered"),
    "answers": ("confirmed", "waiting", "offered"),
    "moved": ("confirmed",),
    "changed": ("confirmed", "waiting"),
    "asked": ("confirmed",),
}
TOLD_OF_SESSION: Final = ("title", "meetings", "venue", "delivery", "waiting_list", "cancel_reason")
TOLD_AS: Final = {"offer-expired": "expired", "booking-closed": "over", "session-cancelled": "session_cancelled"}
CLASH, NOTHING_OFFERED = "clash", "nothing-offered"  # codes of registration's refusals
PLACES: Final = {"tables": "table", "rooms": "breakout room"}
NOT_ATTENDED: Final = "not-attended"
ASKED: Final = {"reason": Asked("your reason")}


@routes.route("GET", "/bookings/{reference}", "Your booking", requires="person", query=("done",))
def show_booking(call: Call) -> Response:
    """What it is, when and where, and what can be done with it now."""
    return _show(call, own_booking(call))


@routes.route("GET", "/bookings/{reference}/accept", "Take the place on offer", requires="person")
def show_accept(call: Call) -> Response:
    """Says what will happen, with a button."""
    return _ask(call, "accept", own_booking(call))


@routes.route("POST", "/bookings/{reference}/accept", "Take the place on offer", requires="person", one_call=True)
def accept(call: Call) -> Response:
    """Leads to the booking, which is confirmed now; or says what is in the way."""
    return _do(call, "accept", given={"allow_clash": True} if call.given.get("allow_clash") == "yes" else {})


@routes.route("GET", "/bookings/{reference}/decline", "Say no to the place on offer", requires="person")
def show_decline(call: Call) -> Response:
    """Says what will happen, with a button."""
    return _ask(call, "decline", own_booking(call))


@routes.route("POST", "/bookings/{reference}/decline", "Say no to the place on offer", requires="person", one_call=True)
def decline(call: Call) -> Response:
    """Leads to the booking, which has ended now; or says what is in the way."""
    return _do(call, "decline")


@routes.route("GET", "/bookings/{reference}/cancel", "Cancel your booking", requires="person")
def show_cancel(call: Call) -> Response:
    """Says what will happen, with a button."""
    return _ask(call, "cancel", own_booking(call))


@routes.route("POST", "/bookings/{reference}/cancel", "Cancel your booking", requires="person", one_call=True)
def cancel(call: Call) -> Response:
    """Leads to the booking, which has ended now; or says what is in the way."""
    reason = typed(call, "reason")["reason"]
    return _do(call, "cancel", given={"reason": reason} if reason.strip() else {}, own=True)


@routes.route(
    "GET",
    "/bookings/{reference}/certificate",
    "Your certificate",
    requires="person",
    media="application/pdf",
    sign_in=FOR_A_FILE,
    back="bookings.show_booking",
)
def show_certificate(call: Call) -> Response:
    """The document itself; or why there is none."""
    return _file(call, own_booking(call), read_certificate, NOT_ATTENDED, "no_certificate")


@routes.route(
    "GET",
    "/bookings/{reference}/invite.ics",
    "Your calendar file",
    requires="person",
    media="text/calendar",
    sign_in=FOR_A_FILE,
    back="bookings.show_booking",
)
def show_invite(call: Call) -> Response:
    """The file itself, as it was last mailed; or that there is none."""
    return _file(call, own_booking(call), read_invite, NotFound.code, "no_invite")


def own_booking(call: Call) -> Data:
    """Return the booking with its session, as the pages show it. Raises NotReady.

    Raises NotFound for other people's bookings, to the team as well, who have pages of their own.
    """
    booking: BookingRow = call.registration("booking", reference=call.path["reference"], own=True).value
    call.model.require_ready()
    session = call.model.sessions.get(booking["session"])
    if session is None:
        raise NotReady
    told = {name: session.data[name] for name in TOLD_OF_SESSION}
    offer = booking["offer"]
    answer_by = datetime.fromisoformat(offer["expires_at"]) if offer else None
    status = status_of(session, call.now)
    begun = session.starts_at <= call.now
    stands = {"session_status": status, "answer_by": answer_by, "begun": begun, **_deadline(session, call.now)}
    waited_for = call.model.sessions.get(booking.get("instead_of", ""))
    stands["waited_for"] = waited_for.data["title"] if waited_for else None
    return {"join_url": None, "asks": False, **booking, **told, **stands}


def _deadline(session: Session, now: datetime) -> Data:
    """Return until when one cancels in time as `cancel_by`; after that, the same moment as `late_since`."""
    days = session.data["cancel_days"]
    by = session.starts_at - timedelta(days=days) if days is not None else None
    is_late = by is not None and by < now
    return {"cancel_by": None if is_late else by, "late_since": by if is_late else None}


def tables_of(call: Call, references: list[str]) -> dict[str, str]:
    """Return where the visitor sits, in words, by those of their bookings whose tables are published.

    A page of one's places does without, where that cannot be found out now.
    """
    try:
        items = call.community("own_tables", references=references).value["items"] if references else []
    except Refusal as refusal:
        if refusal.code != Unavailable.code:
            raise
        items = []
    return {told["reference"]: _where_in_words(told) for told in items}


def _where_in_words(told: Data) -> str:
    """Return for example “Table 3”, or “Round 1: table 3. Round 2: table 5”."""
    name, tables = PLACES[told["kind"]], told["tables"]
    at = [f"{name} {one['table']}" if one["table"] else f"no {name}" for one in tables]
    if len(at) == 1:
        return at[0][:1].upper() + at[0][1:]
    return ". ".join(f"Round {one['round']}: {where}" for one, where in zip(tables, at, strict=True))


def _in_the_way(call: Call, action: str, seen: Data) -> str | None:
    """Return why the booking, as it stands, does not allow the action; None if it does."""
    stands = how_it_stands(seen, call.now)
    if action == "cancel":
        if stands == "confirmed" and seen["session_status"] == "finished":
            return "over"
        return None if stands in ("confirmed", "waiting", "offered", "expired") else stands
    return None if stands == "offered" else stands


def _show(call: Call, seen: Data) -> Response:
    done = call.query().get("done", "")
    told = done if seen["state"] in CAME_TO.get(done, ()) else None
    finished, begun = seen["session_status"] == "finished", seen["begun"]
    stands = how_it_stands(seen, call.now)
    forms = call.registration("forms_of_booking", reference=seen["reference"]).value
    besides = {
        "feedback": forms["feedback"],
        "pledged": finished and forms["pledged"],
        "evaluation": forms["evaluation"],
        "tables": tables_of(call, [seen["reference"]]).get(seen["reference"]),
    }
    context = {
        "seen": {**seen, **besides},
        "stands": stands,
        "begun": begun,
        "finished": finished,
        "done": told,
    }
    return call.app.pages.show_form(call, "booking.html", **context)


def _ask(call: Call, action: str, seen: Data) -> Response:
    why = _in_the_way(call, action, seen)
    return _show_why(call, seen, why, action) if why else _show_button(call, action, seen)


def _show_button(call: Call, action: str, seen: Data, status: int = 200, **more: Any) -> Response:
    """Show what will happen, and the button. Its form holds a key, so that pressing it twice is once."""
    context = {"clash": None, "reason": "", "errors": {}, **more}
    key = new_key()
    return call.app.pages.show_form(
        call, f"booking_{action}.html", status, seen=seen, key=key, most=limits.most(Cancellation, "reason"), **context
    )


def _show_why(call: Call, seen: Data, why: str, action: str | None = None) -> Response:
    """Show what is so now, and what can be done."""
    return call.app.pages.show_form(call, "booking_refused.html", 409, seen=seen, why=why, action=action)


def _do(call: Call, action: str, **asked: Any) -> Response:
    try:
        call.registration(action, reference=call.path["reference"], key=key_of(call), **asked)
    except Refusal as refusal:
        if refusal.code != KeyInUse.code:  # the first press is still under way
            return _not_done(call, action, refusal)
    return go("bookings.show_booking", reference=call.path["reference"].upper(), done=DONE[action])


def _not_done(call: Call, action: str, refusal: Refusal) -> Response:
    """Show what is in the way. Raises the refusal if it is none of those that a page explains."""
    wrong = refusal.code == Invalid.code and action == "cancel"
    if not wrong and refusal.code not in (CLASH, NOTHING_OFFERED, *TOLD_AS):
        raise refusal
    seen = own_booking(call)  # it may have changed since, and the clock has
    why = TOLD_AS.get(refusal.code) or _in_the_way(call, action, seen)
    if why:
        return _show_why(call, seen, why, action)
    if wrong:
        said = typed(call, "reason")
        return _show_button(call, action, seen, 422, **said, errors=in_form(refusal, ASKED, said))
    return _show_button(call, action, seen, 409, clash=refusal.detail if refusal.code == CLASH else None)


def _file(call: Call, seen: Data, read: Callable[[Call], Response], none: str, why: str) -> Response:
    """Answer with what `read` answers; where it refuses with the code `none`, show why."""
    try:
        return read(call)
    except Refusal as refusal:
        if refusal.code != none:
            raise
        return _show_why(call, seen, why)
