"""Asking people for an evaluation: before a session, on the day, and 3, 6 and 12 months later; each of them once.

Registration says what is asked when, and takes answers at the same times (`services/registration/evaluation/`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.causes import follow_ups, scheduled_notices
from services.notifications.models import (
    Booking,
    Evaluation,
    EvaluationAsked,
    Message,
    Person,
    ScheduledNotice,
    Session,
)
from services.notifications.sessions import people_of

BEFORE: Final = "before"
ON_THE_DAY: Final = "on_the_day"
NOTICES: Final = {  # of each moment
    BEFORE: "evaluation_before",
    ON_THE_DAY: "evaluation_day",
    "after_3_months": "evaluation_3",
    "after_6_months": "evaluation_6",
    "after_12_months": "evaluation_12",
}
MOMENTS: Final = {what: moment for moment, what in NOTICES.items()}
OPEN_FOR: Final = {  # after the notice is due, as registration takes answers; before, until the session begins
    ON_THE_DAY: timedelta(days=14),
    **dict.fromkeys(("after_3_months", "after_6_months", "after_12_months"), timedelta(days=28)),
}
TEMPLATE: Final = "evaluation_asked"


def keep(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Take over what is asked when. Of a moment that has come already, people are asked in an hour."""
    there = Evaluation.locked(db, event.data["subject"])
    if not there.is_behind(event.version):
        return
    there.version = event.version
    there.moments = event.data["moments"] if event.data["asks"] else None
    db.flush()
    of, _, slug = there.subject.partition("/")
    theirs = Session.programme == slug if of == "programmes" else Session.slug == slug
    for session in db.scalars(select(Session).where(theirs).order_by(Session.slug)).all():
        scheduled_notices.plan(db, session, now)
        for moment in NOTICES:
            ask_soon(db, session, moment, now)


def keep_answer(db: OrmSession, event: Envelope) -> None:
    """Note that someone has answered: they are not asked."""
    told = event.data
    person = Person.current(db, told["person"])
    if not person.erased:
        _note(db, told["subject"], person.id, told["moment"])


def booked(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Have those who got a place after the others were asked be asked as well."""
    if event.data["state"] == "confirmed":
        ask_soon(db, Session.known(db, event.data["session"]), BEFORE, now)


def came(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Have people be asked as well whose attendance was recorded late."""
    if event.data["state"] in follow_ups.WAS_THERE:
        ask_soon(db, Session.known(db, event.data["session"]), ON_THE_DAY, now)


def ask_soon(db: OrmSession, session: Session, moment: str, now: datetime) -> None:
    """Ask those who were not asked yet in an hour, if it is the moment for it: until then it may be corrected."""
    if not _is_open(session, moment, now) or _subject(db, session, moment) is None:
        return
    key = (session.slug, NOTICES[moment], 0)
    notice = db.get(ScheduledNotice, key, with_for_update=True, populate_existing=True)
    due_at, begins_at = now + scheduled_notices.TO_CORRECT, _goes_by(session, moment)
    if notice is None and begins_at is not None:
        slug, what, meeting = key
        db.add(ScheduledNotice(session=slug, what=what, meeting=meeting, begins_at=begins_at, due_at=due_at))
        db.flush()
    elif notice is not None and notice.told_at is not None:
        notice.due_at, notice.told_at = due_at, None


def drafts(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return the question to those who have a place, or came, and were not asked before in this evaluation."""
    moment = MOMENTS[notice.what]
    subject = _subject(db, session, moment)
    if subject is None or not _is_open(session, moment, now):
        return []
    asked = (EvaluationAsked.subject == subject, EvaluationAsked.moment == moment)
    done = set(db.scalars(select(EvaluationAsked.person).where(*asked)))
    rows = _people(db, session, subject, moment, now)
    drafts = []
    for booking, person in [(booking, person) for booking, person in rows if person.id not in done]:
        _note(db, subject, person.id, moment)
        facts = {
            "name": person.name,
            "title": session.title,
            "session": session.slug,
            "moment": moment,
            "until": _closes(session, moment),
        }
        of_whom = {"booking": booking.reference, "booking_version": booking.version, "session": session.slug}
        drafts.append(messages.Draft.to_person(person, TEMPLATE, facts, expires_at=_closes(session, moment), **of_whom))
    return drafts


def is_to_be_asked(db: OrmSession, message: Message) -> bool:
    """Tell whether the person has still a place, or came, as far as we know."""
    booking = db.get(Booking, message.booking or "")
    if booking is None or booking.session != message.session:
        return False
    moment = (message.facts or {})["moment"]
    if moment == BEFORE:
        return booking.state == "confirmed"
    return booking.attendance != "absent" and (booking.state == "confirmed" or booking.attendance is not None)


def erase(db: OrmSession, person: str) -> None:
    """Forget what a person was asked."""
    db.execute(delete(EvaluationAsked).where(EvaluationAsked.person == person))


def _subject(db: OrmSession, session: Session, moment: str) -> str | None:
    """Return what a session's people are asked about at a moment: the session, or else its programme."""
    for subject in (f"sessions/{session.slug}", f"programmes/{session.programme}"):
        there = db.get(Evaluation, subject)
        if there is not None and there.moments is not None:
            return subject if moment in there.moments else None
    return None


def _people(
    db: OrmSession, session: Session, subject: str, moment: str, now: datetime
) -> Sequence[tuple[Booking, Person]]:
    if moment != BEFORE:
        return follow_ups.who_came(db, session)
    rows = [(booking, person) for booking, person in db.execute(people_of(session.slug))]
    begun = _begun_before(db, session, subject, now)
    return [(booking, person) for booking, person in rows if person.id not in begun]


def _begun_before(db: OrmSession, session: Session, subject: str, now: datetime) -> set[str]:
    """Return who came to another session of the programme, as far as we know: for them it is not “before” any more."""
    if subject.startswith("sessions/"):
        return set()
    others = select(Session).where(Session.programme == session.programme, Session.slug != session.slug)
    begun = [other.slug for other in db.scalars(others) if other.has_begun(now)]
    theirs = select(Booking.person, Booking.attendance).where(Booking.session.in_(begun), Booking.state == "confirmed")
    return {person for person, attendance in db.execute(theirs) if attendance != "absent"}


def _note(db: OrmSession, subject: str, person: str, moment: str) -> None:
    if db.get(EvaluationAsked, (person, subject, moment)) is None:
        db.add(EvaluationAsked(person=person, subject=subject, moment=moment))
        db.flush()


def _goes_by(session: Session, moment: str) -> datetime | None:
    return session.begins_at if moment == BEFORE else session.ends_at


def _closes(session: Session, moment: str) -> datetime | None:
    """Return when registration takes no more answers."""
    goes_by = _goes_by(session, moment)
    if goes_by is None or moment == BEFORE:
        return goes_by
    after = timedelta(0) if moment == ON_THE_DAY else scheduled_notices.MONTHS[NOTICES[moment]]
    return goes_by + after + OPEN_FOR[moment]


def _is_open(session: Session, moment: str, now: datetime) -> bool:
    """Tell whether the notice has been due, and answers are still taken."""
    goes_by, closes = _goes_by(session, moment), _closes(session, moment)
    if session.status != "published" or goes_by is None or closes is None:
        return False
    return scheduled_notices.RULES[NOTICES[moment]].due(goes_by, goes_by) <= now < closes
