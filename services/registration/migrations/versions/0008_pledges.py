"""What somebody will do differently becomes their pledge, which they alone read and are asked about."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0008"
down_revision = "0007"

KEPT = {  # SQLite's tables are copied without their checks
    "useful": "useful BETWEEN 1 AND 5",
    "given_by_somebody": "(booking_id IS NULL) = (given_at IS NULL)",
}
NEW = {
    "nobody_said_nothing": "booking_id IS NOT NULL OR (differently IS NULL AND next IS NULL AND changed_at IS NULL"
    " AND note IS NULL AND answered_at IS NULL)",
    "pledged": "booking_id IS NULL OR pledged = (differently IS NOT NULL)",
    "did": "did IN ('yes', 'partly', 'not_yet')",
    "answered": "did IS NULL OR pledged",
    "noted": "did IS NOT NULL OR (note IS NULL AND answered_at IS NULL)",
}


def upgrade() -> None:
    """Note of each answer whether it has a pledge, and what became of it."""
    op.add_column("feedback", sa.Column("pledged", sa.Boolean, server_default=sa.text("false"), nullable=False))
    op.add_column("feedback", sa.Column("did", sa.String(10), nullable=True))
    op.add_column("feedback", sa.Column("note", sa.Text, nullable=True))
    op.add_column("feedback", sa.Column("answered_at", Moment, nullable=True))
    op.execute("UPDATE feedback SET pledged = true WHERE differently IS NOT NULL")
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("feedback") as feedback:
        if not on_sqlite:
            feedback.drop_constraint(op.f("ck_feedback_nobody_said_nothing"), type_="check")
        for name, rule in {**(KEPT if on_sqlite else {}), **NEW}.items():
            feedback.create_check_constraint(op.f(f"ck_feedback_{name}"), rule)
