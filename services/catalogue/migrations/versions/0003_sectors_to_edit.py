"""What a sector takes in, and a version of its own: two who edit two sectors are not in each other's way."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both; nobody has given a hint until now."""
    op.add_column("sectors", sa.Column("hint", sa.String(200), nullable=False, server_default=sa.text("''")))
    op.add_column("sectors", sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("1")))
