"""Topics renamed, merged and removed: in all sessions and programmes at once, and the old names lead on for good."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import topics
from services.catalogue.errors import TopicExists
from services.catalogue.events import announcing, tell
from services.catalogue.models import Programme, ProgrammeTopic, Session, SessionTopic, Topic
from services.runtime.refusals import Invalid, NotFound

View = dict[str, Any]


def page(db: OrmSession) -> dict[str, Any]:
    """Return `{items, next}`: every topic as a `TopicView`, by the alphabet. There is no further page."""
    return {"items": _views(db, sorted(topics.known(db))), "next": None}


def one(db: OrmSession, slug: str) -> View:
    """Return a topic as a `TopicView`. Raises NotFound, also for an old name."""
    _check_in_use(db.scalar(select(Topic).where(Topic.slug == slug)))
    return _views(db, [slug])[0]


def rename(db: OrmSession, slug: str, to: str, now: datetime) -> View:
    """Have a topic be called `to`; return it. Its own name again changes nothing. Raises NotFound, TopicExists.

    An old name that led to something else is this topic's from now on.
    """
    one(db, slug)
    is_new = to in topics.remember(db, [to]) if _is_unknown(db, to) else False
    there = _held(db, slug, to)
    if to != slug and there[to].new == to and not is_new:
        raise TopicExists
    _change(db, there, slug, to, now)
    return one(db, to)


def merge(db: OrmSession, slug: str, into: str, now: datetime) -> View:
    """Have a topic be a part of another, and return that. Raises NotFound; Invalid where there is no such other."""
    there = _held(db, slug, into)
    if into == slug or into not in there or there[into].new != into:
        raise Invalid.field("into", "unknown-name")
    _change(db, there, slug, into, now)
    return one(db, into)


def remove(db: OrmSession, slug: str, now: datetime) -> None:
    """Have nothing be about a topic any more. Raises NotFound."""
    _change(db, _held(db, slug), slug, None, now)


def _held(db: OrmSession, slug: str, *more: str) -> dict[str, Topic]:
    """Return a topic by its name, with its old names and `more`, nobody else's until the end. Raises NotFound.

    What is about it is locked before: whoever changes a session has that first.
    """
    _about(db, slug)
    wanted = or_(Topic.slug.in_([slug, *more]), Topic.became == slug)
    rows = select(Topic).where(wanted).order_by(Topic.id).with_for_update()
    there = {topic.slug: topic for topic in db.scalars(rows.execution_options(populate_existing=True))}
    _check_in_use(there.get(slug))
    return there


def _change(db: OrmSession, there: dict[str, Topic], slug: str, new: str | None, now: datetime) -> None:
    """Have all that is about a topic be about `new` instead, or about nothing in its place; announce all of it."""
    if new == slug:
        return
    things = _about(db, slug)  # once more: one may have come to be about it before it was ours
    materials = [material for thing in things for material in thing.materials]
    with announcing(db, now, *things, *materials):
        for thing in things:
            renamed = [new if topic == slug else topic for topic in thing.topics]
            thing.topics = [topic for topic in dict.fromkeys(renamed) if topic is not None]
    for thing in things:
        if isinstance(thing, Session) and thing.status == "cancelled":  # which is not told of otherwise
            tell(db, thing)
    for topic in there.values():
        topics.become(db, topic, new)


def _about(db: OrmSession, slug: str) -> list[Programme | Session]:
    """Return the programmes and sessions that are about a topic, locked, in the order in which others lock them."""
    programmes = select(ProgrammeTopic.programme_id).where(ProgrammeTopic.topic == slug)
    sessions = select(SessionTopic.session_id).where(SessionTopic.topic == slug)
    rows = (
        select(Programme).where(Programme.id.in_(programmes)).order_by(Programme.id),
        select(Session).where(Session.id.in_(sessions)).order_by(Session.id),
    )
    found: list[Programme | Session] = []
    for query in rows:
        found += db.scalars(query.with_for_update().execution_options(populate_existing=True))
    return found


def _is_unknown(db: OrmSession, slug: str) -> bool:
    return db.scalar(select(Topic.id).where(Topic.slug == slug)) is None


def _check_in_use(topic: Topic | None) -> None:
    if topic is None or topic.new != topic.slug:
        raise NotFound("There is no such topic.")


def _views(db: OrmSession, slugs: list[str]) -> list[View]:
    of_status = select(SessionTopic.topic, Session.status == "draft", func.count())
    of_status = of_status.join(Session, Session.id == SessionTopic.session_id)
    sessions = {
        (topic, is_draft): number
        for topic, is_draft, number in db.execute(of_status.group_by(SessionTopic.topic, Session.status == "draft"))
    }
    of_programmes = select(ProgrammeTopic.topic, func.count()).group_by(ProgrammeTopic.topic)
    programmes = {topic: int(number) for topic, number in db.execute(of_programmes)}
    old = topics.renamed(db)
    return [
        {
            "slug": slug,
            "sessions": sessions.get((slug, False), 0),
            "drafts": sessions.get((slug, True), 0),
            "programmes": programmes.get(slug, 0),
            "former": sorted(name for name, became in old.items() if became == slug),
        }
        for slug in slugs
    ]
