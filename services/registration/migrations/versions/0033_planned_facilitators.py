"""Who is to facilitate a session that is not published yet."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Moment

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "planned_facilitators",
        sa.Column("session", sa.String(80), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("planned_at", Moment, nullable=False),
        sa.Column("planned_by", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("session", "person_id", name="pk_planned_facilitators"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_planned_facilitators_person_id_people"),
        sa.ForeignKeyConstraint(["planned_by"], ["people.id"], name="fk_planned_facilitators_planned_by_people"),
    )
    op.create_index("ix_planned_facilitators_person_id", "planned_facilitators", ["person_id"])
