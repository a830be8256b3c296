"""Telling those who facilitate a session that they do, and what becomes of it; their calendars follow."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.causes import scheduled_notices
from services.notifications.causes.changes import AT_ONCE_WITHIN
from services.notifications.causes.meeting_emails import with_invites
from services.notifications.models import Facilitator, FacilitatorInvite, Facts, Person, ScheduledNotice, Session

HOST: Final = "headrow"  # ends the UIDs, which are unique without it (RFC 7986, 5.3)
HELD: Final = "facilitators"  # the notice that gathers what changes within a few minutes


def tell(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of it, with invites of what is to come; also where the session is over: its attendance is still to be
    noted. Raises NotYetKnown.
    """
    session, person = Session.known(db, event.data["session"]), Person.current(db, event.data["person"])
    row = Facilitator.locked(db, event.data["id"])
    if person.email is None or not row.is_behind(event.version):
        return
    row.version, row.person, row.session, row.told = event.version, person.id, session.slug, _details(session)
    if session.status != "published" or not event.data["new"]:
        return
    facts = {"name": person.name, "title": session.title, "meetings": session.meetings}
    db.flush()  # the invite refers to the row
    issued = _put_right(db, row, session, now)
    messages.queue(db, event, list(_drafts("facilitator_named", person, session, facts, issued, now)), now)


def take_back(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Take the session out of their calendar, and tell them; no more of the session after that."""
    row = Facilitator.locked(db, event.data["id"])
    if not row.is_behind(event.version):
        return
    session = db.get(Session, row.session) if row.session else None
    person = Person.current(db, row.person) if row.person else None
    if session and person and person.email and session.status == "published" and not session.is_over(now):
        issued = invites.call_off(db, invites.of_facilitator(db, row), now)
        facts = {"name": person.name, "title": session.title, "meetings": session.meetings}
        messages.queue(db, event, list(_drafts("facilitator_taken_back", person, session, facts, issued, now)), now)
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
        messages.queue(db, event, list(_changes(db, session, now)), now)
    else:
        scheduled_notices.hold(db, session.slug, HELD, now + scheduled_notices.TOGETHER)


def held_back(db: OrmSession, notice: ScheduledNotice, session: Session, now: datetime) -> list[messages.Draft]:
    """Return word of what has changed since they were last told."""
    return [] if session.is_over(now) else list(_changes(db, session, now))


def _theirs(db: OrmSession, session: Session) -> list[tuple[Facilitator, Person]]:
    db.flush()
    there = select(Facilitator, Person).join(Person, Person.id == Facilitator.person)
    there = there.where(Facilitator.session == session.slug, Person.email.is_not(None)).order_by(Facilitator.id)
    rows = db.execute(there.with_for_update(of=Facilitator))
    return [(row, person) for row, person in rows]


def _changes(db: OrmSession, session: Session, now: datetime) -> Iterator[messages.Draft]:
    """Yield what each is told; in passing, they are told, and their calendars become what they are now."""
    after = _details(session)
    for row, person in _theirs(db, session):
        before, row.told = row.told, after
        if before is not None and before != after:
            changed = {f"{name}_changed": before[name] != after[name] for name in after}
            facts = {**after, **changed, "before": before, "name": person.name, "reason": session.cancel_reason}
            issued = _put_right(db, row, session, now)
            yield from _drafts("facilitated_changed", person, session, facts, issued, now)


def _put_right(db: OrmSession, row: Facilitator, session: Session, now: datetime) -> list[Facts]:
    """Have their calendar hold the session as it is now. Returns what is issued."""
    invite = invites.of_facilitator(db, row)
    if session.status != "published":
        return invites.call_off(db, invite, now)
    if session.is_over(now):
        return []
    details = session.details("online" if session.delivery == "virtual" else "in_room")
    return invites.renew(invite or invites.begun(db, FacilitatorInvite, row.id, HOST), details, now)


def _details(session: Session) -> Facts:
    names = ("title", "status", "delivery", "meetings", "venue")
    return {name: getattr(session, name) for name in names}


def _drafts(
    template: str, person: Person, session: Session, facts: Facts, issued: list[Facts], now: datetime
) -> Iterator[messages.Draft]:
    matters_at = None if session.is_over(now) else session.begins_at
    draft = messages.Draft.to_person(person, template, facts, session=session.slug, matters_at=matters_at)
    yield from with_invites(draft, issued)
