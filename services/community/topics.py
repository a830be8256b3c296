"""Topics that were renamed, merged or removed: members have picked what they are called now."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.bus.replica import led_to
from services.community.models import Member, TopicName


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over what a topic is called now, and have those who picked it have picked that."""
    name = TopicName.locked(db, event.data["old"])
    if not name.is_behind(event.version):
        return
    name.version, name.new = event.version, event.data["new"]
    db.flush()
    moved = {old for old, new in _names(db).items() if new != old}
    picked = [cast(Member.topics, Text).contains(f'"{old}"', autoescape=True) for old in sorted(moved)]
    rows = select(Member).where(or_(*picked)).order_by(Member.person).with_for_update() if picked else None
    for member in db.scalars(rows.execution_options(populate_existing=True)).all() if rows is not None else ():
        now = settle(db, member.topics)
        if now != member.topics:
            member.topics = now
            member.version += 1


def current(db: OrmSession, topic: str) -> str | None:
    """Return what a topic is called now, None where it was removed."""
    return led_to(_names(db), topic)


def settle(db: OrmSession, topics: Iterable[str]) -> list[str]:
    """Return topics under the names that they have now, each once; those that were removed are left out."""
    names = _names(db)
    return [topic for topic in dict.fromkeys(led_to(names, topic) for topic in topics) if topic is not None]


def picked(db: OrmSession) -> dict[str, int]:
    """Return how many members picked each topic, by its name; those that nobody picked are left out."""
    rows = db.scalars(select(Member.topics).where(Member.joined_at.is_not(None)))
    return dict(Counter(topic for topics in rows for topic in topics))


def _names(db: OrmSession) -> dict[str, str | None]:
    return {row.old: row.new for row in db.scalars(select(TopicName))}
