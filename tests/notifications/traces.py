"""What there is of somebody in the database."""

import json
import uuid

from sqlalchemy import insert, select

from services.bus.models import inbox, outbox
from services.notifications.models import Base
from tests.notifications.conftest import NOW, ZOE

TRACES = ("zoe", "zoë", "okafor", ZOE, "hr-7k2m9q", "042042")


def everything(world) -> str:
    """All that the database holds, tombstones of people aside, as text."""
    tables = [*Base.metadata.sorted_tables, inbox, outbox]
    with world.begin() as db:
        rows = [dict(row) for table in tables if table.name != "people" for row in db.execute(select(table)).mappings()]
    return json.dumps(rows, default=lambda value: value.decode() if isinstance(value, bytes) else str(value)).lower()


def store_in_inbox(world, subject):
    """Have an event of this subject wait in the inbox, with a name in it."""
    row = {
        "event_id": str(uuid.uuid4()),
        "type": "registration.x.v1",
        "subject": subject,
        "envelope": b"Zoe",
        "state": "parked",
        "due_at": NOW,
        "stored_at": NOW,
        "error": "no Zoe",
    }
    with world.begin() as db:
        db.execute(insert(inbox).values(row))
