"""All addresses that someone has had, so that what went there is erased with them."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column; of whoever is told of before, only the address that we write to is known."""
    op.add_column("people", sa.Column("addresses", Json, nullable=True))
