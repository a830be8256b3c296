"""People, their places in sessions, and the rules that each row protects.

A session here is registration's own copy, kept by catalogue's events. Whoever changes a session's counters holds the
lock on its row (`Session.locked`); a check constraint stands behind the rule that nothing is overbooked.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    String,
    Text,
    and_,
    bindparam,
    or_,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.bus.models import BigId, Json, Moment
from services.bus.refusals import Invalid, NotFound
from services.registration.attendance_models import Attendance as Attendance
from services.registration.attendance_models import Certificate as Certificate
from services.registration.errors import BookingClosed, SessionCancelled, SessionFull
from services.registration.tables import Base as Base

LIVE = ("confirmed", "waiting", "offered")
ATTENDANCE = ("attended", "partly_attended", "absent")  # what a confirmed booking came to
JOIN_EARLY = timedelta(minutes=30)

Span = tuple[datetime, datetime]  # from when until when


class Sector(Base):
    """One of the settings that people work in, as the catalogue describes the city."""

    __tablename__ = "sectors"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    workforce: Mapped[int | None]


class Person(Base):
    """Somebody with an account. After erasure the row remains for the counts, and names nobody."""

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str | None] = mapped_column(String(120))
    sector: Mapped[str | None] = mapped_column(String(40))
    organisation: Mapped[str | None] = mapped_column(String(160))
    job_role: Mapped[str | None] = mapped_column(String(120))
    access_needs: Mapped[str | None] = mapped_column(Text)
    granted: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)

    @property
    def roles(self) -> list[str]:
        """All roles, `person` first."""
        return ["person", *self.granted]


class SignInCode(Base):
    """A six-digit code that was mailed. Only its keyed hash is kept."""

    __tablename__ = "sign_in_codes"
    __table_args__ = (
        Index("ix_sign_in_codes_email_created_at", "email", "created_at"),
        Index("ix_sign_in_codes_address_created_at", "address", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(64))
    code_hash: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)


class Token(Base):
    """A way to be recognised until it expires or is signed out. Only its hash is kept."""

    __tablename__ = "tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)


class Booking(Base):
    """One person's place in one session, or in its line.

    `line` orders those who wait: it counts up as people join, and whoever must go first has a number below theirs.
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
            "ix_bookings_line",
            "session_slug",
            "mode",
            "line",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_bookings_offers",
            "offer_expires_at",
            postgresql_where=text("state = 'offered'"),
            sqlite_where=text("state = 'offered'"),
        ),
        Index("ix_bookings_of_session", "session_slug", "id"),
        Index("ix_bookings_of_person", "person_id", "id"),
        CheckConstraint("state IN ('confirmed', 'waiting', 'offered', 'cancelled')", name="state"),
        CheckConstraint("mode IN ('in_room', 'online')", name="mode"),
        CheckConstraint("(state = 'offered') = (offer_expires_at IS NOT NULL)", name="offer"),
        CheckConstraint("(state = 'waiting') = (line IS NOT NULL)", name="line"),
        CheckConstraint("attendance IN ('attended', 'partly_attended', 'absent')", name="attendance"),
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
    line: Mapped[int | None] = mapped_column(BigId)
    offer_expires_at: Mapped[datetime | None] = mapped_column(Moment)
    expired_offers: Mapped[int] = mapped_column(default=0)
    access_needs: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    attendance: Mapped[str | None] = mapped_column(String(16))
    attended_share: Mapped[float | None] = mapped_column(Float)  # of all minutes; there from the first record on
    version: Mapped[int] = mapped_column(default=1)

    @property
    def live(self) -> bool:
        """Whether it still stands for a place or a hope of one."""
        return self.state in LIVE

    @property
    def shown_state(self) -> str:
        """The state that people see: what a confirmed booking came to, once that is known."""
        return self.attendance or self.state if self.state == "confirmed" else self.state

    @classmethod
    def in_state(cls, shown: str) -> ColumnElement[bool]:
        """Return the condition that finds the bookings whose `shown_state` is that."""
        if shown in ATTENDANCE:
            return and_(cls.state == "confirmed", cls.attendance == shown)
        return and_(cls.state == shown, or_(cls.state != "confirmed", cls.attendance.is_(None)))


