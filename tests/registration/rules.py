"""The rules that registration's rows keep whatever happened to them: invariants 1 to 3, as one check."""

from collections import Counter

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import MODES, Booking, Change, Session
from services.registration.places.position import position_of


def check_places(db: OrmSession) -> None:
    """Fail unless the counters are those of the rows, no place is given twice, and each line is without a gap.

    Nobody may have two live bookings of a session, and each history must end where its booking is.
    """
    bookings = db.scalars(select(Booking).order_by(Booking.id)).all()
    for session in db.scalars(select(Session)):
        for mode in MODES:
            there = [b for b in bookings if (b.session_slug, b.mode) == (session.slug, mode)]
            _check_mode(db, session, mode, there)
    live = Counter((booking.person_id, booking.session_slug) for booking in bookings if booking.live)
    assert not [twice for twice, number in live.items() if number > 1]
    changes = db.execute(select(Change.booking_id, Change.state, Change.session_slug).order_by(Change.id))
    latest = {booking_id: (state, slug) for booking_id, state, slug in changes}
    assert latest == {booking.id: (booking.state, booking.session_slug) for booking in bookings}


def _check_mode(db: OrmSession, session: Session, mode: str, bookings: list[Booking]) -> None:
    placed = [b for b in bookings if b.state in ("confirmed", "offered") and not b.extra]
    waiting = [b for b in bookings if b.state == "waiting"]
    assert session.taken(mode) == len(placed) <= session.capacity(mode), (session.slug, mode)
    assert session.waiting(mode) == len(waiting), (session.slug, mode)
    counted = {sector: number for sector, number in session.taken_by_sector.get(mode, {}).items() if number}
    assert counted == Counter(b.sector for b in placed if b.sector), (session.slug, mode)
    if session.by_application:  # who applies stands in no line
        assert not [b for b in waiting if position_of(db, b) is not None]
    elif not session.has_either and not session.changing(mode):  # who changes over stands in the same line
        waiting = sorted(waiting, key=lambda b: b.waiting_number or 0)
        positions = {position_of(db, b): n for n, b in enumerate(waiting[:1] + waiting[-1:])}
        assert len({b.waiting_number for b in waiting}) == len(waiting)
        assert {*positions} == ({1, len(waiting)} if waiting else set())
