"""The team's page of who the programme reaches."""

import pytest

from services.runtime.refusals import Invalid
from tests.gateway.reach import answered, feedback, feedback_shared, shared, told
from tests.sentences import says

PATH = "/team/reach"


@pytest.fixture
def page(world):
    answered(world, told(), feedback())
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
    answered(page, shared(), feedback_shared())
    text = page.client.get(f"{PATH}?shared=true").text
    assert page.community.last("reach")["given"] == {"shared": "true"}
    assert says("reach.to_share") in text
    assert says("reach.exact") not in text
    assert "&lt;5" in text
    assert says("reach.year_before") not in text


def test_it_shows_what_people_said_and_the_periods_that_are_asked_for_most(page):
    text = page.client.get(f"{PATH}?programme=slp").text
    assert f"<title>{says('reach.very')}: 7</title>" in text
    assert says("reach.mean", mean="4.25") in text
    assert says("reach.kept", number=3) in text
    for period in ("from=2026-04-01&amp;to=2027-03-31&amp;", "from=2025-04-01&amp;to=2026-03-31&amp;", ""):
        assert f'href="{PATH}?{period}programme=slp"' in text


def test_a_wrong_day_is_said_beside_its_field_and_kept(page):
    page.community.answers["reach"] = Invalid.field("to", "not-a-date")
    answer = page.client.get(f"{PATH}?to=tomorrow%3Cb%3E")
    assert answer.status_code == 422
    assert f"<title>Error: {says('reach.title')}" in answer.text
    assert 'href="#to"' in answer.text
    assert 'value="tomorrow&lt;b&gt;"' in answer.text


def test_nothing_reached_yet_is_said(page):
    empty = told(organisations=[], never_reached=[], sessions=[])
    answered(page, empty, feedback(answers=0, useful=None, pledged=0, pledges_answered=0, did=None))
    text = page.client.get(PATH).text
    assert says("reach.no_organisation") in text
    assert says("reach.nobody_came") in text


def test_it_is_in_the_team_s_menu(page):
    assert f'href="{PATH}"' in page.client.get("/team").text
