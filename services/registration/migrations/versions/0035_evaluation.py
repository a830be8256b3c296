"""What people are asked before a session, on the day and months later, and what they answered."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Add the tables. The release before asks nothing, and leaves what was answered as it is."""
    op.create_table(
        "evaluations",
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("moments", Json, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_evaluations"),
    )
    op.create_table(
        "evaluation_links",
        sa.Column("key", sa.String(36), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("linked_until", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_evaluation_links"),
        sa.UniqueConstraint("person_id", "subject", name="uq_evaluation_links_person_id_subject"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_evaluation_links_person_id_people"),
    )
    op.create_index("ix_evaluation_links_linked_until", "evaluation_links", ["linked_until"])
    op.create_table(
        "evaluation_answers",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(36), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("moment", sa.String(16), nullable=False),
        sa.Column("answers", Json, nullable=False),
        sa.Column("counted_from", Moment, nullable=False),
        sa.Column("given_at", Moment, nullable=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation_answers"),
        sa.UniqueConstraint("key", "moment", name="uq_evaluation_answers_key_moment"),
    )
    op.create_index("ix_evaluation_answers_of_subject", "evaluation_answers", ["subject", "moment"])
