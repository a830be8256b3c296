"""Sessions, and the rules of their places."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, bindparam, select, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.registration.errors import ApplicationsClosed, BookingClosed, ByApplication, SessionCancelled, SessionFull
from services.registration.models.bookings import LIVE, MODES, NO, ZERO, Booking
from services.registration.models.people import Base
from services.runtime.dialects import BigId, Json, Moment
from services.runtime.refusals import Invalid, NotFound

JOIN_EARLY = timedelta(minutes=30)
Span = tuple[datetime, datetime]  # from when until when


class Session(Base):
    """Something people attend: when it is, how many places it has, and how many are taken.

    `taken_*` counts places that are confirmed or held by an offer, and `taken_by_sector` the same by mode and sector;
    `extra_*` counts places beyond the capacity. `either_*` counts those who wait for that mode and would take the
    other; `changing_*`, those who have a place of the other mode, or its offer, and wait for that one. `held_places`
    are `[{sector, places, until}]`; `next_release_at` is when the first go. `version` counts changes of figures that
    people see; `catalogue_version` is the event's. `meetings` are `[{id, starts_at, ends_at}]`: attendance is kept by
    the id, which stays; `former_meetings` are those taken away.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        CheckConstraint("taken_in_room BETWEEN 0 AND capacity_in_room", name="room_not_overbooked"),
        CheckConstraint("taken_online BETWEEN 0 AND capacity_online", name="online_not_overbooked"),
        CheckConstraint("waiting_in_room >= 0 AND waiting_online >= 0", name="waiting"),
        Index("ix_sessions_next_release_at", "next_release_at"),
    )

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    programme: Mapped[str] = mapped_column(String(80))
    topics: Mapped[list[str]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    meetings: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    former_meetings: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)
    travel_minutes: Mapped[int] = mapped_column(default=0, server_default=ZERO)
    hand_on: Mapped[str] = mapped_column(
        String(16), default="if_nobody_waits", server_default=text("'if_nobody_waits'")
    )
    cancel_days: Mapped[int | None]
    booking_opens_at: Mapped[datetime | None] = mapped_column(Moment)
    status: Mapped[str] = mapped_column(String(12))
    withdrawn_until: Mapped[datetime | None] = mapped_column(Moment)  # nobody can book while it is made a draft
    join_url: Mapped[str | None] = mapped_column(Text)
    waiting_list: Mapped[str] = mapped_column(String(12))
    by_application: Mapped[bool] = mapped_column(default=False, server_default=NO)  # the team decides who gets one
    applications_until: Mapped[datetime | None] = mapped_column(Moment)  # or else until the session starts
    held_places: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list, server_default=text("'[]'"))
    next_release_at: Mapped[datetime | None] = mapped_column(Moment)
    answers_until: Mapped[datetime | None] = mapped_column(Moment)  # to its questions; None where it asks nothing
    invited_until: Mapped[datetime | None] = mapped_column(Moment)  # the waiting list of another has first refusal
    capacity_in_room: Mapped[int] = mapped_column(default=0)
    capacity_online: Mapped[int] = mapped_column(default=0)
    taken_in_room: Mapped[int] = mapped_column(default=0)
    taken_online: Mapped[int] = mapped_column(default=0)
    taken_by_sector: Mapped[dict[str, dict[str, int]]] = mapped_column(Json, default=dict, server_default=text("'{}'"))
    extra_in_room: Mapped[int] = mapped_column(default=0, server_default=ZERO)
    extra_online: Mapped[int] = mapped_column(default=0, server_default=ZERO)
    waiting_in_room: Mapped[int] = mapped_column(default=0)
    waiting_online: Mapped[int] = mapped_column(default=0)
    either_in_room: Mapped[int] = mapped_column(default=0, server_default=ZERO)
    either_online: Mapped[int] = mapped_column(default=0, server_default=ZERO)
    changing_in_room: Mapped[int] = mapped_column(default=0, server_default=ZERO)
    changing_online: Mapped[int] = mapped_column(default=0, server_default=ZERO)
    last_waiting_number: Mapped[int] = mapped_column(BigId, default=0)
    first_waiting_number: Mapped[int] = mapped_column(BigId, default=0)
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

    @property
    def numbers(self) -> dict[int, int]:
        """The number of each meeting, counted from 1, by its id."""
        return {meeting["id"]: n for n, meeting in enumerate(self.meetings, start=1)}

    def capacity(self, mode: str) -> int:
        """Return how many places there are, taken or not."""
        return int(getattr(self, f"capacity_{mode}"))

    def taken(self, mode: str) -> int:
        """Return how many places are confirmed or held by an offer, those beyond the capacity aside."""
        return int(getattr(self, f"taken_{mode}"))

    def left(self, mode: str) -> int:
        """Return how many places are free, held ones included."""
        return self.capacity(mode) - self.taken(mode)

    def over(self, mode: str) -> int:
        """Return how many people have a place beyond the capacity."""
        return int(getattr(self, f"extra_{mode}"))

    def held_left(self, mode: str, now: datetime) -> dict[str, int]:
        """Return how many places are still held for each sector: its people take held places before open ones.

        Held are places in the room; in a session without a room, places online.
        """
        if mode != ("in_room" if self.capacity_in_room else "online"):
            return {}
        taken = self.taken_by_sector.get(mode, {})
        standing = [held for held in self.held_places if self._still_holds(held, now)]
        return {held["sector"]: max(0, held["places"] - taken.get(held["sector"], 0)) for held in standing}

    def _still_holds(self, held: dict[str, Any], now: datetime) -> bool:
        """Tell whether these places are held; those that were let go are not held again if the clock is set back."""
        until = datetime.fromisoformat(held["until"])
        return now < until and self.next_release_at is not None and self.next_release_at <= until

    def free_for(self, mode: str, sector: str | None, now: datetime) -> int:
        """Return how many places somebody of that sector could take: all that are free but those held for others."""
        held = self.held_left(mode, now)
        return self.left(mode) - sum(places for other, places in held.items() if other != sector)

    def releases(self, now: datetime) -> list[datetime]:
        """Return when held places are let go from `now` on, the soonest first."""
        standing = [held for held in self.held_places if self._still_holds(held, now)]
        return sorted({datetime.fromisoformat(held["until"]) for held in standing})

    def plan_release(self, now: datetime) -> None:
        """Note when held places are let go next."""
        untils = [datetime.fromisoformat(held["until"]) for held in self.held_places]
        self.next_release_at = min((until for until in untils if until > now), default=None)

    def waiting(self, mode: str) -> int:
        """Return how many people wait for this mode."""
        return int(getattr(self, f"waiting_{mode}"))

    def list_length(self, mode: str) -> int:
        """Return how many people would take a place of this mode that came free, whichever they wait for."""
        return self.waiting(mode) + int(getattr(self, f"either_{other_mode(mode)}")) + self.changing(mode)

    def changing(self, mode: str) -> int:
        """Return how many people have a place of the other mode, or the offer of one, and wait for one of this."""
        return int(getattr(self, f"changing_{mode}"))

    def has(self, mode: str) -> bool:
        """Tell whether there are places of this mode, or people in them."""
        return bool(self.capacity(mode) or self.taken(mode) or self.over(mode))

    @property
    def has_either(self) -> bool:
        """Whether somebody waits who would take either mode."""
        return bool(self.either_in_room or self.either_online)

    def mode_for(self, wanted: str | None) -> str:
        """Return the mode of a booking that asks for `wanted`. Raises Invalid."""
        there = [mode for mode in MODES if self.has(mode)]
        if wanted is None and len(there) == 1:
            return there[0]
        if wanted is None:
            raise Invalid.field("mode", "mode-missing")
        if wanted not in there:
            raise Invalid.field("mode", "no-such-places")
        return wanted

    def check_open(self, now: datetime, *, early: bool = False) -> None:
        """Raise unless places can be had; `early`, before booking opens and after applications close, as the team does.

        Raises NotFound, SessionCancelled, BookingClosed, ApplicationsClosed.
        """
        self.check_shown(now)
        if self.status == "cancelled":
            raise SessionCancelled
        if now >= self.starts_at:
            raise BookingClosed("This session has already started.", starts_at=self.starts_at.isoformat())
        if self.booking_opens_at and now < self.booking_opens_at and not early:
            raise BookingClosed("Booking has not opened yet.", opens_at=self.booking_opens_at.isoformat())
        if self.by_application and self.applications_until and now >= self.applications_until and not early:
            raise ApplicationsClosed(closed_at=self.applications_until.isoformat())

    def check_shown(self, now: datetime) -> None:
        """Raise NotFound while the session is a draft, or is being made one: see `places/withdrawing.py`."""
        if self.status == "draft" or (self.withdrawn_until is not None and now < self.withdrawn_until):
            raise NotFound("There is no such session.")

    def check_given_in_order(self) -> None:
        """Raise ByApplication where nobody gets a place by booking, or in their turn: the team gives them."""
        if self.by_application:
            raise ByApplication

    def is_late_to_cancel(self, now: datetime) -> bool:
        """Tell whether giving up a place at `now` is late: after the programme's deadline, also once it has begun."""
        return self.cancel_days is not None and now > self.starts_at - timedelta(days=self.cancel_days)

    def hand_over(self, booking: Booking, colleague: Booking) -> None:
        """Cancel the confirmed booking, and give the very place that it had to the colleague's."""
        colleague.session_slug, colleague.mode = self.slug, booking.mode
        give, since = self.confirm_extra if booking.extra else self.confirm, booking.confirmed_at
        assert since is not None  # it is confirmed
        self.cancel(booking)
        give(colleague, since)

    def take_place(
        self, booking: Booking, wanted: str | None, if_full: str, now: datetime, *, by_team: bool = False
    ) -> None:
        """Have the new booking confirmed where a place is free, and waiting where one may come free.

        Where people apply for its places, it waits, unless it is made `by_team`. Else a free place goes to whoever
        books only where nobody before them can have it: a place is left free beside a waiting list only when it is too
        late to offer it, or when it is held for a sector of which nobody waits. Raises SessionFull, Invalid.
        """
        chosen = self.mode_for(wanted)
        booking.session_slug, booking.mode = self.slug, chosen
        booking.chose_mode = all(map(self.has, MODES))
        applies = self.by_application and not by_team
        for mode in () if applies else (chosen, other_mode(chosen)) if booking.either else (chosen,):
            if self.free_for(mode, booking.sector, now) > 0:
                booking.mode = mode
                self.confirm(booking, now)
                return
        if not applies and (if_full == "refuse" or self.waiting_list == "none"):
            raise SessionFull
        self.join_list(booking)

    def confirm(self, booking: Booking, now: datetime) -> None:
        """Give the booking a place: a free one, or the one that it was offered."""
        if booking.state == "offered":
            self.stop_asking(booking)
            booking.offer_expires_at = None
        else:
            self._leave(booking)
            self._take(booking)
        booking.state, booking.confirmed_at = "confirmed", now

    def confirm_extra(self, booking: Booking, now: datetime) -> None:
        """Give the booking a place beyond those that there are."""
        self._leave(booking)
        booking.extra = True
        self._count("extra", booking.mode, +1)
        booking.state, booking.confirmed_at = "confirmed", now

    def offer(self, booking: Booking, until: datetime) -> None:
        """Hold a free place for the booking until then."""
        self._leave(booking)
        self._take(booking)
        booking.state, booking.offer_expires_at = "offered", until

    def offer_other(self, booking: Booking, until: datetime) -> None:
        """Hold a free place of the other mode for someone who waits, who keeps their position in case they say no."""
        mode, number = booking.mode, booking.waiting_number
        self._leave(booking)
        booking.mode, booking.chose_mode = other_mode(mode), True
        booking.waits_for, booking.changing_number = mode, number
        self._count("changing", mode, +1)
        self._take(booking)
        booking.state, booking.offer_expires_at = "offered", until

    def wait_on(self, booking: Booking) -> None:
        """Have the booking, which was offered the other mode, wait where it stood."""
        mode, number = booking.waits_for, booking.changing_number
        assert mode is not None  # it was offered the other mode
        self._leave(booking)
        booking.mode, booking.state = mode, "waiting"
        self._count_waiting(booking)
        booking.waiting_number = number

    def join_list(self, booking: Booking, *, first: bool = False, number: int | None = None) -> None:
        """Have the booking wait, behind all others or before them, or where its old number stands."""
        self._leave(booking)
        booking.state = "waiting"
        booking.waiting_number = self._next_number(first=first) if number is None else number
        self._count_waiting(booking)

    def ask_for(self, booking: Booking, mode: str, *, first: bool = False, number: int | None = None) -> None:
        """Have the booking, which has a place of the other mode, wait for this one as well."""
        self.stop_asking(booking)
        booking.waits_for = mode
        booking.changing_number = self._next_number(first=first) if number is None else number
        self._count("changing", mode, +1)

    def stop_asking(self, booking: Booking) -> None:
        """Have the booking wait for no other mode beside the one that it has a place of, or the offer of one."""
        if booking.waits_for is not None:
            self._count("changing", booking.waits_for, -1)
        booking.waits_for = booking.changing_number = None

    def take_no_other(self, booking: Booking) -> None:
        """Have the booking, which waits for one mode and would take the other, be for that mode alone."""
        if booking.state == "waiting" and booking.either:
            self._count("either", booking.mode, -1)
        booking.either = False

    def take_other(self, booking: Booking, now: datetime) -> None:
        """Give the live booking a free place of the other mode, in the stead of what it has."""
        had, other = booking.confirmed_at, other_mode(booking.mode)
        self._leave(booking)
        booking.mode, booking.state = other, "confirmed"
        self._take(booking)
        booking.confirmed_at = had or now

    def take_in(self, booking: Booking) -> None:
        """Give the booking, which has a place beyond the capacity, one of those that there are."""
        self._count("extra", booking.mode, -1)
        booking.extra = False
        self._take(booking)

    def turn_to(self, booking: Booking, mode: str) -> None:
        """Have a live booking be for this mode and not the other; who waits keeps their place on the waiting list."""
        self._count_held(booking, -1)
        booking.mode = mode
        self._count_held(booking, +1)

    def cancel(self, booking: Booking) -> None:
        """Take the booking out of the session. It comes back to life only with a session that is called back."""
        self._leave(booking)
        booking.state = "cancelled"

    def _take(self, booking: Booking, step: int = +1) -> None:
        self._count("taken", booking.mode, step)
        self._count_sector(booking, step)

    def _leave(self, booking: Booking) -> None:
        self._count_held(booking, -1)
        booking.extra = False
        self.stop_asking(booking)
        booking.waiting_number = booking.offer_expires_at = None

    def _next_number(self, *, first: bool) -> int:
        if first:
            self.first_waiting_number -= 1
            return self.first_waiting_number
        self.last_waiting_number += 1
        return self.last_waiting_number

    def _count_held(self, booking: Booking, step: int) -> None:
        """Count what the booking has: a place, one beyond the capacity, or a turn; a new one has nothing yet."""
        if booking.extra:
            self._count("extra", booking.mode, step)
        elif booking.state in ("confirmed", "offered"):
            self._take(booking, step)
        elif booking.state == "waiting":
            self._count_waiting(booking, step)

    def _count_waiting(self, booking: Booking, step: int = +1) -> None:
        self._count("waiting", booking.mode, step)
        if booking.either:
            self._count("either", booking.mode, step)

    def _count(self, what: str, mode: str, step: int) -> None:
        name = f"{what}_{mode}"
        setattr(self, name, getattr(self, name) + step)
        self.version += 1

    def _count_sector(self, booking: Booking, step: int) -> None:
        if booking.sector is not None:
            of_mode = self.taken_by_sector.get(booking.mode, {})
            counted = {**of_mode, booking.sector: of_mode.get(booking.sector, 0) + step}
            self.taken_by_sector = {**self.taken_by_sector, booking.mode: counted}

    def join_url_at(self, now: datetime) -> str | None:
        """Return the link to join if it is time: from 30 minutes before the first meeting until the last has ended."""
        due = self.starts_at - JOIN_EARLY <= now <= self.ends_at
        return self.join_url if due and self.status == "published" else None


def other_mode(mode: str) -> str:
    """Return the mode that this one is not."""
    return "online" if mode == "in_room" else "in_room"


_LIVE_BOOKING = select(Booking.reference).where(
    Booking.person_id == bindparam("person"), Booking.session_slug == bindparam("slug"), Booking.state.in_(LIVE)
)
LOCKED = (
    select(Session, _LIVE_BOOKING.scalar_subquery())
    .where(Session.slug == bindparam("slug"))
    .with_for_update(of=Session, key_share=True)  # rows that refer to the session can be written meanwhile
    .execution_options(populate_existing=True)
)
