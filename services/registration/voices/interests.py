"""Interests: "tell me when there is more on this", and how many people ask for what."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, cast, func, literal, select, tuple_
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.people import lock
from services.registration.events import interest_event
from services.registration.models import Interest, Person, Programme, Session
from services.registration.voices import topics
from services.runtime.paging import cursor_after, key_of, page_of
from services.runtime.refusals import Invalid, NotFound

NAMES: dict[str, Callable[[str], ColumnElement[bool]]] = {  # what an interest may name, and which sessions show that
    "topic": lambda slug: cast(Session.topics, Text).contains(f'"{slug}"'),  # JSON, and no slug has a quote in it
    "programme": lambda slug: Session.programme == slug,
    "session": lambda slug: Session.slug == slug,
}


def register(db: OrmSession, person: Person, now: datetime, **named: str) -> Interest:
    """Note that the person wants more of what is named: `topic`, `programme` or `session`, as a slug.

    An old name of a topic stands for what it is called now. Returns the interest that they have in it already, if
    they do. Raises Invalid where nothing has this name.
    """
    lock(db, person)  # so that the same asked for twice at once is one
    [(name, slug)] = named.items()
    slug = topics.current(db, slug) or slug if name == "topic" else slug
    there = db.scalar(select(Interest).filter_by(person_id=person.id, **{name: slug}))
    if there is not None:
        return there
    if not _is_there(db, name, slug):
        raise Invalid.field(name, "unknown-name")
    interest = Interest(person_id=person.id, created_at=now, version=1, **{name: slug})
    db.add(interest)
    db.flush()
    interest_event(db, "registration.interest_registered.v1", interest)
    return interest


def _is_there(db: OrmSession, name: str, slug: str) -> bool:
    """Say whether anything has this name: a session that shows it, or a programme, which may have no session yet."""
    if name == "programme" and db.get(Programme, slug) is not None:
        return True
    shown = select(Session.slug).where(NAMES[name](slug), Session.status != "draft").limit(1)
    return db.scalar(shown) is not None


def withdraw(db: OrmSession, person: Person, id: str) -> None:
    """Forget the person's own interest. Raises NotFound."""
    interest = one(db, person, id, for_change=True)
    interest.version += 1
    interest_event(db, "registration.interest_withdrawn.v1", interest)
    db.delete(interest)
    db.flush()


def one(db: OrmSession, person: Person, id: str, *, for_change: bool = False) -> Interest:
    """Return the person's own interest, locked if it is to be changed. Raises NotFound."""
    mine = select(Interest).where(Interest.id == id, Interest.person_id == person.id)
    interest = db.scalar(mine.with_for_update() if for_change else mine)
    if interest is None:
        raise NotFound("There is no such interest.")
    return interest


def page(db: OrmSession, person: Person, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of the person's own interests, the latest first, as `{items, next}`. Raises Invalid."""
    query = select(Interest).where(Interest.person_id == person.id)
    rows, after = page_of(db, query, Interest.position, cursor, limit, latest_first=True)
    return {"items": [interest for interest, _ in rows], "next": after}


def demand(db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of what people ask for, as `{items, next}`: the most wanted first, and how many people want it.

    A person has each interest once, so that to count interests is to count people. Raises Invalid.
    """
    named = (Interest.topic, Interest.programme, Interest.session)
    wanted = select(*named, func.count().label("people")).group_by(*named).subquery()
    about = case((wanted.c.topic.is_not(None), 1), (wanted.c.programme.is_not(None), 2), else_=3)
    slug = func.coalesce(wanted.c.topic, wanted.c.programme, wanted.c.session)
    query = select(wanted, about.label("about"), slug.label("slug")).order_by(wanted.c.people.desc(), about, slug)
    if cursor:
        people, *rest = key_of(cursor, int, int, str)
        after = tuple_(-wanted.c.people, about, slug) > tuple_(literal(-people), literal(rest[0]), literal(rest[1]))
        query = query.where(after)
    rows = db.execute(query.limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return {"items": rows[:limit], "next": cursor_after(last.people, last.about, last.slug) if last else None}
