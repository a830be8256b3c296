"""What becomes of a session's bookings in one go: each may change several times, and is announced once, as it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Booking
from services.registration.places.history import record
from services.registration.places.position import position_of
from services.runtime.database import together

EVENTS = {
    "confirmed": "registration.booking_confirmed.v1",
    "offered": "registration.place_offered.v1",
    "waiting": "registration.booking_waitlisted.v1",
    "cancelled": "registration.booking_cancelled.v1",
}


@dataclass(frozen=True)
class Seat:
    """Where a booking stands: which mode it is for, and whether that place is confirmed, offered or waited for."""

    mode: str
    state: str

    @classmethod
    def of(cls, booking: Booking) -> "Seat":
        return cls(booking.mode, booking.state)


class Changes:
    """The bookings of one session that are changed in one transaction, with where each stood before."""

    def __init__(self) -> None:
        self._before: dict[Booking, Seat] = {}
        self._why: dict[Booking, tuple[str, str]] = {}
        self._lasting: set[Booking] = set()

    def note(self, booking: Booking, cause: str, by: str = "system", *, lasting: bool = False) -> None:
        """Note where the booking stands, which is about to be changed for that cause.

        The last cause is told, unless one before it is `lasting`.
        """
        self._before.setdefault(booking, Seat.of(booking))
        if booking not in self._lasting:
            self._why[booking] = cause, by
        if lasting:
            self._lasting.add(booking)

    def __iter__(self) -> Iterator[tuple[Booking, Seat]]:
        """Yield each booking that stands elsewhere now, with where it stood."""
        return ((booking, before) for booking, before in self._before.items() if Seat.of(booking) != before)

    def tell(self, db: OrmSession, now: datetime, caller: str | None = None) -> None:
        """Announce each, and add it to its history; `caller` is the id of the person whose doing it is."""
        changed = list(self)
        for booking, _ in changed:
            booking.version += 1
        db.flush()
        with together(db):
            for booking, before in changed:
                cause, by = self._why[booking]
                position = position_of(db, booking)
                had_a_place = before.state == "confirmed"
                record(
                    db,
                    EVENTS[booking.state],
                    booking,
                    now,
                    cause=cause,
                    by=by,
                    actor=None if by == "system" else caller,
                    position=position,
                    was_confirmed=had_a_place,
                )
