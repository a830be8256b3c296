"""The city and its sectors: read by anyone, changed by the team, and shown where one chooses."""

import pytest

from gateway.projection import response_schemas
from services.catalogue.schemas import UNNAMED
from services.runtime.faults import Fault
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page, text_of
from tests.sentences import says

HOSPITAL = {"code": "hospital", "name": "Hospitals", "hint": "All of the NHS", "workforce": 16500, "version": 2}
CITIZEN = {"code": "citizen", "name": "Citizens", "hint": "", "workforce": None, "version": 1}
CITY = {**catalogue.city(version=4), "sectors": [HOSPITAL, CITIZEN]}
STALE = fakes.refused("stale-version", version=5)


@pytest.fixture
def team(world):
    world.catalogue.answers.update(city=CITY, sector=HOSPITAL, change_city=CITY, change_sector=HOSPITAL)
    world.client.set_cookie("headrow_session", "team-token")
    return world


def form_of(world, path):
    return Page(world.client.get(path).text).form | text_areas(world, path)


def text_areas(world, path):
    names = [area["name"] for area in Page(world.client.get(path).text).all("textarea")]
    return dict.fromkeys(names, "")


def send(world, path, **typed):
    return world.client.post(path, data={**form_of(world, path), "summary-1": "Tell the team.", **typed})


# Over the API


def test_everyone_reads_the_sectors_in_the_city_s_order(world):
    answer = world.get("/sectors")
    assert answer.json == {"items": [HOSPITAL, CITIZEN], "next": None}


def test_everyone_reads_one_sector_and_the_city(world):
    assert world.get("/sectors/hospital").json == HOSPITAL
    assert world.get("/sectors/army").status_code == 404
    city = world.get("/city")
    assert (city.json["name"], city.json["workforce"]) == ("Leeds", 57000)
    assert response_schemas.City().validate(city.json) == {}
    for path in ("/city", "/sectors/hospital"):
        etag = world.get(path).headers["ETag"]
        assert world.get(path, If_None_Match=etag).status_code == 304


def test_the_team_reads_what_the_catalogue_holds(team):
    assert team.get("/city", "team-token").json["version"] == 4
    team.catalogue.answers["sector"] = {**HOSPITAL, "version": 7}
    assert team.get("/sectors/hospital", "team-token").json["version"] == 7


@pytest.mark.parametrize(
    ("path", "method", "given"),
    [("/city", "change_city", {"name": "York"}), ("/sectors/hospital", "change_sector", {"workforce": 5})],
)
def test_a_change_is_made_by_the_version_that_was_read(team, path, method, given):
    assert team.ask("PATCH", path, "team-token", given).status_code == 428
    etag = team.get(path, "team-token").headers["ETag"]
    answer = team.ask("PATCH", path, "team-token", given, If_Match=etag)
    assert answer.status_code == 200
    assert answer.headers["ETag"]
    asked = team.catalogue.last(method)
    assert (asked["given"], asked["version"]) == (given, team.get(path, "team-token").json["version"])
    team.catalogue.answers[method] = STALE
    assert team.ask("PATCH", path, "team-token", given, If_Match=etag).status_code == 412
    assert team.ask("PATCH", path, "person-token", given, If_Match=etag).status_code == 403


# On pages


def test_the_form_shows_what_there_is_and_a_change_sends_that_alone(team):
    shown = form_of(team, "/team/city")
    assert (shown["name"], shown["workforce"], shown["title-1"]) == ("Leeds", "57000", "Suggest a theme")
    answer = send(team, "/team/city", workforce="58,000")
    assert answer.headers["Location"] == "/team/city?done=saved"
    assert team.catalogue.last("change_city")["given"] == {"workforce": 58000}


def test_ways_to_get_involved_are_added_and_empty_rows_are_left_out(team):
    send(team, "/team/city", **{"title-3": "Speak", "summary-3": "What about?"})
    ways = [
        {"title": "Suggest a theme", "summary": "Tell the team."},
        {"title": "Speak", "summary": "What about?"},
    ]
    assert team.catalogue.last("change_city")["given"] == {"ways_to_get_involved": ways}


def test_a_number_that_is_left_out_is_not_known(team):
    send(team, "/team/city", workforce="")
    assert team.catalogue.last("change_city")["given"] == {"workforce": None}


def test_what_is_wrong_is_told_where_it_can_be_mended(team):
    too_short = Fault("too-short", {"min": 1, "max": 200})
    faults = [too_short.at("name"), Fault("not-a-whole-number").at("workforce")]
    faults += [too_short.at("ways_to_get_involved.1.title")]
    team.catalogue.answers["change_city"] = fakes.refused("invalid", errors=faults)
    answer = send(team, "/team/city", **{"name": "", "workforce": "many", "summary-3": "No title"})
    assert answer.status_code == 422
    said = text_of(answer)
    for words in (
        says("field_errors.enter", what=says("fields.city_name")),
        says("field_errors.whole_number", what=says("fields.number_of_people")),
        says("field_errors.enter", what=says("fields.way_title", number=3)),
    ):
        assert words in said
    assert 'href="#title-3"' in answer.text


def test_a_city_without_a_name_is_shown_without_one(team):
    team.catalogue.answers["city"] = {**CITY, "name": UNNAMED}
    assert form_of(team, "/team/city")["name"] == ""
    assert UNNAMED not in text_of(team.client.get("/team/city"))
    send(team, "/team/city", workforce="5")
    assert team.catalogue.last("change_city")["given"] == {"workforce": 5}
    team.tell("city", catalogue.city(name=UNNAMED, version=2))
    assert f"{says('home.title')}</h1>" in team.client.get("/").text


def test_whoever_is_overtaken_sees_what_is_there_now(team):
    form = {**form_of(team, "/team/city"), "summary-1": "Tell the team.", "name": "York"}
    team.catalogue.answers.update(change_city=STALE, city={**CITY, "name": "Bradford", "version": 5})
    answer = team.client.post("/team/city", data=form)
    assert answer.status_code == 409
    assert "Bradford" in text_of(answer)
    assert Page(answer.text).form["name"] == "York"


def test_a_sector_is_changed_by_its_form(team):
    path = "/team/sectors/hospital/edit"
    shown = form_of(team, path)
    assert (shown["name"], shown["hint"], shown["workforce"]) == ("Hospitals", "All of the NHS", "16500")
    answer = team.client.post(path, data={**shown, "hint": "", "workforce": "1"})
    assert answer.headers["Location"] == "/team/city?done=sector"
    asked = team.catalogue.last("change_sector")
    assert (asked["code"], asked["version"], asked["given"]) == ("hospital", 2, {"hint": "", "workforce": 1})
    team.catalogue.answers["change_sector"] = STALE
    assert team.client.post(path, data={**shown, "name": "Clinics"}).status_code == 409


def test_whoever_says_where_they_work_reads_what_each_sector_includes(world):
    world.client.set_cookie("headrow_session", "person-token")
    assert "All of the NHS" in text_of(world.client.get("/account/details"))
