"""Many bookings in one go: a list of people to be booked, and several bookings to be moved or cancelled."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import LARGE, Routes
from services.registration import schemas as registration

routes = Routes("api.many_bookings", "Bookings")
SECONDS: Final = 30.0  # for as many people as are booked at once
DRY_RUN: Final = ("dry_run",)


@routes.route(
    "POST",
    "/sessions/{slug}/booking-lists",
    "Book a list of people",
    requires="team",
    one_call=True,
    body=registration.BookingList,
    returns=registration.ListBooked,
    csv=True,
    most=LARGE,
    query=("mode", "if_full", *DRY_RUN),
)
def book_list(call: Call) -> Response:
    """As text/csv with `mode` and `if_full` in the address, or as JSON: up to 500 lines, each with an email address.

    Each line is booked as one person is, in its order; a line with a problem stops no other. With `dry_run=true`
    nothing is kept: the answer says what would happen.
    """
    query = call.query()
    said = {name: query[name] for name in ("mode", "if_full") if query.get(name)}
    given = {**({"csv": call.sheet} if call.sheet is not None else call.given), **said}
    return responses.private(_asked(call, ("foresee_list", "book_list"), given))


@routes.route(
    "POST",
    "/sessions/{slug}/bookings/move",
    "Move several bookings to another session",
    requires="team",
    one_call=True,
    body=registration.BookingsMove,
    returns=registration.BookingsChanged,
    query=DRY_RUN,
)
def move_bookings(call: Call) -> Response:
    """Each as one is moved, in the order of `references`: one that cannot be stays as it is, and stops no other."""
    return responses.private(_asked(call, ("foresee_moves", "move_bookings"), call.given))


@routes.route(
    "POST",
    "/sessions/{slug}/bookings/cancel",
    "Cancel several bookings",
    requires="team",
    one_call=True,
    body=registration.BookingsCancellation,
    returns=registration.BookingsChanged,
    query=DRY_RUN,
)
def cancel_bookings(call: Call) -> Response:
    """Each as one is cancelled. Their places go to those who wait once all are cancelled."""
    return responses.private(_asked(call, ("foresee_cancellations", "cancel_bookings"), call.given))


@routes.route(
    "POST",
    "/sessions/{slug}/invite-waiting",
    "Invite the waiting list to another session",
    requires="team",
    one_call=True,
    body=registration.WaitingListInvitation,
    returns=registration.WaitingListInvited,
    query=DRY_RUN,
)
def invite_waiting_list(call: Call) -> Response:
    """In its order, as many as the other session has free places; the next are asked as these say no.

    Whoever accepts is taken off this waiting list. With `dry_run=true` nobody is asked.
    """
    return responses.private(_asked(call, ("foresee_invitation", "invite_waiting_list"), call.given))


def _asked(call: Call, methods: tuple[str, str], given: Any) -> Any:
    """Return what would happen in a `dry_run`, by the first method, and else what the second has done."""
    looking, doing = methods
    named: dict[str, Any] = {"slug": call.path["slug"], "given": given, "timeout": SECONDS}
    if call.query().get("dry_run") == "true":
        return call.registration(looking, **named)
    return call.registration(doing, key=call.key, **named)
