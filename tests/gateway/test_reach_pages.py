"""The team's page of whom the programme reaches."""

import pytest

from services.runtime.refusals import Invalid
from tests.gateway.reach import told
from tests.sentences import says

PATH = "/team/reach"


@pytest.fixture
def page(world):
    world.community.answers["reach"] = told()
    world.client.set_cookie("headrow_session", "team-token")
    return world


def test_the_page_shows_figures_a_chart_and_downloads_of_the_same(page):
    text = page.client.get(f"{PATH}?from=2026-05-01&to=2027-02-01").text
    assert "1 April 2026 to 31 March 2027" in text
    assert "<title>Hospital: 12</title>" in text
    assert "&lt;5" in text
    assert says("reach.not_shown") in text
    for kind in ("csv", "pdf"):
        assert f'href="{PATH}.{kind}?from=2026-05-01&amp;to=2027-02-01"' in text


def test_it_says_where_another_period_is_shown_than_was_asked_for(page):
    assert (
        f"{says('reach.figures_are_for')} 1 April 2026" in page.client.get(f"{PATH}?from=2026-05-01&to=2027-02-01").text
    )
    page.community.answers["reach"] = told(asked={"from": None, "to": None}, **{"from": None, "to": None})
    assert says("reach.figures_are_for") not in page.client.get(PATH).text


@pytest.mark.parametrize(
    ("asked", "answered", "words"),
    [
        (("2026-05-01", "2027-02-01"), ("2026-04-01", "2027-03-31"),
         says("reach.asked_for_days", asked="1 May 2026 to 1 February 2027", shown="1 April 2026 to 31 March 2027")),
        (("2026-05-01", None), (None, None), says("reach.asked_for_days", asked="from 1 May 2026", shown="all time")),
        ((None, "2027-02-01"), (None, None), says("reach.asked_for_days", asked="up to 1 February 2027",
                                                        shown="all time")),
        (("2026-04-01", "2027-03-31"), ("2026-04-01", "2027-03-31"), None),
        (("2026-05-01", None), ("2026-05-01", None), None),
    ],
)  # fmt: skip
def test_it_says_in_words_what_was_asked_for_and_what_is_shown(page, asked, answered, words):
    days = ("from", "to")
    asked_for = dict(zip(days, asked, strict=True))
    page.community.answers["reach"] = told(asked=asked_for, **dict(zip(days, answered, strict=True)))
    text = page.client.get(PATH).text
    assert (words in text) if words else (says("reach.asked_for") not in text)


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


def test_organisations_are_not_split_by_programme(page):
    page.community.answers["reach"] = told(programme="virtual-sessions", organisations=[])
    assert says("reach.all_programmes") in page.client.get(f"{PATH}?programme=virtual-sessions").text


def test_it_is_in_the_team_s_menu(page):
    assert f'href="{PATH}"' in page.client.get("/team").text
