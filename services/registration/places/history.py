"""The history of a booking: every change of it, when, why and by whom. Entries are added, and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.events import booking_event
from services.registration.models import Booking, Change, Person
from services.runtime.database import write
from services.runtime.paging import page_of

_ADD = insert(Change).inline()  # written once: each change of a booking passes here


def record(
    db: OrmSession,
    what: str,
    booking: Booking,
    now: datetime,
    *,
    cause: str,
    by: str,
    actor: str | None = None,
    position: int | None = None,
    was_confirmed: bool = False,
    moved_from: str | None = None,
    meant_for: str | None = None,
    nominated_by: str | None = None,
) -> None:
    """Announce what became of a booking, and add it to the history, as it is now.

    `what` is the type of the event; `by` is person, colleague, team or system; `actor` is the id of whoever did it, if
    that was not the owner; `meant_for` is for whom it was made, where that is another name than the owner's;
    `nominated_by` is the organisation whose coordinator made it.
    """
    told: dict[str, Any] = {"position": position, "was_confirmed": was_confirmed, "moved_from": moved_from}
    told |= {"meant_for": meant_for, "nominated_by": nominated_by}
    booking_event(db, what, booking, cause=cause, by=by, **told)
    plain = what.split(".")[1]
    write(db, _ADD, _entry(booking, plain, now, cause, by, actor, booking.reason))


def note(db: OrmSession, booking: Booking, text: str, now: datetime, caller: Person) -> dict[str, Any]:
    """Add a note of the team, which the team alone reads; return its view."""
    change = Change(**_entry(booking, "note", now, "note", "team", caller.id, text))
    db.add(change)
    return _view(change, booking, caller, team=True)


def _entry(
    booking: Booking, what: str, now: datetime, cause: str, by: str, actor: str | None, reason: str | None
) -> dict[str, Any]:
    return {
        "booking_id": booking.id,
        "at": now,
        "what": what,
        "cause": cause,
        "by": by,
        "actor_id": actor or (booking.person_id if by == "person" else None),
        "session_slug": booking.session_slug,
        "mode": booking.mode,
        "state": booking.state,
        "reason": reason,
    }


def page(db: OrmSession, booking: Booking, team: bool, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of a booking's history, the earliest first, as `{items, next}`. Raises Invalid.

    The team sees who did it, and the notes.
    """
    query = select(Change, Person).outerjoin(Person, Person.id == Change.actor_id)
    query = query.where(Change.booking_id == booking.id)
    if not team:
        query = query.where(Change.what != "note")
    rows, after = page_of(db, query, Change.id, cursor, limit)
    return {"items": [_view(change, booking, actor, team) for change, actor, _ in rows], "next": after}


def _view(change: Change, booking: Booking, actor: Person | None, team: bool) -> dict[str, Any]:
    names = ("at", "what", "cause", "by", "mode", "state", "reason")
    shown = {**{name: getattr(change, name) for name in names}, "session": change.session_slug}
    shown["late"] = booking.cancelled_late and (change.what, change.cause) == ("booking_cancelled", "cancelled")
    return {**shown, "actor": actor.name or actor.email if actor else None} if team else shown


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return what became of all the bookings of a person, for the export of what is held on them."""
    theirs = select(Change, Booking).join(Booking).where(Booking.person_id == person.id).order_by(Change.id)
    rows = db.execute(theirs)
    return [{**_view(change, booking, None, False), "reference": booking.reference} for change, booking in rows]


def erase(db: OrmSession, person: Person) -> None:
    """Leave of a person's history what happened when, and nothing that anybody wrote about it."""
    theirs = select(Booking.id).where(Booking.person_id == person.id)
    db.execute(delete(Change).where(Change.booking_id.in_(theirs), Change.what == "note"))
    db.execute(update(Change).where(Change.booking_id.in_(theirs)).values(reason=None))
