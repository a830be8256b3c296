"""Which description of the city a sector is from, so that an older one changes nothing."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the column. The release before does not know of it, and takes over each description as it comes."""
    op.add_column("sectors", sa.Column("version", sa.Integer, nullable=False, server_default=sa.text("0")))
