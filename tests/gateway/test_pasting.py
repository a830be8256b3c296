"""Many materials at once: what pasted lines are understood as, shown before it is saved, and all added or none."""

import re
from html import unescape

import pytest

from gateway.features.materials.pasted import lines_of
from services.catalogue import schemas
from services.runtime.refusals import Invalid
from tests.gateway import catalogue, fakes
from tests.gateway.shown_page import Shown
from tests.sentences import says

PASTE = "/team/sessions/maxims-in-practice/materials/paste"
LINES = "Care, now, https://example.org/a, slides\n\nA film\thttps://example.org/b\trecording\nRead me; https://example.org/c"


@pytest.fixture
def page(world):
    """The gateway, seen by somebody of the team, before a catalogue that looks at what it is given."""
    world.catalogue.answers.update(
        session={**catalogue.session(), "materials": []},
        plan_materials=lambda given, **_: {"items": _checked(given)["materials"]},
        add_materials=lambda given, **_: {"items": _checked(given)["materials"]},
    )
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def _checked(given):
    return fakes.checked(schemas.NewMaterials(), given)(given=given)


def form_of(answer):
    return Shown(answer.text).forms.get(None) or Shown(answer.text).forms[PASTE]


def send(page, path, **said):
    return page.client.post(path, data={**form_of(page.client.get(path)), **said})


def errors(answer):
    found = re.findall(r'<li><a href="#(\w+)">(.*?)</a></li>', answer.text)
    return {field: unescape(words) for field, words in found}


def read(text, kind="link"):
    return [(line.number, line.title, line.url, line.kind) for line in lines_of(text, kind)]


@pytest.mark.parametrize("separator", [", ", ",", "; ", ";", "\t"])
def test_a_line_is_a_title_an_address_and_a_kind_whatever_separates_them(separator):
    line = separator.join(("Slides of the day", "https://example.org/a", "slides"))
    assert read(line) == [(1, "Slides of the day", "https://example.org/a", "slides")]


@pytest.mark.parametrize(
    ("line", "title", "url", "kind"),
    [
        ("Care, now; and then, https://example.org/a, PDF", "Care, now; and then", "https://example.org/a", "document"),
        ("Slides, https://example.org/a", "Slides", "https://example.org/a", "link"),
        ("https://example.org/a, Care, now, video", "Care, now", "https://example.org/a", "recording"),
        ('"Care, now"\thttps://example.org/a\tLink', "Care, now", "https://example.org/a", "link"),
        ('"She said ""yes"""\thttps://example.org/a', 'She said "yes"', "https://example.org/a", "link"),
        ("A, https://example.org/a,b;c?d=1,2, slides", "A", "https://example.org/a,b;c?d=1,2", "slides"),
        ("A https://example.org/a slides", "A", "https://example.org/a", "slides"),
        ("A, HTTPS://example.org/a, ", "A", "HTTPS://example.org/a", "link"),
        ("A, https://example.org/a, tape", "A", "https://example.org/a", "tape"),
        ("Only a title, slides", "Only a title", "", "slides"),
        ("https://example.org/a", "", "https://example.org/a", "link"),
    ],
)
def test_a_title_may_hold_what_separates(line, title, url, kind):
    assert read(line) == [(1, title, url, kind)]


def test_lines_are_counted_as_they_were_pasted_and_empty_ones_are_left_out():
    text = "\nA, https://example.org/a\r\n  \n;;\nB, https://example.org/b, slides"
    assert [(line[0], line[3]) for line in read(text, "document")] == [(2, "document"), (5, "slides")]


def test_what_was_understood_is_shown_before_it_is_added(page):
    shown = send(page, PASTE, lines=LINES)
    assert shown.status_code == 200
    assert not page.catalogue.was_asked("add_materials")
    assert all(words in shown.text for words in ("Care, now", "A film", "Read me", "https://example.org/b"))
    again = {**form_of(shown), "do": "save"}
    assert send(page, PASTE, **again).headers["Location"].endswith("/materials?done=pasted")
    asked = page.catalogue.last("add_materials")["given"]
    assert asked["session"] == "maxims-in-practice"
    assert [(one["title"], one["kind"], one["audience"]) for one in asked["materials"]] == [
        ("Care, now", "slides", "everyone"), ("A film", "recording", "everyone"), ("Read me", "link", "everyone"),
    ]  # fmt: skip
    assert says("pasting.added") in page.client.get(PASTE.replace("/paste", "?done=pasted")).text


def test_one_can_go_back_to_the_lines_and_change_them(page):
    shown = send(page, PASTE, lines=LINES)
    assert form_of(send(page, PASTE, **{**form_of(shown), "do": "change"}))["lines"] == LINES


def test_every_line_that_is_wrong_is_told_and_what_was_pasted_stays(page):
    lines = "Slides\n\n, https://example.org/a\nA, https://example.org/b\nB, https://example.org/b, tape"
    answer = send(page, PASTE, lines=lines, do="save")
    assert (answer.status_code, errors(answer)) == (422, {"lines": says("pasting.several_wrong", number=3)})
    for number, what in (
        (1, "pasting.no_address"),
        (3, "pasting.no_title"),
        (5, "pasting.twice"),
        (5, "pasting.no_kind"),
    ):
        assert says("pasting.line", number=number, what=says(what)) in answer.text, what
    assert says("pasting.nothing_added") in answer.text
    assert form_of(answer)["lines"] == lines


def test_an_address_that_the_session_has_is_told_of_with_its_line(page):
    fault = {"field": "materials.1.url", "code": "url-taken", "limits": {}, "message": "Taken."}
    page.catalogue.answers["plan_materials"] = Invalid([fault])
    answer = send(page, PASTE, lines="A, https://example.org/a\n\nB, https://example.org/b")
    assert errors(answer) == {"lines": says("pasting.one_wrong")}
    assert says("pasting.line", number=3, what=says("pasting.taken")) in answer.text


def test_nothing_pasted_and_too_much_are_told_as_that(page):
    assert errors(send(page, PASTE, lines=" \n ")) == {"lines": says("pasting.empty")}
    many = "\n".join(f"A, https://example.org/{n}" for n in range(51))
    assert errors(send(page, PASTE, lines=many)) == {"lines": says("pasting.too_many", number=51)}
