"""Interests, suggestions, and the topics of sessions."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json, Moment

revision = "0003"
down_revision = "0002"

ONE = (
    "(CASE WHEN topic IS NULL THEN 0 ELSE 1 END) + (CASE WHEN programme IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN session IS NULL THEN 0 ELSE 1 END) = 1"
)


def upgrade() -> None:
    """Create the tables, and give sessions their topics."""
    op.add_column("sessions", sa.Column("topics", Json, server_default=sa.text("'[]'"), nullable=False))
    _create_interests()
    _create_suggestions()


def _create_interests() -> None:
    op.create_table(
        "interests",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("topic", sa.String(80), nullable=True),
        sa.Column("programme", sa.String(80), nullable=True),
        sa.Column("session", sa.String(80), nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint(ONE, name="ck_interests_names_one"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_interests_person_id_people"),
        sa.ForeignKeyConstraint(["session"], ["sessions.slug"], name="fk_interests_session_sessions"),
        sa.PrimaryKeyConstraint("position", name="pk_interests"),
        sa.UniqueConstraint("id", name="uq_interests_id"),
        sa.UniqueConstraint("person_id", "topic", name="uq_interests_person_id_topic"),
        sa.UniqueConstraint("person_id", "programme", name="uq_interests_person_id_programme"),
        sa.UniqueConstraint("person_id", "session", name="uq_interests_person_id_session"),
    )


def _create_suggestions() -> None:
    op.create_table(
        "suggestions",
        sa.Column("position", BigId, nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("person_id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("text", sa.Text, nullable=True),
        sa.Column("created_at", Moment, nullable=False),
        sa.CheckConstraint("kind IN ('theme', 'speak', 'other')", name="ck_suggestions_kind"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_suggestions_person_id_people"),
        sa.PrimaryKeyConstraint("position", name="pk_suggestions"),
        sa.UniqueConstraint("id", name="uq_suggestions_id"),
    )
    op.create_index("ix_suggestions_of_person", "suggestions", ["person_id", "created_at"])
