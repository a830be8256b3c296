"""The main job over HTTP, both ways of running: find a session, book a place, be told."""

import re
from concurrent.futures import ThreadPoolExecutor

import icalendar
import pytest

from tests.journeys.running import SAMPLE, Caller, all_items, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow
EACH_APART = STARTED_ANEW = True


def invite_of(message):
    """Return the calendar that a message carries."""
    part = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
    return icalendar.Calendar.from_ical(part.get_content())


def test_a_newcomer_signs_in_finds_a_session_books_it_and_is_told(headrow):
    nobody = Caller(headrow.url)
    assert nobody.post("/sign-in", {"email": "Amina@Example.org"}).status_code == 202
    message = headrow.mailed("amina@example.org", says("sign_in_email.heading"))
    code = re.search(r"^(\d{6})\s*$", message.get_body(("plain",)).get_content(), re.MULTILINE)[1]
    signed_in = nobody.post("/sign-in/confirm", {"email": "amina@example.org", "code": code})
    assert signed_in.status_code == 200, signed_in.text
    amina = Caller(headrow.url, signed_in.json()["token"])

    too_early = amina.post("/bookings", {"session": "maxims-in-practice"}, key="too-early")
    assert (too_early.status_code, too_early.json()["type"]) == (409, "/problems/profile-incomplete")
    amina.introduce(name="Amina Khan", sector="social_care", organisation="Elm Court", job_role="Care worker")

    found = nobody.get("/sessions", params={"q": "maxims rogers"}).json()["items"]
    assert [session["slug"] for session in found] == ["maxims-in-practice"]
    by_topic = nobody.get("/sessions", params={"topic": "systems-thinking"}).json()["items"]
    assert [session["slug"] for session in by_topic] == ["maxims-in-practice"]

    booked = amina.post("/bookings", {"session": "maxims-in-practice"}, key="the-key")
    again = amina.post("/bookings", {"session": "maxims-in-practice"}, key="the-key")
    assert (booked.status_code, booked.json()["state"]) == (201, "confirmed")
    assert again.json() == booked.json()
    assert again.headers["Idempotent-Replayed"] == "true"

    reference = booked.json()["reference"]
    told = headrow.mailed("amina@example.org", "Myron")
    calendar = invite_of(told)
    assert calendar["METHOD"] == "REQUEST"
    event = calendar.walk("VEVENT")[0]
    assert event["DTSTART"].dt.isoformat() == "2027-02-11T14:00:00+00:00"
    assert reference in told.get_body(("plain",)).get_content()
    left = eventually(lambda: nobody.get("/sessions/maxims-in-practice").json()["places"]["online"]["left"] == 39)
    assert left

    assert amina.post(f"/bookings/{reference}/cancel", {"reason": "Short of staff"}).json()["state"] == "cancelled"
    cancelled = invite_of(eventually(lambda: _cancellation(headrow, "amina@example.org")))
    assert cancelled.walk("VEVENT")[0]["UID"] == event["UID"]
    assert int(cancelled.walk("VEVENT")[0]["SEQUENCE"]) > int(event.get("SEQUENCE", 0))

    assert amina.post("/sign-out").status_code == 204
    assert amina.get("/me").status_code == 401


def test_a_script_of_the_team_works_with_a_token_from_the_command_line(headrow):
    team = Caller(headrow.url, headrow.run("token", "script@example.org", "--role", "team").stdout.strip())
    assert team.get("/me").json()["roles"] == ["person", "team"]


def test_migrating_and_importing_again_from_the_command_line_changes_nothing(headrow):
    assert says("command.up_to_date", service="registration") in headrow.run("migrate").stdout
    nothing = [says(name, what="nothing") for name in ("command.imported", "command.import_changed")]
    assert headrow.run("import", str(SAMPLE)).stdout.splitlines()[:2] == nothing


def _cancellation(headrow, address):
    messages = [m for m in headrow.mail(address) if any(p.get_content_type() == "text/calendar" for p in m.walk())]
    return next((m for m in messages if invite_of(m)["METHOD"] == "CANCEL"), None)


