"""Topics that were renamed, merged or removed: whoever wants to hear of one, wants to hear of what it is called now."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.bus.replica import led_to
from services.registration.events import interest_event
from services.registration.models import Interest, Person, TopicName


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over what a topic is called now, and have those who asked for it hear of that."""
    name = TopicName.locked(db, event.data["old"])
    if not name.is_behind(event.version):
        return
    name.version, name.new = event.version, event.data["new"]
    follow(db)


def current(db: OrmSession, topic: str) -> str | None:
    """Return what a topic is called now, None where it was removed."""
    return led_to(_names(db), topic)


def follow(db: OrmSession) -> None:
    """Have no interest be in an old name. Each is under its topic's name, once, or gone with the topic."""
    db.flush()
    names = _names(db)
    held = select(Interest.topic).where(Interest.topic.in_(names)).distinct().order_by(Interest.topic)
    for old in db.scalars(held).all():
        new = led_to(names, str(old))
        if new != old:
            _move(db, str(old), new)


def interested(db: OrmSession) -> dict[str, int]:
    """Return how many people want to hear of each topic, by its name; those of none are left out."""
    counted = select(Interest.topic, func.count()).where(Interest.topic.is_not(None)).group_by(Interest.topic)
    return {str(topic): people for topic, people in db.execute(counted)}


def _names(db: OrmSession) -> dict[str, str | None]:
    return {row.old: row.new for row in db.scalars(select(TopicName))}


def _move(db: OrmSession, old: str, new: str | None) -> None:
    """Have interests in `old` be in `new`, unless their person has that already; where there is none, they are gone."""
    theirs = select(Interest.person_id).where(Interest.topic == old)
    people = select(Person.id).where(Person.id.in_(theirs)).order_by(Person.id).with_for_update()
    db.scalars(people).all()  # so that none of them asks for the new one meanwhile
    there = set(db.scalars(select(Interest.person_id).where(Interest.topic == new))) if new else set()
    rows = select(Interest).where(Interest.topic == old).order_by(Interest.position).with_for_update()
    for interest in db.scalars(rows.execution_options(populate_existing=True)).all():
        interest.version += 1
        if new is None or interest.person_id in there:
            interest_event(db, "registration.interest_withdrawn.v1", interest)
            db.delete(interest)
        else:
            interest.topic = new
            interest_event(db, "registration.interest_registered.v1", interest)
    db.flush()
