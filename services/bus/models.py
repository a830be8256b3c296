"""Column types that mean the same on SQLite and PostgreSQL, and the bus's own three tables.

Each service keeps an outbox, an inbox and its answers in its own database, beside its own tables.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects import postgresql

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC: `timestamptz` on PostgreSQL, text on SQLite, read back aware on both."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER PRIMARY KEY
Json = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

metadata = MetaData(naming_convention=NAMING)

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigId, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("type", String(120), nullable=False),  # the routing key: an address where one service alone is to hear it
    Column("envelope", LargeBinary, nullable=True),
    Column("erase_key", String(80), nullable=True, index=True),
    Column("sensitive", Boolean, nullable=False, server_default=text("false")),
    Column("announced_at", Moment, nullable=False),
    Column("published_at", Moment, nullable=True),
)
Index(
    "ix_outbox_unpublished",
    outbox.c.position,
    postgresql_where=text("published_at IS NULL"),
    sqlite_where=text("published_at IS NULL"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("position", BigId, primary_key=True, autoincrement=True),
    Column("event_id", String(36), nullable=False, unique=True),
    Column("type", String(120), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("envelope", LargeBinary, nullable=True),
    Column("state", String(10), nullable=False),  # waiting, done, parked, dropped
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Moment, nullable=False),
    Column("stored_at", Moment, nullable=False),
    Column("done_at", Moment, nullable=True),
    Column("error", Text, nullable=True),
)
Index(
    "ix_inbox_due",
    inbox.c.due_at,
    inbox.c.position,
    postgresql_where=text("state = 'waiting'"),
    sqlite_where=text("state = 'waiting'"),
)

answers = Table(
    "answers",
    metadata,
    Column("caller", String(80), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Json, nullable=True),
    Column("created_at", Moment, nullable=False, index=True),
)
