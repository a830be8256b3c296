"""Moving a booking to another session of its programme, or to the other mode, so that nobody loses the place they had.

One transaction, under the same reference.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.errors import AlreadyBooked, BookingClosed, SessionFull
from services.registration.models import Booking, Person, Session
from services.registration.outcomes.settling import leave_behind
from services.registration.places.bookings import BookingRow, acting_as, locked, seen, view, visible
from services.registration.places.changes import Changes
from services.registration.places.clashes import check_clash
from services.registration.places.history import record
from services.registration.places.waiting_list import SHOW_PLACES, pass_on, settle, show_at_once
from services.runtime.refusals import Invalid, NotFound


def move(
    db: OrmSession,
    caller: Person,
    reference: str,
    now: datetime,
    session: str | None = None,
    mode: str | None = None,
    allow_clash: bool = False,
    *,
    own: bool = False,
) -> BookingRow:
    """Move a live booking to the session of that slug, if it has a place, or to that mode of its own session.

    Returns the booking's view. It keeps its reference and its calendar entry; the place that it leaves goes to the next
    on the waiting list. Raises NotFound, SessionCancelled, BookingClosed, AlreadyBooked, SessionFull, Clash, Invalid;
    nothing has changed then. Where people
    apply for the places of that session, the team alone moves bookings to it: it raises ByApplication.
    """
    booking = visible(db, caller, reference, own)
    if session in (None, booking.session_slug):
        return _change_mode(db, caller, reference, now, mode, allow_clash, own=own)
    _lock_owner(db, booking)
    old, new = _both_locked(db, booking, session)
    if booking.session_slug != old.slug or not booking.live:
        raise BookingClosed("This booking has been cancelled or moved meanwhile.")
    if now >= old.starts_at:
        raise BookingClosed("This session has already started.", starts_at=old.starts_at.isoformat())
    if new.programme != old.programme:
        raise Invalid.field("session", "other-programme")
    new.check_open(now, early=new.by_application)
    if acting_as(caller, booking) == "person":
        new.check_given_in_order()
    settle(db, new, now)
    if not allow_clash:
        check_clash(db, booking.person_id, new, but=booking.id)
    chosen = new.mode_for(mode or (booking.mode if new.has(booking.mode) else None))
    if new.free_for(chosen, booking.sector, now) <= 0:
        raise SessionFull("That session is full. You keep the place that you have.")
    was_confirmed = booking.state == "confirmed"
    old.cancel(booking)  # until the other session takes it, below
    leave_behind(db, booking, now)
    booking.session_slug, booking.mode, booking.either = new.slug, chosen, False
    booking.answers = None  # to what the other session asked
    booking.allow_clash = booking.allow_clash or allow_clash
    new.confirm(booking, now)
    booking.version += 1
    db.flush()
    by = acting_as(caller, booking)
    record(
        db,
        "registration.booking_moved.v1",
        booking,
        now,
        cause="moved",
        by=by,
        actor=caller.id,
        was_confirmed=was_confirmed,
        moved_from=old.slug,
    )
    pass_on(db, old, now)
    wake(db, SHOW_PLACES)
    if by == "team":
        show_at_once(db, new)
    return view(booking, new, None, now)


def _change_mode(
    db: OrmSession, caller: Person, reference: str, now: datetime, mode: str | None, allow_clash: bool, *, own: bool
) -> BookingRow:
    """Have a live booking be for that mode: at once if a place is free, else once one comes free.

    Until then it keeps the place that it has. Asked for the mode that it has, it no longer waits for the other.
    """
    session, booking = locked(db, caller, reference, own)
    if mode is None:
        raise Invalid.field("session", "same-session")
    if not booking.live:
        raise BookingClosed("This booking has been cancelled or moved meanwhile.")
    session.check_open(now, early=True)
    settle(db, session, now)
    chosen = session.mode_for(mode)
    if chosen == booking.mode and (booking.waits_for is None or booking.state == "offered"):
        raise Invalid.field("mode", "same-mode")
    changes, by = Changes(), acting_as(caller, booking)
    changes.note(booking, "changed_mode", by)
    if chosen == booking.mode:
        session.stop_asking(booking)
    elif not _applies(session, booking) and session.free_for(chosen, booking.sector, now) > 0:
        if booking.state != "confirmed" and not (allow_clash or booking.allow_clash):
            check_clash(db, booking.person_id, session)
        session.take_other(booking, now)
    else:
        _wait_for(session, booking, chosen)
    booking.chose_mode = True
    db.flush()
    pass_on(db, session, now, changes)
    changes.tell(db, now, caller.id)
    wake(db, SHOW_PLACES)
    if by == "team":
        show_at_once(db, session)
    return seen(db, booking, session, now)


def _wait_for(session: Session, booking: Booking, mode: str) -> None:
    """Have the booking wait for a mode that is full: with the place that it has, or where it stands on the list."""
    has_line = session.waiting_list != "none" and not session.by_application
    if booking.state == "offered" or not (has_line or _applies(session, booking)):
        raise SessionFull("There is no place left. You keep what you have.")
    if booking.state == "confirmed":
        session.ask_for(booking, mode)
    else:
        session.take_no_other(booking)
        session.turn_to(booking, mode)


def _applies(session: Session, booking: Booking) -> bool:
    """Tell whether the team has yet to decide about the booking."""
    return session.by_application and booking.state == "waiting"


def _lock_owner(db: OrmSession, booking: Booking) -> None:
    """Have whoever it belongs to book and move one thing at a time: what they have would else be seen too early."""
    db.execute(select(Person.id).where(Person.id == booking.person_id).with_for_update(key_share=True))
    db.refresh(booking)


def _both_locked(db: OrmSession, booking: Booking, session: str) -> tuple[Session, Session]:
    """Return the session that the booking is in and the one of that slug, locked. Raises NotFound, AlreadyBooked."""
    there = {}
    for slug in sorted((booking.session_slug, session)):
        there[slug], reference = Session.locked_for(db, slug, booking.person_id)
        if slug == session and reference is not None:
            raise AlreadyBooked(reference=reference)
    old = there.get(booking.session_slug)
    if old is None:
        raise NotFound("There is no such session.")
    db.refresh(booking)
    return old, there[session]
