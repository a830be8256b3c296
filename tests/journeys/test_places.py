"""A session moves from the room to hybrid and online and back, and nobody loses a place while one stands empty."""

import pytest

from tests.journeys.running import Caller, System, eventually
from tests.journeys.sessions import VENUE, convert, room_of, standing
from tests.sentences import says

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def team(headrow: System) -> Caller:
    return headrow.caller("coordinator@example.org", "team")


def test_a_full_room_that_becomes_hybrid_and_virtual_and_hybrid_again(headrow: System, team: Caller):
    slug = room_of(team, 6, "The middle of things")
    people = headrow.crowd(8, name="middle")
    references = [person.book(slug)["reference"] for person in people]
    eventually(lambda: len(headrow.mail("middle7@example.org")) == 1)

    wanted = {"delivery": "hybrid", "places_in_room": 3, "places_online": 6}
    plan = team.post(f"/sessions/{slug}/convert?dry_run=true", {"venue": VENUE, **wanted}).json()["plan"]
    assert [plan[name] for name in ("stay", "change_mode", "wait", "offered")] == [3, 3, 0, 2]
    assert [one["reference"] for one in plan["people"]] == references[3:]
    assert convert(team, slug, **wanted).status_code == 200, "nobody loses a place, so nobody has to be counted"
    hybrid = ["confirmed in_room"] * 3 + ["confirmed online"] * 3 + ["offered online"] * 2
    eventually(lambda: standing(team, slug) == hybrid)
    assert people[3].booking(references[3])["waiting_for"] == {"mode": "in_room", "position": 1}

    assert people[6].post(f"/bookings/{references[6]}/decline").json()["position"] == 4
    answer = people[0].post(f"/bookings/{references[0]}/move", {"mode": "online"}).json()
    assert (answer["state"], answer["mode"]) == ("confirmed", "online")
    assert people[3].booking(references[3])["mode"] == "in_room", "the first of those who had a seat has it back"

    virtual = {"delivery": "virtual", "places_in_room": 0, "places_online": 5, "venue": None}
    refused = convert(team, slug, **virtual)
    assert (refused.status_code, refused.json()["displaces"]) == (409, 2), "a place, and an offer"
    assert convert(team, slug, **virtual, displace=2).status_code == 200
    eventually(lambda: standing(team, slug).count("confirmed online") == 5)
    assert {state.split()[1] for state in standing(team, slug)} == {"online"}

    assert convert(team, slug, delivery="hybrid", places_in_room=3, places_online=5).status_code == 200
    eventually(lambda: standing(team, slug).count("confirmed in_room") == 3)
    items = team.get(f"/sessions/{slug}/bookings?limit=100").json()["items"]
    assert [item["reference"] for item in items] == references, "under the same references throughout"


def test_the_answer_to_a_change_has_the_figures_that_follow_from_it(headrow: System, team: Caller):
    slug = room_of(team, 4, "Figures at once")
    people = headrow.crowd(4, name="figures")
    for person in people:
        person.book(slug)
    answer = convert(team, slug, delivery="hybrid", places_in_room=2, places_online=5)
    places = {"in_room": {"capacity": 2, "left": 0}, "online": {"capacity": 5, "left": 3}}
    assert answer.json()["places"] == places
    address = f"{team.url}/sessions/{slug}"
    etag = answer.headers["ETag"]
    answer = team.http.patch(address, json={"places_online": 9}, headers={"If-Match": etag}, timeout=20)
    assert answer.json()["places"] == {**places, "online": {"capacity": 9, "left": 7}}
    waiting = team.post(f"/sessions/{slug}/bookings", {"email": "over@example.org", "mode": "in_room"}).json()
    said = {"over_capacity": True, "reason": "She came from far away."}
    assert team.post(f"/bookings/{waiting['reference']}/admit", said).json()["over_capacity"]
    eventually(lambda: team.get(f"/sessions/{slug}").json()["over"] == {"in_room": 1, "online": 0})
    assert people[0].get(f"/sessions/{slug}").json()["places"]["in_room"] == {"capacity": 2, "left": 0}
    etag = team.get(f"/sessions/{slug}").headers["ETag"]
    answer = team.http.patch(address, json={"places_in_room": 5}, headers={"If-Match": etag}, timeout=20)
    assert answer.json()["over"] == {"in_room": 0, "online": 0}, "a place that is added takes them in"


