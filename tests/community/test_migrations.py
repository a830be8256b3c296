"""What was there before a migration is there after it, in its new form."""

import json
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Reached, ReachMark
from services.community.reach import rooms
from services.community.reach.answers import reach
from services.runtime.database import make_schema
from services.runtime.migrations import versions
from services.runtime.upgrades import upgrade

MEETINGS = [
    {"starts_at": "2026-03-09T09:30:00+00:00", "ends_at": "2026-03-09T16:30:00+00:00"},
    {"starts_at": "2026-03-10T09:30:00+00:00", "ends_at": "2026-03-10T12:00:00+00:00"},
]
SESSION = "version, programme, programme_title, topics, delivery, status"
ROWS = f"""
INSERT INTO sessions (slug, title, {SESSION}, meetings, begins_at, ends_at) VALUES
    ('march', 'March', 1, 'slp', 'SLP', '[]', 'virtual', 'published', '{json.dumps(MEETINGS)}',
     '2026-03-09 09:30:00', '2026-03-10 12:00:00');
INSERT INTO bookings (reference, version, person, session, mode, state, attendance) VALUES
    ('HR-1', 1, 'amina', 'march', 'online', 'confirmed', 'attended'),
    ('HR-2', 1, 'zoe', 'march', 'online', 'confirmed', 'absent'),
    ('HR-3', 1, 'ben', 'march', 'online', 'confirmed', 'partly_attended');
INSERT INTO presences (session, meeting, person) VALUES
    ('march', 1, 'amina'), ('march', 2, 'amina'), ('march', 2, 'ben');
INSERT INTO reached (booking, person, session, sector, organisation, attended) VALUES
    ('HR-1', 'amina', 'march', 'hospital', 'Elm Court', true),
    ('HR-2', 'zoe', 'march', 'hospital', 'Elm Court', false),
    ('HR-3', 'ben', 'march', 'citizen', NULL, true)
"""


def test_sessions_of_before_are_counted_with_their_hours_and_who_did_not_come(make_engine):
    engine = make_engine()
    make_schema(engine, "community")
    upgrade(engine, versions("community"), "0010")  # the last one before exact figures
    with engine.begin() as connection:
        for row in ROWS.split(";"):
            connection.execute(sa.text(row.replace(":", "\\:")))
    upgrade(engine, versions("community"))
    with OrmSession(engine) as db:
        db.execute(sa.delete(ReachMark))  # the release before may take all marks away

        @contextmanager
        def begin():
            yield db
            db.flush()

        assert rooms.make_next(begin, lambda: datetime(2026, 5, 1, tzinfo=UTC))
        assert not rooms.make_next(begin, lambda: datetime(2026, 5, 1, tzinfo=UTC))
        minutes = {row.person: (row.minutes, row.absent) for row in db.scalars(sa.select(Reached))}
        assert minutes == {"amina": (570, False), "zoe": (0, True), "ben": (150, False)}
        total = reach(db)["total"]
        assert (total["people"], total["booked"], total["absent"], total["hours"]) == (2, 3, 1, 12.0)
