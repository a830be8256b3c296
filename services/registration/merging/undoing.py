"""Undoing a merge within 30 days: what came from the other account goes back there, what was done since stays."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.handover import Back, give_back, handed_over
from services.registration import events
from services.registration.accounts import employments, tokens
from services.registration.audit import recording
from services.registration.errors import MergeChanged, MergeOver
from services.registration.merging.merge import lock_people, lock_sessions, reassign
from services.registration.merging.previews import fingerprint
from services.registration.models import Booking, Facilitator, Interest, Merge, MergeMove, Person, Role, Session
from services.registration.voices import topics


def of_person(db: OrmSession, person: Person, now: datetime) -> dict[str, Any]:
    """Return the merges of a person that can be undone, the latest first, each with what that would mean."""
    theirs = select(Merge).where(Merge.kept_id == person.id, Merge.undone_at.is_(None), Merge.undo_until > now)
    rows = db.scalars(theirs.order_by(Merge.merged_at.desc(), Merge.id))
    return {"items": [preview(db, row) for row in rows], "next": None}


def preview(db: OrmSession, merge: Merge) -> dict[str, Any]:
    """Return what undoing would mean: `goes_back`, `stays` (what was booked since) and what is `lost` in any case."""
    other = db.get_one(Person, merge.merged_id)
    back = {key["id"] for key in handed_over(db, MergeMove, Booking.person_id, merge.merged_id)}
    theirs = select(Booking, Session).join(Session).where(Booking.person_id == merge.kept_id).order_by(Booking.id)
    rows = db.execute(theirs).all()
    lost = select(Booking, Session).join(Session).where(Booking.reference.in_(merge.let_go)).order_by(Booking.id)
    shown = {
        "id": merge.id,
        "email": other.email,
        "name": other.name,
        "merged_at": merge.merged_at,
        "undo_until": merge.undo_until,
        "goes_back": [_booking(*row) for row in rows if row[0].id in back],
        "stays": [_booking(*row) for row in rows if row[0].created_at > merge.merged_at and row[0].id not in back],
        "lost": [_booking(*row) for row in db.execute(lost)],
    }
    return {**shown, "version": fingerprint(shown)}


def one(db: OrmSession, person: Person, id: str, now: datetime) -> Merge:
    """Return a merge of the person's that can be undone. Raises MergeOver."""
    row = db.scalar(select(Merge).where(Merge.id == id, Merge.kept_id == person.id))
    if row is None or row.undone_at is not None or row.undo_until <= now:
        raise MergeOver
    return row


def undo(db: OrmSession, merge: Merge, now: datetime, *, by: Person, version: str) -> None:
    """Give the other account back what came from it. Raises MergeOver, MergeChanged.

    Everyone who is signed in to the account that is kept is signed out, but for whoever does this.
    """
    kept, other = db.get_one(Person, merge.kept_id), db.get_one(Person, merge.merged_id)
    db.flush()
    lock_people(db, kept, other)
    db.refresh(merge)
    booked = select(Booking.session_slug).where(Booking.person_id == kept.id)
    lock_sessions(db, db.scalars(booked))
    if merge.undone_at is not None or kept.merged_into is not None or kept.erased_at is not None:
        raise MergeOver
    if preview(db, merge)["version"] != version:
        raise MergeChanged
    merge.undone_at = now
    back = give_back(db, MergeMove, other.id, kept.id)
    _part(db, kept, other, merge, now)
    (tokens.end_elsewhere if by is kept else tokens.end_all)(db, kept)
    db.flush()
    as_whom = "person" if by is kept else "team"
    events.person_event(db, "registration.person_changed.v1", kept)
    events.person_parted(db, other, kept, as_whom)
    reassign(db, [one.key["id"] for one in back if one.table == Booking.__tablename__], kept, other)
    _tell_again(db, back)
    for person in (kept, other):
        recording.record_of(db, by.id, recording.PARTED, person, now)


def _part(db: OrmSession, kept: Person, other: Person, merge: Merge, now: datetime) -> None:
    """Have each account be what it was: what was changed since stays with the one that was kept."""
    worked = employments.work_of(kept)
    for name, (was, became) in merge.before.items():
        if getattr(kept, name) == became:
            setattr(kept, name, was)
    employments.follow(db, kept, worked, now, was_wrong=True)
    employments.resume(db, other)
    other.merged_into = None
    for person in (kept, other):
        person.granted = sorted(db.scalars(select(Role.role).where(Role.person_id == person.id)))
        person.version += 1
    merge.before, merge.let_go = {}, []


def _tell_again(db: OrmSession, back: list[Back]) -> None:
    """Tell of what was set aside, and is there again: under an id of its own, as the old one was said to be gone."""
    there = {kind: _positions(back, kind) for kind in (Interest, Facilitator)}
    for interest in db.scalars(select(Interest).where(Interest.position.in_(there[Interest]))):
        events.interest_event(db, "registration.interest_registered.v1", interest)
    topics.follow(db)  # one that was set aside has the name that its topic had then
    for facilitator in db.scalars(select(Facilitator).where(Facilitator.position.in_(there[Facilitator]))):
        events.facilitator_named(db, facilitator, new=False)


def _positions(back: list[Back], kind: type[Interest] | type[Facilitator]) -> list[int]:
    return [one.key["position"] for one in back if one.was_aside and one.table == kind.__tablename__]


def _booking(booking: Booking, session: Session) -> dict[str, Any]:
    return {
        "reference": booking.reference,
        "session": session.slug,
        "title": session.title,
        "mode": booking.mode,
        "state": booking.shown_state,
        "starts_at": session.starts_at,
    }
