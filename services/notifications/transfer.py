"""Which emails people do not want, and which of them no mail reaches: out of an installation, and into another."""

from typing import Any, Final

from sqlalchemy import select, union
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import preferences
from services.notifications.delivery import addresses
from services.notifications.message_types import TOPICS
from services.notifications.models import Person, Undeliverable, Unwanted

AT_ONCE: Final = 200


def page(db: OrmSession, cursor: str | None) -> dict[str, Any]:
    """Return a page of `{people: {id: {unwanted: [{topic, since}], undeliverable: {since, status}}}, next}`.

    Nobody is in it of whom nothing is kept, or who was erased.
    """
    marked = select(Person.id, Undeliverable).join(Undeliverable, Undeliverable.address == Person.email)
    whose = union(select(Unwanted.person.label("id")), marked.with_only_columns(Person.id)).subquery()
    gone = select(Person.id).where(Person.erased)
    there = select(whose.c.id).where(whose.c.id > (cursor or ""), whose.c.id.not_in(gone))
    ids = db.scalars(there.order_by(whose.c.id).limit(AT_ONCE)).all()
    people: dict[str, dict[str, Any]] = {id: {"unwanted": [], "undeliverable": None} for id in ids}
    theirs = select(Unwanted).where(Unwanted.person.in_(ids)).order_by(Unwanted.since, Unwanted.topic)
    for row in db.scalars(theirs):
        people[row.person]["unwanted"].append({"topic": row.topic, "since": row.since})
    for id, mark in db.execute(marked.where(Person.id.in_(ids))):
        people[id]["undeliverable"] = {"since": mark.since, "status": mark.status}
    return {"people": people, "next": ids[-1] if len(ids) == AT_ONCE else None}


def take(db: OrmSession, event: Envelope) -> None:
    """Take over what someone who was imported did not want, beside what they do not want here. Raises NotYetKnown.

    The event comes once, when they are new here. What they choose later stays, however often the file comes in.
    """
    told = event.data
    person = Person.current(db, told["person"])
    if person.email is None:  # erased meanwhile, or a guest
        return
    for row in told["unwanted"]:
        if row["topic"] in TOPICS:
            preferences.choose(db, person.id, {row["topic"]: False}, row["since"])
    mark = told["undeliverable"]
    if mark is not None and person.email == told["email"]:
        addresses.mark_imported(db, person.email, mark["status"], mark["since"], event.id)
