"""When evaluations ask people something, and who need not be asked any more."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the tables. The release before asks nobody."""
    op.create_table(
        "evaluations",
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("moments", Json, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_evaluations"),
    )
    op.create_table(
        "evaluations_asked",
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("moment", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("person", "subject", "moment", name="pk_evaluations_asked"),
    )
