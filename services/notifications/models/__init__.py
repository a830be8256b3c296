"""Tables of the notifications service, and the rule that each row protects."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.bus.handover import HandedOver
from services.bus.replica import Copy
from services.notifications.models.base import Base as Base
from services.notifications.models.base import Facts as Facts
from services.notifications.models.evaluation import Evaluation as Evaluation
from services.notifications.models.evaluation import EvaluationAsked as EvaluationAsked
from services.runtime import search
from services.runtime.dialects import BigId, Json


class Person(Copy, Base):
    """Somebody whom we write to. Erased, the row stays without a name, so that a late event cannot bring one back.

    `addresses` are all that they have had besides the one that we write to: what went there is erased with them.
    """

    __tablename__ = "people"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(254), index=True)
    name: Mapped[str | None] = mapped_column(Text)
    search_key: Mapped[str | None] = mapped_column(Text)  # of name and address, as services/runtime/search.py folds
    addresses: Mapped[list[str] | None] = mapped_column(Json)
    erased: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    merged_into: Mapped[str | None] = mapped_column(String(36), index=True)

    @classmethod
    def current(cls, db: OrmSession, id: str) -> "Person":
        """Return who has that account by now: of one that was merged, whoever it is a part of. Raises NotYetKnown."""
        person = cls.known(db, id)
        while person.merged_into is not None:
            person = cls.known(db, person.merged_into)
        return person

    _found_by = search.found_by("name", "email")

    @property
    def known_addresses(self) -> list[str]:
        """All addresses that they have or had, each once."""
        return list(dict.fromkeys([*([self.email] if self.email else []), *(self.addresses or [])]))

    def know(self, addresses: list[str]) -> None:
        """Remember these addresses beside those that are known."""
        if more := [address for address in addresses if address not in self.known_addresses]:
            self.addresses = [*(self.addresses or []), *more]


class MergeMove(HandedOver, Base):
    """A row that passed from a merged account to the one that is kept."""

    __tablename__ = "merge_moves"


class Session(Copy, Base):
    """Something that people attend. `meetings` is `[{starts_at, ends_at}]`, `venue` is `{name, address, access}`.

    `join_url` is for reminders, and never in what is sent before them; kept from the first event on, as the catalogue
    does not tell twice; `link_changed_at` is when it last became another one, or none. `change_told_at` is when people
    were last told that something is other than they knew.
    `numbered_meetings` is what `meeting_numbers.numbered` returned, None in rows that are older than it.
    """

    __tablename__ = "sessions"

    slug: Mapped[str] = mapped_column(String(255), primary_key=True)
    programme: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    search_key: Mapped[str | None] = mapped_column(Text)  # of the title, as services/runtime/search.py folds
    status: Mapped[str] = mapped_column(String(20))
    delivery: Mapped[str | None] = mapped_column(String(20))
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    meetings: Mapped[list[Facts]]
    numbered_meetings: Mapped[list[Facts] | None]
    venue: Mapped[Facts | None]
    join_url: Mapped[str | None] = mapped_column(Text)
    link_changed_at: Mapped[datetime | None]
    change_told_at: Mapped[datetime | None]

    _found_by = search.found_by("title")

    def details(self, mode: str) -> Facts:
        """Return what somebody who comes in this mode needs to know; those online have no use for the venue."""
        venue = self.venue if mode == "in_room" else None
        return {"title": self.title, "mode": mode, "meetings": self.meetings, "venue": venue}

    def overlaps(self, other: "Session") -> bool:
        """Tell whether any meeting of the one is while one of the other is."""
        return any(start < end and begin < until for start, until in self.spans for begin, end in other.spans)

    @property
    def spans(self) -> list[tuple[datetime, datetime]]:
        """When each meeting begins and ends, in their order."""
        moments = [(meeting["starts_at"], meeting["ends_at"]) for meeting in self.meetings]
        return [(datetime.fromisoformat(starts), datetime.fromisoformat(ends)) for starts, ends in moments]

    @property
    def numbers(self) -> list[int]:
        """The number of each meeting, in their order: it stays that of the meeting, whatever becomes of the others."""
        numbers = [entry["n"] for entry in self.numbered_meetings or () if entry["method"] == "REQUEST"]
        return numbers if len(numbers) == len(self.meetings) else [*range(1, len(self.meetings) + 1)]

    @property
    def begins_at(self) -> datetime | None:
        """When the first meeting begins."""
        return min((starts_at for starts_at, _ in self.spans), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """When the last meeting ends."""
        return max((ends_at for _, ends_at in self.spans), default=None)

    def has_begun(self, now: datetime) -> bool:
        """Tell whether the first meeting has begun."""
        return self.begins_at is not None and self.begins_at <= now

    def is_within(self, time: timedelta, now: datetime) -> bool:
        """Tell whether a meeting begins in that time, or is going on."""
        return any(begins_at <= now + time and now < ends_at for begins_at, ends_at in self.spans)

    def is_over(self, now: datetime) -> bool:
        """Tell whether the last meeting has ended."""
        return self.ends_at is None or self.ends_at <= now


class Booking(Copy, Base):
    """A person's place in a session, as last told: the version is what makes an older message superseded.

    `attendance` is what was recorded of it (attended, partly_attended, absent), None before. Who was told of the
    certificate, or has said how it was, is not written to about it again; who has `pledged` something then is reminded
    of it, `feedback_version` being that of what told so. `told_at` is when we were last told of the booking.
    """

    __tablename__ = "bookings"

    reference: Mapped[str] = mapped_column(String(64), primary_key=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    session: Mapped[str] = mapped_column(String(255), index=True)
    mode: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    confirmed_at: Mapped[datetime | None]
    attendance: Mapped[str | None] = mapped_column(String(20))
    attendance_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    certificate_told: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    feedback_given: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    feedback_version: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    pledged: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    offer_expires_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]


class Facilitator(Copy, Base):
    """That a person facilitates a session, with its details as they were last told of them; None once taken back."""

    __tablename__ = "facilitators"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person: Mapped[str | None] = mapped_column(String(36), index=True)
    session: Mapped[str | None] = mapped_column(String(255), index=True)
    told: Mapped[Facts | None]


class Invite(Base):
    """The calendar invite of a booking: one for the booking's life, and a sequence that only rises.

    `told` is the session's details as the person was last told of them. `entries` is what their calendar holds, meeting
    by meeting, and what it held (see `invites.py`). `host` ends the UIDs, and outlives a move.
    """

    __tablename__ = "invites"
    __table_args__ = (CheckConstraint("method IN ('REQUEST', 'CANCEL')", name="method"),)

    reference: Mapped[str] = mapped_column(ForeignKey("bookings.reference", ondelete="CASCADE"), primary_key=True)
    host: Mapped[str] = mapped_column(String(255))
    method: Mapped[str] = mapped_column(String(10))
    sequence: Mapped[int] = mapped_column(Integer)
    told: Mapped[Facts]
    entries: Mapped[list[Facts]]
    issued_at: Mapped[datetime]


class Message(Base):
    """One message to one person about one cause: the unique key is what keeps a cause from writing twice.

    `part` tells apart what one cause has to say by the same template: a meeting's number, or 0. Queued, it ends as sent
    or failed; what was sent may turn out to be delivered or bounced. It is written out of `facts` when it is sent.
    `recipient` is a person's id, or the subject of a sign-in, whose person may not exist yet; one recipient's messages
    go out in order. What `may_wait` is not sent in quiet hours. Queued with the reason DEFECT, it could not be written
    the last time. `resend_of` is the first message where the team sent one again, and `resent_by` the person who
    did.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("event_id", "recipient", "template", "part"),
        CheckConstraint("state IN ('queued', 'sent', 'delivered', 'bounced', 'failed')", name="state"),
        Index(
            "ix_messages_queue",
            "urgency",
            "due_at",
            "created_at",
            "booking_version",
            postgresql_where=text("state = 'queued'"),
            sqlite_where=text("state = 'queued'"),
        ),
        Index(
            "ix_messages_order",
            "recipient",
            "created_at",
            postgresql_where=text("state = 'queued'"),
            sqlite_where=text("state = 'queued'"),
        ),
        # What the team looks through, the latest first: all, and those of a state, a kind and a session.
        Index("ix_messages_created_at", "created_at", "id"),
        Index(
            "ix_messages_state",  # without those queued: senders must not take it for theirs
            "state",
            "created_at",
            "id",
            postgresql_where=text("state != 'queued'"),
            sqlite_where=text("state != 'queued'"),
        ),
        Index("ix_messages_template", "template", "created_at", "id"),
        Index("ix_messages_session", "session", "created_at", "id"),
        Index(
            "ix_messages_resend_of",
            "resend_of",
            postgresql_where=text("resend_of IS NOT NULL"),
            sqlite_where=text("resend_of IS NOT NULL"),
        ),
        Index(
            "ix_messages_resent_by",
            "resent_by",
            postgresql_where=text("resent_by IS NOT NULL"),
            sqlite_where=text("resent_by IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(36))
    recipient: Mapped[str] = mapped_column(String(255))
    template: Mapped[str] = mapped_column(String(40))
    part: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    correlation_id: Mapped[str | None] = mapped_column(String(36))
    traceparent: Mapped[str | None] = mapped_column(String(55))
    person: Mapped[str | None] = mapped_column(String(36), index=True)
    booking: Mapped[str | None] = mapped_column(String(64), index=True)
    booking_version: Mapped[int | None] = mapped_column(Integer)
    session: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(254), index=True)
    facts: Mapped[Facts | None]
    subject: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    urgency: Mapped[int] = mapped_column(Integer)
    may_wait: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    attempts: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(20))
    error: Mapped[str | None] = mapped_column(Text)
    resend_of: Mapped[str | None] = mapped_column(String(36))
    resent_by: Mapped[str | None] = mapped_column(String(36))


