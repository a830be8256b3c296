"""The team's page of who the programme reaches."""

import pytest

from services.runtime.refusals import Invalid
from tests.gateway.reach import shared, told
from tests.sentences import says

PATH = "/team/reach"


@pytest.fixture
def page(world):
    world.community.answers["reach"] = told()
    world.client.set_cookie("headrow_session", "team-token")
    return world


def test_the_page_shows_exact_figures_a_chart_and_downloads(page):
    text = page.client.get(f"{PATH}?from=2026-04-01&to=2027-03-31").text
    assert "1 April 2026 to 31 March 2027" in text
    assert "<title>Hospital: 12</title>" in text
    assert says("reach.exact") in text
    assert says("reach.year_before") in text
    asked = "from=2026-04-01&amp;to=2027-03-31"
    for link in (f"{PATH}.csv?{asked}", f"{PATH}.csv?shared=true&amp;{asked}", f"{PATH}.pdf?{asked}"):
        assert f'href="{link}"' in text


def test_one_switch_shows_what_may_be_shared_and_says_so(page):
    page.community.answers["reach"] = shared()
    text = page.client.get(f"{PATH}?shared=true").text
    assert page.community.last("reach")["given"] == {"shared": "true"}
    assert says("reach.to_share") in text
    assert says("reach.exact") not in text
    assert "&lt;5" in text
    assert says("reach.year_before") not in text


def test_a_wrong_day_is_said_beside_its_field_and_kept(page):
    page.community.answers["reach"] = Invalid.field("to", "not-a-date")
    answer = page.client.get(f"{PATH}?to=tomorrow%3Cb%3E")
    assert answer.status_code == 422
    assert f"<title>Error: {says('reach.title')}" in answer.text
    assert 'href="#to"' in answer.text
    assert 'value="tomorrow&lt;b&gt;"' in answer.text


def test_nothing_reached_yet_is_said(page):
    empty = told(organisations=[], never_reached=[], sessions=[])
    page.community.answers["reach"] = empty
    text = page.client.get(PATH).text
    assert says("reach.no_organisation") in text
    assert says("reach.nobody_came") in text


def test_it_is_in_the_team_s_menu(page):
    assert f'href="{PATH}"' in page.client.get("/team").text
