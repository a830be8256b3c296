"""Templates for kinds of session: drafts that are never published, and only ever copied."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import schemas
from services.catalogue.editing import locked
from services.catalogue.errors import SessionNotDraft
from services.catalogue.models import Session
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid


def page(db: OrmSession, cursor: str | None = None, limit: int = 20) -> dict[str, Any]:
    """Return `{items, next}`: the templates, oldest first. `limit` is 1 to 100. Raises Invalid."""
    if not 1 <= limit <= 100:
        raise Invalid.field("limit", "out-of-range", min=1, max=100, of="whole number")
    rows, after = page_of(db, select(Session).where(Session.template.is_not(None)), Session.id, cursor, limit)
    return {"items": schemas.SessionView(many=True).dump([session for session, _ in rows]), "next": after}


def keep(db: OrmSession, slug: str, name: str) -> Session:
    """Keep the draft as a template of that name, or call a template so. Raises NotFound, SessionNotDraft."""
    session = locked(db, Session, slug=slug)
    if session.status != "draft":
        raise SessionNotDraft("Only a draft can be kept as a template.")
    session.template = name
    db.flush()
    return session


def end(db: OrmSession, slug: str) -> Session:
    """Have the template be a draft like others; once is enough. Raises NotFound."""
    session = locked(db, Session, slug=slug)
    session.template = None
    db.flush()
    return session
