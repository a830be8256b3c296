"""Who facilitates which session."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "facilitators",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("session", sa.String(80), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("named_by", sa.String(36), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.slug"], name="fk_facilitators_session_sessions"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_facilitators_person_id_people"),
        sa.ForeignKeyConstraint(["named_by"], ["people.id"], name="fk_facilitators_named_by_people"),
        sa.PrimaryKeyConstraint("position", name="pk_facilitators"),
        sa.UniqueConstraint("id", name="uq_facilitators_id"),
        sa.UniqueConstraint("person_id", "session", name="uq_facilitators_person_id_session"),
    )
    op.create_index("ix_facilitators_of_session", "facilitators", ["session", "position"])
