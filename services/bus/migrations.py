"""The bus's own tables as each service's first migration makes them; later changes get a function of their own."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment


def create_bus_tables_v1() -> None:
    """Create the outbox, the inbox and the answers as they were at first."""
    _create_outbox_v1()
    _create_inbox_v1()
    op.create_table(
        "answers",
        sa.Column("caller", sa.String(80), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", Json, nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name="pk_answers"),
    )
    op.create_index("ix_answers_created_at", "answers", ["created_at"])


def number_what_is_published_v2() -> None:
    """Number what is published from now on, and keep how far a reader has compared its inbox with it."""
    op.add_column("outbox", sa.Column("number", BigId, nullable=True))
    op.create_index("uq_outbox_number", "outbox", ["number"], unique=True)
    op.create_table(
        "compared",
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("number", BigId, nullable=False),
        sa.Column("missing", sa.Integer, nullable=False),
        sa.Column("compared_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_compared"),
    )


def _create_outbox_v1() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(120), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=True),
        sa.Column("erase_key", sa.String(80), nullable=True),
        sa.Column("sensitive", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("announced_at", Moment, nullable=False),
        sa.Column("published_at", Moment, nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_outbox"),
        sa.UniqueConstraint("event_id", name="uq_outbox_event_id"),
    )
    op.create_index("ix_outbox_erase_key", "outbox", ["erase_key"])
    unpublished = sa.text("published_at IS NULL")
    op.create_index(
        "ix_outbox_unpublished", "outbox", ["position"], postgresql_where=unpublished, sqlite_where=unpublished
    )


def _create_inbox_v1() -> None:
    op.create_table(
        "inbox",
        sa.Column("position", BigId, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("type", sa.String(120), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        sa.Column("envelope", sa.LargeBinary, nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", Moment, nullable=False),
        sa.Column("stored_at", Moment, nullable=False),
        sa.Column("done_at", Moment, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("position", name="pk_inbox"),
        sa.UniqueConstraint("event_id", name="uq_inbox_event_id"),
    )
    waiting = sa.text("state = 'waiting'")
    op.create_index("ix_inbox_due", "inbox", ["due_at", "position"], postgresql_where=waiting, sqlite_where=waiting)
