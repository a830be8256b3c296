"""Messages, what the team wrote, and what stands in the way of an email."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notifications.models.people import Base, Facts
from services.runtime.dialects import BigId


class Message(Base):
    """One message to one person about one cause: the unique key is what keeps a cause from writing twice.

    `part` tells apart what one cause has to say by the same template: a meeting's number, or 0. Queued, it ends as sent
    or failed; what was sent may turn out to be delivered or bounced. It is written out of `facts` when it is sent.
    `recipient` is a person's id, or the subject of a sign-in, whose person may not exist yet; one recipient's messages
    go out in order. What `may_wait` is not sent in quiet hours. Queued with the reason DEFECT, it could not be written
    the last time. `resend_of` is the first message where the team sent one again, `resent_by` who did.
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


class Mailing(Base):
    """What the team said to the people of a session. Its messages have its id as their cause.

    The text goes once nobody is left whom it went to; that it was sent stays. `chosen`: it was for some bookings alone.
    `written_by` is who sent it; None where that was before it was kept, or they were erased.
    """

    __tablename__ = "mailings"
    __table_args__ = (
        CheckConstraint("recipients IN ('confirmed', 'waiting', 'all')", name="recipients"),
        Index(
            "ix_mailings_written_by",
            "written_by",
            postgresql_where=text("written_by IS NOT NULL"),
            sqlite_where=text("written_by IS NOT NULL"),
        ),
    )

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    session: Mapped[str] = mapped_column(String(255), index=True)
    recipients: Mapped[str] = mapped_column(String(10))
    chosen: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    subject: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    written_by: Mapped[str | None] = mapped_column(String(36))
    correlation_id: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime]


class Undeliverable(Base):
    """An address, in lower case, that a mail server says takes no mail: only sign-in codes still go there.

    `status` is the server's code, such as 5.1.1 or 550; `why` says in plain words what it means; `message` is the one
    that it was said of, or the event that told of it where it was said in another installation.
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
