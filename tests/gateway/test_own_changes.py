"""One's own change is on the page that follows it, on whichever gateway, and nobody waits for ever."""

import time
from threading import Timer

import pytest

from gateway.web import own_changes
from tests.gateway import catalogue, fakes
from tests.gateway.forms import form_of
from tests.gateway.html import Page, text_of
from tests.gateway.rows_of_pages import FORECAST
from tests.sentences import says

NEW = catalogue.programme(slug="new", title="A new programme")
ANNOUNCED = ("programmes/new", 1)
LATE = 0.2  # seconds until the event comes


@pytest.fixture
def team(world):
    """A gateway whose catalogue answers at once, and whose events come later."""
    world.catalogue.answers["create_programme"] = fakes.FakeAnswer(NEW, announced=ANNOUNCED)
    world.client.set_cookie("__Host-headrow_session", "team-token")
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
    cookie = world.client.get_cookie(f"__Host-{own_changes.COOKIE}")
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
    team.client.set_cookie(f"__Host-{own_changes.COOKIE}", "programmes/new:1")
    soon(team)
    assert "A new programme" in team.client.get("/team/programmes").text


def test_the_browser_carries_on_what_was_changed_last(team, impatient):
    add(team)
    assert carried(team) == "programmes/new:1"


class TestTheFiguresThatFollow:
    """The answer to a conversion showed the figures from before it, as registration carries out the plan later."""

    SLUG = "maxims-in-practice"
    AFTER = catalogue.session(version=2, places_online=30)
    FIGURES = catalogue.places(
        online={"capacity": 30, "left": 9}, version=3, catalogue_version=2, over={"in_room": 0, "online": 1}
    )

    @pytest.fixture
    def team(self, world):
        """A gateway whose catalogue has carried out the change, and told of it; registration has not."""
        told = {**self.AFTER, "materials": []}
        changed = fakes.FakeAnswer(told, announced=(f"sessions/{self.SLUG}", 2))
        before = {**catalogue.session(), "materials": []}
        world.catalogue.answers.update(convert_session=changed, change_session=changed, session=before)
        world.registration.answers["forecast_change"] = FORECAST
        world.tell_places(catalogue.places(version=2, catalogue_version=1))
        world.tell("sessions", self.AFTER)
        return world

    def soon(self, world, after=LATE):
        Timer(after, lambda: world.tell_places(self.FIGURES)).start()

    def ask(self, team, what):
        if what == "convert":
            given = {"delivery": "hybrid", "places_in_room": 5}
            return team.ask("POST", f"/sessions/{self.SLUG}/convert", "team-token", given)
        return team.ask("PATCH", f"/sessions/{self.SLUG}", "team-token", {what: 30}, If_Match='"1"')

    @pytest.mark.parametrize("what", ["convert", "places_online"])
    def test_are_in_the_answer_of_the_api(self, team, what):
        self.soon(team)
        answer = self.ask(team, what)
        assert (answer.status_code, answer.json["over"]) == (200, {"in_room": 0, "online": 1})
        assert answer.json["places"]["online"] == {"capacity": 30, "left": 9}

    def test_are_not_waited_for_where_they_do_not_follow_from_the_change(self, team):
        assert took(lambda: self.ask(team, "travel_minutes")) < own_changes.PATIENCE

    def test_are_waited_for_once_and_no_longer_than_that(self, team, impatient):
        assert LATE <= took(lambda: self.ask(team, "convert")) < 2 * LATE + 0.1

    def test_of_a_draft_there_are_none(self, team):
        team.catalogue.answers["change_session"] = {**self.AFTER, "status": "draft", "materials": []}
        assert took(lambda: self.ask(team, "places_online")) < own_changes.PATIENCE

    def test_a_registration_of_before_does_not_say_what_they_follow(self, team):
        team.tell_places(catalogue.places(version=9))
        assert took(lambda: self.ask(team, "convert")) < own_changes.PATIENCE

    @pytest.mark.parametrize("page", ["convert", "edit"])
    def test_are_on_the_page_that_follows_wherever_that_is_asked_for(self, team, impatient, page):
        team.client.set_cookie("__Host-headrow_session", "team-token")
        path = f"/team/sessions/{self.SLUG}/{page}"
        said = {"delivery": "face_to_face", "do": "checked"} if page == "convert" else {"places_online": "30"}
        answer = team.client.post(path, data={**form_of(team, path), **said})
        assert answer.status_code == 303
        assert carried(team) == f"places/{self.SLUG}:2", "another gateway may be asked, and waits too"
        self.soon(team, LATE / 2)
        team.catalogue.answers["session"] = {**self.AFTER, "materials": []}
        shown = text_of(team.client.get(answer.headers["Location"]))
        assert says("over_capacity.taken", taken=21, capacity=30, over=1) in shown


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
    team.client.set_cookie(f"__Host-{own_changes.COOKIE}", made_up)
    assert team.client.get("/team/programmes").status_code == 200
    assert carried(team) is None


@pytest.mark.parametrize("nonsense", ["", "x", "programmes/virtual-sessions", ":1", "a:b", "new:1 ", "../x:1"])
def test_what_is_no_version_is_not_waited_for(team, nonsense):
    team.client.set_cookie(f"__Host-{own_changes.COOKIE}", nonsense)
    assert took(lambda: team.client.get("/team/programmes")) < own_changes.PATIENCE


def test_whoever_is_not_signed_in_waits_for_nothing(world):
    world.client.set_cookie(f"__Host-{own_changes.COOKIE}", "programmes/none:1")
    assert took(lambda: world.client.get("/sessions")) < own_changes.PATIENCE


def test_what_needs_no_catalogue_is_not_waited_for(team):
    team.client.set_cookie(f"__Host-{own_changes.COOKIE}", "programmes/none:1")
    assert took(lambda: team.client.get("/static/icon.svg")) < own_changes.PATIENCE


def test_an_older_event_that_comes_later_does_not_turn_it_back(team):
    team.tell("programmes", {**NEW, "title": "The second title", "version": 2})
    team.client.set_cookie(f"__Host-{own_changes.COOKIE}", "programmes/new:2")
    team.tell("programmes", NEW)
    assert "The second title" in team.client.get("/team/programmes").text


def test_what_is_known_is_not_waited_for(team):
    team.client.set_cookie(f"__Host-{own_changes.COOKIE}", "programmes/virtual-sessions:1")
    assert took(lambda: team.client.get("/team/programmes")) < own_changes.PATIENCE


def test_a_snapshot_ends_the_wait_as_an_event_does(team):
    team.things.append(catalogue.told("programmes", NEW))
    Timer(LATE, team.take_snapshot).start()
    assert team.model.wait_for("programmes/new", 1, own_changes.PATIENCE)
