"""Drafts of what the team writes to the people of a session: kept until they are sent, deleted or too old."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as OrmSession

from services.notifications.errors import DraftGone, TooManyDrafts
from services.notifications.models import MessageDraft, Person, Session
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound, StaleVersion

MOST: Final = 100  # of the whole team, so that the list can still be read


def page(db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of all drafts, the latest begun first. Raises Invalid."""
    rows, after = page_of(db, select(MessageDraft), MessageDraft.position, cursor, limit, latest_first=True)
    return {"items": _views(db, [draft for draft, _ in rows]), "next": after}


def one(db: OrmSession, id: str) -> dict[str, Any]:
    """Return `{id, session, session_title, to, references, subject, body, saved_by, saved_by_name, saved_at, version}`.

    Raises NotFound.
    """
    return _views(db, [_found(db, id)])[0]


def begin(db: OrmSession, by: str, now: datetime, session: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a draft; `given` is any of `{to, references, subject, body}`. Raises NotFound, TooManyDrafts."""
    if db.get(Session, session) is None:
        raise NotFound("There is no such session.")
    if db.scalars(select(func.count()).select_from(MessageDraft)).one() >= MOST:
        raise TooManyDrafts(most=MOST)
    draft = MessageDraft(id=str(uuid.uuid4()), session=session, version=1)
    db.add(draft)
    return _saved(db, draft, by, now, given)


def change(db: OrmSession, id: str, version: int, by: str, now: datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    """Have a draft say what is `given`; what is left out, it says no more. Raises NotFound, StaleVersion."""
    draft = _found(db, id, locked=True)
    if draft.version != version:
        raise StaleVersion(version=draft.version)
    draft.version += 1
    return _saved(db, draft, by, now, given)


def drop(db: OrmSession, id: str) -> None:
    """Delete a draft. Raises NotFound."""
    db.delete(_found(db, id, locked=True))


def sent(db: OrmSession, slug: str, id: str, version: int | None) -> None:
    """Delete a draft, as it is sent to the people of the session: only once, and as whoever sends it has seen it.

    Raises DraftGone if it was sent or deleted before, StaleVersion if it is not of that `version` any more.
    """
    draft = db.scalar(select(MessageDraft).where(MessageDraft.id == id, MessageDraft.session == slug).with_for_update())
    if draft is None:
        raise DraftGone
    if version not in (None, draft.version):
        raise StaleVersion(version=draft.version)
    db.delete(draft)


def erase(db: OrmSession, person: str, bookings: Collection[str]) -> None:
    """Forget that this person saved drafts, and that drafts are for these bookings of theirs.

    A draft that is for nobody any more says so: it must never become one to everybody.
    """
    db.execute(update(MessageDraft).where(MessageDraft.saved_by == person).values(saved_by=None))
    for draft in db.scalars(select(MessageDraft).where(MessageDraft.bookings.is_not(None)).with_for_update()):
        left = [reference for reference in draft.bookings or () if reference not in bookings]
        if left != draft.bookings:
            draft.bookings, draft.recipients = left or None, draft.recipients if left else None


def _saved(db: OrmSession, draft: MessageDraft, by: str, now: datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    draft.recipients, draft.subject, draft.body = (given.get(name) for name in ("to", "subject", "body"))
    references = given.get("references")
    draft.bookings = [reference.upper() for reference in references] if references else None
    draft.saved_by, draft.saved_at = by, now
    db.flush()
    return _views(db, [draft])[0]


def _found(db: OrmSession, id: str, *, locked: bool = False) -> MessageDraft:
    query = select(MessageDraft).where(MessageDraft.id == id)
    draft = db.scalar(query.with_for_update() if locked else query)
    if draft is None:
        raise NotFound("There is no such draft. It may have been sent or deleted.")
    return draft


def _views(db: OrmSession, drafts: Sequence[MessageDraft]) -> list[dict[str, Any]]:
    savers = select(Person.id, Person.name).where(Person.id.in_({draft.saved_by for draft in drafts if draft.saved_by}))
    names = dict(db.execute(savers).all())
    sessions = select(Session).where(Session.slug.in_({draft.session for draft in drafts}))
    titles = {session.slug: session.title for session in db.scalars(sessions)}
    return [
        {
            "id": draft.id,
            "session": draft.session,
            "session_title": titles.get(draft.session),
            "to": draft.recipients,
            "references": draft.bookings,
            "subject": draft.subject,
            "body": draft.body,
            "saved_by": draft.saved_by,
            "saved_by_name": names.get(draft.saved_by) if draft.saved_by else None,
            "saved_at": draft.saved_at,
            "version": draft.version,
        }
        for draft in drafts
    ]
