"""Moving a booking to another session of its programme: one transaction, so that nobody loses the place they had."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.attendance.recording import leave_behind
from services.registration.errors import AlreadyBooked, BookingClosed, SessionFull
from services.registration.models import Booking, Person, Session
from services.registration.places.bookings import BookingRow, acting_as, view, visible
from services.registration.places.clashes import check_clash
from services.registration.places.history import record
from services.registration.places.waiting_list import SHOW_PLACES, pass_on, settle
from services.runtime.refusals import Invalid, NotFound


def move(
    db: OrmSession,
    caller: Person,
    reference: str,
    now: datetime,
    session: str,
    mode: str | None = None,
    allow_clash: bool = False,
    *,
    own: bool = False,
) -> BookingRow:
    """Move a live booking to the session of that slug, if it has a place; return the booking's view.

    It keeps its reference and its calendar entry; the place that it leaves goes to the next in line. Raises NotFound,
    SessionCancelled, BookingClosed, AlreadyBooked, SessionFull, Clash, Invalid; nothing has changed then.
    """
    booking = visible(db, caller, reference, own)
    _lock_owner(db, booking)
    if booking.session_slug == session:
        raise Invalid.field("session", "same-session")
    old, new = _both_locked(db, booking, session)
    if booking.session_slug != old.slug or not booking.live:
        raise BookingClosed("This booking has been cancelled or moved meanwhile.")
    if now >= old.starts_at:
        raise BookingClosed("This session has already started.", starts_at=old.starts_at.isoformat())
    if new.programme != old.programme:
        raise Invalid.field("session", "other-programme")
    new.check_open(now)
    settle(db, new, now)
    if not allow_clash:
        check_clash(db, booking.person_id, new, but=booking.id)
    chosen = new.mode_for(mode or (booking.mode if new.has(booking.mode) else None))
    if new.free_for(chosen, booking.sector, now) <= 0:
        raise SessionFull("That session is full. You keep the place that you have.")
    was_confirmed, left_mode = booking.state == "confirmed", booking.mode
    old.cancel(booking)  # until the other session takes it, below
    leave_behind(db, booking, now)
    booking.session_slug, booking.mode, booking.either = new.slug, chosen, False
    booking.allow_clash = booking.allow_clash or allow_clash
    new.confirm(booking, now)
    booking.version += 1
    db.flush()
    record(
        db,
        "registration.booking_moved.v1",
        booking,
        now,
        cause="moved",
        by=acting_as(caller, booking),
        actor=caller.id,
        was_confirmed=was_confirmed,
        moved_from=old.slug,
    )
    pass_on(db, old, left_mode, now)
    wake(db, SHOW_PLACES)
    return view(booking, new, None, now)


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