class Interest(Copy, Base):
    """What a person wants to hear of when there is more: one of topic, programme and session, as slugs.

    Withdrawn, the row stays without any of them, so that a late event cannot bring it back.
    """

    __tablename__ = "interests"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person: Mapped[str] = mapped_column(String(36), index=True)
    topic: Mapped[str | None] = mapped_column(String(255), index=True)
    programme: Mapped[str | None] = mapped_column(String(255), index=True)
    session: Mapped[str | None] = mapped_column(String(255), index=True)


class Mailing(Base):
    """What the team said to the people of a session. Its messages have its id as their cause.

    The text goes once nobody is left whom it went to; that it was sent stays. `chosen`: it was for some bookings alone.
    """

    __tablename__ = "mailings"
    __table_args__ = (CheckConstraint("recipients IN ('confirmed', 'waiting', 'all')", name="recipients"),)

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    session: Mapped[str] = mapped_column(String(255), index=True)
    recipients: Mapped[str] = mapped_column(String(10))
    chosen: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    subject: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    correlation_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime]


class ScheduledNotice(Base):
    """A time at which a session's people are to be told something, once: `what` is one of `scheduled_notices.RULES`.

    `meeting` is the number of the meeting that it is about (`Session.numbers`), or 0 for all of the session.
    `begins_at` is what the time goes by: with another one it is planned again, for those who were not told before.
    """

    __tablename__ = "occasions"
    __table_args__ = (
        Index(
            "ix_occasions_to_tell",
            "due_at",
            postgresql_where=text("told_at IS NULL"),
            sqlite_where=text("told_at IS NULL"),
        ),
    )

    session: Mapped[str] = mapped_column(String(255), primary_key=True)
    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    meeting: Mapped[int] = mapped_column(Integer, primary_key=True)
    begins_at: Mapped[datetime]
    due_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Material(Copy, Base):
    """Something to watch or to read of a session, and whether its people were told of it."""

    __tablename__ = "materials"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session: Mapped[str | None] = mapped_column(String(255), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    minutes: Mapped[int | None] = mapped_column(Integer)
    audience: Mapped[str] = mapped_column(String(20))
    published: Mapped[bool]
    told: Mapped[bool]


class Unwanted(Base):
    """A topic of messages (`kinds.TOPICS`) that a person does not want."""

    __tablename__ = "unwanted"

    person: Mapped[str] = mapped_column(String(36), primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    since: Mapped[datetime]


class CalendarAddress(Base):
    """How often a person has ended the address of their calendar: the number that is signed into it. No row: never."""

    __tablename__ = "calendar_addresses"

    person: Mapped[str] = mapped_column(String(36), primary_key=True)
    generation: Mapped[int] = mapped_column(Integer)


class Undeliverable(Base):
    """An address, in lower case, that a mail server says takes no mail: only sign-in codes still go there.

    `status` is the server's code, such as 5.1.1 or 550; `why` says in plain words what it means; `message` is the one
    that it was said of.
    """

    __tablename__ = "undeliverable"

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(String(254), unique=True)
    since: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12))
    why: Mapped[str] = mapped_column(Text)
    message: Mapped[str] = mapped_column(String(36))


class RateLimit(Base):
    """When the next letter may be handed over, where there is a limit: one row, for all processes."""

    __tablename__ = "pace"
    __table_args__ = (CheckConstraint("id = 1", name="id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    next_at: Mapped[datetime]
