"""Scheduled notices: times at which a session's people are told something because it is time; `due.py` says it.

They are planned when the session is told of, and again when its times change. Nobody is told twice: `already_told`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.notifications.messages import SENT
from services.notifications.models import Facts, Message, ScheduledNotice, Session
from services.runtime import correlation

NAMESPACE: Final = UUID("7d0a5b0e-3c1f-4b7e-8f64-2b9c1f0e6a53")
TOGETHER: Final = timedelta(minutes=5)  # what changes, or is published, within this is told in one message
TO_CORRECT: Final = timedelta(hours=1)  # what was recorded, before people hear of it
NEWS_FOR: Final = timedelta(days=14)  # after a session, as long as its facilitators can record who came
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Rule:
    """When something is told: `due` of a begin and an end, and how `late` it is still of use."""

    due: Callable[[datetime, datetime], datetime]
    late: timedelta


BEFORE_MEETINGS: Final = {
    "reminder_week": Rule(lambda begins_at, _: begins_at - timedelta(days=7), timedelta(days=4)),
    "reminder_day": Rule(lambda begins_at, _: begins_at - timedelta(days=1), timedelta(hours=20)),
    "reminder_hour": Rule(lambda begins_at, _: begins_at - timedelta(hours=1), timedelta(hours=1)),
}
AFTER_ALL: Final = {
    "thanks": Rule(lambda _, ends_at: ends_at + timedelta(hours=1), timedelta(days=3)),
    "missed": Rule(lambda _, ends_at: ends_at + timedelta(hours=1), timedelta(days=3)),
    "feedback_asked": Rule(lambda _, ends_at: ends_at + timedelta(days=2), timedelta(days=7)),
    "pledge_reminder": Rule(lambda _, ends_at: ends_at + timedelta(days=42), timedelta(days=14)),
    "evaluation_day": Rule(lambda _, ends_at: ends_at + timedelta(hours=1), timedelta(days=7)),
    "evaluation_3": Rule(lambda _, ends_at: ends_at + timedelta(days=91), timedelta(days=14)),
    "evaluation_6": Rule(lambda _, ends_at: ends_at + timedelta(days=182), timedelta(days=14)),
    "evaluation_12": Rule(lambda _, ends_at: ends_at + timedelta(days=365), timedelta(days=14)),
}
ALL_BEFORE: Final = {
    "evaluation_before": Rule(lambda begins_at, _: begins_at - timedelta(days=7), timedelta(days=7)),
}
MONTHS: Final = {
    "evaluation_3": timedelta(days=91),
    "evaluation_6": timedelta(days=182),
    "evaluation_12": timedelta(days=365),
}
HELD: Final = {
    "interests": Rule(lambda due_at, _: due_at, timedelta(days=3)),
    "changes": Rule(lambda due_at, _: due_at, timedelta(days=3)),
    "materials": Rule(lambda due_at, _: due_at, timedelta(days=3)),
    "facilitators": Rule(lambda due_at, _: due_at, timedelta(days=3)),
}
RULES: Final = {**BEFORE_MEETINGS, **ALL_BEFORE, **AFTER_ALL, **HELD}
Planned = tuple[str, int, datetime, datetime]  # what, of which meeting, what its time goes by, and when it is due


@dataclass(frozen=True)
class Cause:
    """That it is time: the same notice is the same cause, however often it is looked at."""

    id: str
    correlation_id: str | None


def cause_of(notice: ScheduledNotice) -> Cause:
    """Return the notice as the cause of messages."""
    named = (notice.session, notice.what, str(notice.meeting), notice.begins_at.isoformat())
    return Cause(str(uuid5(NAMESPACE, "/".join(named))), correlation.current())


def plan(db: OrmSession, session: Session, now: datetime) -> None:
    """Plan what is still to be told of a session as it is now; what was told of the same time stays told.

    What would be due already is not planned: who holds a place is told of new times as they change.
    """
    there = {
        (notice.what, notice.meeting): notice
        for notice in db.scalars(select(ScheduledNotice).where(ScheduledNotice.session == session.slug))
        if notice.what not in HELD or session.status != "published"
    }
    for what, meeting, begins_at, due_at in _planned(session) if session.status == "published" else ():
        notice = there.pop((what, meeting), None)
        if notice is not None and notice.begins_at == begins_at:
            continue
        if notice is not None:
            db.delete(notice)
            db.flush()
        if due_at > now:
            told = {"what": what, "meeting": meeting, "begins_at": begins_at, "due_at": due_at}
            db.add(ScheduledNotice(session=session.slug, **told))
    for notice in there.values():
        db.delete(notice)


def already_told(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> set[str]:
    """Return the ids of those who were sent this before or are about to be, whatever the session's times were then.

    A reminder that still waits, and is of a time that is no more, will not be sent.
    """
    same = (
        Message.session == session.slug,
        Message.template == notice.what,
        Message.part == notice.meeting,
        Message.state.in_((*SENT, "queued")),
    )
    begins = {begins_at for begins_at, _ in session.spans}
    there = db.execute(select(Message.recipient, Message.state, Message.leased_until, Message.facts).where(*same))
    return {
        recipient
        for recipient, state, leased_until, facts in there
        if state != "queued" or (leased_until and leased_until > now) or _still_stands(facts or {}, begins)
    }


def _still_stands(facts: Facts, begins: set[datetime]) -> bool:
    return "starts_at" not in facts or datetime.fromisoformat(facts["starts_at"]) in begins


def hold(db: OrmSession, slug: str, what: str, due_at: datetime) -> None:
    """Tell of what has happened to a session at `due_at`, with all that happens until then."""
    notice = db.get(ScheduledNotice, (slug, what, 0))
    if notice is None:
        db.add(ScheduledNotice(session=slug, what=what, meeting=0, begins_at=due_at, due_at=due_at))
    elif notice.told_at is not None:
        notice.begins_at, notice.due_at, notice.told_at = due_at, due_at, None


def is_held(db: OrmSession, slug: str, what: str) -> bool:
    """Tell whether something that has happened to a session is still to be told."""
    notice = db.get(ScheduledNotice, (slug, what, 0))
    return notice is not None and notice.told_at is None


def tell_more(db: OrmSession, session: Session, what: str, now: datetime) -> None:
    """Have those hear of it in an hour of whom it has become true since the others were told after the session.

    Until then it may be corrected. Two weeks after the session it is too late.
    """
    notice = db.get(ScheduledNotice, (session.slug, what, 0), with_for_update=True, populate_existing=True)
    if session.ends_at is None or not session.ends_at <= now < session.ends_at + NEWS_FOR:
        if notice is None:  # of a session that was told of before there were notices of this kind
            plan(db, session, now)
        return
    due_at = max(RULES[what].due(session.ends_at, session.ends_at), now + TO_CORRECT)
    if notice is None:
        ends_at = session.ends_at
        db.add(ScheduledNotice(session=session.slug, what=what, meeting=0, begins_at=ends_at, due_at=due_at))
    elif notice.told_at is not None:
        notice.due_at, notice.told_at = due_at, None


def next_due(db: OrmSession, now: datetime, limit: int) -> list[ScheduledNotice]:
    """Return those that are due, locked, the oldest first."""
    due = (
        select(ScheduledNotice)
        .where(ScheduledNotice.told_at.is_(None), ScheduledNotice.due_at <= now)
        .order_by(ScheduledNotice.due_at)
    )
    return list(db.scalars(due.limit(limit).with_for_update(skip_locked=True)))


def _planned(session: Session) -> Iterator[Planned]:
    spans = session.spans
    for number, (begins_at, ends_at) in zip(session.numbers, spans, strict=True):
        for what, rule in BEFORE_MEETINGS.items():
            due_at = rule.due(begins_at, ends_at)
            if not _are_together(spans, begins_at, due_at):
                yield what, number, begins_at, due_at
    if session.begins_at is not None and session.ends_at is not None:
        for what, rule in ALL_BEFORE.items():
            yield what, 0, session.begins_at, rule.due(session.begins_at, session.ends_at)
        for what, rule in AFTER_ALL.items():
            yield what, 0, session.ends_at, rule.due(session.begins_at, session.ends_at)


def _are_together(spans: list[Span], begins_at: datetime, due_at: datetime) -> bool:
    """Tell whether people come together once more before a meeting after its reminder is due: no need to remind."""
    return any(begins < begins_at and ends > due_at for begins, ends in spans)
