"""The waiting list: who gets a place that came free, and until when an offer stands.

Every function is called with the session's row locked, in the transaction that freed the place (invariant 3).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake, will_announce
from services.registration.models import MODES, Booking, Session, other_mode
from services.registration.places import invited
from services.registration.places.changes import Changes
from services.registration.places.clashes import is_free
from services.registration.places.history import record
from services.registration.places.position import position_of, waits_for, would_change_to

SHOW_PLACES = "announce_places"  # the timer that tells everybody how many places are left
LATER = "passed_on_later"  # under which `db.info` keeps the session whose places are not passed on yet
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


def show_at_once(db: OrmSession, session: Session) -> None:
    """Have the figures of the session announced soon, and the answer say so: the page that follows waits for them."""
    wake(db, SHOW_PLACES)
    will_announce(db, f"figures/{session.slug}", session.version)


@contextmanager
def passing_on_at_the_end(db: OrmSession, session: Session, now: datetime) -> Iterator[None]:
    """Have what comes free of the locked session inside be passed on once, when all who leave it have left.

    Someone who is about to leave would else be given a place first, and be told of it.
    """
    db.info[LATER] = session.slug
    try:
        yield
    finally:
        del db.info[LATER]
    pass_on(db, session, now)


def pass_on(db: OrmSession, session: Session, now: datetime, changes: Changes | None = None) -> None:
    """Give the free places to those who wait, first come, first served, until nobody can have one; tell of them.

    Where `changes` are given, they are noted there and announced by the caller. A place goes to the first who waits for
    its mode, or for any; someone who changes over to it leaves another, which is passed on too, and so does someone who
    was offered the other and has not answered. Then it is offered to those who wait for the other mode and were never
    asked. A place that is held for some goes to the first of them. Before all these come those who wait for another
    session, while they have first refusal of this one.
    """
    if db.info.get(LATER) == session.slug:
        return
    if session.invited_until is not None:
        invited.ask(db, session, now, offer_until(now, session.starts_at))
    passed = Changes() if changes is None else changes
    while sum(_pass_on(db, session, mode, now, passed) for mode in MODES):
        continue
    if changes is None:
        passed.tell(db, now)


def _pass_on(db: OrmSession, session: Session, mode: str, now: datetime, changes: Changes) -> int:
    """Give the free places of a mode to those who wait; return how many were given."""
    given, clashing = 0, [0]  # no booking has that id
    while session.left(mode) > 0 and _is_waited_for(session, mode) and may_pass_on(session, now):
        first = _first(db, session, mode, now, clashing)
        if first is None:
            break
        if _give(db, session, first, mode, now, changes):
            given += 1
        else:
            clashing.append(first.id)
        db.flush()
    return given


def _is_waited_for(session: Session, mode: str) -> bool:
    return session.list_length(mode) > 0 or session.waiting(other_mode(mode)) > 0


def _give(db: OrmSession, session: Session, booking: Booking, mode: str, now: datetime, changes: Changes) -> bool:
    """Give the booking a free place: at once, or by an offer where it has to be asked. False if it is too late."""
    if booking.state == "confirmed":
        changes.note(booking, "changed_mode")
        session.take_other(booking, now)
    elif booking.state == "waiting" and booking.mode != mode and not booking.either:
        until = offer_until(now, session.starts_at)
        assert until is not None  # `_first_to_ask` has looked
        changes.note(booking, "other_mode")
        session.offer_other(booking, until)
    else:
        return _serve(db, session, booking, mode, now, changes)
    return True


def _serve(db: OrmSession, session: Session, booking: Booking, mode: str, now: datetime, changes: Changes) -> bool:
    """Give a place to the first who waits for it, instead of the offer of the other mode that they may have.

    Nobody is confirmed into a clash without being asked.
    """
    until = offer_until(now, session.starts_at)
    asks = session.waiting_list == "offer" or not (booking.allow_clash or is_free(db, booking, session))
    if asks and until is None:
        return False
    changes.note(booking, "freed" if asks else "promoted")
    if booking.state == "offered":
        session.wait_on(booking)
    if booking.mode != mode:
        session.turn_to(booking, mode)
    if asks and until:
        session.offer(booking, until)
    else:
        session.confirm(booking, now)
    return True


def expire(db: OrmSession, session: Session, booking: Booking, now: datetime) -> None:
    """End an offer that ran out: the first time its owner goes to the end of the list, the second time out of it.

    Who was asked about the other mode keeps their place on the waiting list, and so does who was invited from that of
    another session.
    """
    if booking.instead_of_id is not None:
        booking.expired_offers += 1
        session.cancel(booking)
    elif booking.waits_for is not None:
        session.wait_on(booking)
    else:
        booking.expired_offers += 1
        if booking.expired_offers == 1 and now < session.starts_at:
            session.join_list(booking)
        else:
            session.cancel(booking)
    booking.version += 1
    db.flush()
    position = position_of(db, booking)
    record(db, "registration.offer_expired.v1", booking, now, cause="expired", by="system", position=position)
    pass_on(db, session, now)
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


def lets_go(session: Session, now: datetime) -> bool:
    """Tell whether the session still holds places that are to be let go by now."""
    return session.next_release_at is not None and session.next_release_at <= now


def settle(db: OrmSession, session: Session, now: datetime) -> None:
    """Let go of what the locked session held until now, so that nobody who comes later is before those who wait."""
    if lets_go(session, now):
        session.plan_release(now)
        session.version += 1
        db.flush()
        pass_on(db, session, now)
        wake(db, SHOW_PLACES)


def may_pass_on(session: Session, now: datetime) -> bool:
    """Tell whether a place that comes free at `now` goes to those who wait, and not to whoever books."""
    if session.status != "published" or now >= session.starts_at or session.by_application:
        return False
    return session.waiting_list != "offer" or offer_until(now, session.starts_at) is not None


def _first(db: OrmSession, session: Session, mode: str, now: datetime, but: list[int]) -> Booking | None:
    """Return the first who would take a place of this mode, and may; else the first who has yet to be asked."""
    theirs = select(Booking).where(Booking.session_slug == session.slug, Booking.id.not_in(but)).limit(1)
    if session.free_for(mode, None, now) <= 0:
        held = [sector for sector in session.held_left(mode, now) if session.free_for(mode, sector, now) > 0]
        theirs = theirs.where(Booking.sector.in_(held))
    first = [_waiting_first(db, session, mode, theirs), _changing_first(db, session, mode, theirs)]
    standing = [booking for booking in first if booking]
    if not standing:
        return _first_to_ask(db, session, mode, theirs, now)
    return min(standing, key=lambda booking: booking.waiting_number or booking.changing_number or 0)


def _waiting_first(db: OrmSession, session: Session, mode: str, theirs: Select[Booking]) -> Booking | None:
    plain = (Booking.state == "waiting", Booking.mode == mode)
    return db.scalar(
        theirs.where(*([waits_for(mode)] if session.has_either else plain)).order_by(Booking.waiting_number)
    )


def _changing_first(db: OrmSession, session: Session, mode: str, theirs: Select[Booking]) -> Booking | None:
    if not session.changing(mode):
        return None
    return db.scalar(theirs.where(would_change_to(mode)).order_by(Booking.changing_number))


def _first_to_ask(
    db: OrmSession, session: Session, mode: str, theirs: Select[Booking], now: datetime
) -> Booking | None:
    if offer_until(now, session.starts_at) is None:  # too late to ask
        return None
    waiting = (Booking.state == "waiting", Booking.mode == other_mode(mode))
    unasked = (Booking.either.is_(False), Booking.chose_mode.is_(False))
    return db.scalar(theirs.where(*waiting, *unasked).order_by(Booking.waiting_number))
