"""Calendars to follow: all sessions by anybody, and one's own by whoever has its address."""

import logging
import re

import icalendar
import pytest
from itsdangerous import URLSafeSerializer
from werkzeug.test import create_environ

from services.runtime.refusals import NotFound
from tests.gateway import catalogue, fakes
from tests.notifications.calendar_client import properties
from tests.sentences import says

SLUG = "maxims-in-practice"
ME = fakes.person(["person"])["id"]
ICS = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def followed(world) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(world.get("/feed.ics").data)


def slugs(world) -> list[str]:
    return [str(event["UID"]).removeprefix("session-").partition("@")[0] for event in followed(world).walk("VEVENT")]


def at(day: str) -> list[dict[str, str]]:
    return [{"starts_at": f"{day}T10:00:00+00:00", "ends_at": f"{day}T12:00:00+00:00"}]


@pytest.fixture
def mine(world):
    """The services know one person's calendar, by its second address."""
    world.generation = 1

    def calendar(person, generation):
        return {"ics": ICS} if (person, generation) == (ME, world.generation) else fakes.refused(NotFound.code)

    def end(person, caller):
        assert person == caller["id"] == ME
        world.generation += 1

    world.notifications.answers.update(
        calendar=calendar,
        calendar_generation=lambda person, caller: {ME: world.generation}[person],
        end_calendar_address=end,
    )
    return world


def address(world) -> str:
    url = world.get("/me/calendar", "person-token").json["url"]
    assert url.startswith("https://headrow.example/calendar/")
    return url.removeprefix("https://headrow.example")


def read(world, path, **headers):
    return world.client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


# All sessions


def test_all_sessions_can_be_followed_in_a_calendar(world):
    answer = world.get("/feed.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    lines = answer.text.replace("\r\n ", "").split("\r\n")
    name = says("calendar.sessions_in", city="Leeds")
    assert {f"NAME:{name}", f"X-WR-CALNAME:{name}", "X-PUBLISHED-TTL:PT1H"} <= {*lines}
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in lines
    assert "SOURCE;VALUE=URI:https://headrow.example/api/v1/feed.ics" in lines
    assert slugs(world) == [f"{SLUG}-1"]
    assert world.client.get("/feed.ics").status_code == 200


def test_what_is_followed_obeys_the_rules_of_a_publication(world):
    """RFC 5546, 3.2.1; RFC 5545, 3.1 and 3.6.5."""
    world.tell("sessions", catalogue.session(version=2, title="Ä; b, c\\d " * 20))
    for path in ("/feed.ics", f"/sessions/{SLUG}.ics"):
        text = world.get(path).text
        assert icalendar.Calendar.from_ical(text)["METHOD"] == "PUBLISH"
        [names] = properties(text, "VEVENT")
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE", "STATUS"} <= {*names}
        assert names.count("ORGANIZER") == 1
        assert "ATTENDEE" not in names
        assert len(names) == len({*names})
        assert max(len(line) for line in text.encode().split(b"\r\n")) <= 75
        assert text.count("BEGIN:VTIMEZONE") == 1
        assert str(icalendar.Calendar.from_ical(text).walk("VEVENT")[0]["SUMMARY"]) == "Ä; b, c\\d " * 20


def test_sessions_of_the_last_four_weeks_stay_and_older_ones_go(world):
    world.tell("sessions", catalogue.session(slug="old", meetings=at("2026-10-25")))
    world.tell("sessions", catalogue.session(slug="recent", meetings=at("2026-10-26")))
    assert slugs(world) == ["recent-1", f"{SLUG}-1"]


def test_a_cancelled_session_says_so(world):
    world.tell("sessions", catalogue.session(version=2, status="cancelled"))
    [event] = followed(world).walk("VEVENT")
    assert (event["STATUS"], int(event["SEQUENCE"])) == ("CANCELLED", 2)


def test_it_is_the_same_until_something_happens(world):
    etag = world.get("/feed.ics").headers["ETag"]
    world.tell_places(catalogue.places(version=2))
    assert world.get("/feed.ics", If_None_Match=etag).status_code == 304
    world.tell("sessions", catalogue.session(version=2, title="B"))
    assert world.get("/feed.ics", If_None_Match=etag).status_code == 200


# One's own


def test_its_address_needs_no_signing_in(mine):
    answer = read(mine, address(mine))
    assert (answer.status_code, answer.text) == (200, ICS)
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not mine.registration.was_asked("me")


def test_whoever_has_it_already_is_told_so(mine):
    etag = read(mine, address(mine)).headers["ETag"]
    again = read(mine, address(mine), If_None_Match=etag)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)


