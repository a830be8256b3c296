"""People whose applications the team has yet to decide, and those that the rule suggests."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, func, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.bus.outbox import trial
from services.registration.models import MODES, THERE, Booking, Person, Session, other_mode
from services.registration.places.suggesting import Applicant, free_places, suggest
from services.registration.places.waiting_list import settle
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound

NOBODY_APPLIES = "People do not apply for places in this session."


def page(db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of those who applied, the earliest booking first, as `{items, next}`. Raises NotFound, Invalid.

    With each, how many sessions they `attended` and how often they were `refused` a place before.
    """
    of_applications(db.get(Session, slug))
    rows, after = page_of(db, _applicants(slug), Booking.id, cursor, limit)
    items = [
        {
            **{name: getattr(row.Booking, name) for name in ("reference", "mode", "either", "created_at", "version")},
            **{"answers": row.Booking.answers or {}, "person": row.Person},
            **{"attended": row.attended, "refused": row.refused},
        }
        for row in rows
    ]
    return {"items": items, "next": after}


def suggestion(db: OrmSession, slug: str, now: datetime, places: int | None = None) -> dict[str, Any]:
    """Return who the rule suggests for so many places, or for all that are free, as `SuggestedApplicants` writes it.

    Raises NotFound.
    """
    with trial(db):
        session = of_applications(Session.locked(db, slug))
        settle(db, session, now)
        rows = db.execute(_applicants(slug).order_by(Booking.waiting_number)).all()
        applicants = [_applicant(row) for row in rows]
        taken = _taken(db, slug)
        left = {mode: max(0, session.left(mode)) for mode in MODES}
        free = free_places(left, {mode: session.held_left(mode, now) for mode in MODES})
    sectors, organisations = (Counter(row[n] for row in taken) for n in (0, 1))
    wanted = sum(left.values()) if places is None else places
    chosen = suggest(applicants, free, wanted, sectors, organisations)
    suggested, applied = (Counter(one.sector for one in several) for several in (chosen, applicants))
    return {
        "session": slug,
        "free": sum(left.values()),
        "references": [applicant.reference for applicant in chosen],
        "sectors": [
            {"sector": code or None, "have": sectors[code], "applied": applied[code], "suggested": suggested[code]}
            for code in sorted({*sectors, *applied})
        ],
    }


def of_applications(session: Session | None) -> Session:
    """Return the session if people apply for its places. Raises NotFound."""
    if session is None or not session.by_application:
        raise NotFound(NOBODY_APPLIES)
    return session


def _applicants(slug: str) -> Select[Booking, Person, int, int]:
    """Return the query of those who wait for the team to decide, with what they were given before."""
    query = select(Booking, Person, _earlier(attended=True), _earlier(attended=False)).join(Person)
    return query.where(Booking.session_slug == slug, Booking.state == "waiting")


def _earlier(*, attended: bool) -> ScalarSelect[int]:
    """Return how many other bookings of the same person were attended, or were applications that were refused."""
    other = aliased(Booking)
    counted = other.attendance.in_(THERE) if attended else other.refused
    theirs = select(func.count()).where(other.person_id == Booking.person_id, counted).correlate(Booking)
    return theirs.scalar_subquery().label("attended" if attended else "refused")  # type: ignore[return-value]


def _applicant(row: Row[Booking, Person, int, int]) -> Applicant:
    booking: Booking = row.Booking
    modes = (booking.mode, other_mode(booking.mode)) if booking.either else (booking.mode,)
    number = booking.waiting_number or 0
    return Applicant(
        booking.reference, booking.sector or "", _plain(row.Person.organisation), modes, row.refused, number
    )


def _taken(db: OrmSession, slug: str) -> list[tuple[str, str]]:
    """Return the sector and the organisation of each who has a place, or the offer of one."""
    there = select(Booking.sector, Person.organisation).join(Person).where(Booking.session_slug == slug)
    rows = db.execute(there.where(Booking.state.in_(("confirmed", "offered")))).all()
    return [(sector or "", _plain(organisation)) for sector, organisation in rows]


def _plain(organisation: str | None) -> str:
    return " ".join((organisation or "").casefold().split())
