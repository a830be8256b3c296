"""The copies of people's places, and who was at which meeting, kept by registration's events."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.bus.replica import NotYetKnown
from services.community import tablemates
from services.community.models import Booking, Person, Presence
from services.community.reach import facts


def read_ahead(db: OrmSession, events: Sequence[Envelope]) -> None:
    """Read what is known of these places, and of the people whose they are."""
    Person.hold(db, {event.data["person"] for event in events})
    Booking.lock(db, {event.data["reference"] for event in events})


def keep(db: OrmSession, event: Envelope) -> Booking | None:
    """Take over what became of a booking. One that has moved leaves behind who was at the session that it left.

    Returns the booking, to be counted, or None where there was nothing new. Raises NotYetKnown where the person has
    not been told of yet.
    """
    if Person.known(db, event.data["person"]).erased:
        return None
    booking = Booking.locked(db, event.data["reference"])
    if not booking.is_behind(event.version):
        return None
    told = event.data
    if booking.session not in (None, told["session"]):
        forget_presence(db, booking)
        booking.attendance = None
    booking.version = event.version
    for name in ("person", "session", "mode", "state"):
        setattr(booking, name, told[name])
    return booking


def count(db: OrmSession, kept: Sequence[Booking | None]) -> None:
    """Have the places that were kept count, as far as they do by now."""
    facts.keep(db, [booking for booking in kept if booking is not None])


def keep_attendance(db: OrmSession, event: Envelope) -> None:
    """Take over who was at which meetings, in place of what was known. Raises NotYetKnown."""
    if Person.known(db, event.data["person"]).erased:
        return
    told = event.data
    booking = db.get(Booking, told["reference"], with_for_update=True)
    if booking is None:
        raise NotYetKnown(f"bookings/{told['reference']} has not been told of yet")
    if booking.attendance_version >= event.version or booking.session != told["session"]:
        return
    booking.attendance_version = event.version
    booking.attendance = None if told["state"] == "confirmed" else told["state"]
    forget_presence(db, booking)
    note_presence(db, booking, told["meetings"])
    facts.keep(db, [booking])
    tablemates.expect(db, booking.session, event.time)


def forget_presence(db: OrmSession, booking: Booking) -> None:
    """Forget where someone was by this booking, unless they were there by another one of the same session as well."""
    session = (Booking.session == booking.session, Booking.person == booking.person)
    beside = select(Booking.reference).where(*session, Booking.attendance.is_not(None))
    if db.scalar(beside.where(Booking.reference != booking.reference).limit(1)) is None:
        db.execute(delete(Presence).where(Presence.session == booking.session, Presence.person == booking.person))


def note_presence(db: OrmSession, booking: Booking, meetings: list[dict[str, Any]]) -> None:
    """Note at which meetings of the session the owner of the booking was."""
    known = select(Presence.meeting).where(Presence.session == booking.session, Presence.person == booking.person)
    there = {meeting["n"] for meeting in meetings if meeting["present"]} - set(db.scalars(known))
    db.add_all(Presence(session=booking.session, meeting=n, person=booking.person) for n in sorted(there))
    db.flush()
