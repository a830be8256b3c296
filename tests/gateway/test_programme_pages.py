"""The page of a programme: what it is, for whom, what can be booked, and what is left of its sessions."""

import re

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.html import Page
from tests.sentences import says

PAGE = "/programmes/virtual-sessions"
AFTER = "2027-02-12T10:00:00+00:00"


def text_of(answer):
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


def links(answer):
    return [link["href"] for link in Page(answer.text).all("a")]


def tell(world, slug, starts, **changes):
    world.tell("sessions", catalogue.session(slug, starts, **{"version": 2, **changes}))


def programme(world, **changes):
    world.tell("programmes", catalogue.programme(**{"version": 2, **changes}))


def at(world, moment):
    world.now = type(world.now).fromisoformat(moment)


def test_what_the_team_wrote_is_told(world):
    programme(world, outcomes=["One idea", "A <colleague>"], topics=["systems-thinking", "no-session-yet"])
    answer = world.client.get(PAGE)
    text = text_of(answer)
    assert answer.status_code == 200
    for words in (
        "Short virtual sessions.",
        f"{says('programme.for_whom')} Everyone.",
        f"{says('programme.ambition')} A city that works as one.",
        "One idea A &lt;colleague&gt;",
    ):
        assert words in text
    assert "/topics/systems-thinking" in links(answer)
    assert "/topics/no-session-yet" not in links(answer)


def test_what_was_not_written_has_no_heading(world):
    programme(world, summary="", audience="", outcomes=[], ambition="", topics=[])
    text = text_of(world.client.get(PAGE))
    assert says("programme.for_whom") not in text
    assert says("programme.take_away") not in text
    assert says("programme.ambition") not in text


def test_what_can_be_booked_comes_before_what_cannot(world):
    tell(world, "off", "2027-01-12T14:00:00+00:00", status="cancelled", cancel_reason="Ill")
    tell(world, "not-yet", "2027-01-13T14:00:00+00:00", booking_opens_at="2027-01-04T09:00:00+00:00")
    tell(world, "elsewhere", "2027-01-14T14:00:00+00:00", programme="other")
    tell(world, "later", "2027-03-11T14:00:00+00:00")
    answer = world.client.get(PAGE)
    assert [link for link in links(answer) if re.fullmatch("/sessions/[a-z-]+", link)] == [
        *("/sessions/maxims-in-practice", "/sessions/later", "/sessions/off", "/sessions/not-yet"),
        "/sessions/maxims-in-practice",  # of its recording
    ]
    text = text_of(answer)
    assert text.index(says("programme.to_book")) < text.index(says("programme.also_planned"))


@pytest.mark.parametrize(
    ("changes", "held", "bookable"),
    [
        ({}, {}, True),
        ({"waiting_list": "none"}, {}, False),
        (
            {"waiting_list": "none", "held_places": [{"sector": "citizen", "places": 4, "until": AFTER}]},
            {"citizen": 4},
            True,
        ),
    ],
)
def test_a_full_session_can_be_booked_only_by_its_waiting_list_or_by_those_whom_places_are_held_for(
    world, changes, held, bookable
):
    tell(world, "maxims-in-practice", "2027-02-11T14:00:00+00:00", **changes)
    world.tell_places(catalogue.places(left=len(held) * 4, version=2, open=catalogue.NONE_OPEN, held=held))
    text = text_of(world.client.get(PAGE))
    assert (says("programme.to_book") in text) == bookable
    assert (says("programme.nothing_to_book") in text) != bookable


def test_a_course_has_dates(world):
    programme(world, format="structured")
    assert says("programme.dates_to_book") in text_of(world.client.get(PAGE))


def test_after_its_sessions_there_are_recordings_and_a_way_to_hear_of_more(world):
    tell(world, "other-s", "2027-02-11T14:00:00+00:00", programme="other")
    others = {"id": "1b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a11", "session": "other-s", "url": "https://example.org/other"}
    world.tell("materials", catalogue.material(**others))
    world.tell("materials", catalogue.material("2b8c", url="https://example.org/members", audience="community"))
    at(world, AFTER)
    answer = world.client.get(PAGE)
    assert "https://example.org/recordings/maxims" in links(answer)
    assert not {"https://example.org/other", "https://example.org/members"} & set(links(answer))
    text = text_of(answer)
    assert text.index(says("programme.no_dates")) < text.index(says("programme.recordings"))
    assert says("programme.when_dates") in text
    assert says("programme.past") in text
    assert "/sign-in?next=/programmes/virtual-sessions%23more" in links(answer)


@pytest.mark.parametrize("path", ["/", "/sessions/maxims-in-practice", "/sessions?programme=virtual-sessions"])
def test_people_are_led_to_it_from_where_they_look(world, path):
    assert PAGE in links(world.client.get(path))


def test_all_programmes_are_a_list_that_the_list_of_sessions_leads_to(world):
    programme(world, summary="Long. " * 100)
    assert "/programmes" in links(world.client.get("/sessions"))
    answer = world.client.get("/programmes")
    assert PAGE in links(answer)
    assert says("session_list.one_upcoming") in text_of(answer)
    assert len(text_of(answer)) < 1000


def test_a_programme_that_is_not_there_is_not_found_and_not_linked(world):
    assert world.client.get("/programmes/gone").status_code == 404
    tell(world, "alone", "2027-03-11T14:00:00+00:00", programme="gone", programme_title="Gone")
    answer = world.client.get("/sessions/alone")
    assert "/programmes/gone" not in links(answer)
    assert "Gone" in answer.text


# For the team


@pytest.fixture
def team(world):
    items = [{"programme": "virtual-sessions", "people": 5, "sectors": {"hospital": 1, "citizen": 3}}]
    world.registration.answers["interest_in_programmes"] = {"items": items}
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def test_the_team_sees_how_many_want_to_hear_of_each_programme_by_sector(team):
    text = text_of(team.client.get("/team/programmes"))
    assert says("programme.no_dates_yet") not in text
    assert text.index("Citizens: 3") < text.index("Hospitals: 1")


def test_the_team_sees_where_people_wait_for_a_date(team):
    at(team, AFTER)
    assert says("programme.no_dates_yet") in text_of(team.client.get("/team/programmes"))


def test_the_list_is_there_while_people_cannot_be_counted(team):
    team.registration.answers["interest_in_programmes"] = fakes.refused("unavailable")
    answer = team.client.get("/team/programmes")
    assert (answer.status_code, says("team_topics.not_known") in text_of(answer)) == (200, True)
