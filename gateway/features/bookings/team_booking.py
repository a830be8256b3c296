"""The team's page of one booking, its history and notes; and a page with a button for what can be done with it."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.asked_questions import in_words
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import all_rows, booking_seen, follow_figures, seen
from gateway.projection.call import Call
from gateway.projection.read_model import Data, Session
from gateway.web.pages.field_errors import Asked, Errors, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.registration.schemas import Cancellation, Note
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("team_booking", sign_in=FOR_THE_TEAM, private=True)
LIVE: Final = ("confirmed", "waiting", "offered")
ASKED: Final = {
    "text": Asked("your note", "Write your note"),
    "reason": Asked("your reason"),
    "session": Asked("the session", "Choose a session to move to"),
    "mode": Asked(ask="Choose in the room or online"),
}
DONE: Final = {
    "booked": "The booking is made. We have emailed them.",
    "booked_for_another": "The booking is made. We have emailed them.",
    "noted": "Your note is saved.",
    "cancelled": "The booking is cancelled. We have emailed them.",
    "moved": "The booking has moved. We have emailed them.",
}
HAPPENED: Final = {
    "booking_confirmed": "Got a place",
    "booking_waitlisted": "Joined the waiting list",
    "place_offered": "Was offered a place",
    "offer_expired": "Did not answer the offer in time",
    "booking_cancelled": "Cancelled",
    "booking_moved": "Moved to this session",
    "note": "Note",
}
WHY: Final = {
    "over_capacity": "beyond the places that there are",
    "accepted": "said yes to the offer",
    "declined": "said no to the offer",
    "promoted": "a place came free",
    "converted": "the session changed how it meets",
    "places_reduced": "there were fewer places than before",
    "changed_mode": "to take part in the other way",
    "other_mode": "to take part in the other way",
    "admitted": "the team gave them a place",
    "applied": "applied for a place",
    "refused": "the team gave them no place",
    "session_cancelled": "the session was cancelled",
    "session_reinstated": "the session takes place after all",
    "erased": "the account was deleted",
    "imported": "brought in from another programme",
    "invited": "from the waiting list of another session",
    "accepted_other": "took a place in another session instead",
    "got_other": "got a place in the session that they were waiting for",
}
NOT_MOVED: Final = ("session-full", "already-booked", "booking-closed", "session-cancelled", "not-found", "clash")


@routes.route("GET", "/team/bookings/{reference}", "Somebody’s booking", requires="team", query=("done",))
def show_booking(call: Call) -> Response:
    """What it is, whose, what they need, and what became of it."""
    return _show(call)


@routes.route("POST", "/team/bookings/{reference}", "Add a note to somebody’s booking", requires="team")
def add_note(call: Call) -> Response:
    """For the team alone to read."""
    said = typed(call, "text")
    if errors := found(Note(), said, ASKED):
        return _show(call, 422, text=said["text"], errors=errors)
    once(lambda: call.registration("add_note", reference=call.path["reference"], given=said, key=key_of(call)))
    return _done(call, "noted")


@routes.route("GET", "/team/bookings/{reference}/cancel", "Cancel somebody’s booking", requires="team")
def show_cancel(call: Call) -> Response:
    """Says what will happen, with a button."""
    return _ask_why(call, booking_of(call))


@routes.route("POST", "/team/bookings/{reference}/cancel", "Cancel somebody’s booking", requires="team")
def cancel(call: Call) -> Response:
    """The place goes to the next person; the reason is in their email."""
    reason = typed(call, "reason")["reason"]
    given = {"reason": reason} if reason.strip() else {}
    if errors := found(Cancellation(), given, ASKED):
        return _ask_why(call, booking_of(call), 422, reason=reason, errors=errors)
    try:
        named: Data = {"reference": call.path["reference"], "given": given, "key": key_of(call)}
        follow_figures(call, once(lambda: call.registration("cancel", **named)))
    except Refusal as refusal:
        if refusal.code != "booking-closed":
            raise
        return _ask_why(call, booking_of(call), 409, reason=reason, errors={"reason": refusal.detail})
    return _done(call, "cancelled")


@routes.route("GET", "/team/bookings/{reference}/move", "Move somebody’s booking", requires="team")
def show_move(call: Call) -> Response:
    """The sessions that it can move to."""
    return _ask_where(call, booking_of(call))


@routes.route("POST", "/team/bookings/{reference}/move", "Move somebody’s booking", requires="team")
def move(call: Call) -> Response:
    """They keep the place that they have unless the other session has one."""
    given = call.given
    chosen = given.get("session", "")
    if not chosen:
        return _ask_where(call, booking_of(call), 422, errors={"session": ASKED["session"].ask})
    wanted: Data = {"session": chosen}
    if given.get("mode") in ("in_room", "online"):
        wanted["mode"] = given["mode"]
    if given.get("allow_clash") == "yes":
        wanted["allow_clash"] = True
    try:
        named: Data = {"reference": call.path["reference"], "given": wanted, "key": key_of(call)}
        follow_figures(call, once(lambda: call.registration("move", **named)))
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return _ask_where(call, booking_of(call), 422, errors=in_form(refusal, ASKED, wanted))
        if refusal.code not in NOT_MOVED:
            raise
        clash = refusal.code == "clash"
        return _ask_where(call, booking_of(call), 409, errors={"session": refusal.detail}, clash=clash)
    return _done(call, "moved")


def _done(call: Call, what: str) -> Response:
    """Lead to the booking, which says what was done."""
    return go("team_booking.show_booking", reference=call.path["reference"].upper(), done=what)


def booking_of(call: Call) -> Data:
    """Return the booking that the address names, with its session. Raises NotFound, NotReady."""
    call.model.require_ready()
    booking = call.registration("booking_of_person", reference=call.path["reference"]).value
    session = call.model.sessions.get(booking["session"])
    about = seen(call, session) if session else None
    over = about is None or about["status"] == "finished"
    is_coming = about is not None and about["starts_at"] > call.now
    return {
        **booking_seen(call, booking),
        "about": about,
        "can_be_cancelled": booking["state"] in LIVE and not over,
        "can_be_moved": booking["state"] in LIVE and is_coming,
        "can_be_admitted": booking["state"] == "waiting" and is_coming,
    }


def _show(call: Call, status: int = 200, text: str = "", errors: Errors | None = None) -> Response:
    booking = booking_of(call)
    history = [_entry(call, row) for row in all_rows(call, "history", reference=booking["reference"])]
    asked = call.query().get("done", "")
    done, kept_name = DONE.get(asked), asked == "booked_for_another"
    context: Data = {
        "booking": booking,
        "history": history,
        "done": done,
        "kept_name": kept_name,
        "text": text,
        "errors": errors or {},
        "answers": _answers(call, booking) if booking.get("asks") else [],
    }
    return show(call, "team_booking.html", status, **context)


def _answers(call: Call, booking: Data) -> list[tuple[str, str]]:
    """Return what was answered, as the question and the answer in words; nothing for what was not answered."""
    told = call.registration("answers", reference=booking["reference"]).value
    return [(question["text"], in_words(question["answer"])) for question in told["items"]]


def _entry(call: Call, change: Data) -> Data:
    """Return one entry of the history in words: what, why and by whom."""
    why = (
        "after the deadline" if change.get("late") else WHY.get(change["cause"])
    )  # an older registration has no `late`
    by = "the person" if change["by"] == "person" else change["actor"] or "Headrow"
    session = call.model.sessions.get(change["session"])
    return {
        "at": datetime.fromisoformat(change["at"]),
        "what": HAPPENED.get(change["what"], change["what"].replace("_", " ").capitalize()),
        "why": why,
        "by": by,
        "reason": change["reason"],
        "session": session.data["title"] if session else change["session"],
    }


def _ask_why(
    call: Call, booking: Data, status: int = 200, *, reason: str = "", errors: Errors | None = None
) -> Response:
    context: Data = {"reason": reason, "errors": errors or {}, "most": limits.most(Cancellation, "reason")}
    return show(call, "team_booking_cancel.html", status, booking=booking, **context)


def _ask_where(
    call: Call, booking: Data, status: int = 200, errors: Errors | None = None, clash: bool = False
) -> Response:
    others = sessions_to_move_to(call, booking["about"])
    said = {name: call.given.get(name, "") for name in ("session", "mode")}
    both = any(len(session["modes"]) > 1 for session in others)
    context: Data = {"others": others, "both": both, "said": said, "errors": errors or {}, "clash": clash}
    return show(call, "team_booking_move.html", status, booking=booking, **context)


def sessions_to_move_to(call: Call, about: Data | None) -> list[Data]:
    """Return the sessions that a booking of the session `about` could move to, the soonest first."""
    others = [seen(call, session) for session in call.model.sessions.values() if _could_be(call, session, about)]
    return sorted(others, key=lambda session: session["starts_at"])


def _could_be(call: Call, session: Session, about: Data | None) -> bool:
    """Say whether a booking of the session `about` could move to `session`, as far as is known here."""
    if about is None or session.data["slug"] == about["slug"] or session.starts_at <= call.now:
        return False
    return bool(session.data["programme"] == about["programme"] and session.data["status"] == "published")