def test_the_address_stays_until_it_is_ended_and_then_is_another(mine):
    first = address(mine)
    assert address(mine) == first
    ended = mine.ask("DELETE", "/me/calendar", "person-token")
    assert (ended.status_code, ended.data) == (204, b"")
    assert read(mine, first).status_code == 404
    assert address(mine) != first
    assert read(mine, address(mine)).status_code == 200


def test_the_address_has_a_tag_and_is_for_its_owner_alone(mine):
    answer = mine.get("/me/calendar", "person-token")
    assert answer.headers["Cache-Control"] == "private, no-store"
    etag = answer.headers["ETag"]
    assert mine.get("/me/calendar", "person-token", If_None_Match=etag).status_code == 304
    assert mine.get("/me/calendar").status_code == 401


@pytest.mark.parametrize("key", ["x" * 32, "k" * 32])
def test_an_address_that_was_made_up_is_none(mine, key):
    """Neither by another key, nor by ours for something else; notifications is not even asked."""
    token = URLSafeSerializer(key, salt="something else").dumps([ME, 1])
    for path in (f"/calendar/{token}.ics", "/calendar/x.ics", address(mine).replace(".ics", "x.ics")):
        assert read(mine, path).status_code == 404
    assert not mine.notifications.was_asked("calendar")


def test_the_address_is_in_no_log_and_in_no_figure(mine, caplog):
    """Nor what is like it: the door writes `http1.path` into its access line."""
    caplog.set_level(logging.DEBUG)
    path = address(mine)
    token = path.removeprefix("/calendar/").removesuffix(".ics")
    for tried in (path, path.removesuffix(".ics"), f"{path}/"):
        environ = create_environ(tried) | {"http1.path": tried}
        list(mine.wsgi(environ, lambda *_: None))
        assert environ["http1.path"] == "/calendar/…"
    assert token not in caplog.text
    figures = mine.get("/metrics", "operator-token").text
    assert 'route="/calendar/{token}.ics",status="200"' in figures
    assert token not in figures


# A booking's invite


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "PUBLISH"])
def test_the_type_of_an_invite_names_its_method(world, method):
    world.registration.answers["booking"] = fakes.booking()
    world.notifications.answers["invite"] = {"ics": ICS, "method": method}
    answer = world.get("/bookings/HR-7K2M9Q/invite.ics", "person-token")
    assert re.search(r"method=(\w+)", answer.content_type)[1] == method
    assert world.notifications.last("invite") == {"reference": "HR-7K2M9Q", "meeting": None}


def test_one_meeting_s_invite_can_be_asked_for(world):
    world.registration.answers["booking"] = fakes.booking()
    world.notifications.answers["invite"] = {"ics": ICS, "method": "REQUEST"}
    assert world.get("/bookings/HR-7K2M9Q/invite.ics?meeting=2", "person-token").status_code == 200
    assert world.notifications.last("invite")["meeting"] == 2


@pytest.mark.parametrize("wrong", ["0", "-1", "two", "", "99999", "٣"])
def test_a_meeting_that_is_no_number_is_refused(world, wrong):
    answer = world.get(f"/bookings/HR-7K2M9Q/invite.ics?meeting={wrong}", "person-token")
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "meeting")