def test_the_61st_person_for_60_places_waits_and_the_first_in_line_is_offered_the_place_that_comes_free(headrow):
    sectors = 46 * ["hospital"] + 10 * ["social_care"] + 4 * ["citizen"]  # places are held for the last two
    people = headrow.crowd(63, sectors=sectors)
    with ThreadPoolExecutor(4) as hands:
        booked = list(hands.map(lambda person: person.book("slp-march-cohort"), people[:60]))
    assert {booking["state"] for booking in booked} == {"confirmed"}
    waiting = [person.book("slp-march-cohort") for person in people[60:]]
    assert [(b["state"], b["position"]) for b in waiting] == [("waiting", 1), ("waiting", 2), ("waiting", 3)]
    headrow.mailed("p60@example.org", says("booking.waiting"))

    people[7].post(f"/bookings/{booked[7]['reference']}/cancel")
    offered = people[60].booking(waiting[0]["reference"])
    assert offered["state"] == "offered"
    assert offered["offer"]["expires_at"]
    assert people[61].booking(waiting[1]["reference"])["position"] == 1
    headrow.mailed("p60@example.org", says("booking_email.offered"))
    assert people[60].post(f"/bookings/{waiting[0]['reference']}/accept").json()["state"] == "confirmed"
    confirmed = eventually(lambda: [m for m in headrow.mail("p60@example.org") if _has_invite(m)])
    assert invite_of(confirmed[0])["METHOD"] == "REQUEST"

    team = headrow.caller("coordinator@example.org", role="team")
    states = [b["state"] for b in all_items(team, "/sessions/slp-march-cohort/bookings")]
    assert (states.count("confirmed"), states.count("waiting"), states.count("cancelled")) == (60, 2, 1)


def _has_invite(message):
    return any(part.get_content_type() == "text/calendar" for part in message.walk())


def test_on_an_automatic_list_the_first_in_line_has_the_place_at_once(headrow):
    team = headrow.caller("coordinator@example.org", role="team")
    new = {
        "programme": "virtual-sessions",
        "title": "A table for one",
        "delivery": "virtual",
        "places_online": 1,
        "join_url": "https://example.org/meet/one",
        "waiting_list": "automatic",
        "meetings": [{"starts_at": "2027-05-04T10:00:00", "ends_at": "2027-05-04T11:00:00"}],
    }
    made = team.post("/sessions", new)
    assert made.status_code == 201, made.text
    slug = made.json()["slug"]
    assert Caller(headrow.url).get(f"/sessions/{slug}").status_code == 404
    assert team.post(f"/sessions/{slug}/publish").status_code == 200
    seen = eventually(
        lambda: Caller(headrow.url).get(f"/sessions/{slug}").ok and Caller(headrow.url).get(f"/sessions/{slug}").json()
    )
    assert seen["meetings"][0]["starts_at"] == "2027-05-04T09:00:00+00:00"

    first, second = headrow.caller("one@example.org"), headrow.caller("two@example.org")
    eventually(lambda: Caller(headrow.url).get(f"/sessions/{slug}").json()["places"]["online"]["left"] == 1)
    held, waits = first.book(slug), second.book(slug)
    assert (held["state"], waits["state"]) == ("confirmed", "waiting")
    first.post(f"/bookings/{held['reference']}/cancel")
    assert second.booking(waits["reference"])["state"] == "confirmed"
    eventually(lambda: [m for m in headrow.mail("two@example.org") if _has_invite(m)])

    assert team.post(f"/sessions/{slug}/cancel", {"reason": "The speaker is ill"}).status_code == 200
    eventually(lambda: second.booking(waits["reference"])["state"] == "cancelled")
    eventually(lambda: _cancellation(headrow, "two@example.org"))


