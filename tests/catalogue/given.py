"""What the tests give to the catalogue: each the smallest that is accepted, with what a test changes of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SAMPLE = Path(__file__).parents[2] / "services" / "samples" / "leeds-programme.json"
NOW = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
CHECKED = {"speaker_consents": True, "captions_checked": True, "attendee_voices_checked": True}


def the_file() -> Json:
    """The sample programme, fresh, to be changed at will."""
    return json.loads(SAMPLE.read_text(encoding="utf-8"))


def a_programme(**changed: Any) -> Json:
    return {"slug": "series", "title": "A series", "format": "series", **changed}


def a_speaker(**changed: Any) -> Json:
    return {"slug": "ada", "name": "Ada", "bio": "Speaks.", **changed}


def a_meeting(day: int = 9, start: int = 10, end: int = 12, year: int = 2027) -> Json:
    times = (f"{year}-03-{day:02}T{hour:02}:00:00+00:00" for hour in (start, end))
    return dict(zip(("starts_at", "ends_at"), times, strict=True))


def a_virtual_session(**changed: Any) -> Json:
    return {
        "slug": "talk",
        "programme": "series",
        "title": "A talk",
        "delivery": "virtual",
        "meetings": [a_meeting()],
        "places_online": 40,
        **changed,
    }


def a_session_in_a_room(**changed: Any) -> Json:
    return {
        "slug": "workshop",
        "programme": "series",
        "title": "A workshop",
        "delivery": "face_to_face",
        "meetings": [a_meeting()],
        "venue": {"name": "Library"},
        "places_in_room": 20,
        **changed,
    }


def a_hybrid_session(**changed: Any) -> Json:
    return a_session_in_a_room(slug="both", delivery="hybrid", places_online=30, **changed)


def a_recording(**changed: Any) -> Json:
    return {"kind": "recording", "title": "Recording", "url": "https://example.org/recording", **changed}


def slides(**changed: Any) -> Json:
    return {"kind": "slides", "title": "Slides", "url": "https://example.org/slides.pdf", **changed}