class Session(Base):
    """Something people attend: when it is, how many places it has, and how many are taken.

    `taken_*` counts confirmed places and places that are held by an offer. `version` counts every change of the
    figures that people see; `catalogue_version` is that of the event that this copy was made from.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("taken_in_room BETWEEN 0 AND capacity_in_room", name="room_not_overbooked"),
        CheckConstraint("taken_online BETWEEN 0 AND capacity_online", name="online_not_overbooked"),
        CheckConstraint("waiting_in_room >= 0 AND waiting_online >= 0", name="waiting"),
    )

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    programme: Mapped[str] = mapped_column(String(80))
    meetings: Mapped[list[dict[str, str]]] = mapped_column(Json)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    booking_opens_at: Mapped[datetime | None] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(String(12))
    join_url: Mapped[str | None] = mapped_column(Text)
    waiting_list: Mapped[str] = mapped_column(String(12))
    capacity_in_room: Mapped[int] = mapped_column(default=0)
    capacity_online: Mapped[int] = mapped_column(default=0)
    taken_in_room: Mapped[int] = mapped_column(default=0)
    taken_online: Mapped[int] = mapped_column(default=0)
    waiting_in_room: Mapped[int] = mapped_column(default=0)
    waiting_online: Mapped[int] = mapped_column(default=0)
    line_end: Mapped[int] = mapped_column(BigId, default=0)
    line_front: Mapped[int] = mapped_column(BigId, default=0)
    catalogue_version: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def locked(cls, db: OrmSession, slug: str) -> "Session":
        """Return the session, with its row locked until the transaction ends. Raises NotFound."""
        return cls.locked_for(db, slug, None)[0]

    @classmethod
    def locked_for(cls, db: OrmSession, slug: str, person_id: str | None) -> tuple["Session", str | None]:
        """Return the session as `locked` does, and the reference of the person's live booking of it. Raises NotFound.

        One statement: everybody who books the session waits for its lock, and each statement under it is a round trip.
        """
        there = db.execute(LOCKED, {"slug": slug, "person": person_id}).one_or_none()
        if there is None:
            raise NotFound("There is no such session.")
        return there[0], there[1]

    @property
    def spans(self) -> list[Span]:
        """When each meeting starts and ends."""
        moments = [(meeting["starts_at"], meeting["ends_at"]) for meeting in self.meetings]
        return [(datetime.fromisoformat(starts), datetime.fromisoformat(ends)) for starts, ends in moments]

    def capacity(self, mode: str) -> int:
        """Return how many places there are, taken or not."""
        return int(getattr(self, f"capacity_{mode}"))

    def taken(self, mode: str) -> int:
        """Return how many places are confirmed or held by an offer."""
        return int(getattr(self, f"taken_{mode}"))

    def left(self, mode: str) -> int:
        """Return how many places are free."""
        return self.capacity(mode) - self.taken(mode)

    def waiting(self, mode: str) -> int:
        """Return how many people wait."""
        return int(getattr(self, f"waiting_{mode}"))

    def mode_for(self, wanted: str | None) -> str:
        """Return the mode of a booking that asks for `wanted`. Raises Invalid."""
        there = [mode for mode in ("in_room", "online") if self.capacity(mode) or self.taken(mode)]
        if wanted is None and len(there) == 1:
            return there[0]
        if wanted is None:
            raise Invalid.field("mode", "Say whether you come in person (in_room) or join online (online).")
        if wanted not in there:
            raise Invalid.field("mode", "This session does not have places of that kind.")
        return wanted

    def check_open(self, now: datetime) -> None:
        """Raise SessionCancelled or BookingClosed unless places can be had at `now`."""
        if self.status == "cancelled":
            raise SessionCancelled
        if now >= self.starts_at:
            raise BookingClosed("This session has already started.", starts_at=self.starts_at.isoformat())
        if self.booking_opens_at and now < self.booking_opens_at:
            raise BookingClosed("Booking has not opened yet.", opens_at=self.booking_opens_at.isoformat())

    def take_place(self, person_id: str, mode: str | None, if_full: str, now: datetime) -> Booking:
        """Return a new booking: confirmed where a place is free, waiting where one may come free.

        A free place goes to whoever books only where nobody before them can have it: a place is left free beside a
        line only when it is too late to offer it. Raises SessionCancelled, BookingClosed, SessionFull, Invalid.
        """
        self.check_open(now)
        chosen = self.mode_for(mode)
        booking = Booking(person_id=person_id, session_slug=self.slug, mode=chosen, created_at=now, version=1)
        if self.left(chosen) > 0:
            self.confirm(booking, now)
        elif if_full == "refuse" or self.waiting_list == "none":
            raise SessionFull
        else:
            self.join_line(booking)
        return booking

    def confirm(self, booking: Booking, now: datetime) -> None:
        """Give the booking a place: a free one, or the one that it was offered."""
        if booking.state != "offered":
            self._leave(booking)
            self._count("taken", booking.mode, +1)
        booking.state, booking.offer_expires_at, booking.confirmed_at = "confirmed", None, now

    def offer(self, booking: Booking, until: datetime) -> None:
        """Hold a free place for the booking until then."""
        self._leave(booking)
        self._count("taken", booking.mode, +1)
        booking.state, booking.offer_expires_at = "offered", until

    def join_line(self, booking: Booking, *, first: bool = False) -> None:
        """Have the booking wait, behind all others or before them."""
        self._leave(booking)
        self._count("waiting", booking.mode, +1)
        if first:
            self.line_front -= 1
        else:
            self.line_end += 1
        booking.state, booking.line = "waiting", self.line_front if first else self.line_end

    def cancel(self, booking: Booking) -> None:
        """Take the booking out of the session. It never comes back to life."""
        self._leave(booking)
        booking.state = "cancelled"

    def _leave(self, booking: Booking) -> None:
        if booking.state in ("confirmed", "offered"):
            self._count("taken", booking.mode, -1)
        elif booking.state == "waiting":
            self._count("waiting", booking.mode, -1)
        booking.line = booking.offer_expires_at = None

    def _count(self, what: str, mode: str, step: int) -> None:
        name = f"{what}_{mode}"
        setattr(self, name, getattr(self, name) + step)
        self.version += 1

    def join_url_at(self, now: datetime) -> str | None:
        """Return the link to join if it is time: from 30 minutes before the first meeting until the last has ended."""
        due = self.starts_at - JOIN_EARLY <= now <= self.ends_at
        return self.join_url if due and self.status == "published" else None

    def figures(self) -> dict[str, Any]:
        """Return what everybody may know of the places, as `{session, version, places, waiting}`."""
        places = {mode: {"capacity": self.capacity(mode), "left": self.left(mode)} for mode in ("in_room", "online")}
        waiting = self.waiting_in_room + self.waiting_online
        return {"session": self.slug, "version": self.version, "places": places, "waiting": waiting}


_LIVE_BOOKING = select(Booking.reference).where(
    Booking.person_id == bindparam("person"), Booking.session_slug == bindparam("slug"), Booking.state.in_(LIVE)
)
LOCKED = (
    select(Session, _LIVE_BOOKING.scalar_subquery())
    .where(Session.slug == bindparam("slug"))
    .with_for_update(of=Session)
    .execution_options(populate_existing=True)
)


class PlacesAnnounced(Base):
    """Which version of a session's figures was announced last; kept apart so that announcing locks no session."""

    __tablename__ = "places_announced"

    session_slug: Mapped[str] = mapped_column(ForeignKey("sessions.slug"), primary_key=True)
    version: Mapped[int]
