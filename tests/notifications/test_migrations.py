"""What was there before a migration is there after it, in its new form."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session as OrmSession

from services.notifications.calendar import invites
from services.notifications.causes import scheduled_notices
from services.notifications.models import Booking, Invite, Message, ScheduledNotice, Session
from services.runtime.database import make_schema
from services.runtime.migrations import versions
from services.runtime.upgrades import upgrade
from tests.notifications.conftest import LETTERHEAD, NOW, session_data

BEFORE = {
    "title": "March cohort",
    "mode": "in_room",
    "venue": {"name": "Civic meeting rooms", "address": None, "access": None},
    "meetings": [
        {"n": 1, "starts_at": "2027-03-09T09:30:00+00:00", "ends_at": "2027-03-09T16:30:00+00:00"},
        {"n": 2, "starts_at": "2027-03-30T08:30:00+00:00", "ends_at": "2027-03-30T15:30:00+00:00"},
    ],
}
ROWS = f"""
INSERT INTO people (id, version, email, name) VALUES ('zoe', 1, 'zoe@example.org', 'Zoë');
INSERT INTO bookings (reference, version, person, session, mode, state)
    VALUES ('HR-1', 4, 'zoe', 'march', 'in_room', 'confirmed');
INSERT INTO invites (reference, host, method, sequence, told, issued_at)
    VALUES ('HR-1', 'headrow.example.org', 'REQUEST', 3, '{json.dumps(BEFORE)}', '2027-01-05 09:00:00');
INSERT INTO messages (id, event_id, recipient, template, state, urgency, attempts, created_at, due_at)
    VALUES ('m', 'e', 'zoe', 'booking_confirmed', 'sent', 1, 1, '2027-01-05 09:00:00', '2027-01-05 09:00:00')
"""


def test_an_invite_keeps_its_uids_and_goes_on_counting(make_engine):
    engine = make_engine()
    make_schema(engine, "notifications")
    upgrade(engine, versions("notifications"), "0004")  # the last one before calendars
    with engine.begin() as connection:
        for row in ROWS.split(";"):
            connection.execute(sa.text(row.replace(":", "\\:")))
    upgrade(engine, versions("notifications"))
    with OrmSession(engine) as db:
        invite = db.get_one(Invite, "HR-1")
        assert (db.get_one(Message, "m").part, db.get_one(Booking, "HR-1").offer_expires_at) == (0, None)
        assert all("n" not in meeting for meeting in invite.told["meetings"])
        assert [(entry["n"], entry["sequence"], entry["of"]) for entry in invite.entries] == [(1, 3, 2), (2, 3, 2)]
        assert "HR-1-2@headrow.example.org" in invites.last_issued(db, "HR-1", LETTERHEAD, 2)["ics"]
        assert invites.renew(invite, invite.told, NOW) == []
        issued = invites.renew(invite, {**invite.told, "title": "Other"}, NOW)
        assert [(entry["n"], entry["sequence"]) for entry in issued] == [(1, 4), (2, 4)]


REMINDED = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)


def test_a_reminder_that_was_sent_before_is_known_to_be_of_its_meeting(make_engine):
    engine = make_engine()
    make_schema(engine, "notifications")
    upgrade(engine, versions("notifications"), "0008")
    notice = ScheduledNotice(session="march", what="reminder_week", meeting=1, begins_at=REMINDED)
    meetings = json.dumps(session_data()["meetings"])
    rows = (
        f"""INSERT INTO sessions (slug, version, title, status, meetings)
        VALUES ('march', 1, 'March', 'published', '{meetings}')""",
        """INSERT INTO occasions (session, what, meeting, begins_at, due_at, told_at) VALUES
        ('march', 'reminder_week', 1, '2027-03-09 09:30:00', '2027-03-02 09:30:00', '2027-03-02 09:30:00')""",
        f"""INSERT INTO messages
        (id, event_id, recipient, template, session, state, urgency, attempts, created_at, due_at)
        VALUES ('m', '{scheduled_notices.cause_of(notice).id}', 'zoe', 'reminder_week', 'march', 'sent', 1, 1,
        '2027-03-02 09:30:00', '2027-03-02 09:30:00')""",
    )
    with engine.begin() as connection:
        for row in rows:
            connection.execute(sa.text(row.replace(":", "\\:")))
    upgrade(engine, versions("notifications"))
    with OrmSession(engine) as db:
        there, session = db.get_one(ScheduledNotice, ("march", "reminder_week", 1)), db.get_one(Session, "march")
        assert scheduled_notices.already_told(db, there, session, NOW) == {"zoe"}
        assert session.numbers == [1]
