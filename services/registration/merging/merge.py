"""Merging two accounts: in one transaction, by what was shown before, with a journal of where everything came from."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.handover import hand_over, handed_over
from services.registration import events
from services.registration.accounts import addresses, employments, tokens
from services.registration.audit import recording
from services.registration.errors import MergeChanged, MergeRefused
from services.registration.evaluation import answering
from services.registration.merging.previews import FILLED, bookings_of, preview, twice
from services.registration.models import (
    Address,
    Booking,
    Coordinator,
    EmailChange,
    Employment,
    EvaluationLink,
    Facilitator,
    Identity,
    Interest,
    Merge,
    MergeMove,
    Nomination,
    Person,
    RecoveryCode,
    Role,
    SecondFactor,
    Session,
    Suggestion,
)
from services.registration.outcomes.settling import in_force
from services.registration.places.bookings import leave
from services.runtime.refusals import NotFound
from services.runtime.retention import period

UNDO_FOR: Final = period("merges")
NAMES: Final = ("kept", "other")  # whose name the account has


def check(db: OrmSession, kept: Person, other: Person, now: datetime) -> None:
    """Raise MergeRefused where these accounts cannot be merged now, whoever asks; NotFound where one is erased."""
    if kept.erased_at is not None or other.erased_at is not None:
        raise NotFound("There is no such person.")
    if kept is other or kept.merged_into is not None or other.merged_into is not None:
        raise MergeRefused("These are one account already.")
    if db.scalar(select(Merge.id).where(Merge.kept_id == other.id, Merge.undone_at.is_(None)).limit(1)):
        raise MergeRefused("The other account is made of two itself. Sign in to it, and merge this one into it.")
    changes = select(EmailChange.undo_until).where(EmailChange.person_id.in_([kept.id, other.id]))
    until = db.scalar(
        changes.where(EmailChange.undone_at.is_(None), EmailChange.undo_until > now).order_by(
            EmailChange.undo_until.desc()
        )
    )
    if until is not None:  # whoever lost the address can take it back until then, and with it the account
        raise MergeRefused(
            "The email address of one of them was changed less than 7 days ago. Wait until that cannot be undone.",
            until=until.isoformat(),
        )


def merge(
    db: OrmSession,
    kept: Person,
    other: Person,
    now: datetime,
    *,
    by: Person,
    version: str,
    name: str = "kept",
    reason: str | None = None,
    with_roles: bool = False,
) -> Merge:
    """Make the other account a part of the one that is kept, which has the name of `name`, and return the merge.

    `version` is that of the preview that was shown. Roles go over with `with_roles` alone: else MergeRefused where the
    other account has one that this one has not. Raises as `check` does, and MergeChanged.
    """
    _lock(db, kept, other)
    check(db, kept, other, now)
    if preview(db, kept, other)["version"] != version:
        raise MergeChanged
    if not with_roles and not {*other.granted} <= {*kept.granted}:
        raise MergeRefused("A role goes over only if its owner shows that both accounts are theirs. Remove it first.")
    let_go = _let_go(db, kept, other, now, by)
    row = Merge(kept_id=kept.id, merged_id=other.id, by_id=by.id, reason=reason, let_go=let_go)
    row.before, row.merged_at, row.undo_until = _fill(db, kept, other, name, now), now, now + UNDO_FOR
    db.add(row)
    _hand_over(db, kept, other, now)
    tokens.end_all(db, other)
    _end_changes(db, other, now)
    other.merged_into, other.granted = kept.id, []
    for person in (kept, other):
        person.version += 1
    db.flush()
    events.person_event(db, "registration.person_changed.v1", kept)
    events.person_merged(db, other, row)
    reassign(db, (key["id"] for key in handed_over(db, MergeMove, Booking.person_id, other.id)), kept)
    for person in (kept, other):
        recording.record_of(db, by.id, recording.MERGED, person, now)
    return row


def reassign(db: OrmSession, ids: Iterable[int], *people: Person) -> None:
    """Tell whose those bookings are now, and of the bookings of these people for the same sessions as well.

    Who was at a meeting is known by person elsewhere: what is told of one of the bookings may take the other along.
    """
    db.flush()
    moved = [*ids]
    slugs = select(Booking.session_slug).where(Booking.id.in_(moved))
    beside = Booking.person_id.in_([person.id for person in people]) & Booking.session_slug.in_(slugs)
    theirs = select(Booking).where(or_(Booking.id.in_(moved), beside)).order_by(Booking.id)
    bookings = list(db.scalars(theirs.execution_options(populate_existing=True)))
    known = in_force(db, bookings)
    for booking in bookings:
        booking.version += 1
    db.flush()
    for booking in bookings:
        events.booking_reassigned(db, booking, {n: row.present for n, row in known[booking.id].items()})


def lock_people(db: OrmSession, *people: Person) -> None:
    """Keep these people as they are until the transaction ends; they do nothing themselves meanwhile."""
    ids = [person.id for person in people]
    theirs = select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(key_share=True)
    db.scalars(theirs.execution_options(populate_existing=True)).all()


def lock_sessions(db: OrmSession, slugs: Iterable[str]) -> None:
    """Keep the sessions as they are until the transaction ends, locked in the order in which everyone does it."""
    for slug in sorted({*slugs}):
        Session.locked(db, slug)


def _lock(db: OrmSession, kept: Person, other: Person) -> None:
    db.flush()
    lock_people(db, kept, other)
    booked = select(Booking.session_slug).where(Booking.person_id.in_([kept.id, other.id]))
    lock_sessions(db, db.scalars(booked))
    theirs = select(Booking).where(Booking.person_id.in_([kept.id, other.id]))
    db.scalars(theirs.execution_options(populate_existing=True)).all()


def _let_go(db: OrmSession, kept: Person, other: Person, now: datetime, by: Person) -> list[str]:
    """Give up the lesser of two bookings for one session, and pass its place on; return their references."""
    mine, theirs = bookings_of(db, kept), bookings_of(db, other)
    gone = [goes for _, goes in twice(mine, theirs)]
    for booking, session in gone:
        leave(db, session, booking, now, cause="merged", by="person" if by is kept else "team", actor=by.id)
    _come_back_once(mine, theirs)
    return [booking.reference for booking, _ in gone]


def _come_back_once(mine: list[tuple[Booking, Session]], theirs: list[tuple[Booking, Session]]) -> None:
    """Have one of two bookings come back with a session that was cancelled, if that is called back."""
    remembered = {session.slug for booking, session in mine if booking.before_cancellation}
    for booking, session in theirs:
        if booking.before_cancellation and session.slug in remembered:
            booking.before_cancellation = None


def _fill(db: OrmSession, kept: Person, other: Person, name: str, now: datetime) -> dict[str, Any]:
    """Give the account the name that was chosen, and what it has not; return `{name: [was, is]}` of what changed."""
    wanted = {field: getattr(other, field) for field in FILLED if getattr(kept, field) is None}
    wanted["name"] = other.name if name == "other" and other.name else kept.name or other.name
    before = {field: [getattr(kept, field), value] for field, value in wanted.items() if getattr(kept, field) != value}
    worked = employments.work_of(kept)
    for field, (_, value) in before.items():
        setattr(kept, field, value)
    employments.follow(db, kept, worked, now)
    return before


def _hand_over(db: OrmSession, kept: Person, other: Person, now: datetime) -> None:
    """Have everything be the account's that is kept, with a journal of it."""
    pair = (other.id, kept.id)
    hand_over(db, MergeMove, Booking.person_id, *pair)
    _hand_over_addresses(db, kept, other)
    _hand_over_employments(db, kept, other, now)
    hand_over(db, MergeMove, Suggestion.person_id, *pair)
    hand_over(db, MergeMove, Identity.person_id, *pair)
    twice_answered = hand_over(db, MergeMove, EvaluationLink.person_id, *pair, once=(EvaluationLink.subject,))
    answering.forget_texts(db, [row["key"] for row in twice_answered])  # nobody could find them again to erase them
    once = (Interest.topic, Interest.programme, Interest.session)
    for row in hand_over(db, MergeMove, Interest.person_id, *pair, once=once, anew=("id",)):
        gone = Interest(**{**row, "version": row["version"] + 1})
        events.interest_event(db, "registration.interest_withdrawn.v1", gone)
    for row in hand_over(db, MergeMove, Facilitator.person_id, *pair, once=(Facilitator.session,), anew=("id",)):
        events.facilitator_taken_back(db, row["id"])
    of_organisation = (Coordinator.organisation_key,)
    hand_over(db, MergeMove, Coordinator.person_id, *pair, once=of_organisation, anew=("id",))
    once = (Nomination.organisation_key, Nomination.session, Nomination.email)
    hand_over(db, MergeMove, Nomination.nominated_by, *pair, once=once)
    hand_over(db, MergeMove, Nomination.person_id, *pair)
    hand_over(db, MergeMove, Role.person_id, *pair, once=(Role.role,))
    granted = select(Role.role).where(Role.person_id == kept.id)
    kept.granted = sorted({*kept.granted, *db.scalars(granted)})
    if not _has_factor(db, kept) and _has_factor(db, other):
        hand_over(db, MergeMove, SecondFactor.person_id, *pair)
        hand_over(db, MergeMove, RecoveryCode.person_id, *pair)


def _hand_over_addresses(db: OrmSession, kept: Person, other: Person) -> None:
    for person in (kept, other):
        if person.email is not None:
            addresses.hold(db, person)
    hand_over(db, MergeMove, Address.person_id, other.id, kept.id)


def _hand_over_employments(db: OrmSession, kept: Person, other: Person, now: datetime) -> None:
    """Have it all be one life: where the other account says that they work now was before, if that can be so.

    If it cannot, it is left with that account.
    """
    employments.end_by(db, other, kept, now)
    hand_over(db, MergeMove, Employment.person_id, other.id, kept.id, which=Employment.until.is_not(None))


def _has_factor(db: OrmSession, person: Person) -> bool:
    """Say whether there is an authenticator app; one that was only begun to be set up makes way."""
    factor = db.get(SecondFactor, person.id)
    if factor is not None and factor.seed is None:
        db.delete(factor)
        db.flush()
        return False
    return factor is not None


def _end_changes(db: OrmSession, other: Person, now: datetime) -> None:
    theirs = (EmailChange.person_id == other.id, EmailChange.confirmed_at.is_(None), EmailChange.expires_at > now)
    db.execute(update(EmailChange).where(*theirs).values(expires_at=now))
