"""Three sessions at which people meet, and the tables of a fourth, at which nobody sits with somebody whom they met."""

from itertools import combinations

import pytest

from tests.journeys.running import System, eventually
from tests.journeys.sessions import publish
from tests.sentences import says

pytestmark = pytest.mark.slow

SECTORS = ("hospital", "local_authority", "third_sector", "social_care")
GROUPS = 3


def test_nobody_sits_with_somebody_whom_they_have_met_and_each_is_told_their_table(headrow: System):
    team = headrow.caller("team@example.org", "team")
    people = headrow.crowd(12, "t", SECTORS)
    groups = [people[n::GROUPS] for n in range(GROUPS)]  # four people each, of several sectors
    group_of = {}
    online = {"delivery": "virtual", "places_online": 40}
    for n, group in enumerate(groups):
        earlier = publish(team, f"Where group {n} met", 20 + n, **online)
        references = [caller.book(earlier, allow_clash=True)["reference"] for caller in group]
        records = [{"reference": reference, "meeting": 1, "present": True} for reference in references]
        assert team.post(f"/sessions/{earlier}/attendance", {"records": records}).status_code == 200
    venue = {"name": "Town Hall", "address": "The Headrow, Leeds", "access": "Level"}
    last = publish(team, "Where all meet", 50, delivery="face_to_face", places_in_room=40, venue=venue)
    for n, group in enumerate(groups):
        group_of |= {caller.book(last, allow_clash=True)["reference"]: n for caller in group}

    def all_is_known():
        """Have tables made, until the community has heard of all bookings, and of all who were there."""
        made = team.post(f"/sessions/{last}/tables", {"size": 3, "rounds": 2})
        return made.json() if made.status_code == 201 and made.json()["score"]["possible"] == 24 and not (
            made.json()["being_made"]) and len(made.json()["rounds"][0]) == 4 else None  # fmt: skip

    view = eventually(all_is_known)
    assert view["score"]["met_new"] == 24
    assert view["broken"] == []
    met = set()
    for tables in view["rounds"]:
        assert sorted(seat["reference"] for table in tables for seat in table) == sorted(group_of)
        for table in tables:
            assert sorted(group_of[seat["reference"]] for seat in table) == [0, 1, 2], "they had met"
            pairs = {frozenset((one["reference"], other["reference"])) for one, other in combinations(table, 2)}
            assert not pairs & met, "they met in the first round"
            met |= pairs

    one = view["rounds"][0][0][0]["reference"]
    owner = next(caller for caller in people if caller.get(f"/bookings/{one}").ok)
    assert owner.get(f"/bookings/{one}/table").status_code == 404
    assert owner.get(f"/sessions/{last}/tables").status_code == 403
    for _ in range(2):
        answer = team.post(f"/sessions/{last}/tables/publish")
        assert (answer.status_code, answer.json()["status"]) == (200, "published")
    mine = owner.get(f"/bookings/{one}/table").json()["tables"]
    assert [seat["table"] for seat in mine] == [
        next(n for n, table in enumerate(tables, 1) if one in {seat["reference"] for seat in table})
        for tables in view["rounds"]
    ]
    about, second = says("tables_email.subject"), says("tables_email.table", round=2, table="")
    letters = [headrow.mailed(f"t{n}@example.org", about) for n in range(12)]
    assert all(second in letter.get_body(("plain",)).get_content() for letter in letters)
    held = owner.get("/me/export").json()["community"]["tables"]
    assert [(seat["session"], seat["table"]) for seat in held] == [(last, seat["table"]) for seat in mine]
    assert all(
        len([m for m in headrow.mail(f"t{n}@example.org") if m["Subject"].startswith(about)]) == 1 for n in range(12)
    )
