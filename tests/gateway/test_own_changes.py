"""One's own change is on the page that follows it, on whichever gateway, and nobody waits for ever."""

import time
from threading import Timer

import pytest

from gateway.web import own_changes
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page, text_of

NEW = catalogue.programme(slug="new", title="A new programme")
ANNOUNCED = ("programmes/new", 1)
LATE = 0.2  # seconds until the event comes


@pytest.fixture
def team(world):
    """A gateway whose catalogue answers at once, and whose events come later."""
    world.catalogue.answers["create_programme"] = fakes.FakeAnswer(NEW, announced=ANNOUNCED)
    world.client.set_cookie("headrow_session", "team-token")
    return world


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(own_changes, "PATIENCE", LATE)


def soon(world, data=NEW):
    timer = Timer(LATE, lambda: world.tell("programmes", data))
    timer.start()
    return timer


def add(world):
    form = Page(world.client.get("/team/programmes/new").text).form
    return world.client.post("/team/programmes/new", data={**form, "title": NEW["title"], "format": "series"})


def carried(world):
    cookie = world.client.get_cookie(own_changes.COOKIE)
    return cookie and cookie.value


def took(act):
    began = time.monotonic()
    act()
    return time.monotonic() - began


def test_what_was_added_is_in_the_list_that_follows(team):
    soon(team)
    answer = add(team)
    assert answer.status_code == 303
    assert "A new programme" in team.client.get(answer.headers["Location"]).text


def test_over_the_api_what_was_added_is_there_once_that_is_answered(team):
    soon(team)
    assert team.ask("POST", "/programmes", "team-token", {"title": "A", "format": "series"}).status_code == 201
    assert "new" in [programme["slug"] for programme in team.get("/programmes").json["items"]]
    assert carried(team) is None, "a script keeps no cookies"


def test_another_gateway_that_is_asked_for_the_next_page_waits_too(team):
    team.client.set_cookie(own_changes.COOKIE, "programmes/new:1")
    soon(team)
    assert "A new programme" in team.client.get("/team/programmes").text


def test_the_browser_carries_on_what_was_changed_last(team, impatient):
    add(team)
    assert carried(team) == "programmes/new:1"


def test_a_change_of_which_nobody_was_told_is_not_waited_for(team):
    team.catalogue.answers["create_programme"] = fakes.FakeAnswer(NEW)
    assert took(lambda: add(team)) < own_changes.PATIENCE
    assert carried(team) is None


def test_an_event_that_does_not_come_is_waited_for_no_longer_than_that(team, impatient):
    assert LATE <= took(lambda: add(team)) < LATE + 1
    assert carried(team), "the next page may be luckier"
    assert "A new programme" not in text_of(team.client.get("/team/programmes"))


@pytest.mark.parametrize("made_up", ["programmes/none:1", "city:999999999", "elephants/x:1"])
def test_a_version_that_was_made_up_slows_one_page_and_no_more(team, impatient, made_up):
    team.client.set_cookie(own_changes.COOKIE, made_up)
    assert team.client.get("/team/programmes").status_code == 200
    assert carried(team) is None


@pytest.mark.parametrize("nonsense", ["", "x", "programmes/virtual-sessions", ":1", "a:b", "new:1 ", "../x:1"])
def test_what_is_no_version_is_not_waited_for(team, nonsense):
    team.client.set_cookie(own_changes.COOKIE, nonsense)
    assert took(lambda: team.client.get("/team/programmes")) < own_changes.PATIENCE


def test_whoever_is_not_signed_in_waits_for_nothing(world):
    world.client.set_cookie(own_changes.COOKIE, "programmes/none:1")
    assert took(lambda: world.client.get("/sessions")) < own_changes.PATIENCE


def test_what_needs_no_catalogue_is_not_waited_for(team):
    team.client.set_cookie(own_changes.COOKIE, "programmes/none:1")
    assert took(lambda: team.client.get("/static/icon.svg")) < own_changes.PATIENCE


def test_an_older_event_that_comes_later_does_not_turn_it_back(team):
    team.tell("programmes", {**NEW, "title": "The second title", "version": 2})
    team.client.set_cookie(own_changes.COOKIE, "programmes/new:2")
    team.tell("programmes", NEW)
    assert "The second title" in team.client.get("/team/programmes").text


def test_what_is_known_is_not_waited_for(team):
    team.client.set_cookie(own_changes.COOKIE, "programmes/virtual-sessions:1")
    assert took(lambda: team.client.get("/team/programmes")) < own_changes.PATIENCE


def test_a_snapshot_ends_the_wait_as_an_event_does(team):
    team.things.append(catalogue.told("programmes", NEW))
    Timer(LATE, team.take_snapshot).start()
    assert team.model.wait_for("programmes/new", 1, own_changes.PATIENCE)
