"""Programmes that may have no session yet, and waiting lists that are invited to another session."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import BigId, Moment

revision = "0036"
down_revision = "0035"
INVITED = sa.text("instead_of_id IS NOT NULL")


def upgrade() -> None:
    """Add all of it. The release before neither reads nor writes it, and makes bookings that stand for no other."""
    op.create_table(
        "programmes",
        sa.Column("slug", sa.String(80), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("slug", name="pk_programmes"),
    )
    op.create_table(
        "invitations",
        sa.Column("position", BigId, nullable=False),
        sa.Column("from_session", sa.String(80), nullable=False),
        sa.Column("to_session", sa.String(80), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("until", Moment, nullable=False),
        sa.PrimaryKeyConstraint("position", name="pk_invitations"),
        sa.ForeignKeyConstraint(["from_session"], ["sessions.slug"], name="fk_invitations_from_session_sessions"),
        sa.ForeignKeyConstraint(["to_session"], ["sessions.slug"], name="fk_invitations_to_session_sessions"),
    )
    op.create_index("ix_invitations_to_session", "invitations", ["to_session", "until"])
    op.add_column("sessions", sa.Column("invited_until", Moment, nullable=True))
    op.add_column("bookings", sa.Column("instead_of_id", BigId, nullable=True))
    op.create_index(
        "ix_bookings_instead_of", "bookings", ["instead_of_id"], postgresql_where=INVITED, sqlite_where=INVITED
    )
