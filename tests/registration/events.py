"""What registration announced, and what it tells again."""

from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.bus.outbox import addressed_to
from services.registration import replay


def events(db, reference):
    """Return every event of one booking, in order."""
    rows = db.execute(select(outbox).order_by(outbox.c.position)).all()
    told = [Envelope.from_json(row.envelope) for row in rows]
    return [event for event in told if event.subject == f"bookings/{reference}"]


def told_types(db):
    """Return the types of all that is announced, in order."""
    return list(db.scalars(select(outbox.c.type).order_by(outbox.c.position)))


class Everything:
    """What a reader reads that reads everything."""

    def __contains__(self, type_):
        return True


EVERYTHING = Everything()


def replayed(db, reads=EVERYTHING):
    """Return all that is told again to a reader of these types."""
    events, cursor = [], None
    while True:
        with addressed_to(db, "reader", reads) as told:
            cursor = replay.tell(db, cursor)
        events += told
        if cursor is None:
            return events
