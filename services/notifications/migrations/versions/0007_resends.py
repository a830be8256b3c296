"""What the team sends again, and indexes of all that it looks through."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Have messages say what they repeat, for whom; and have each list of them read from an index, the latest first."""
    op.add_column("messages", sa.Column("resend_of", sa.String(36), nullable=True))
    op.add_column("messages", sa.Column("resent_by", sa.String(36), nullable=True))
    op.drop_index("ix_messages_session", "messages")
    op.create_index("ix_messages_created_at", "messages", ["created_at", "id"])
    for column in ("template", "session"):
        op.create_index(f"ix_messages_{column}", "messages", [column, "created_at", "id"])
    ended = sa.text("state != 'queued'")
    op.create_index(
        "ix_messages_state", "messages", ["state", "created_at", "id"], postgresql_where=ended, sqlite_where=ended
    )
    op.create_index("ix_messages_address", "messages", ["address"])
    for column in ("resend_of", "resent_by"):
        named = sa.text(f"{column} IS NOT NULL")
        op.create_index(f"ix_messages_{column}", "messages", [column], postgresql_where=named, sqlite_where=named)
