"""The whole public state, page by page, as the events would have told it."""

from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.orm import Session as OrmSession

from services.catalogue.events import Thing, state, type_of
from services.catalogue.models import City, Material, Programme, Session, Speaker, Topic
from services.runtime.paging import cursor_after, key_of

AT_MOST = 200

# What there is to tell, in an order in which nothing refers to what comes later: the row's key, and which are public.
PARTS: tuple[tuple[type[Any], InstrumentedAttribute[int], ColumnElement[bool]], ...] = (
    (City, City.id, true()),
    (Speaker, Speaker.id, true()),
    (Programme, Programme.id, true()),
    (Session, Session.id, Session.status != "draft"),
    (Material, Material.number, Material.status == "published"),
    (Topic, Topic.id, Topic.version > 1),
)


def page(db: OrmSession, cursor: str | None, at_most: int = AT_MOST) -> dict[str, Any]:
    """Return `{items: [{type, subject, version, data}], next}`. Raises Invalid on field `cursor`."""
    first, after = key_of(cursor, int, int) if cursor else (0, 0)
    items: list[dict[str, Any]] = []
    for part, (model, key, public) in list(enumerate(PARTS))[first:]:
        rows = select(model).where(key > after, public).order_by(key).limit(at_most - len(items))
        things = db.scalars(rows).all()
        items += [_told(thing) for thing in things]
        if len(items) == at_most:
            return {"items": items, "next": cursor_after(part, getattr(things[-1], key.key))}
        after = 0
    return {"items": items, "next": None}


def _told(thing: Thing) -> dict[str, Any]:
    data = state(thing)
    type = type_of(thing, {}, data)
    return {"type": type, "subject": thing.subject, "version": thing.version, "data": data}