def test_each_change_is_one_email_a_person(headrow: System, team: Caller):
    slug = room_of(team, 2, "Told once", days=1)  # each day is an email of its own
    people = headrow.crowd(3, name="once")
    for person in people:
        person.book(slug)
    wanted = {"delivery": "hybrid", "places_in_room": 1, "places_online": 2}
    assert convert(team, slug, **wanted).status_code == 200
    eventually(lambda: standing(team, slug) == ["confirmed in_room", "confirmed online", "offered online"])
    eventually(lambda: [len(headrow.mail(f"once{n}@example.org")) for n in range(3)] == [1, 2, 2])


def test_a_seat_that_comes_free_before_they_answer_about_the_other_mode_is_theirs(headrow: System, team: Caller):
    slug = room_of(team, 1, "A seat after all", days=1)
    people = headrow.crowd(3, name="seat")
    references = [person.book(slug)["reference"] for person in people]
    assert convert(team, slug, delivery="hybrid", places_in_room=1, places_online=1).status_code == 200
    eventually(lambda: standing(team, slug) == ["confirmed in_room", "offered online", "waiting in_room"])
    assert people[1].booking(references[1])["waiting_for"] == {"mode": "in_room", "position": 1}
    assert people[2].booking(references[2])["position"] == 2
    assert people[0].post(f"/bookings/{references[0]}/cancel", {}).status_code == 200
    assert standing(team, slug) == ["cancelled in_room", "confirmed in_room", "offered online"]
    eventually(lambda: len(headrow.mail("seat1@example.org")) == 3)
    words = headrow.mail("seat1@example.org")[-1].get_body(("plain",)).get_content()
    assert says("mode_email.offer_ended", where="online") in words


def test_the_team_lets_one_in_from_the_waiting_list(headrow: System, team: Caller):
    slug = room_of(team, 1, "One more")
    people = headrow.crowd(3, name="more")
    references = [person.book(slug)["reference"] for person in people]
    assert team.post(f"/bookings/{references[2]}/admit", {}).status_code == 409
    said = {"over_capacity": True, "reason": "She came from far away."}
    answers = [team.post(f"/bookings/{references[2]}/admit", said, key="in") for _ in range(2)]
    assert [(answer.status_code, answer.json()["state"]) for answer in answers] == [(200, "confirmed")] * 2
    assert people[1].post(f"/bookings/{references[1]}/admit", said).status_code == 403
    assert standing(team, slug) == ["confirmed in_room", "waiting in_room", "confirmed in_room"]


def test_a_session_that_was_cancelled_by_mistake_is_called_back(headrow: System, team: Caller):
    slug = room_of(team, 2, "The wrong one", days=1)
    people = headrow.crowd(4, name="wrong")
    references = [person.book(slug)["reference"] for person in people]
    assert people[1].post(f"/bookings/{references[1]}/cancel", {}).status_code == 200
    eventually(lambda: standing(team, slug).count("confirmed in_room") == 2)
    assert team.post(f"/sessions/{slug}/reinstate").json()["type"] == "/problems/session-not-cancelled"
    assert team.post(f"/sessions/{slug}/cancel", {"reason": "Snow"}).status_code == 200
    eventually(lambda: set(standing(team, slug)) == {"cancelled in_room"})
    answers = [team.post(f"/sessions/{slug}/reinstate", key="back") for _ in range(2)]
    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "published")] * 2
    then = ["confirmed in_room", "cancelled in_room", "confirmed in_room", "waiting in_room"]
    eventually(lambda: standing(team, slug) == then)
    assert people[3].booking(references[3])["position"] == 1
    eventually(lambda: [len(headrow.mail(f"wrong{n}@example.org")) for n in range(4)] == [3, 2, 4, 3])
    eventually(lambda: team.get(f"/sessions/{slug}").json()["waiting"] == 1)
