"""How each booking stood that was cancelled with its session."""

from collections import Counter
from typing import Any

import sqlalchemy as sa
from alembic import op

from services.runtime.dialects import Json

revision = "0015"
down_revision = "0014"

HISTORY = """
SELECT b.session_slug, b.id, c.cause, c.state FROM booking_changes c JOIN bookings b ON b.id = c.booking_id
JOIN sessions s ON s.slug = b.session_slug
WHERE s.status = 'cancelled' AND b.state = 'cancelled' AND c.what <> 'note' ORDER BY c.id
"""


def upgrade() -> None:
    """Add the column; of sessions that are cancelled now, take from the history how their bookings stood."""
    op.add_column("bookings", sa.Column("before_cancellation", Json, nullable=True))
    histories: dict[tuple[str, int], list[Any]] = {}
    for session, booking, *change in op.get_bind().execute(sa.text(HISTORY)):
        histories.setdefault((session, booking), []).append(change)
    bookings = sa.table("bookings", sa.column("id"), sa.column("before_cancellation", Json))
    waiting: Counter[str] = Counter()  # numbered as they booked: their old numbers are gone
    nothing = dict.fromkeys(("waiting_number", "waits_for", "changing_number", "reason"))
    for (session, booking), changes in sorted(histories.items()):
        if len(changes) < 2 or changes[-1][0] != "session_cancelled":
            continue
        cause, state = changes[-2]
        stood = {**nothing, "state": state, "extra": cause == "over_capacity"}
        if state == "waiting":
            waiting[session] += 1
            stood["waiting_number"] = waiting[session]
        op.execute(sa.update(bookings).where(bookings.c.id == booking).values(before_cancellation=stood))
