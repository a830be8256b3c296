"""Programmes that may have no session yet."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    """Add the table. The release before neither reads nor writes it."""
    op.create_table(
        "programmes",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_programmes"),
    )
