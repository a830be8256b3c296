"""A preview of longer texts: as people will see them, with everything that was typed, and nothing is saved."""

import re

import pytest

from tests.gateway import catalogue
from tests.gateway import world_of_pages as pages
from tests.gateway.shown_page import Shown
from tests.sentences import says

pytestmark = pytest.mark.patient

TEXT = "# What it is\n\nA *good* day.\n\n- one\n- [two](https://example.org)\n\n<script>alert(1)</script>"
FORMS = {  # the page, and the fields that are previewed
    "/team/sessions/new": ("summary",),
    "/team/sessions/maxims-in-practice/edit": ("summary",),
    "/team/programmes/new": ("summary", "audience", "ambition"),
    "/team/programmes/virtual-sessions/edit": ("summary", "audience", "ambition"),
    "/team/speakers/new": ("bio",),
    "/team/speakers/myron-rogers/edit": ("bio",),
}
CHANGES = ("create_", "change_", "add_")


@pytest.fixture
def team(world):
    pages.furnish(world)
    world.catalogue.answers["session"] = {**world.catalogue.answers["session"], "status": "draft"}
    pages.sign_in(world, "team-token")
    return world


def shown(team, path):
    return Shown(team.client.get(path).text).forms[None]


def preview(team, path, **said):
    return team.client.post(path, data={**shown(team, path), **said, "do": "preview"})


def previewed(answer):
    found = re.search(r'<section id="preview".*?</section>', answer.text, re.DOTALL)
    return found[0] if found else ""


def changed(team):
    return [method for method, _ in team.catalogue.asked if method.startswith(CHANGES)]


@pytest.mark.parametrize("path", FORMS)
def test_texts_are_shown_as_people_will_see_them_and_nothing_is_saved(team, path):
    answer = preview(team, path, **dict.fromkeys(FORMS[path], TEXT))
    seen = previewed(answer)
    assert (answer.status_code, changed(team)) == (200, [])
    assert says("preview.not_saved") in seen
    for markup in ("What it is</h4>", "<em>good</em>", "<li>one</li>", 'href="https://example.org"'):
        assert seen.count(markup) == len(FORMS[path])
    assert "<script>" not in seen


@pytest.mark.parametrize("path", FORMS)
def test_everything_that_was_typed_is_still_in_the_form(team, path):
    typed = {**shown(team, path), **dict.fromkeys(FORMS[path], TEXT), "topics": "New one, another"}
    again = Shown(team.client.post(path, data={**typed, "do": "preview"}).text).forms[None]
    kept = {name: text for name, text in again.items() if name not in ("key", "form_token")}
    assert kept == {name: text for name, text in typed.items() if name in kept}
    assert kept.keys() | {"topics", "key", "form_token"} == typed.keys() | {"topics"}


@pytest.mark.parametrize("path", FORMS)
def test_no_preview_is_shown_before_it_is_asked_for_and_an_empty_one_says_so(team, path):
    assert previewed(team.client.get(path)) == ""
    seen = previewed(preview(team, path, **dict.fromkeys(FORMS[path], " ")))
    assert seen.count(says("preview.nothing")) == len(FORMS[path])


@pytest.mark.parametrize("path", FORMS)
def test_a_preview_needs_the_token_of_the_form(team, path):
    answer = team.client.post(path, data={"do": "preview", **dict.fromkeys(FORMS[path], TEXT)})
    assert answer.status_code == 403
    assert previewed(answer) == ""


@pytest.mark.parametrize("path", FORMS)
def test_the_enter_key_saves_and_the_button_leads_to_the_preview(team, path):
    page = Shown(team.client.get(path).text)
    buttons = [button for button in page.all("button") if button.get("type") == "submit"]
    first = next(button for button in buttons if "nhsuk-u-visually-hidden" in (button.get("class") or ""))
    assert "name" not in first
    assert [button["formaction"] for button in page.all("button") if button.get("value") == "preview"] == ["#preview"]


def test_what_somebody_else_saved_before_a_preview_is_not_written_over_after_it(team):
    path = "/team/programmes/virtual-sessions/edit"
    opened = shown(team, path)
    team.catalogue.answers["programme"] = catalogue.programme(version=9, summary="Theirs")
    again = Shown(team.client.post(path, data={**opened, "audience": "Mine", "do": "preview"}).text).forms[None]
    assert (again["version"], again["opened"]) == (opened["version"], opened["opened"])
    team.client.post(path, data=again)
    [named] = [named for method, named in team.catalogue.asked if method == "change_programme"]
    assert named["given"] == {"audience": "Mine"}
