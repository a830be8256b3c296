"""The copies of people's places, and who was at which meeting, kept by registration's events."""

from sqlalchemy import delete
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.bus.replica import NotYetKnown
from services.community import tablemates
from services.community.models import Booking, Person, Presence
from services.community.reach import facts


def keep(db: OrmSession, event: Envelope) -> None:
    """Take over what became of a booking. One that has moved leaves behind who was at the session that it left.

    Raises NotYetKnown where the person has not been told of yet.
    """
    if Person.known(db, event.data["person"]).erased:
        return
    booking = Booking.locked(db, event.data["reference"])
    if not booking.is_behind(event.version):
        return
    told = event.data
    if booking.session not in (None, told["session"]):
        _forget_presence(db, booking)
        booking.attendance = None
    booking.version = event.version
    for name in ("person", "session", "mode", "state"):
        setattr(booking, name, told[name])
    facts.keep(db, booking)


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
    _forget_presence(db, booking)
    there = [meeting["n"] for meeting in told["meetings"] if meeting["present"]]
    db.add_all(Presence(session=booking.session, meeting=n, person=booking.person) for n in there)
    facts.keep(db, booking)
    tablemates.expect(db, booking.session, event.time)


def _forget_presence(db: OrmSession, booking: Booking) -> None:
    db.execute(delete(Presence).where(Presence.session == booking.session, Presence.person == booking.person))
