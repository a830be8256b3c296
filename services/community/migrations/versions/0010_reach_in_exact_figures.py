"""What exact figures of reach are made of."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add what sessions come to, and have each counted again; the release before knows nothing of it."""
    op.add_column("reached", sa.Column("absent", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.add_column("reached", sa.Column("minutes", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.create_table(
        "reach_who",
        sa.Column("id", BigId, nullable=False),
        sa.Column("person", sa.String(36), nullable=False),
        sa.Column("sector", sa.String(40), nullable=False),
        sa.Column("organisation", sa.String(160), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_reach_who"),
    )
    for column in ("person", "organisation"):
        op.create_index(f"ix_reach_who_{column}", "reach_who", [column])
    op.add_column("reach_rooms", sa.Column("counts", Json, nullable=True))
    op.add_column("reach_rooms", sa.Column("came", sa.LargeBinary, nullable=True))
    op.add_column("reach_rooms", sa.Column("first_meetings", sa.Integer, nullable=True))
    op.execute(
        "UPDATE reached SET absent = true WHERE EXISTS (SELECT 1 FROM bookings "
        "WHERE bookings.reference = reached.booking AND bookings.attendance = 'absent')"
    )
    op.execute("INSERT INTO reach_marks (sector, session) SELECT DISTINCT '*', session FROM reached")
