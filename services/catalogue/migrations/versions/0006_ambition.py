"""What a programme serves: the ambition of the city or the organisation behind it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add it, empty; an older release beside this one writes none."""
    op.add_column("programmes", sa.Column("ambition", sa.Text, nullable=False, server_default=sa.text("''")))
