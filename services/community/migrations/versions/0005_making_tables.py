"""Tables are made beside the calls that ask for them."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Have a plan say whether it is still to be made, and since when somebody is at it."""
    op.add_column("plans", sa.Column("making", sa.String(10), nullable=True))
    op.add_column("plans", sa.Column("taken_at", Moment, nullable=True))
