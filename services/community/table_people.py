"""Who is to be seated in a session, and what holds for them: from the copies to a gathering of the pure rules.

In a gathering people are named by the references of their bookings.
"""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as OrmSession

from services.community import acquaintance
from services.community.models import Booking, Person, Presence, Session
from services.community.seating import Gathering
from services.community.seating import Person as Guest
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid

Wishes = Mapping[str, Any]
Guests = dict[str, Person]  # by the references of their bookings


def mode_of(session: Session) -> str:
    """Return whose tables these are: those in the room, or, where all are online, those online."""
    return "online" if session.delivery == "virtual" else "in_room"


def kind_of(session: Session) -> str:
    """Return what people sit in: tables, or rooms online."""
    return "rooms" if session.delivery == "virtual" else "tables"


def seatable(db: OrmSession, session: Session, who: str = "booked", *, hold: bool = False) -> Guests:
    """Return who is to be seated: all who have a place, or those of them who are `checked_in` to a meeting.

    With `hold`, none of them is erased or loses their place before the end of the transaction.
    """
    query = select(Booking, Person).join(Person, Person.id == Booking.person)
    query = query.where(Booking.session == session.slug, Booking.state == "confirmed")
    query = query.where(Booking.mode == mode_of(session), Person.erased.is_(False))
    if who == "checked_in":
        query = query.where(_is_there())
    if hold:
        query = query.with_for_update(read=True, of=Booking)
    return {booking.reference: person for booking, person in db.execute(query.order_by(Booking.reference))}


def checked_in(db: OrmSession, session: Session) -> set[str]:
    """Return the references of those who are checked in to a meeting of the session."""
    query = select(Booking.reference).where(Booking.session == session.slug, _is_there())
    return set(db.scalars(query))


def _is_there() -> Any:
    return exists().where(Presence.session == Booking.session, Presence.person == Booking.person)


def gathering_of(db: OrmSession, session: Session, guests: Guests, size: int, rounds: int, wishes: Wishes) -> Gathering:
    """Return these people as a gathering: wishes that name others are left out, as are those who are not there.

    Whoever met in this very session has met by its tables, which are being drawn up: that does not count.
    """
    by_person = {person.id: reference for reference, person in guests.items()}
    met = acquaintance.have_met(db, by_person, besides=session.slug)
    needing = {*wishes["step_free"]}
    people = (
        Guest(reference, person.sector, person.organisation, reference in needing)
        for reference, person in guests.items()
    )
    together = (tuple(one for one in group if one in guests) for group in wishes["keep_together"])
    return Gathering(
        people=tuple(people),
        size=size,
        rounds=rounds,
        hosts=tuple(one for one in wishes["hosts"] if one in guests),
        apart=tuple((one, other) for one, other in wishes["keep_apart"] if {one, other} <= guests.keys()),
        together=tuple(group for group in together if len(group) > 1),
        step_free_tables=wishes["step_free_tables"],
        met=frozenset(_pair(by_person[one], by_person[other]) for one, other in met),
    )


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def check_named(guests: Collection[str], wishes: Wishes, who: str) -> None:
    """Raise Invalid with every wish that names somebody who is not to be seated."""
    if not guests:
        raise Invalid.field("who", "nobody-checked-in" if who == "checked_in" else "nobody-has-a-place")
    named = [(f"{name}.{n}", one) for name in ("hosts", "step_free") for n, one in enumerate(wishes[name])]
    for name in ("keep_apart", "keep_together"):
        groups = enumerate(wishes[name])
        named += [(f"{name}.{n}.{place}", one) for n, group in groups for place, one in enumerate(group)]
    errors = [Fault("not-to-be-seated").at(field) for field, one in named if one not in guests]
    if errors:
        raise Invalid(errors)
