"""Pictures of sessions and speakers, and their files in several sizes."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Json

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Create the tables; no session or speaker has a picture yet."""
    op.create_table(
        "pictures",
        sa.Column("id", BigId, autoincrement=True, nullable=False),
        sa.Column("session_id", BigId, nullable=True),
        sa.Column("speaker_id", BigId, nullable=True),
        sa.Column("hash", sa.String(40), nullable=False),
        sa.Column("alt", sa.String(300), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("widths", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_pictures"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name="fk_pictures_session_id_sessions"),
        sa.ForeignKeyConstraint(["speaker_id"], ["speakers.id"], name="fk_pictures_speaker_id_speakers"),
        sa.UniqueConstraint("session_id", name="uq_pictures_session_id"),
        sa.UniqueConstraint("speaker_id", name="uq_pictures_speaker_id"),
        sa.CheckConstraint("(session_id IS NULL) <> (speaker_id IS NULL)", name="ck_pictures_of_one"),
    )
    op.create_index("ix_pictures_hash", "pictures", ["hash"])
    op.create_table(
        "picture_files",
        sa.Column("hash", sa.String(40), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("hash", "width", name="pk_picture_files"),
    )
