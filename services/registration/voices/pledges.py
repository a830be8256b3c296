"""Pledges: what people said, when they gave feedback, that they will do differently; and what became of it.

Whoever made a pledge reads it, and nobody else: the team has figures, and no names or texts.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.people import lock
from services.registration.errors import NoPledge, PledgeNotDue
from services.registration.models import Booking, Feedback, Person, Session
from services.registration.schemas import DID, FEWEST_ANSWERS
from services.runtime.refusals import NotFound

ASKED_AFTER: Final = timedelta(days=42)  # from the end of the last meeting; notifications reminds people then


def asked_at(session: Session) -> datetime:
    """Return from when on people are asked what became of what they pledged after the session."""
    return session.ends_at + ASKED_AFTER


def one(db: OrmSession, person: Person, reference: str) -> dict[str, Any]:
    """Return the view of the person's own pledge. Raises NotFound, NoPledge."""
    return _view(*_own(db, person, reference))


def answer(db: OrmSession, person: Person, reference: str, now: datetime, did: str, note: str | None) -> dict[str, Any]:
    """Keep what became of the person's own pledge, in place of what they said before; return its view.

    `did` is one of DID, `note` is for their own eyes. The same answer again changes nothing. Raises NotFound, NoPledge,
    PledgeNotDue.
    """
    lock(db, person)  # so that no answer outlives its owner, nor the pledge that it is about
    booking, session, given = _own(db, person, reference)
    if now < asked_at(session):
        raise PledgeNotDue(asked_at=asked_at(session).isoformat())
    if (given.did, given.note) != (did, note):
        given.did, given.note, given.answered_at, given.version = did, note, now, given.version + 1
        db.flush()
    return _view(booking, session, given)


def figures(db: OrmSession, slug: str) -> dict[str, Any]:
    """Return of a session `{pledged, answers, did: {yes, partly, not_yet}}`; a number below three as `"<3"`."""
    of_each = select(Feedback.did, func.count()).where(Feedback.session_slug == slug, Feedback.pledged)
    counts: dict[str | None, int] = dict(db.execute(of_each.group_by(Feedback.did)).all())
    answers = sum(counts.get(did, 0) for did in DID)
    did = {did: counts.get(did, 0) for did in DID} if answers >= FEWEST_ANSWERS else None
    return {"pledged": _shown(sum(counts.values())), "answers": _shown(answers), "did": did}


def said_of(given: Feedback) -> dict[str, Any]:
    """Return what was said of a pledge, for the export of what is held on a person."""
    return {name: getattr(given, name) for name in ("did", "note", "answered_at")}


def _shown(number: int) -> int | str:
    return number if number >= FEWEST_ANSWERS else f"<{FEWEST_ANSWERS}"


def _own(db: OrmSession, person: Person, reference: str) -> tuple[Booking, Session, Feedback]:
    """Return the person's own booking with its pledge; the team has no other people's. Raises NotFound, NoPledge."""
    mine = select(Booking, Session, Feedback).select_from(Booking).join(Session)
    mine = mine.outerjoin(Feedback, Feedback.booking_id == Booking.id)
    mine = mine.where(Booking.reference == reference.upper(), Booking.person_id == person.id)
    found = db.execute(mine).one_or_none()
    if found is None:
        raise NotFound("There is no such booking of yours.")
    booking, session, given = found
    if given is None or not given.pledged:
        raise NoPledge
    return booking, session, given


def _view(booking: Booking, session: Session, given: Feedback) -> dict[str, Any]:
    shown = {name: getattr(given, name) for name in ("given_at", "did", "note", "answered_at", "version")}
    return {
        "reference": booking.reference,
        "session": session.slug,
        "title": session.title,
        "pledge": given.differently,
        "asked_at": asked_at(session),
        **shown,
    }
