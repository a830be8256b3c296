"""A session of two days through a year: in the room, hybrid, online and hybrid again, and nothing is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.journeys.running import System, eventually
from tests.journeys.sessions import convert, room_of, standing

pytestmark = pytest.mark.slow
SECTORS = ("hospital", "local_authority", "third_sector")
NEEDS = ("A hearing loop", None, "Step-free")
HYBRID = {"delivery": "hybrid", "places_in_room": 3, "places_online": 6}
VIRTUAL = {"delivery": "virtual", "places_in_room": 0, "places_online": 9, "venue": None}


def full(in_room: int, online: int) -> dict[str, Any]:
    """Return the figures of a session whose places are all taken, or held by an offer."""
    return {"in_room": {"capacity": in_room, "left": 0}, "online": {"capacity": online, "left": 0}}


def test_a_session_changes_three_times_and_nobody_loses_what_they_had(headrow: System):
    team = headrow.caller("year@example.org", "team")
    people = headrow.crowd(9, "year", SECTORS)
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    slug = room_of(team, 6, "A year of it", held_places=[{"sector": "local_authority", "places": 2, "until": until}])
    booked = [person.book(slug, access_needs=NEEDS[n % 3]) for n, person in enumerate(people)]
    references = [booking["reference"] for booking in booked]
    assert standing(team, slug) == ["confirmed in_room"] * 6 + ["waiting in_room"] * 3

    def seated() -> Any:
        shown = team.get(f"/sessions/{slug}/tables").json()
        made = not shown["being_made"] and sorted(seat["reference"] for table in shown["rounds"][0] for seat in table)
        return shown["rounds"] if made == sorted(references[:6]) else None

    asked = {"size": 3, "rounds": 2}
    tables = eventually(lambda: team.post(f"/sessions/{slug}/tables", asked).status_code == 201 and seated())
    assert team.post(f"/sessions/{slug}/tables/publish").status_code == 200

    def changed(wanted: dict[str, Any], stands: list[str], letters: list[int]) -> None:
        answer = convert(team, slug, **wanted)
        assert answer.status_code == 200, "nobody loses a place, so nobody has to be counted"
        assert answer.json()["places"] == full(wanted["places_in_room"], wanted["places_online"])
        eventually(lambda: standing(team, slug) == stands)
        told(letters)
        items = team.get(f"/sessions/{slug}/bookings?limit=100").json()["items"]
        assert [item["reference"] for item in items] == references
        assert [item["access_needs"] for item in items] == [*NEEDS] * 3
        assert team.get(f"/sessions/{slug}/tables").json()["rounds"] == tables

    def told(letters: list[int]) -> None:
        """Each change is one email a person, with an invite; the other day's invite comes in one of its own."""
        eventually(lambda: [len(headrow.mail(f"year{n}@example.org")) for n in range(9)] == letters)

    told([3] * 6 + [1] * 3)
    moved = ["confirmed in_room"] * 3 + ["confirmed online"] * 3 + ["offered online"] * 3
    changed(HYBRID, moved, [3, 3, 3, 5, 5, 5, 2, 2, 2])
    assert [people[n].booking(references[n])["waiting_for"]["position"] for n in (3, 4, 5)] == [1, 2, 3]
    changed(VIRTUAL, ["confirmed online"] * 6 + ["offered online"] * 3, [5, 5, 5, 5, 5, 5, 2, 2, 2])
    back = ["in_room", "in_room", "online", "online", "in_room", "online"]  # two seats are held for two of them
    changed(HYBRID, [f"confirmed {mode}" for mode in [*back, *["online"] * 3]], [7, 7, 5, 5, 7, 5, 4, 4, 4])
    assert [people[n].booking(references[n])["waiting_for"]["position"] for n in (2, 3, 5)] == [1, 2, 3]
