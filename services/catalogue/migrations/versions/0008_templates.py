"""What a draft is called that is kept as a template."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add it; no draft is one yet."""
    op.add_column("sessions", sa.Column("template", sa.String(120), nullable=True))
