"""An index by which those who were erased lately are found."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Make the index; most people are not in it."""
    erased = sa.text("erased_at IS NOT NULL")
    op.create_index("ix_people_erased_at", "people", ["erased_at"], postgresql_where=erased, sqlite_where=erased)
