"""Mailings: what the team says to the people of a session, one message to each; or who facilitates it.

Who facilitates it writes to those who have a place, says who they are, and reads what went to all of these alone.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session as OrmSession

from services.notifications import drafts as kept_drafts
from services.notifications import messages
from services.notifications.models import Booking, Facts, Mailing, Message, Person, Session
from services.notifications.sessions import people_of
from services.runtime import correlation
from services.runtime.paging import page_of
from services.runtime.refusals import NotAllowed, NotFound

TEMPLATE = "team_message"
FACILITATORS = "confirmed"  # to whom they may write
NOBODY = {"id": None, "name": None}  # a facilitator who was erased
IN_LINE = ("waiting", "offered")
COUNTED = ("queued", "sent", "delivered", "bounced", "failed")
STATES = {"confirmed": ("confirmed",), "waiting": IN_LINE, "all": ("confirmed", *IN_LINE)}  # of bookings


def send(
    db: OrmSession,
    slug: str,
    now: datetime,
    to: str,
    subject: str,
    body: str,
    references: Sequence[str] | None = None,
    draft: str | None = None,
    draft_version: int | None = None,
    *,
    facilitator: str | None = None,
    written_by: str | None = None,
) -> dict[str, Any]:
    """Queue the text for everybody who has a booking of that session, or waits: `to` is one of STATES.

    With `references`, of these bookings alone. Returns `{id, to, chosen, subject, queued, created_at}`, where `queued`
    is to how many it goes. `facilitator` is whoever writes, if not the team. The `draft` that it was kept in goes.

    Raises NotFound, DraftGone, StaleVersion, and NotAllowed where a facilitator would write to others than those who
    have a place, or send a draft of the team's.
    """
    if facilitator is not None and (to != FACILITATORS or draft is not None):
        raise NotAllowed("Facilitators write to those who have a place.")
    session, by = _session(db, slug), db.get(Person, facilitator) if facilitator else None
    mailing = Mailing(
        id=str(uuid.uuid4()),
        session=slug,
        recipients=to,
        chosen=references is not None,
        subject=subject,
        body=body,
        written_by=written_by,
        correlation_id=correlation.current(),
        created_at=now,
    )
    db.add(mailing)
    paragraphs = paragraphs_of(body)
    people = _people(db, slug, STATES[to], references)
    if draft is not None:  # after their bookings, in the order in which an erasure holds both
        kept_drafts.sent(db, slug, draft, draft_version)
    wrote = {"id": facilitator, "name": by.name if by else None} if facilitator else None
    drafts = [_draft(session, booking, person, subject, paragraphs, wrote) for booking, person in people]
    messages.queue(db, mailing, drafts, now)
    view = {"id": mailing.id, "to": to, "chosen": mailing.chosen, "subject": subject}
    return {**view, "queued": len(drafts), "created_at": now}


def paragraphs_of(text: str) -> list[list[str]]:
    """Return the paragraphs of a text, which blank lines part, as their lines."""
    lines = [line.rstrip() for line in text.splitlines()]
    return [list(paragraph) for filled, paragraph in groupby(lines, key=bool) if filled]


def page(
    db: OrmSession, slug: str, cursor: str | None, limit: int, *, facilitator: str | None = None
) -> dict[str, Any]:
    """Return a page of what was said to the people of a session, the latest first. Raises NotFound, Invalid."""
    _session(db, slug)
    query = select(Mailing).where(Mailing.session == slug, *_readable(facilitator))
    rows, after = page_of(db, query, Mailing.position, cursor, limit, latest_first=True)
    return {"items": _views(db, [mailing for mailing, _ in rows]), "next": after}


def one(db: OrmSession, slug: str, id: str, *, facilitator: str | None = None) -> dict[str, Any]:
    """Return the view of one of them. Raises NotFound."""
    query = select(Mailing).where(Mailing.id == id, Mailing.session == slug, *_readable(facilitator))
    mailing = db.scalar(query)
    if mailing is None:
        raise NotFound("There is no such message.")
    return _views(db, [mailing])[0]


def erase(db: OrmSession, person: str) -> None:
    """Forget what was said to nobody but this person and people who are gone, and their name where they wrote."""
    theirs_to_say = Message.facts["by"]["id"].as_string() == person
    for message in db.scalars(select(Message).where(Message.template == TEMPLATE, theirs_to_say)):
        message.facts = {**(message.facts or {}), "by": NOBODY}
    db.execute(update(Mailing).where(Mailing.written_by == person).values(written_by=None))
    to_them = select(Message.event_id).where(Message.person == person, Message.template == TEMPLATE)
    theirs = select(Mailing.id).where(Mailing.id.in_(to_them)).order_by(Mailing.id)
    ids = db.scalars(theirs.with_for_update()).all()  # of two who are erased at once, the second sees the first gone
    to_others = exists().where(Message.event_id == Mailing.id, Message.person != person)
    db.execute(update(Mailing).where(Mailing.id.in_(ids), ~to_others).values(subject=None, body=None))


def _readable(facilitator: str | None) -> list[ColumnElement[bool]]:
    """Return what narrows mailings to those that someone who facilitates the session may read."""
    return [] if facilitator is None else [Mailing.recipients == FACILITATORS, ~Mailing.chosen]


def _session(db: OrmSession, slug: str) -> Session:
    session = db.get(Session, slug)
    if session is None:
        raise NotFound("There is no such session.")
    return session


def _people(
    db: OrmSession, slug: str, states: Sequence[str], references: Sequence[str] | None
) -> list[tuple[Booking, Person]]:
    """Return who is to be told, once each."""
    query = people_of(slug, states)
    if references is not None:
        query = query.where(Booking.reference.in_([reference.upper() for reference in references]))
    rows = db.execute(query)
    return list({person.id: (booking, person) for booking, person in rows}.values())


def _draft(
    session: Session,
    booking: Booking,
    person: Person,
    subject: str,
    paragraphs: list[list[str]],
    by: Facts | None,
) -> messages.Draft:
    """It names no booking as its own: it is worth reading whatever becomes of that before it is sent."""
    facts = {
        "name": person.name,
        "title": session.title,
        "reference": booking.reference,
        "state": booking.state,
        "team_subject": subject,
        "paragraphs": paragraphs,
        "by": by,
    }
    return messages.Draft.to_person(person, TEMPLATE, facts, session=session.slug, matters_at=session.begins_at)


def _views(db: OrmSession, mailings: Sequence[Mailing]) -> list[dict[str, Any]]:
    counts: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTED, 0))
    ended: dict[str, datetime] = {}
    told = select(Message.event_id, Message.state, func.count(), func.max(Message.finished_at))
    ids = [mailing.id for mailing in mailings]
    writers = select(Person.id, Person.name).where(
        Person.id.in_({one.written_by for one in mailings if one.written_by})
    )
    names = dict(db.execute(writers).all())
    for id, state, count, last in db.execute(
        told.where(Message.event_id.in_(ids)).group_by(Message.event_id, Message.state)
    ):
        counts[id][state] = count
        if last is not None:
            ended[id] = max(last, ended.get(id, last))
    return [
        {
            "id": mailing.id,
            "to": mailing.recipients,
            "chosen": mailing.chosen,
            "subject": mailing.subject,
            "body": mailing.body,
            "written_by": mailing.written_by,
            "written_by_name": names.get(mailing.written_by) if mailing.written_by else None,
            "created_at": mailing.created_at,
            **counts[mailing.id],
            "finished_at": None if counts[mailing.id]["queued"] else ended.get(mailing.id),
        }
        for mailing in mailings
    ]