def test_somebody_elses_booking_is_not_there(headrow):
    mine = headrow.caller("owner@example.org").book("slp-june-virtual-cohort")
    other = headrow.caller("other@example.org")
    for answer in (
        other.get(f"/bookings/{mine['reference']}"),
        other.post(f"/bookings/{mine['reference']}/cancel"),
        other.get(f"/bookings/{mine['reference']}/invite.ics"),
    ):
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")


def test_whoever_asks_for_more_is_told_when_there_is_more_and_the_team_sees_how_many_ask(headrow):
    team = headrow.caller("coordinator@example.org", role="team")
    asker, other = headrow.caller("asker@example.org"), headrow.caller("other-asker@example.org")
    asked = asker.post("/interests", {"topic": "systems-thinking"}, key="more")
    assert asked.status_code == 201, asked.text
    assert asker.post("/interests", {"topic": "systems-thinking"}).json() == asked.json()
    assert asker.http.get(headrow.url + asked.headers["Location"], timeout=20).json() == asked.json()
    asker.post("/interests", {"session": "maxims-in-practice"})
    withdrawn = other.post("/interests", {"topic": "systems-thinking"}).json()
    demand = {item["topic"] or item["session"]: item["people"] for item in all_items(team, "/demand")}
    assert demand == {"systems-thinking": 2, "maxims-in-practice": 1}
    assert asker.get("/demand").status_code == 403
    refused = asker.post("/interests", {"topic": "circus"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "topic")
    assert asker.http.delete(f"{other.url}/interests/{withdrawn['id']}", timeout=20).status_code == 404
    assert other.http.delete(f"{other.url}/interests/{withdrawn['id']}", timeout=20).status_code == 204
    assert len(list(all_items(asker, "/interests"))) == 2

    new = {
        "programme": "virtual-sessions",
        "title": "Seeing the whole",
        "topics": ["systems-thinking"],
        "delivery": "virtual",
        "places_online": 20,
        "meetings": [{"starts_at": "2027-06-01T10:00:00", "ends_at": "2027-06-01T11:00:00"}],
    }
    slug = team.post("/sessions", new).json()["slug"]
    assert team.post(f"/sessions/{slug}/publish").status_code == 200
    text = headrow.mailed("asker@example.org", "Seeing the whole").get_body(("plain",)).get_content()
    assert "systems thinking" in text
    assert f"/sessions/{slug}" in text
    assert len(headrow.mail("asker@example.org")) == 1
    assert headrow.mail("other-asker@example.org") == []

    suggested = asker.post("/suggestions", {"kind": "speak", "text": "I could speak on trust."})
    assert asker.http.get(headrow.url + suggested.headers["Location"], timeout=20).json() == suggested.json()
    [item] = all_items(team, "/suggestions?kind=speak")
    assert (item["text"], item["person"]["email"]) == ("I could speak on trust.", "asker@example.org")
    export = asker.get("/me/export").json()
    assert [len(export["interests"]), len(export["suggestions"])] == [2, 1]
    assert asker.http.delete(f"{asker.url}/me", timeout=20).status_code == 202
    assert list(all_items(team, "/demand")) == []
    [item] = all_items(team, "/suggestions?kind=speak")
    assert (item["text"], item["person"]) == (None, None)


def test_my_data_can_be_read_whole_and_forgotten_everywhere(headrow):
    wren = headrow.caller("wren@example.org", organisation="Elm Court")
    booked = wren.book("slp-june-virtual-cohort")
    eventually(lambda: [m for m in headrow.mail("wren@example.org") if _has_invite(m)])
    export = wren.get("/me/export").text
    for kept in ("wren@example.org", "Elm Court", booked["reference"]):
        assert kept in export
    assert wren.http.delete(f"{wren.url}/me", timeout=20).status_code == 202
    assert wren.get("/me").status_code == 401
    team = headrow.caller("coordinator@example.org", role="team")
    listed = list(all_items(team, "/sessions/slp-june-virtual-cohort/bookings"))
    mine = next(b for b in listed if b["reference"] == booked["reference"])
    assert (mine["state"], mine["person"]["name"], mine["person"]["email"]) == ("cancelled", None, None)
