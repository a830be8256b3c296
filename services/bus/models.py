"""The bus's own tables: each service keeps an outbox, an inbox, its answers, and how far it has compared its inbox.

`outbox.number` counts what was published, without gaps and in the order of publishing: `position` is given before the
commit, so that a later one may be published first.
"""

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text, text

from services.runtime.dialects import NAMING, BigId, Json, Moment

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
    Column("number", BigId, nullable=True),
)
Index("uq_outbox_number", outbox.c.number, unique=True)
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

compared = Table(
    "compared",
    metadata,
    Column("source", String(40), primary_key=True),  # the service whose outbox our inbox is compared with
    Column("number", BigId, nullable=False),  # up to which nothing is missing
    Column("missing", Integer, nullable=False),  # how many were found missing then, and asked for again
    Column("compared_at", Moment, nullable=False),
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
