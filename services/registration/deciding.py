"""The team decides about applications: who is given a place, and who is not, in one go.

Each is given a place by the rule for one, in the order of the list. The one that cannot have one stays as it is, and
stops no other. Deciding the same again changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import trial
from services.registration.errors import NotWaiting
from services.registration.many import Row, chosen_of, counted, each
from services.registration.models import Booking, Person, Session
from services.registration.places import admitting, bookings
from services.registration.places.applications import of_applications
from services.registration.places.bookings import BookingRow
from services.registration.places.waiting_list import settle, show_at_once
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid


def foresee(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Return what `decide` would. Nothing is kept. Raises what that does."""
    with trial(db):
        return decide(db, caller, slug, given, now)


def decide(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Give places to those in `give`, then none to those in `refuse`, or to all others who applied; tell of each.

    Whoever could not be given a place stays an applicant, and is not among the others. Raises NotFound,
    SessionCancelled, BookingClosed, Invalid.
    """
    give, refuse = (_unique(given[name]) for name in ("give", "refuse"))
    _check(given, give, refuse)
    session = of_applications(Session.locked(db, slug))
    session.check_open(now, early=True)
    settle(db, session, now)
    if given["refuse_rest"]:
        refuse = _rest(db, slug, give)
    chosen = chosen_of(db, slug, [*give, *refuse])
    over = {"over_capacity": True, "reason": given["reason"]} if given["over_capacity"] else {}

    def admit(reference: str) -> BookingRow:
        if chosen[reference].state == "confirmed":
            return bookings.seen(db, chosen[reference], session, now)
        return admitting.admit(db, caller, reference, now, **over)

    def turn_down(reference: str) -> BookingRow:
        return _turn_down(db, caller, session, chosen[reference], given.get("message"), now)

    rows = [*each(db, give, chosen, admit), *each(db, refuse, chosen, turn_down)]
    show_at_once(db, session)
    return counted(rows)


def _turn_down(
    db: OrmSession, caller: Person, session: Session, booking: Booking, message: str | None, now: datetime
) -> BookingRow:
    """End the application, of which its owner hears with the `message`; once is enough. Raises NotWaiting."""
    if not (booking.state == "cancelled" and booking.refused):
        if booking.state != "waiting":
            raise NotWaiting
        booking.refused = True
        bookings.leave(db, session, booking, now, cause="refused", by="team", actor=caller.id, reason=message)
    return bookings.view(booking, session, None, now)


def _unique(references: list[str]) -> list[str]:
    return list(dict.fromkeys(reference.upper() for reference in references))


def _check(given: Mapping[str, Any], give: list[str], refuse: list[str]) -> None:
    """Raise Invalid where someone is both given and refused a place, or going over capacity has no reason."""
    both = [Fault("repeated").at(f"refuse.{n}") for n, reference in enumerate(refuse) if reference in give]
    if given["over_capacity"] and not given.get("reason"):
        both.append(Fault("reason-missing").at("reason"))
    if both:
        raise Invalid(both)


def _rest(db: OrmSession, slug: str, give: list[str]) -> list[str]:
    """Return all others who applied, in that order."""
    there = select(Booking.reference).where(Booking.session_slug == slug, Booking.state == "waiting")
    return list(db.scalars(there.where(Booking.reference.not_in(give)).order_by(Booking.waiting_number)))
