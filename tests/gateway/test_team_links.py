"""Broken links of materials: the team is told on its first page, has a list of them, and reads it over the API."""

import pytest

from services.runtime.refusals import Unavailable
from tests.gateway import catalogue
from tests.gateway.html import links
from tests.sentences import says

GONE = {
    "url": "https://example.org/gone",
    "said": "404 Not Found",
    "broken_since": "2026-11-02T09:00:00+00:00",
    "checked_at": "2026-11-20T09:00:00+00:00",
    "materials": [catalogue.material()],
}
EDIT = f"/team/materials/{catalogue.material()['id']}/edit"


@pytest.fixture
def team(world):
    world.catalogue.answers["broken_links"] = {"items": [GONE], "next": "more", "total": 3, "checked": 40}
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def test_the_teams_first_page_says_how_many_are_broken(team):
    page = team.client.get("/team")
    assert "/team/links" in links(page)
    assert says("links.broken", number=3) in page.text
    for answer in ({"items": [], "next": None, "total": 0, "checked": 40}, Unavailable()):
        team.catalogue.answers["broken_links"] = answer
        page = team.client.get("/team")
        assert (page.status_code, says("links.broken", number=3) in page.text) == (200, False)


def test_the_list_says_what_was_found_since_when_and_what_to_change(team):
    page = team.client.get("/team/links")
    assert all(words in page.text for words in (GONE["url"], GONE["said"], "2 November 2026"))
    assert {GONE["url"], EDIT, "/team/links?cursor=more"} <= set(links(page))


def test_the_page_says_whether_any_was_checked(team):
    team.catalogue.answers["broken_links"] = {"items": [], "next": None, "total": 0, "checked": 40}
    assert says("links.none_broken") in team.client.get("/team/links").text
    team.catalogue.answers["broken_links"] = {"items": [], "next": None, "total": 0, "checked": 0}
    assert says("links.none_checked") in team.client.get("/team/links").text


def test_the_api_has_the_same_list_for_the_team_alone(team):
    answer = team.get("/links?limit=1", "team-token").json
    assert (answer["items"][0]["url"], answer["next"]) == (GONE["url"], "more")
    assert team.catalogue.last("broken_links")["limit"] == 1
    team.client.delete_cookie("__Host-headrow_session")
    assert (team.get("/links").status_code, team.get("/links", "person-token").status_code) == (401, 403)
