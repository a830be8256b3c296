"""Check-in: the code on a booking, shown at the door, says that its owner is there.

A code is signed and names the booking; it opens nothing by itself, for only the team can use it, and whoever
facilitates the session. Scans may come late, from a scanner that was offline, and more than once.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.access import check_open, sessions_open_to
from services.registration.attendance.recording import Mark, write
from services.registration.errors import BookingNotConfirmed, CheckInClosed, ScanOutOfTime
from services.registration.models import Booking, Person, Session, Span
from services.registration.outcomes.settling import in_force
from services.registration.places.bookings import visible
from services.registration.schemas import EARLY
from services.runtime.refusals import NotFound, Refusal

LATE = timedelta(hours=12)  # after a meeting ended, until when its scans count
FAST_CLOCK = timedelta(minutes=5)  # by which a scanner may be ahead of us
OLDEST_SCAN = timedelta(days=7)


def token_of(reference: str, secret: str) -> str:
    """Return the code of a booking."""
    return str(_serializer(secret).dumps(reference))


def reference_in(token: str, secret: str) -> str | None:
    """Return the reference that a code names, None where the code is not ours."""
    try:
        return str(_serializer(secret).loads(token))
    except BadData:
        return None


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret, salt="registration.check-in", signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"}
    )


def meeting_at(meetings: Sequence[Span], at: datetime) -> int | None:
    """Return the number of the meeting that whoever is at the door at `at` comes to; None if there is none.

    The one under way, or else the nearest of those that start within 60 minutes or ended within 12 hours; of two that
    are equally near, the one to come.
    """
    near = [
        (max(starts - at, at - ends, timedelta(0)), starts <= at, n)
        for n, (starts, ends) in enumerate(meetings, start=1)
        if starts - EARLY <= at <= ends + LATE
    ]
    return min(near)[2] if near else None


def own_token(db: OrmSession, person: Person, reference: str, secret: str) -> dict[str, Any]:
    """Return the code of the caller's own booking, as `{reference, token}`. Raises NotFound, BookingNotConfirmed."""
    booking = visible(db, person, reference, own=True)
    if booking.state != "confirmed":
        raise BookingNotConfirmed
    return {"reference": booking.reference, "token": token_of(booking.reference, secret)}


def look_up(db: OrmSession, caller: Person, token: str, secret: str, now: datetime) -> dict[str, Any]:
    """Return whom a code stands for and the meeting that they would be checked in to, if there is one now.

    Raises NotFound, NotAllowed, BookingNotConfirmed.
    """
    booking, session = _of_token(db, caller, token, secret, now)
    return _shown(db, booking, session, meeting_at(session.spans, now))


def check_in(db: OrmSession, caller: Person, token: str, secret: str, now: datetime) -> dict[str, Any]:
    """Note that the code's owner is there, and return what `look_up` does; `already` says that it was noted before.

    Raises NotFound, NotAllowed, BookingNotConfirmed, CheckInClosed.
    """
    reference = _of_token(db, caller, token, secret, now)[0].reference
    booking, session = _locked(db, [reference])[reference]
    check_open(session.slug, sessions_open_to(db, caller, now))  # the booking may have moved while we waited
    meeting, came_of_it = _mark(db, session, booking, caller, now, now)
    return {**_shown(db, booking, session, meeting), "already": came_of_it != "checked_in"}


def take_scans(
    db: OrmSession, caller: Person, scans: list[dict[str, Any]], secret: str, now: datetime
) -> dict[str, Any]:
    """Take scans of `{token, at}`, each by its own time, and return what came of each, in `items`.

    Those of sessions that the caller has nothing to do with are refused, and tell nothing. Raises NotAllowed.
    """
    theirs = sessions_open_to(db, caller, now)
    references = [reference_in(scan["token"], secret) for scan in scans]
    known = _locked(db, {reference for reference in references if reference})
    items = [
        _taken(db, caller, theirs, known.get(reference or ""), scan["at"], now)
        for reference, scan in zip(references, scans, strict=True)
    ]
    return {"items": items}


