"""What is held on a person: all of it on request, and none of it after erasure but counts (UK GDPR, art. 15 and 17)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus import idempotency, outbox
from services.bus.outbox import wake
from services.registration import imported
from services.registration.accounts import (
    addresses,
    coordinators,
    email_changes,
    employments,
    facilitators,
    identities,
    roles,
    second_factor,
    tokens,
)
from services.registration.accounts.people import lock
from services.registration.audit import reading, recording
from services.registration.evaluation import answering
from services.registration.events import person_erased
from services.registration.merging import lasting, proving
from services.registration.models import (
    LIVE,
    Address,
    Attendance,
    Booking,
    Certificate,
    EmailChange,
    Employment,
    ImportedLine,
    Interest,
    Merge,
    MergeCode,
    Person,
    Session,
    SignInCode,
    Suggestion,
)
from services.registration.outcomes import issuing
from services.registration.places import answers, history
from services.registration.places.bookings import leave
from services.registration.voices import feedback

TOLD_OF: Final = (  # what the team, or someone with another account, can have begun with an account nobody uses
    EmailChange.person_id,
    Merge.kept_id,
    Merge.merged_id,
    MergeCode.person_id,
    MergeCode.other_id,
)
AT_ONCE: Final = 500


def export(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return everything that registration holds on the person."""
    names = ("id", "email", "name", "sector", "organisation", "job_role", "access_needs", "roles", "created_at",
             "last_used_at", "warned_at", "shares_since")  # fmt: skip
    bookings = select(Booking).where(Booking.person_id == person.id).order_by(Booking.id)
    codes = select(SignInCode).where(SignInCode.email.in_(Address.all_of(db, person))).order_by(SignInCode.created_at)
    held = (
        "reference",
        "session_slug",
        "mode",
        "state",
        "cancelled_late",
        "refused",
        "either",
        "sector",
        "access_needs",
        "reason",
        "created_at",
        "confirmed_at",
        "attendance",
        "attended_share",
        "before_cancellation",
    )
    return {
        "person": {name: getattr(person, name) for name in names},
        "bookings": [
            {**{name: getattr(booking, name) for name in held}, "answers": answers.in_words(db, booking)}
            for booking in db.scalars(bookings)
        ],
        "history": history.of_person(db, person),
        "signed_in": tokens.of_person(db, person),
        "codes_asked_for": [code.created_at for code in db.scalars(codes)],
        "identities": identities.of_person(db, person),
        "addresses": addresses.of_person(db, person),
        "email_changes": email_changes.of_person(db, person),
        "employments": employments.of_person(db, person),
        "interests": _held(db, person, Interest, ("id", "topic", "programme", "session", "created_at")),
        "suggestions": _held(db, person, Suggestion, ("id", "kind", "text", "created_at")),
        "attendance": _attendance(db, person),
        "certificates": _certificates(db, person),
        "feedback": feedback.of_person(db, person),
        "evaluation": answering.of_person(db, person),
        "facilitates": facilitators.of_person(db, person),
        "coordinates": coordinators.of_person(db, person),
        "nominations": coordinators.nominations_of(db, person),
        "roles": roles.of_person(db, person),
        "imports": imported.held_on(db, [person, *lasting.parts_of(db, person)]),
        "merged_accounts": lasting.held_on(db, person),
        "audit": reading.of_person(db, person),
        "second_factor": second_factor.of_person(db, person),
    }


def erase(
    db: OrmSession,
    person: Person,
    now: datetime,
    by: str | None = None,
    *,
    unused: bool = False,
    told_before: bool = False,
) -> None:
    """Forget the person: their places are passed on, their name goes from everywhere, counts remain.

    What the audit record says of them stays, which is no more than their id. `by` is who does it, where it is not the
    person. The rest is as in `person_erased`. Accounts that were merged into theirs are erased with it. Raises
    NotSignedIn where they were erased at the same moment.
    """
    lock(db, person)  # what they are doing at this moment is done before, and forgotten with the rest
    for part in [person, *lasting.parts_of(db, person)]:
        _erase(db, part, now, by or person.id, unused=unused, told_before=told_before)


