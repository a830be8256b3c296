"""Other numbers of places for a session: who keeps theirs, who has one of the other mode, and who has to wait.

docs/decisions/0020: in the order in which places were confirmed, offers last, people stay where they are; else they
have a free place of the other mode, and come first for one of the mode that they had; else they wait before all others.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import LIVE, MODES, Booking, Session, other_mode
from services.registration.places.changes import Changes


def rearrange(db: OrmSession, session: Session, places: Mapping[str, int], changes: Changes) -> None:
    """Give the locked session so many places of each mode; what becomes of whom is noted in `changes`, not told.

    Where a mode is no more, all that were for it are for the other. Nobody gets a place here who had none:
    that is for `pass_on`.
    """
    gone = next((mode for mode in MODES if not places[mode] and places[other_mode(mode)]), None)
    if gone:
        _bring_along(db, session, gone, changes)
    if any(session.taken(mode) > places[mode] for mode in MODES):
        _seat_again(db, session, dict(places), gone, changes)
    grown = [mode for mode in MODES if places[mode] > session.capacity(mode)]
    for mode in MODES:
        setattr(session, f"capacity_{mode}", places[mode])
    db.flush()
    for mode in grown:
        _take_in(db, session, mode)


def _rank(booking: Booking) -> tuple[bool, datetime, int]:
    """Return the key of the order in which people choose: offers come after all confirmed places."""
    return booking.state == "offered", booking.confirmed_at or booking.created_at, booking.id


def _bring_along(db: OrmSession, session: Session, gone: str, changes: Changes) -> None:
    """Have those be for the other mode who wait for one that is no more, or have a place beyond the capacity."""
    for booking in db.scalars(_live(session, gone).order_by(Booking.id)).all():
        if booking.state == "waiting" or booking.extra:
            changes.note(booking, "converted", "team")
            session.stop_asking(booking)
            session.turn_to(booking, other_mode(gone))
            session.take_no_other(booking)
    back = _live(session, other_mode(gone)).where(Booking.state == "offered", Booking.waits_for == gone)
    for booking in db.scalars(back).all():  # there is nothing to go back to, if they say no
        session.stop_asking(booking)


def _seat_again(db: OrmSession, session: Session, free: dict[str, int], gone: str | None, changes: Changes) -> None:
    """Give those who have no place any more one of the other mode, or the front of the waiting list.

    `free` is how many places of each mode there will be, and then how many of them nobody has chosen yet.
    """
    holders = select(Booking).where(Booking.session_slug == session.slug, Booking.extra.is_(False))
    ranked = sorted(db.scalars(holders.where(Booking.state.in_(("confirmed", "offered")))).all(), key=_rank)
    confirmed = [booking for booking in ranked if booking.state == "confirmed"]
    beyond = [booking for booking in confirmed if not _choose(free, booking.mode)]
    changing = {booking for booking in beyond if _choose(free, other_mode(booking.mode))}
    for booking in ranked[len(confirmed) :]:
        if not _choose(free, booking.mode):
            beyond.append(booking)
            if booking.mode == gone and _choose(free, other_mode(booking.mode)):
                changing.add(booking)
    for booking in reversed(beyond):  # each goes before those who were confirmed later
        if booking in changing:
            _change(session, booking, gone, changes)
        else:
            _put_back(session, booking, gone, changes)


def _choose(free: dict[str, int], mode: str) -> bool:
    """Take one of the places of a mode, and tell whether there was one."""
    if free[mode] <= 0:
        return False
    free[mode] -= 1
    return True


def _change(session: Session, booking: Booking, gone: str | None, changes: Changes) -> None:
    changes.note(booking, _cause(booking, gone), "team")
    had, wanted = booking.mode, booking.waits_for
    session.stop_asking(booking)
    session.turn_to(booking, other_mode(had))
    if booking.state == "confirmed" and wanted is None:
        session.ask_for(booking, had, first=True)


def _put_back(session: Session, booking: Booking, gone: str | None, changes: Changes) -> None:
    changes.note(booking, _cause(booking, gone), "team")
    if booking.state == "offered" and booking.instead_of_id is not None:  # they wait for another session
        session.cancel(booking)
        return
    if booking.state == "offered" and booking.waits_for is not None:
        session.wait_on(booking)
        return
    booking.either = booking.either or booking.waits_for is not None
    session.stop_asking(booking)
    if booking.mode == gone:
        session.turn_to(booking, other_mode(gone))
        booking.either = False
    session.join_list(booking, first=True)
    booking.confirmed_at = None


def _cause(booking: Booking, gone: str | None) -> str:
    return "converted" if booking.mode == gone else "places_reduced"


def _take_in(db: OrmSession, session: Session, mode: str) -> None:
    """Give places that were added to those first who have one beyond the capacity."""
    if session.left(mode) > 0 and getattr(session, f"extra_{mode}"):
        extra = _live(session, mode).where(Booking.extra).order_by(Booking.confirmed_at, Booking.id)
        for booking in db.scalars(extra.limit(session.left(mode))).all():
            session.take_in(booking)


def _live(session: Session, mode: str) -> Select[Booking]:
    return select(Booking).where(Booking.session_slug == session.slug, Booking.mode == mode, Booking.state.in_(LIVE))
