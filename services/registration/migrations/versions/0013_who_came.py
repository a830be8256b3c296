"""Meetings with an id that stays, so that attendance stays with its meeting; and who was let in without a place."""

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add them. Each meeting gets its number of now as its id, which is what attendance is kept by."""
    op.add_column("sessions", sa.Column("former_meetings", Json, nullable=False, server_default=sa.text("'[]'")))
    op.add_column("bookings", sa.Column("let_in_as", sa.String(8), nullable=True))
    sessions, db = sa.table("sessions", sa.column("slug"), sa.column("meetings", Json)), op.get_bind()
    for slug, meetings in db.execute(sa.select(sessions.c.slug, sessions.c.meetings)).all():
        numbered = [{"id": n, **meeting} for n, meeting in enumerate(meetings, start=1)]
        db.execute(sa.update(sessions).where(sessions.c.slug == slug).values(meetings=numbered))
