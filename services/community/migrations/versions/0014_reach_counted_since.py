"""Which count a figure of reach is from, so that only what was counted since is read again."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Add the columns. What is there is numbered by this release's next count; the release before numbers nothing."""
    op.add_column("reach_made", sa.Column("numbering", sa.String(36), nullable=True))
    for table in ("reach_rooms", "reach_who"):
        op.add_column(table, sa.Column("version", sa.Integer, nullable=True))
        op.create_index(f"ix_{table}_version", table, ["version"])
