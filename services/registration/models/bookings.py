"""Bookings, how a new one begins, and the history of each."""

import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ColumnElement, Float, ForeignKey, Index, String, Text, and_, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.errors import AccountMerged
from services.registration.models.people import Base, Person
from services.runtime.dialects import BigId, Json, Moment

LIVE = ("confirmed", "waiting", "offered")
MODES = ("in_room", "online")
THERE = ("attended", "partly_attended")
LATE = "cancelled_late"  # no state, but one of what lists are asked for
ATTENDANCE = (*THERE, "absent")  # what a confirmed booking came to
NO, ZERO = text("false"), text("0")  # in rows that are older than the column
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # no 0/O, 1/I/L, U/V
LENGTH = 10  # of a reference: 30^10 = 5.9e14: at a million bookings, one new reference in 6e8 meets an old one


class Booking(Base):
    """One person's place in one session, or on its waiting list.

    `waiting_number` orders those who wait: it counts up as people join, and whoever must go first has a number below
    theirs. `either` is for those who wait for one mode and would take the other; `chose_mode`, for those who could have
    said so: nobody asks them again. Who has a place of one mode, or the offer of one, may wait for the other: for the
    mode `waits_for`, as number `changing_number` of the same list. `sector` is that of the person when they booked: it
    decides about held places. An `extra` place is one that the team gave beyond the session's places. Who came without
    a place was let in, as someone who was `waiting` or as a `walk_in`. `cancelled_late` is said of those who gave up
    their place after the deadline of the programme, and `refused` of those who applied and were given no place. Of
    a booking that was cancelled with its session, `before_cancellation` is how it stood (`places/calling_back.py`). Of
    someone invited from another waiting list, `instead_of_id` is their booking there, also once they said no.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        Index(
            "uq_bookings_one_live",
            "person_id",
            "session_slug",
            unique=True,
            postgresql_where=text("state IN ('confirmed', 'waiting', 'offered')"),
            sqlite_where=text("state IN ('confirmed', 'waiting', 'offered')"),
        ),
        Index(
            "ix_bookings_waiting",
            "session_slug",
            "mode",
            "waiting_number",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_bookings_changing",
            "session_slug",
            "waits_for",
            "changing_number",
            postgresql_where=text("waits_for IS NOT NULL"),
            sqlite_where=text("waits_for IS NOT NULL"),
        ),
        Index(
            "ix_bookings_offers",
            "offer_expires_at",
            postgresql_where=text("state = 'offered'"),
            sqlite_where=text("state = 'offered'"),
        ),
        Index("ix_bookings_of_session", "session_slug", "id"),
        Index(
            "ix_bookings_instead_of",
            "instead_of_id",
            postgresql_where=text("instead_of_id IS NOT NULL"),
            sqlite_where=text("instead_of_id IS NOT NULL"),
        ),
        Index("ix_bookings_of_person", "person_id", "id"),
        CheckConstraint("state IN ('confirmed', 'waiting', 'offered', 'cancelled')", name="state"),
        CheckConstraint("mode IN ('in_room', 'online')", name="mode"),
        CheckConstraint("(state = 'offered') = (offer_expires_at IS NOT NULL)", name="offer"),
        CheckConstraint("(state = 'waiting') = (waiting_number IS NOT NULL)", name="line"),
        CheckConstraint("(waits_for IS NULL) = (changing_number IS NULL) AND waits_for <> mode", name="waits_for"),
        CheckConstraint("attendance IN ('attended', 'partly_attended', 'absent')", name="attendance"),
        Index(
            "ix_bookings_refused",
            "person_id",
            postgresql_where=text("refused"),
            sqlite_where=text("refused"),
        ),
        Index(
            "ix_bookings_unsettled",
            "session_slug",
            postgresql_where=text("attendance IS NULL AND attended_share IS NOT NULL"),
            sqlite_where=text("attendance IS NULL AND attended_share IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    reference: Mapped[str] = mapped_column(String(11), unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    session_slug: Mapped[str] = mapped_column(ForeignKey("sessions.slug"))
    mode: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    sector: Mapped[str | None] = mapped_column(String(40))
    either: Mapped[bool] = mapped_column(default=False, server_default=NO)
    extra: Mapped[bool] = mapped_column(default=False, server_default=NO)
    allow_clash: Mapped[bool] = mapped_column(default=False, server_default=NO)
    chose_mode: Mapped[bool] = mapped_column(default=False, server_default=NO)
    let_in_as: Mapped[str | None] = mapped_column(String(8))
    cancelled_late: Mapped[bool] = mapped_column(default=False, server_default=NO)
    refused: Mapped[bool] = mapped_column(default=False, server_default=NO)
    waiting_number: Mapped[int | None] = mapped_column(BigId)
    waits_for: Mapped[str | None] = mapped_column(String(8))
    changing_number: Mapped[int | None] = mapped_column(BigId)
    offer_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    expired_offers: Mapped[int] = mapped_column(default=0)
    access_needs: Mapped[str | None] = mapped_column(Text)
    answers: Mapped[dict[str, Any] | None] = mapped_column(Json)  # by the id of the session's question
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    attendance: Mapped[str | None] = mapped_column(String(16))
    attended_share: Mapped[float | None] = mapped_column(Float)  # of all minutes; there from the first record on
    before_cancellation: Mapped[dict[str, Any] | None] = mapped_column(Json)
    instead_of_id: Mapped[int | None] = mapped_column(BigId)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def live(self) -> bool:
        """Whether it still stands for a place or a hope of one."""
        return self.state in LIVE

    @property
    def shown_state(self) -> str:
        """The state that people see: what a confirmed booking came to, and that somebody was there in any case."""
        there = self.attendance if self.state == "confirmed" or self.attendance in THERE else None
        return there or self.state

    @property
    def shown_late(self) -> bool:
        """Whether people see it as cancelled late: who was there before they cancelled has not stayed away."""
        return self.cancelled_late and self.shown_state == "cancelled"

    @classmethod
    def in_state(cls, shown: str) -> ColumnElement[bool]:
        """Return the condition that finds the bookings whose `shown_state` is that, or that were `cancelled_late`."""
        if shown == LATE:
            return and_(cls.in_state("cancelled"), cls.cancelled_late)
        if shown in THERE:
            return cls.attendance == shown
        if shown in ATTENDANCE:
            return and_(cls.state == "confirmed", cls.attendance == shown)
        unknown = cls.attendance.is_(None)
        return and_(cls.state == shown, or_(unknown, and_(cls.state != "confirmed", cls.attendance.not_in(THERE))))


def new_booking(person: Person, now: datetime, **said: Any) -> Booking:
    """Return a booking of the person that has no place yet. Raises AccountMerged."""
    if person.merged_into is not None:
        raise AccountMerged
    plain = {"either": False, "extra": False, "expired_offers": 0, "version": 1, "created_at": now}
    return Booking(reference=new_reference(), person_id=person.id, sector=person.sector, **{**plain, **said})


def new_reference(length: int = LENGTH) -> str:
    """Return so many random characters in groups of five, such as `K3M9Q-XW2TB`.

    It is short enough to read out over the telephone, and not to be guessed.
    """
    number, characters = secrets.randbelow(len(ALPHABET) ** length), ""  # asked for once: each time costs a system call
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        characters += ALPHABET[digit]
    return "-".join(characters[start : start + 5] for start in range(0, length, 5))


class Change(Base):
    """One entry in a booking's history: what became of it, when, why, and by whom. Entries are only ever added.

    `by` is person, colleague, team or system; `actor_id` names whom, where it was somebody.
    """

    __tablename__ = "booking_changes"
    __table_args__ = (
        Index("ix_booking_changes_of_booking", "booking_id", "id"),
        Index(
            "ix_booking_changes_moved",
            "booking_id",
            postgresql_where=text("what = 'booking_moved'"),
            sqlite_where=text("what = 'booking_moved'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    booking_id: Mapped[int] = mapped_column(ForeignKey("bookings.id"))
    at: Mapped[datetime] = mapped_column(Moment)
    what: Mapped[str] = mapped_column(String(30))
    cause: Mapped[str] = mapped_column(String(30))
    by: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    session_slug: Mapped[str] = mapped_column(String(80))
    mode: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(Text)