def _erase(db: OrmSession, person: Person, now: datetime, by: str, *, unused: bool, told_before: bool) -> None:
    outbox.erase(db, person.id)
    theirs = update(Booking).where(Booking.person_id == person.id)
    db.execute(theirs.values(before_cancellation=None))  # none of them comes back with its session
    _give_up_places(db, person, now)
    db.execute(theirs.values(access_needs=None, answers=None, reason=None))
    history.erase(db, person)
    tokens.end_all(db, person)
    identities.erase(db, person)
    theirs_now = Address.all_of(db, person)
    db.execute(delete(SignInCode).where(SignInCode.email.in_(theirs_now)))
    db.execute(delete(Interest).where(Interest.person_id == person.id))
    db.execute(update(Suggestion).where(Suggestion.person_id == person.id).values(text=None))
    issuing.forget(db, person.id)
    feedback.erase(db, person)
    answering.erase(db, person)
    facilitators.erase(db, person)
    coordinators.erase(db, person)
    roles.erase(db, person)
    second_factor.erase(db, person)
    earlier = [*email_changes.erase(db, person), *proving.erase(db, person)]
    lasting.erase(db, person)
    imported.erase(db, person)
    addresses.erase(db, person)
    employments.erase(db, person)
    idempotency.forget_caller(db, person.id)
    references = db.scalars(select(Booking.reference).where(Booking.person_id == person.id)).all()
    told = [*references, *theirs_now, *earlier]
    idempotency.forget_naming(db, told)  # what the team was answered about them
    _blank(person, now)
    db.flush()
    recording.record_of(db, by, recording.ERASED, person, now)
    person_erased(db, person, unused=unused, told_before=told_before)
    wake(db, "note_erasures")


def erase_unused(db: OrmSession, people: Collection[Person], now: datetime, by: str) -> None:
    """Erase accounts that were made for people who never used or heard of them; nobody is emailed about it.

    It is what `erase` does, in few statements, as such an account has nothing that only its owner brings about.
    """
    ids = {person.id for person in people}
    entangled = {id for column in TOLD_OF for id in db.scalars(select(column).where(column.in_(ids)))}
    for person in people:
        if person.id in entangled:
            erase(db, person, now, by, told_before=True)
    rest = [person for person in people if person.id not in entangled]
    for n in range(0, len(rest), AT_ONCE):
        _erase_bare(db, rest[n : n + AT_ONCE], now, by)


def _erase_bare(db: OrmSession, people: Sequence[Person], now: datetime, by: str) -> None:
    ids, emails = [person.id for person in people], [person.email or "" for person in people]
    for id in ids:
        outbox.erase(db, id)
    for of in (Address.person_id, Employment.person_id, ImportedLine.person_id):
        db.execute(delete(of.class_).where(of.in_(ids)), execution_options={"synchronize_session": False})
    db.execute(delete(SignInCode).where(SignInCode.email.in_(emails)))
    idempotency.forget_naming(db, emails)
    for person in people:
        _blank(person, now)
    db.flush()
    for person in people:
        recording.record_of(db, by, recording.ERASED, person, now)
        person_erased(db, person, told_before=True)
    wake(db, "note_erasures")


def _blank(person: Person, now: datetime) -> None:
    for name in ("email", "name", "organisation", "job_role", "access_needs", "last_used_at", "warned_at"):
        setattr(person, name, None)
    person.granted, person.erased_at, person.merged_into = [], now, None
    person.version += 1


def _give_up_places(db: OrmSession, person: Person, now: datetime) -> None:
    live = select(Booking.id, Booking.session_slug).where(Booking.person_id == person.id, Booking.state.in_(LIVE))
    for booking_id, slug in db.execute(live.order_by(Booking.session_slug)).all():
        session = Session.locked(db, slug)
        booking = db.get_one(Booking, booking_id, populate_existing=True)
        if booking.live and (now < session.starts_at or booking.state != "confirmed"):  # who was expected stays counted
            leave(db, session, booking, now, cause="erased", by="person")


def _held(
    db: OrmSession, person: Person, kind: type[Interest] | type[Suggestion], names: tuple[str, ...]
) -> list[dict[str, Any]]:
    theirs = select(kind).where(kind.person_id == person.id).order_by(kind.position)
    return [{name: getattr(row, name) for name in names} for row in db.scalars(theirs)]


def _attendance(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return what was recorded of the person, corrections included; not by whom, who is somebody else."""
    theirs = select(Booking.reference, Session, Attendance).join(Attendance).join(Session)
    theirs = theirs.where(Booking.person_id == person.id)
    names = ("present", "source", "scanned_at", "recorded_at", "replaced_at")
    return [
        {
            "reference": reference,
            "meeting": session.numbers.get(row.meeting),
            **{name: getattr(row, name) for name in names},
        }
        for reference, session, row in db.execute(theirs.order_by(Attendance.id))
    ]


def _certificates(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    theirs = select(Booking.reference, Certificate).join(Booking).where(Booking.person_id == person.id)
    return [
        {"reference": reference, "code": row.code, "issued_at": row.issued_at, "revoked_at": row.revoked_at}
        for reference, row in db.execute(theirs.order_by(Certificate.issued_at, Certificate.code))
    ]


def guests_since(since: datetime) -> Select[Any]:
    """Return the query of the guests who have come to no session after that."""
    later = select(Booking.id).join(Session).where(Booking.person_id == Person.id, Session.ends_at > since)
    guests = select(Person.id).where(Person.email.is_(None), Person.erased_at.is_(None), Person.merged_into.is_(None))
    guests = guests.where(~later.exists())
    return guests.where(Person.created_at <= since).order_by(Person.id)
