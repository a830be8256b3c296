"""Who was at a session: what the team says of it, and what is announced."""

from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.attendance import recording


def seen(reference, meeting=1, present=True):
    """Return what is said of who was at a meeting."""
    return {"reference": reference, "meeting": meeting, "present": present}


def record(db, team, reference, now, slug="march"):
    """Have the team record that the owner of a booking was at the first meeting."""
    recording.record(db, team, slug, [seen(reference)], "list", now)
    db.flush()


def announced(db):
    """Return the data of each announcement of who was where."""
    rows = db.scalars(select(outbox.c.envelope).order_by(outbox.c.position))
    events = [Envelope.from_json(row) for row in rows]
    return [event.data for event in events if event.type == "registration.attendance_recorded.v1"]
