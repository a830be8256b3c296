"""Those who wait for one session and are invited, in their order, to another: docs/decisions/0042.

Every function that changes something is called with the row locked of the session that they are invited to. The one
that they wait for is only read: should they get a place there meanwhile, `first_refusal.settle` ends the offer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.models import LIVE, MODES, Booking, Change, Invitation, Person, Session, new_booking
from services.registration.places.clashes import clashes
from services.registration.places.history import record

ALREADY_BOOKED, NO_MODE, CLASH, NO_PLACE = "already_booked", "no_such_mode", "clash", "no_place_left"


@dataclass(frozen=True)
class Asked:
    """Someone on the waiting list: the offer that they got, or why they got none."""

    waiting: Booking
    person: Person
    offer: Booking | None = None
    why: str | None = None


def ask(db: OrmSession, session: Session, now: datetime, until: datetime | None) -> None:
    """Offer the free places of the session to those who are invited to it, until then; None: it is too late to ask."""
    lasts = session.invited_until is not None and session.invited_until > now
    if until is None or not lasts or session.status != "published" or session.by_application:
        session.invited_until = None
        return
    for invitation in _lasting(db, session, now):
        for _ in each_asked(db, session, invitation, now, until) if _has_places(session) else ():
            if not _has_places(session):
                break


def each_asked(
    db: OrmSession, session: Session, invitation: Invitation, now: datetime, until: datetime, caller: str | None = None
) -> Iterator[Asked]:
    """Offer free places in the order of the waiting list, and yield each who was not asked before.

    `caller` is the id of whoever invites them now, None where a place came free since.
    """
    for waiting, person in _waiting(db, session, invitation):
        why, mode = _placed(db, session, waiting, now)
        if mode is None:
            yield Asked(waiting, person, why=why)
        else:
            offer = _offer(db, session, waiting, person, mode, now, until, caller)
            yield Asked(waiting, person, offer)


def lasting(db: OrmSession, session: Session, now: datetime) -> list[dict[str, Any]]:
    """Return whose waiting lists are asked first for places of the session, as `{session, until}`, in their order."""
    if session.invited_until is None or session.invited_until <= now or session.status != "published":
        return []
    return [{"session": one.from_session, "until": one.until} for one in _lasting(db, session, now)]


def _lasting(db: OrmSession, session: Session, now: datetime) -> Sequence[Invitation]:
    lasts = (Invitation.to_session == session.slug, Invitation.until > now)
    return db.scalars(select(Invitation).where(*lasts).order_by(Invitation.position)).all()


def _has_places(session: Session) -> bool:
    return any(session.left(mode) > 0 for mode in MODES)


def _waiting(db: OrmSession, session: Session, invitation: Invitation) -> list[tuple[Booking, Person]]:
    """Return those who wait, and since the invitation were neither asked nor gave up a place there; the first first."""
    offer = aliased(Booking)
    was_asked = exists().where(
        offer.instead_of_id == Booking.id,
        offer.created_at >= invitation.made_at,
        or_(offer.session_slug == session.slug, offer.state == "confirmed"),  # or they moved on, and wait no longer
    )
    theirs, there, left = aliased(Booking), aliased(Change), aliased(Change)
    gave_up = exists().where(
        theirs.person_id == Booking.person_id,
        there.booking_id == theirs.id,
        there.session_slug == session.slug,
        left.booking_id == theirs.id,
        left.at >= invitation.made_at,
        left.what != "note",
        or_(left.state == "cancelled", left.session_slug != session.slug),
    )
    waiting = (
        select(Booking, Person)
        .join(Person, Person.id == Booking.person_id)
        .where(
            Booking.session_slug == invitation.from_session,
            Booking.state == "waiting",
            Person.erased_at.is_(None),
            Person.merged_into.is_(None),
            ~was_asked,
            ~gave_up,
        )
        .order_by(Booking.waiting_number)
    )
    return [(booking, person) for booking, person in db.execute(waiting)]


def _placed(db: OrmSession, session: Session, waiting: Booking, now: datetime) -> tuple[str | None, str | None]:
    """Return why someone cannot be asked, and the mode of the place that they can have; one of the two is None."""
    wanted = [mode for mode in MODES if mode == waiting.mode or waiting.either]
    there = sorted((mode for mode in wanted if session.has(mode)), key=lambda mode: mode != waiting.mode)
    if not there:
        return NO_MODE, None
    free = next((mode for mode in there if session.free_for(mode, waiting.sector, now) > 0), None)
    live = (Booking.person_id == waiting.person_id, Booking.session_slug == session.slug, Booking.state.in_(LIVE))
    if db.scalar(select(exists().where(*live))):
        return ALREADY_BOOKED, None
    if clashes(db, waiting.person_id, session):
        return CLASH, None
    return (None, free) if free else (NO_PLACE, None)


def _offer(
    db: OrmSession,
    session: Session,
    waiting: Booking,
    person: Person,
    mode: str,
    now: datetime,
    until: datetime,
    caller: str | None,
) -> Booking:
    said = {"access_needs": waiting.access_needs, "chose_mode": True, "instead_of_id": waiting.id}
    offer = new_booking(person, now, **said)
    offer.session_slug, offer.mode, offer.sector = session.slug, mode, waiting.sector
    session.offer(offer, until)
    db.add(offer)
    db.flush()
    by = "team" if caller else "system"
    record(db, "registration.place_offered.v1", offer, now, cause="invited", by=by, actor=caller)
    return offer
