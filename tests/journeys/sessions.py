"""Sessions that the team publishes in a running Headrow."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.running import Caller, eventually

VENUE = {"name": "Town Hall", "address": "The Headrow", "access": "Step-free"}


def publish(team: Caller, title: str, minutes: int, **what) -> str:
    """Publish a session that starts in so many minutes; who is there can be recorded at once."""
    starts = datetime.now(UTC) + timedelta(minutes=minutes)
    meeting = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(hours=1)).isoformat()}
    new = {"programme": "virtual-sessions", "title": title, "meetings": [meeting], **what}
    answer = team.post("/sessions", new)
    assert answer.status_code == 201, answer.text
    slug = answer.json()["slug"]
    assert team.post(f"/sessions/{slug}/publish").status_code == 200
    eventually(lambda: team.get(f"/sessions/{slug}").json().get("booking") == "open")
    eventually(lambda: team.get(f"/sessions/{slug}/bookings").ok)
    return slug


def room_of(team: Caller, places: int, title: str, days: int = 2, **more: Any) -> str:
    """Publish a session in a room, on so many days, and wait until it can be booked."""
    starts = datetime.now(UTC) + timedelta(days=60)
    meetings = [
        {"starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=6)).isoformat()}
        for at in (starts + timedelta(days=day) for day in range(days))
    ]
    new = {"programme": "virtual-sessions", "title": title, "delivery": "face_to_face", "venue": VENUE}
    made = team.post("/sessions", {**new, "meetings": meetings, "places_in_room": places, **more})
    assert made.status_code == 201, made.text
    slug: str = made.json()["slug"]
    assert team.post(f"/sessions/{slug}/publish").status_code == 200
    eventually(lambda: team.get(f"/sessions/{slug}").json().get("booking") == "open")
    eventually(lambda: team.get(f"/sessions/{slug}/bookings").ok)
    return slug


def standing(team: Caller, slug: str) -> list[str]:
    items = team.get(f"/sessions/{slug}/bookings?limit=100").json()["items"]
    return [f"{item['state']} {item['mode']}" for item in items]


def convert(team: Caller, slug: str, **wanted: Any) -> Any:
    return team.post(f"/sessions/{slug}/convert", {"venue": VENUE, **wanted})
