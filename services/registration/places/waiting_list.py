"""The waiting list: who gets a place that came free, and until when an offer stands.

Every function is called with the session's row locked, in the transaction that freed the place (invariant 3).
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.models import MODES, Booking, Session
from services.registration.places.history import record

SHOW_PLACES = "announce_places"  # the timer that tells everybody how many places are left
LONGEST_OFFER = timedelta(hours=48)
SHORTEST_OFFER = timedelta(hours=2)


def offer_until(now: datetime, starts_at: datetime) -> datetime | None:
    """Return when an offer made at `now` runs out, or None where it is too late for offers.

    48 hours, shortened to a quarter of the time left, never under 2 hours; none in the last 2 hours, when a free place
    goes to whoever books (docs/api.md, Booking).
    """
    left = starts_at - now
    if left <= SHORTEST_OFFER:
        return None
    return now + max(SHORTEST_OFFER, min(LONGEST_OFFER, left / 4))


def position_of(db: OrmSession, booking: Booking) -> int | None:
    """Return the booking's position in its line, counted from 1; None if it does not wait."""
    if booking.line is None:
        return None
    ahead = select(func.count()).where(*_waiting(booking.session_slug), _would_take(booking.mode))
    return int(db.scalar(ahead.where(Booking.line < booking.line)) or 0) + 1


def pass_on(db: OrmSession, session: Session, mode: str, now: datetime) -> None:
    """Give what places are free to those who wait, first come, first served: confirmed at once, or offered.

    A place that is held for some goes to the first of them.
    """
    while session.left(mode) > 0 and session.line_length(mode) > 0 and may_pass_on(session, now):
        first = _first_in_line(db, session, mode, now)
        if first is None:
            return
        if first.mode != mode:
            session.turn_to(first, mode)
        if session.waiting_list == "offer":
            _offer(db, session, first, now)
        else:
            _promote(db, session, first, now)
        db.flush()


def pass_on_everywhere(db: OrmSession, session: Session, now: datetime) -> None:
    """Pass on the free places of both modes."""
    for mode in MODES:
        pass_on(db, session, mode, now)


def expire(db: OrmSession, session: Session, booking: Booking, now: datetime) -> None:
    """End an offer that ran out: the first time its owner goes to the end of the line, the second time out of it."""
    booking.expired_offers += 1
    booking.version += 1
    if booking.expired_offers == 1 and now < session.starts_at:
        session.join_line(booking)
        position = session.line_length(booking.mode)
    else:
        session.cancel(booking)
        position = None
    db.flush()
    record(db, "registration.offer_expired.v1", booking, now, cause="expired", by="system", position=position)
    pass_on_everywhere(db, session, now)  # who waits again may take either
    wake(db, SHOW_PLACES)


def pass_on_expired(db: OrmSession, now: datetime, limit: int = 200) -> None:
    """End all offers that have run out, and pass their places on."""
    run_out = (
        select(Booking.id, Booking.session_slug)
        .where(Booking.state == "offered", Booking.offer_expires_at <= now)
        .order_by(Booking.session_slug, Booking.id)  # sessions are locked in one order, so that nobody waits in a ring
        .limit(limit)
    )
    for booking_id, slug in db.execute(run_out).all():
        session = Session.locked(db, slug)
        booking = db.get_one(Booking, booking_id, populate_existing=True)
        if booking.state == "offered" and booking.offer_expires_at and booking.offer_expires_at <= now:
            expire(db, session, booking, now)


def release_held(db: OrmSession, now: datetime, limit: int = 50) -> None:
    """Let go of the places that were held until now, and pass them on to whoever waits."""
    due = select(Session.slug).where(Session.next_release_at <= now).order_by(Session.slug).limit(limit)
    for slug in db.scalars(due).all():
        settle(db, Session.locked(db, slug), now)


def settle(db: OrmSession, session: Session, now: datetime) -> None:
    """Let go of what the locked session held until now, so that nobody who comes later is before those who wait."""
    if session.next_release_at is not None and session.next_release_at <= now:
        session.plan_release(now)
        session.version += 1
        db.flush()
        pass_on_everywhere(db, session, now)
        wake(db, SHOW_PLACES)


def may_pass_on(session: Session, now: datetime) -> bool:
    """Tell whether a place that comes free at `now` goes to those who wait, and not to whoever books."""
    if session.status != "published" or now >= session.starts_at:
        return False
    return session.waiting_list != "offer" or offer_until(now, session.starts_at) is not None


def _waiting(slug: str) -> tuple[ColumnElement[bool], ...]:
    return Booking.session_slug == slug, Booking.state == "waiting"


def _would_take(mode: str) -> ColumnElement[bool]:
    return or_(Booking.mode == mode, Booking.either)


def _first_in_line(db: OrmSession, session: Session, mode: str, now: datetime) -> Booking | None:
    """Return the first who would take a place of this mode, and may: where only held places are free, one of theirs."""
    line = select(Booking).where(*_waiting(session.slug)).order_by(Booking.line).limit(1)
    line = line.where(_would_take(mode) if session.has_either else Booking.mode == mode)
    if session.free_for(mode, None, now) <= 0:
        theirs = [sector for sector in session.held_left(mode, now) if session.free_for(mode, sector, now) > 0]
        line = line.where(Booking.sector.in_(theirs))
    return db.execute(line).scalar_one_or_none()


def _promote(db: OrmSession, session: Session, booking: Booking, now: datetime) -> None:
    session.confirm(booking, now)
    booking.version += 1
    record(db, "registration.booking_confirmed.v1", booking, now, cause="promoted", by="system")


def _offer(db: OrmSession, session: Session, booking: Booking, now: datetime) -> None:
    until = offer_until(now, session.starts_at)
    assert until is not None  # `may_pass_on` has asked
    session.offer(booking, until)
    booking.version += 1
    record(db, "registration.place_offered.v1", booking, now, cause="freed", by="system")
