"""Which meeting is which, whatever its times become; and which one each reminder was of."""

from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json, Moment

revision = "0009"
down_revision = "0008"

NAMESPACE = UUID("7d0a5b0e-3c1f-4b7e-8f64-2b9c1f0e6a53")  # that of the causes of scheduled notices


def upgrade() -> None:
    """Give sessions the numbers of their meetings, and the reminders that were sent the number of theirs."""
    op.add_column("sessions", sa.Column("numbered_meetings", Json, nullable=True))
    occasions = sa.table(
        "occasions",
        *(sa.column(name) for name in ("session", "what", "meeting")),
        sa.column("begins_at", Moment),
        sa.column("told_at", Moment),
    )
    messages = sa.table("messages", *(sa.column(name) for name in ("event_id", "template", "part")))
    told = sa.select(occasions).where(occasions.c.told_at.is_not(None), occasions.c.meeting > 0)
    for session, what, meeting, begins_at, _ in op.get_bind().execute(told).all():
        cause = str(uuid5(NAMESPACE, "/".join((session, what, str(meeting), begins_at.isoformat()))))
        theirs = sa.update(messages).where(messages.c.event_id == cause, messages.c.template == what)
        op.execute(theirs.values(part=meeting))