def _locked(db: OrmSession, references: Iterable[str]) -> dict[str, tuple[Booking, Session]]:
    """Return the bookings with their sessions, locked in one order, so that nobody waits in a ring."""
    wanted = Booking.reference.in_(references)
    slugs = db.scalars(select(Booking.session_slug).where(wanted).distinct()).all()
    sessions = {slug: Session.locked(db, slug) for slug in sorted(slugs)}
    bookings = db.scalars(select(Booking).where(wanted).execution_options(populate_existing=True)).all()
    for booking in bookings:
        if booking.session_slug not in sessions:  # it moved while we waited
            sessions[booking.session_slug] = Session.locked(db, booking.session_slug)
            db.refresh(booking)
    return {b.reference: (b, sessions[b.session_slug]) for b in bookings if b.session_slug in sessions}


def _taken(
    db: OrmSession,
    caller: Person,
    theirs: set[str] | None,
    known: tuple[Booking, Session] | None,
    at: datetime,
    now: datetime,
) -> dict[str, Any]:
    shown: dict[str, Any] = {"at": at, "reference": None, "session": None, "meeting": None, "detail": None}
    try:
        if known is None:
            raise NotFound("This is not a check-in code of ours.")
        booking, session = known
        check_open(session.slug, theirs)
        shown |= {"reference": booking.reference, "session": session.slug}
        if not now - OLDEST_SCAN <= at <= now + FAST_CLOCK:
            raise ScanOutOfTime
        shown["meeting"], came_of_it = _mark(db, session, booking, caller, at, now)
    except Refusal as refusal:
        return {**shown, "result": "refused", "problem": refusal.code, "detail": refusal.detail}
    return {**shown, "result": came_of_it, "problem": None}


def _mark(
    db: OrmSession, session: Session, booking: Booking, caller: Person, at: datetime, now: datetime
) -> tuple[int, str]:
    """Note that the owner was there `at` that time, and return the meeting and what came of it.

    `corrected_since`: somebody looked at it after the scan and wrote down that the person was not there, which stands.
    Raises BookingNotConfirmed, CheckInClosed.
    """
    if booking.state != "confirmed":
        raise BookingNotConfirmed
    meeting = meeting_at(session.spans, at)
    if meeting is None:
        raise CheckInClosed
    earlier = in_force(db, [booking])[booking.id].get(meeting)
    if earlier is not None and not earlier.present and at <= earlier.recorded_at:
        return meeting, "corrected_since"
    changed = write(db, session, [Mark(booking, meeting, True, scanned_at=at)], "check_in", caller, now)
    return meeting, "checked_in" if changed else "already_checked_in"


def _of_token(db: OrmSession, caller: Person, token: str, secret: str, now: datetime) -> tuple[Booking, Session]:
    theirs, reference = sessions_open_to(db, caller, now), reference_in(token, secret)
    query = select(Booking, Session).join(Session).join(Person, Person.id == Booking.person_id)
    query = query.where(Booking.reference == reference, Person.erased_at.is_(None))
    found = db.execute(query.execution_options(populate_existing=True)).one_or_none() if reference else None
    if found is None:
        raise NotFound("This is not a check-in code of ours.")
    check_open(found[1].slug, theirs)
    if found[0].state != "confirmed":
        raise BookingNotConfirmed
    return found[0], found[1]


def _shown(db: OrmSession, booking: Booking, session: Session, meeting: int | None) -> dict[str, Any]:
    known = in_force(db, [booking])[booking.id].get(meeting or 0)
    starts, ends = session.spans[meeting - 1] if meeting else (None, None)
    return {
        "reference": booking.reference,
        "name": db.get_one(Person, booking.person_id).name,
        "session": session.slug,
        "title": session.title,
        "meeting": meeting,
        "meetings": len(session.meetings),
        "starts_at": starts,
        "ends_at": ends,
        "already": known is not None and known.present,
    }
