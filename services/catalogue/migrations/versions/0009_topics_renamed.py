"""Topics that were renamed, merged or removed: their old names stay, and lead on to what they are called now."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add what a name became. An older release beside this one takes an old name for a topic of its own meanwhile."""
    with op.batch_alter_table("topics") as topics:
        topics.add_column(sa.Column("became", sa.String(80), nullable=True))
        topics.add_column(sa.Column("removed", sa.Boolean, nullable=False, server_default=sa.false()))
        topics.add_column(sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")))
        topics.create_check_constraint("ck_topics_became", "became IS NULL OR (became <> slug AND NOT removed)")
        topics.create_index("ix_topics_became", ["became"])
