"""Topics: a theme is known from the first time that it is named, and its old names lead on to what it is called now."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue.events import tell
from services.catalogue.models import Topic


def known(db: OrmSession) -> list[str]:
    """Return every topic, the first one first."""
    return list(db.scalars(select(Topic.slug).where(Topic.became.is_(None), ~Topic.removed).order_by(Topic.id)))


def renamed(db: OrmSession) -> dict[str, str]:
    """Return what each old name leads on to."""
    rows = db.execute(select(Topic.slug, Topic.became).where(Topic.became.is_not(None)))
    return {slug: str(became) for slug, became in rows}


def settle(db: OrmSession, slugs: Sequence[str]) -> list[str]:
    """Return topics under the names that they have now, each once, and make those known that are not.

    They keep these names until the transaction ends: whoever renames one waits, and then finds what was named so.
    """
    there = {topic.slug: topic for topic in _held(db, slugs)}
    names = list(dict.fromkeys(there[slug].became or slug if slug in there else slug for slug in slugs))
    if names != list(slugs):
        return settle(db, names)
    remember(db, names)
    return names


def remember(db: OrmSession, slugs: Iterable[str]) -> set[str]:
    """Make `slugs` known, none of them an old name, and return those that are new. One that was removed is back."""
    wanted = list(slugs)
    there = _held(db, wanted)
    back = [topic for topic in there if topic.removed]
    for topic in back:
        become(db, topic, topic.slug)
    new = set(wanted) - {topic.slug for topic in there}
    if not new:
        return {topic.slug for topic in back}
    try:
        with db.begin_nested():
            db.add_all(Topic(slug=slug) for slug in wanted if slug in new)
    except IntegrityError:  # another transaction named one of them meanwhile, and is over: look again
        return remember(db, wanted)
    return new | {topic.slug for topic in back}


def become(db: OrmSession, topic: Topic, new: str | None) -> None:
    """Have a topic be called `new`, or be removed; announce that, if it is news."""
    if topic.new == new:
        return
    topic.became, topic.removed = (new if new != topic.slug else None), new is None
    topic.version += 1
    db.flush()
    tell(db, topic)


def _held(db: OrmSession, slugs: Sequence[str]) -> Sequence[Topic]:
    """Return the topics of these names, locked against change."""
    if not slugs:
        return []
    rows = select(Topic).where(Topic.slug.in_(slugs)).order_by(Topic.id).with_for_update(read=True)
    return db.scalars(rows.execution_options(populate_existing=True)).all()
