"""Bookings: taking a place, answering an offer, giving a place up, and reading what one has."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.access import owns, sees
from services.registration.accounts.people import ensure_account, give_name, lock
from services.registration.errors import AlreadyBooked, BookingClosed, NothingOffered, OfferExpired, ProfileIncomplete
from services.registration.models import ATTENDANCE, Booking, Person, Session, new_booking
from services.registration.outcomes.settling import settle_booking
from services.registration.places import questions
from services.registration.places.changes import Changes
from services.registration.places.clashes import Appointment, check_clash, clashing, refuse
from services.registration.places.history import record
from services.registration.places.position import WaitingFor, joined, position_of, waiting_for
from services.registration.places.waiting_list import SHOW_PLACES, pass_on, settle, show_at_once
from services.registration.schemas import BookingRow as Row
from services.runtime.refusals import Invalid, NotFound, StaleVersion

BookingRow = Row[datetime]


class BookingOfPerson(Row[datetime]):
    """The view that the team has of a booking, with whose it is."""

    over_capacity: bool
    person: Person


class BookingForSomebodyMade(BookingOfPerson):
    """The view of a booking that the team made: `name_used` is None without a name, False where another was kept."""

    name_used: bool | None


def book(
    db: OrmSession,
    person: Person,
    now: datetime,
    session: str,
    **said: Any,
) -> BookingRow:
    """Take a place for the person in the session of that slug, or on its waiting list, and return the booking's view.

    What is `said` is what `take` takes. Raises ProfileIncomplete, NotFound, SessionCancelled, BookingClosed,
    ApplicationsClosed, AlreadyBooked, SessionFull, Clash, Invalid.
    """
    check_complete(person)
    wanted, there_already = Session.locked_for(db, session, person.id)
    find_clash = partial(clashing, db, person.id, wanted)
    return keep(db, wanted, take(db, person, wanted, there_already, find_clash, now, **said), now, by="person")


def take(
    db: OrmSession,
    person: Person,
    wanted: Session,
    there_already: str | None,
    find_clash: Callable[[], Appointment | None],
    now: datetime,
    *,
    mode: str | None = None,
    either: bool = False,
    access_needs: str | None = None,
    if_full: str = "wait",
    allow_clash: bool = False,
    answers: dict[str, Any] | None = None,
) -> Booking:
    """Return a new booking of the person that has a place in the locked session, or waits for one; nothing is written.

    `there_already` is the reference of their live booking there, if any. Raises what `book` does of the session.
    """
    if there_already is not None:
        raise AlreadyBooked(reference=there_already)
    wanted.check_open(now)
    settle(db, wanted, now)
    if not allow_clash:
        refuse(find_clash())
    said = questions.checked(db, wanted.slug, answers or {}) if answers or wanted.answers_until else None
    needs = {"access_needs": access_needs, "answers": said or None}
    booking = new_booking(person, now, either=either, allow_clash=allow_clash, **needs)
    wanted.take_place(booking, mode, if_full, now)
    return booking


def book_for(
    db: OrmSession,
    caller: Person,
    now: datetime,
    session: str,
    email: str,
    name: str | None = None,
    mode: str | None = None,
    access_needs: str | None = None,
    if_full: str = "wait",
    over_capacity: bool = False,
    reason: str | None = None,
) -> BookingForSomebodyMade:
    """Take a place for the person of that address on behalf of the team, and return the view that the team has of it.

    Who has no account gets one. Who has no name gets `name`; the view says whether that is theirs. The team may book
    before booking opens, whatever it clashes with, and beyond the capacity if it says why. Raises NotFound,
    SessionCancelled, BookingClosed, AlreadyBooked, SessionFull, Invalid.
    """
    person = ensure_account(db, email, now, name)
    lock(db, person)
    name_used = give_name(db, person, name)
    wanted, there_already = Session.locked_for(db, session, person.id)
    if there_already is not None:
        raise AlreadyBooked("They already have a booking for this session.", reference=there_already)
    wanted.check_open(now, early=True)
    settle(db, wanted, now)
    booking = new_booking(person, now, access_needs=access_needs, allow_clash=True, reason=reason)
    booking.session_slug, booking.mode = wanted.slug, wanted.mode_for(mode)
    if over_capacity and wanted.free_for(booking.mode, booking.sector, now) <= 0:
        if not reason:
            raise Invalid.field("reason", "reason-missing")
        wanted.confirm_extra(booking, now)
    else:
        wanted.take_place(booking, mode, if_full, now, by_team=True)
    meant_for = name if name_used is False else None
    kept = keep(db, wanted, booking, now, by="team", actor=caller.id, meant_for=meant_for)
    show_at_once(db, wanted)
    return {**kept, "over_capacity": booking.extra, "person": person, "name_used": name_used}


def keep(
    db: OrmSession,
    session: Session,
    booking: Booking,
    now: datetime,
    *,
    by: str,
    actor: str | None = None,
    **said: Any,
) -> BookingRow:
    """Write the new booking, and tell of it with what else is `said`, as `record` takes it; return its view."""
    db.add(booking)
    _flush_unless_booked(db)
    return tell(db, session, booking, taken(session, booking), now, by=by, actor=actor, **said)


class Taken(NamedTuple):
    """How a new booking came out: the type of its event, the cause, and its position on the waiting list."""

    what: str
    cause: str
    position: int | None


def taken(session: Session, booking: Booking) -> Taken:
    """Return how the new booking came out, as the session is now."""
    if booking.state == "waiting":
        return Taken("registration.booking_waitlisted.v1", *joined(session, booking))
    cause = "over_capacity" if booking.extra else "booked"
    return Taken("registration.booking_confirmed.v1", cause, None)


def tell(db: OrmSession, session: Session, booking: Booking, how: Taken, now: datetime, **said: Any) -> BookingRow:
    """Tell of a new booking, which is written, with what is `said`, as `record` takes it; return its view."""
    record(db, how.what, booking, now, cause=how.cause, position=how.position, **said)
    wake(db, SHOW_PLACES)
    return view(booking, session, how.position, now)


def accept(db: OrmSession, person: Person, reference: str, now: datetime, allow_clash: bool = False) -> BookingRow:
    """Take the place that was offered. Raises NotFound, NothingOffered, OfferExpired, Clash."""
    session, booking = _offered(db, person, reference, now)
    if not (allow_clash or booking.allow_clash):
        check_clash(db, person.id, session)
    session.confirm(booking, now)
    booking.version += 1
    db.flush()
    record(db, "registration.booking_confirmed.v1", booking, now, cause="accepted", by="person")
    wake(db, SHOW_PLACES)
    return view(booking, session, None, now)


def decline(db: OrmSession, person: Person, reference: str, now: datetime) -> BookingRow:
    """Give back the place that was offered, for whoever is next; who was asked about the other mode waits on.

    Raises NotFound, NothingOffered, OfferExpired.
    """
    session, booking = _offered(db, person, reference, now)
    if booking.waits_for is None:
        leave(db, session, booking, now, cause="declined", by="person")
        return view(booking, session, None, now)
    changes = Changes()
    changes.note(booking, "declined", "person")
    session.wait_on(booking)
    db.flush()
    pass_on(db, session, now, changes)
    changes.tell(db, now)
    wake(db, SHOW_PLACES)
    return seen(db, booking, session, now)


def cancel(
    db: OrmSession, caller: Person, reference: str, now: datetime, reason: str | None = None, *, own: bool = False
) -> BookingRow:
    """Give the booking up, and pass its place on. Cancelling twice is once. Raises NotFound, BookingClosed."""
    session, booking = locked(db, caller, reference, own)
    if booking.live:
        if now >= session.ends_at:
            raise BookingClosed("This session is over.", ended_at=session.ends_at.isoformat())
        by = acting_as(caller, booking)
        booking.cancelled_late = booking.state == "confirmed" and session.is_late_to_cancel(now)
        leave(db, session, booking, now, cause="cancelled", by=by, actor=caller.id, reason=reason)
        if by == "team":
            show_at_once(db, session)
    return view(booking, session, None, now)


def change(
    db: OrmSession,
    caller: Person,
    reference: str,
    now: datetime,
    version: int | None = None,
    *,
    access_needs: str | None,
    own: bool = False,
) -> BookingRow:
    """Note what the owner of a live booking needs at it. Raises NotFound, StaleVersion, BookingClosed."""
    session, booking = locked(db, caller, reference, own)
    if version not in (None, booking.version):
        raise StaleVersion(version=booking.version)
    if not booking.live:
        raise BookingClosed("This booking has been cancelled.")
    if now >= session.ends_at:
        raise BookingClosed("This session is over.", ended_at=session.ends_at.isoformat())
    if booking.access_needs != access_needs:
        booking.access_needs = access_needs
        booking.version += 1
    db.flush()
    return seen(db, booking, session, now)


def leave(
    db: OrmSession,
    session: Session,
    booking: Booking,
    now: datetime,
    *,
    cause: str,
    by: str,
    actor: str | None = None,
    reason: str | None = None,
) -> None:
    """Cancel a live booking of the locked session, and give the place that it had to the next on the waiting list."""
    was_confirmed = booking.state == "confirmed"
    session.cancel(booking)
    booking.reason = reason
    booking.version += 1
    db.flush()
    what = "registration.booking_cancelled.v1"
    record(db, what, booking, now, cause=cause, by=by, actor=actor, was_confirmed=was_confirmed)
    if booking.attended_share is not None:  # what was attended stays
        settle_booking(db, session, booking, now)
    pass_on(db, session, now)
    wake(db, SHOW_PLACES)


def acting_as(caller: Person, booking: Booking) -> str:
    """Return in which capacity the caller does something to a booking: `person` with their own, else `team`."""
    return "person" if owns(caller, booking) else "team"


def seen(db: OrmSession, booking: Booking, session: Session, now: datetime) -> BookingRow:
    """Return the view of a booking, with its position on the waiting list, or on that of the other mode."""
    shown = view(booking, session, position_of(db, booking), now, waiting_for(db, booking, session))
    if booking.instead_of_id is not None:
        shown["instead_of"] = db.get_one(Booking, booking.instead_of_id).session_slug
    return shown


def view(
    booking: Booking, session: Session, position: int | None, now: datetime, other: WaitingFor | None = None
) -> BookingRow:
    """Return what the owner sees of a booking; `other` is the mode that they wait for beside the one that they have."""
    shown: BookingRow = {
        "reference": booking.reference,
        "session": booking.session_slug,
        "mode": booking.mode,
        "state": booking.shown_state,
        "cancelled_late": booking.shown_late,
        "application": session.by_application,
        "refused": booking.refused,
        "position": position,
        "either": booking.either,
        "waiting_for": other,
        "offer": {"expires_at": booking.offer_expires_at} if booking.offer_expires_at else None,
        "access_needs": booking.access_needs,
        "asks": session.answers_until is not None,
        "answered": booking.answers is not None,
        "created_at": booking.created_at,
        "version": booking.version,
    }
    if booking.shown_state in ATTENDANCE:
        shown["attended_share"] = booking.attended_share
    join_url = session.join_url_at(now) if (booking.state, booking.mode) == ("confirmed", "online") else None
    if join_url:
        shown["join_url"] = join_url
    return shown


def _flush_unless_booked(db: OrmSession) -> None:
    """Write the new booking. Who books twice at the same moment is refused by the index on live bookings.

    We looked in the statement that waits for the session's lock, and it looks before it waits.
    """
    try:
        db.flush()
    except IntegrityError as error:
        if "uq_bookings_one_live" in str(error.orig) or "bookings.person_id, bookings.session_slug" in str(error.orig):
            raise AlreadyBooked from error
        raise


def visible(db: OrmSession, caller: Person, reference: str, own: bool = False) -> Booking:
    """Return the booking, if it is the caller's or, unless it is to be their `own`, they see it. Raises NotFound."""
    booking = db.scalar(select(Booking).where(Booking.reference == reference.upper()))
    if booking is None or not (owns if own else sees)(caller, booking):
        raise NotFound("There is no such booking.")
    return booking


def locked(db: OrmSession, caller: Person, reference: str, own: bool = False) -> tuple[Session, Booking]:
    """Return the booking and its session, locked; the session is always locked before its bookings are changed.

    Where the booking moved while this waited, it waits for the session that it moved to. Raises NotFound.
    """
    booking = visible(db, caller, reference, own)
    while True:
        session = Session.locked(db, booking.session_slug)
        db.refresh(booking)
        if booking.session_slug == session.slug:
            return session, booking


def _offered(db: OrmSession, person: Person, reference: str, now: datetime) -> tuple[Session, Booking]:
    session, booking = locked(db, person, reference, own=True)
    if booking.offer_expires_at is None:
        raise OfferExpired if booking.expired_offers else NothingOffered
    if booking.offer_expires_at <= now:
        raise OfferExpired
    return session, booking


def check_complete(person: Person) -> None:
    """Raise ProfileIncomplete unless we know enough of the person to book a place for them."""
    missing = [name for name in ("name", "sector") if not getattr(person, name)]
    if missing:
        raise ProfileIncomplete(missing=missing)
