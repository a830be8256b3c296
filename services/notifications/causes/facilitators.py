"""Telling those who facilitate a session that they do, and what becomes of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.causes import scheduled_notices
from services.notifications.causes.changes import AT_ONCE_WITHIN
from services.notifications.models import Facilitator, Facts, Person, ScheduledNotice, Session

HELD: Final = "facilitators"  # the notice that gathers what changes within a few minutes


def tell(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of it; also where the session is over, and its attendance is still to be noted. Raises NotYetKnown."""
    session, person = Session.known(db, event.data["session"]), Person.current(db, event.data["person"])
    row = Facilitator.locked(db, event.data["id"])
    if person.email is None or not row.is_behind(event.version):
        return
    row.version, row.person, row.session, row.told = event.version, person.id, session.slug, _details(session)
    if session.status != "published" or not event.data["new"]:
        return
    facts = {"name": person.name, "title": session.title, "meetings": session.meetings}
    messages.queue(db, event, [_draft("facilitator_named", person, session, facts, now)], now)


def take_back(db: OrmSession, event: Envelope) -> None:
    """Tell them no more of the session."""
    row = Facilitator.locked(db, event.data["id"])
    if row.is_behind(event.version):
        row.version, row.person, row.session, row.told = event.version, None, None, None


def erase(db: OrmSession, person: str) -> None:
    """Forget what the person facilitates."""
    db.execute(delete(Facilitator).where(Facilitator.person == person))


def session_changed(db: OrmSession, event: Envelope, session: Session, now: datetime) -> None:
    """Tell those who facilitate the session what has changed: within five minutes in one email.

    At once, where it does not take place, or is within a day.
    """
    if session.is_over(now) or not any(row.told != _details(session) for row, _ in _theirs(db, session)):
        return
    if session.status != "published" or session.is_within(AT_ONCE_WITHIN, now):
        messages.queue(db, event, list(_drafts(db, session, now)), now)
    else:
        scheduled_notices.hold(db, session.slug, HELD, now + scheduled_notices.TOGETHER)


def held_back(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return word of what has changed since they were last told."""
    return [] if session.is_over(now) else list(_drafts(db, session, now))


def _theirs(db: OrmSession, session: Session) -> list[tuple[Facilitator, Person]]:
    db.flush()
    there = select(Facilitator, Person).join(Person, Person.id == Facilitator.person)
    there = there.where(Facilitator.session == session.slug, Person.email.is_not(None)).order_by(Facilitator.id)
    rows = db.execute(there.with_for_update(of=Facilitator))
    return [(row, person) for row, person in rows]


def _drafts(db: OrmSession, session: Session, now: datetime) -> Iterator[messages.Draft]:
    """Yield what each is told; in passing, they are told."""
    after = _details(session)
    for row, person in _theirs(db, session):
        before, row.told = row.told, after
        if before is not None and before != after:
            changed = {f"{name}_changed": before[name] != after[name] for name in after}
            facts = {**after, **changed, "before": before, "name": person.name, "reason": session.cancel_reason}
            yield _draft("facilitated_changed", person, session, facts, now)


def _details(session: Session) -> Facts:
    names = ("title", "status", "delivery", "meetings", "venue")
    return {name: getattr(session, name) for name in names}


def _draft(template: str, person: Person, session: Session, facts: Facts, now: datetime) -> messages.Draft:
    matters_at = None if session.is_over(now) else session.begins_at
    return messages.Draft.to_person(person, template, facts, session=session.slug, matters_at=matters_at)
