"""What other sites show beside a link to a page of ours."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from gateway.features.sessions.share import BLUE, TEMPLATE
from gateway.web.documents.typesetting import typeset
from gateway.web.kept_files import KeptFiles
from tests.examples import examples
from tests.gateway import catalogue
from tests.gateway import world_of_pages as pages
from tests.gateway.html import NASTY, Page

SESSION = "/sessions/maxims-in-practice"
PICTURE = f"{SESSION}/share.png"
SITE = "https://headrow.example"
PUBLIC = [route for route in pages.PAGES if route.to_pass_on and route.media == "text/html"]
CLEAR = 54  # pixels at each edge: of 60, as marks above and beside letters stand out of their line
WORDS = st.text(st.characters(exclude_categories=["C", "M"]), max_size=200) | st.text("WÅgj", min_size=60, max_size=200)


def told_by(answer) -> dict[str, str]:
    metas = Page(answer.text).all("meta")
    return {meta.get("property") or meta["name"]: meta["content"] for meta in metas if "content" in meta}


def drawn(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content), formats=["PNG"]).convert("RGB")


@pytest.mark.parametrize("route", PUBLIC, ids=lambda route: route.name)
def test_each_page_for_anyone_says_what_it_is(world, route):
    """At its own address, without what it was asked; with a picture that is there."""
    pages.furnish(world)
    pages.STATES.get(route.path, lambda _: None)(world)
    answer = pages.see(world, route)
    if answer.status_code == 303:
        return
    assert answer.status_code == 200
    told = told_by(answer)
    assert told["og:url"] == SITE + pages.path_of(route)
    assert told["og:type"] == "website"
    assert told["twitter:card"] == "summary_large_image"
    for name in ("og:title", "og:description", "description", "og:site_name", "og:image:alt"):
        assert told[name].strip() == told[name] != ""
    picture = world.client.get(told["og:image"].removeprefix(SITE))
    assert picture.content_type == told["og:image:type"] == "image/png"
    assert drawn(picture.data).size == (int(told["og:image:width"]), int(told["og:image:height"])) == (1200, 630)


def test_what_is_for_one_person_is_not_passed_on(world):
    """An address with a token in it is a right; a page of one's own tells nobody else anything."""
    pages.furnish(world)
    others = [route for route in pages.PAGES if not route.to_pass_on and route.method == "GET"]
    named = {route.name for route in others}
    assert {"emails.show_by_link", "bookings.show_booking", "team_home.show_home", "account.show_account"} <= named
    for name in ("emails.show_by_link", "bookings.show_booking", "team_home.show_home"):
        answer = pages.look(world, pages.BY_NAME[name])
        assert answer.status_code == 200
        assert not [property for property in told_by(answer) if property.startswith(("og:", "twitter:"))]


def test_nothing_is_passed_on_of_a_page_that_is_not_there(world):
    assert "og:url" not in told_by(world.client.get("/sessions/none"))


def test_what_a_session_says_of_itself_stays_words(world):
    world.tell("sessions", catalogue.session(version=2, title=NASTY, summary=NASTY))
    told = told_by(world.client.get(SESSION))
    assert told["og:title"] == NASTY
    assert "<script>" in told["og:description"]


def test_another_version_of_a_session_has_another_picture_at_another_address(world):
    first = told_by(world.client.get(SESSION))["og:image"]
    before = world.client.get(PICTURE)
    world.tell("sessions", catalogue.session(version=2, title="Trust"))
    after = world.client.get(PICTURE)
    assert told_by(world.client.get(SESSION))["og:image"] != first
    assert before.data != after.data
    assert before.headers["ETag"] != after.headers["ETag"]


def test_a_picture_is_drawn_once_and_not_sent_again(world):
    """Bookings do not change it, and change all that is kept of answers."""
    told = []
    world.application.typeset = lambda template, facts, **form: told.append(facts) or b"a picture"
    first = world.client.get(PICTURE)
    world.tell("sessions", catalogue.session("another", "2027-04-01T10:00:00+00:00"))
    again = world.client.get(PICTURE, headers={"If-None-Match": first.headers["ETag"]})
    assert (first.data, again.status_code, len(told)) == (b"a picture", 304, 1)
    assert first.headers["Cache-Control"] == "public, max-age=3600"


def test_it_says_when_and_where_and_of_which_programme(world):
    told = []
    world.application.typeset = lambda template, facts, **form: told.append(facts) or b"a picture"
    venue = {"name": "Civic rooms", "address": "Calverley Street", "access": ""}
    world.tell("sessions", catalogue.session(version=2, delivery="hybrid", venue=venue))
    world.client.get(PICTURE)
    [facts] = told
    assert facts["title"] == "Myron’s Maxims in practice"
    assert facts["above"] == "System leadership sessions"
    assert "11 February 2027" in facts["below"][0]
    assert facts["below"][1].endswith(": Civic rooms")


def test_a_cancelled_session_says_so_first(world):
    told = []
    world.application.typeset = lambda template, facts, **form: told.append(facts) or b"a picture"
    world.tell("sessions", catalogue.session(version=2, status="cancelled", cancel_reason="Flood"))
    world.client.get(PICTURE)
    assert told[0]["below"][0].startswith("Cancelled: ")


def test_nobody_sees_the_picture_of_what_is_not_published(world):
    assert world.client.get("/sessions/none/share.png").status_code == 404


@given(WORDS, WORDS, WORDS)
@settings(max_examples=examples(25), deadline=None)
def test_no_words_run_over_the_edge(title, above, line):
    """However long, and of whatever letters: all of a picture's edge is clear."""
    facts = {"title": title, "above": above, "below": [line, line], "colour": BLUE}
    picture = drawn(typeset(TEMPLATE, facts, form="png"))
    clear = Image.new("RGB", picture.size, BLUE)
    written = ImageChops.difference(picture, clear).getbbox() or (600, 300, 600, 300)
    assert picture.size == (1200, 630)
    assert written[0] >= CLEAR
    assert written[1] >= CLEAR
    assert written[2] <= 1200 - CLEAR
    assert written[3] <= 630 - CLEAR


def test_a_long_word_ends_its_line_anywhere():
    """All of it is there: twice as many letters take more room."""
    of = {"above": "", "below": [], "colour": BLUE}
    boxes = []
    for number in (40, 160):
        picture = drawn(typeset(TEMPLATE, {**of, "title": "W" * number}, form="png"))
        mask = ImageChops.difference(picture, Image.new("RGB", picture.size, BLUE))
        boxes.append(mask.getbbox())
    assert boxes[0][2] - boxes[0][0] > 800
    assert boxes[1][2] - boxes[1][0] > 800


def test_what_was_not_asked_for_longest_is_let_go_first():
    files, made = KeptFiles(most=10), []

    def get(key, size=4):
        return files.get(key, lambda: made.append(key) or bytes(size))

    for key in ("one", "two", "one", "three", "one", "two"):
        get(key)
    assert made == ["one", "two", "three", "two"]
    assert get("huge", 11) == bytes(11)
    get("huge", 11)
    assert made[-2:] == ["huge", "huge"]
