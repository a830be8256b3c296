"""What would come together if two accounts were merged, line by line; nothing changes.

Of two bookings for one session the better place stays: someone who was there first of all, then confirmed over offered
over waiting, then whoever has it longer or stands further ahead.
"""

import hashlib
import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import as_json
from services.registration.models import (
    THERE,
    Booking,
    Certificate,
    Facilitator,
    Feedback,
    Interest,
    Person,
    Session,
    Suggestion,
)
from services.registration.places.clashes import overlap

RANK: Final = {"confirmed": 0, "offered": 1, "waiting": 2}
FILLED: Final = ("sector", "organisation", "job_role", "access_needs")  # of the other account, where they are empty
NAMED: Final = ("id", "email", "name", "organisation", "sector", "created_at")


def preview(db: OrmSession, kept: Person, other: Person) -> dict[str, Any]:
    """Return what would come together, as `schemas.MergePreview` has it; its `version` stands for all of it."""
    db.flush()
    mine, theirs = bookings_of(db, kept), bookings_of(db, other)
    doubled = [_doubled(*pair) for pair in twice(mine, theirs)]
    shown: dict[str, Any] = {
        "kept": _account(kept),
        "other": _account(other),
        "bookings": [_booking(booking, session) for booking, session in theirs],
        "doubled": doubled,
        "clashes": list(_clashes(mine, theirs, {row["let_go"]["reference"] for row in doubled})),
        "fills": [name for name in FILLED if getattr(kept, name) is None and getattr(other, name) is not None],
        "facilitates": list(db.scalars(_of(Facilitator.session, Facilitator, other).order_by(Facilitator.session))),
        "interests": db.scalar(_of(func.count(), Interest, other)) or 0,
        "suggestions": db.scalar(_of(func.count(), Suggestion, other)) or 0,
        "attended": sum(booking.attendance in THERE for booking, _ in theirs),
        "certificates": _number(db, Certificate, other),
        "feedback": _number(db, Feedback, other),
    }
    versions = [kept.version, other.version, *(booking.version for booking, _ in (*mine, *theirs))]
    return {**shown, "version": fingerprint([shown, versions])}


def fingerprint(shown: Any) -> str:
    """Return what stands for something that was shown: another text, if any of it is another."""
    return hashlib.sha256(json.dumps(as_json(shown), sort_keys=True).encode()).hexdigest()[:32]


Held = tuple[Booking, Session]


def twice(mine: list[Held], theirs: list[Held]) -> Iterator[tuple[Held, Held]]:
    """Yield the pairs of live bookings for one session: the one that stays, and the one that makes way."""
    live = [held for held in (*mine, *theirs) if held[0].live]
    for _, pair in groupby(sorted(live, key=lambda held: held[1].slug), key=lambda held: held[1].slug):
        ranked = sorted(pair, key=lambda held: _rank(held[0]))
        if len(ranked) == 2:
            yield ranked[0], ranked[1]


def _rank(booking: Booking) -> tuple[bool, int, Any, int]:
    since = booking.waiting_number if booking.state == "waiting" else (booking.confirmed_at or booking.created_at)
    return booking.attendance not in THERE, RANK[booking.state], since, booking.id


def bookings_of(db: OrmSession, person: Person) -> list[Held]:
    """Return the bookings of a person with their sessions, the earliest first."""
    rows = select(Booking, Session).join(Session).where(Booking.person_id == person.id).order_by(Booking.id)
    return [(booking, session) for booking, session in db.execute(rows)]


def _account(person: Person) -> dict[str, Any]:
    return {**{name: getattr(person, name) for name in NAMED}, "roles": [*person.granted]}


def _booking(booking: Booking, session: Session) -> dict[str, Any]:
    return {
        "reference": booking.reference,
        "session": session.slug,
        "title": session.title,
        "mode": booking.mode,
        "state": booking.shown_state,
        "starts_at": session.starts_at,
    }


def _doubled(stays: Held, goes: Held) -> dict[str, Any]:
    return {"stays": _booking(*stays), "let_go": _booking(*goes)}


def _clashes(mine: list[Held], theirs: list[Held], gone: set[str]) -> Iterator[dict[str, Any]]:
    """Yield the pairs of confirmed bookings, one of each account, whose meetings overlap."""
    for one, session in mine:
        for other, with_ in theirs:
            there = {one.state, other.state} == {"confirmed"} and not gone & {one.reference, other.reference}
            published = {session.status, with_.status} == {"published"}
            if there and published and session.slug != with_.slug and overlap(session.spans, with_.spans):
                yield {"one": _booking(one, session), "other": _booking(other, with_)}


def _of(what: Any, kind: type[Facilitator] | type[Interest] | type[Suggestion], person: Person) -> Any:
    return select(what).select_from(kind).where(kind.person_id == person.id)


def _number(db: OrmSession, kind: type[Certificate] | type[Feedback], person: Person) -> int:
    of = select(func.count()).select_from(kind).join(Booking, Booking.id == kind.booking_id)
    of = of.where(Booking.person_id == person.id)
    return db.scalar(of.where(Certificate.revoked_at.is_(None)) if kind is Certificate else of) or 0
