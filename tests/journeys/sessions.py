"""Sessions that the team publishes in a running Headrow."""

from datetime import UTC, datetime, timedelta

from tests.journeys.running import Caller, eventually


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
