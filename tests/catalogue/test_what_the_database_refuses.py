"""What the rules refuse, the database refuses too: a defect of ours may not put it there."""

from datetime import timedelta

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from services.catalogue.models import City, HeldPlace, Material, Meeting, Session, SessionSpeaker, SessionTopic
from tests.catalogue.given import NOW

SESSION = {
    "slug": "another",
    "programme_id": 1,
    "title": "Another",
    "summary": "",
    "delivery": "hybrid",
    "venue_name": "Library",
    "venue_address": "",
    "venue_access": "",
    "join_url": "https://example.org",
    "places_in_room": 10,
    "places_online": 10,
    "waiting_list": "none",
    "status": "draft",
    "changed_at": NOW,
}
MATERIAL = {
    "id": "6a171e11-1b85-4bbc-b981-14ee5b66e323",
    "session_id": 1,
    "kind": "recording",
    "title": "Recording",
    "url": "https://example.org",
    "audience": "everyone",
}
CHECKED = {"speaker_consents": True, "captions_checked": True, "attendee_voices_checked": True}
MEETING = {"session_id": 1, "position": 7, "starts_at": NOW, "ends_at": NOW + timedelta(hours=1)}
HELD = {"session_id": 1, "position": 0, "sector": "citizen", "places": 1, "until": NOW}


GOOD = [
    (Session, SESSION),
    (Session, SESSION | {"status": "cancelled", "cancel_reason": "Snow."}),
    (Material, MATERIAL),
    (Material, MATERIAL | {"status": "published"} | CHECKED),
    (Material, MATERIAL | {"status": "published", "kind": "slides"}),
    (Meeting, MEETING),
    (HeldPlace, HELD),
]
BAD = [
    (Session, SESSION | {"slug": "talk"}),
    (Session, SESSION | {"programme_id": 99}),
    (Session, SESSION | {"delivery": "by_post"}),
    (Session, SESSION | {"status": "finished"}),
    (Session, SESSION | {"waiting_list": "lottery"}),
    (Session, SESSION | {"places_in_room": -1}),
    (Session, SESSION | {"places_online": 100_001}),
    (Session, SESSION | {"places_in_room": 0}),
    (Session, SESSION | {"venue_name": None}),
    (Session, SESSION | {"delivery": "virtual", "places_in_room": 0}),
    (Session, SESSION | {"delivery": "face_to_face", "places_online": 0}),
    (Session, SESSION | {"delivery": "face_to_face", "join_url": None}),
    (Session, SESSION | {"status": "cancelled"}),
    (Session, SESSION | {"cancel_reason": "Snow."}),
    (Meeting, MEETING | {"ends_at": NOW}),
    (HeldPlace, HELD | {"sector": "unheard_of"}),
    (HeldPlace, HELD | {"places": 0}),
    (SessionSpeaker, {"session_id": 1, "position": 0, "speaker_id": 99}),
    (SessionTopic, {"session_id": 1, "position": 0, "topic": "unheard-of"}),
    (Material, MATERIAL | {"kind": "film"}),
    (Material, MATERIAL | {"audience": "nobody"}),
    (Material, MATERIAL | {"status": "shown"}),
    (Material, MATERIAL | {"minutes": 0}),
    (Material, MATERIAL | {"session_id": 99}),
    (Material, MATERIAL | {"programme_id": 1}),
    (Material, MATERIAL | {"session_id": None, "audience": "booked"}),
    (Material, MATERIAL | {"session_id": None, "programme_id": 99}),
    (Material, MATERIAL | {"status": "published"}),
    (Material, MATERIAL | {"status": "published"} | CHECKED | {"captions_checked": False}),
    (City, {"id": 2, "name": "York", "time_zone": "Europe/London", "ways_to_get_involved": []}),
]


def refused(db, model, row) -> bool:
    """Whether the database refuses the row; it is gone again either way."""
    attempt = db.begin_nested()
    try:
        db.execute(insert(model).values(row))
        return False
    except IntegrityError:
        return True
    finally:
        attempt.rollback()


def test_it_takes_what_keeps_the_rules(published):
    with published.transactions.begin() as db:
        assert [(model.__name__, row) for model, row in GOOD if refused(db, model, row)] == []


def test_it_refuses_what_breaks_one(published):
    with published.transactions.begin() as db:
        assert [(model.__name__, row) for model, row in BAD if not refused(db, model, row)] == []
