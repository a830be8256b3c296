"""How the site presents itself: the name, colour, logo and words of the team, on every page, and seen before saving."""

import base64
import io

import pytest

from gateway.features.site.city_api import LARGEST_LOGO
from services.runtime.faults import Fault
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page, text_of
from tests.sentences import says

CITY = {**catalogue.city(version=4), "sectors": [], "ways_to_get_involved": []}
LOGO = "ab" * 32
PICTURE = b"\x89PNG..."
LOOK = {
    **{"site_name": "Leeds Learns", "accent": "#5b2d8a", "logo": LOGO, "logo_alt": "An owl"},
    **{"hero_heading": "Learn together", "hero_text": "With *everyone*", "contact_email": "learn@example.org"},
    **{"contact_phone": "0113 496 0000", "contact_text": "On Mondays."},
}
STYLE = "/colours/5b2d8a.css"


@pytest.fixture
def team(world):
    kept = {"logo": LOGO, "media": "image/png"}
    shown = {"media": "image/png", "content": base64.b64encode(PICTURE).decode()}
    world.catalogue.answers.update(city=CITY, change_city=CITY, keep_logo=kept, logo=shown)
    world.client.set_cookie("headrow_session", "team-token")
    return world


def send(world, files=None, **typed):
    page = Page(world.client.get("/team/city").text)
    shown = {name: text for name, text in page.form.items() if name not in ("do", "no_logo")}
    brought = {name: (io.BytesIO(content), "logo.png") for name, content in (files or {}).items()}
    data = {**shown, **dict.fromkeys((area["name"] for area in page.all("textarea")), ""), **typed, **brought}
    return world.client.post("/team/city", data=data, content_type="multipart/form-data")


def head_of(answer) -> tuple[str, list[str], list[str]]:
    page = Page(answer.text)
    pictures = [image["src"] for image in page.all("img")]
    styles = [link["href"] for link in page.all("link") if link.get("rel") == "stylesheet"]
    return (
        answer.text.partition("</title>")[0].rpartition(" – ")[2],
        pictures,
        [s for s in styles if "/static/" not in s],
    )


# For everyone


def test_what_the_team_gave_is_on_every_page(world):
    world.tell("city", {**catalogue.city(version=5), **LOOK})
    for path in ("/", "/sessions", "/contact", "/nothing-here"):
        name, pictures, styles = head_of(world.client.get(path))
        assert (name, pictures[0], styles) == ("Leeds Learns", f"/logos/{LOGO}", [STYLE])
    assert "Learn together</h1>" in world.client.get("/").text
    assert "<em>everyone</em>" in world.client.get("/").text
    said = text_of(world.client.get("/contact"))
    assert all(LOOK[name] in said for name in ("contact_email", "contact_phone", "contact_text"))
    assert "learn@example.org" in text_of(world.client.get("/privacy"))


def test_a_logo_that_shows_the_name_beside_it_is_not_read_out_twice(world):
    for version, shows, heard in ((5, "An owl", "An owl"), (6, "leeds learns", "")):
        world.tell("city", {**catalogue.city(version=version), **LOOK, "logo_alt": shows})
        assert Page(world.client.get("/").text).all("img")[0]["alt"] == heard


def test_without_it_pages_are_ours_and_load_nothing_for_it(world):
    name, pictures, styles = head_of(world.client.get("/"))
    assert (name, pictures, styles) == ("Headrow", [], [])
    assert f"{says('home.title')} in Leeds</h1>" in world.client.get("/").text


def test_an_older_catalogue_that_does_not_tell_of_it_is_ours(world):
    told = {name: value for name, value in catalogue.city(version=9).items() if name not in LOOK}
    world.tell("city", told)
    assert head_of(world.client.get("/"))[0] == "Headrow"


def test_the_style_follows_from_its_address_and_is_kept_for_a_year(world):
    answer = world.client.get(STYLE)
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert "--site-accent: #5b2d8a;" in answer.text
    assert "immutable" in answer.headers["Cache-Control"]
    assert world.client.get(STYLE, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    for name in ("", ".css", "fff.css", "5b2d8a;}.css", "zzzzzz.css", "%23abcde.css", "5b2d8a.js", "5b2d8a"):
        assert world.client.get(f"/colours/{name}").status_code == 404


def test_the_logo_is_served_under_its_name_for_a_year(team):
    answer = team.client.get(f"/logos/{LOGO}")
    assert (answer.data, answer.mimetype) == (PICTURE, "image/png")
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert team.client.get(f"/logos/{LOGO}", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert team.client.get("/logos/owl").status_code == 404


# Over the API


def test_the_api_keeps_a_picture_that_the_city_can_then_name(team):
    send_it = {"data": PICTURE, "headers": {"Authorization": "Bearer team-token", "Content-Type": "image/png"}}
    answer = team.client.post("/api/v1/logos", **send_it)
    assert (answer.status_code, answer.json) == (201, {"logo": LOGO, "media": "image/png"})
    assert base64.b64decode(team.catalogue.last("keep_logo")["given"]["content"]) == PICTURE
    send_it["headers"]["Content-Type"] = "image/svg+xml"
    assert team.client.post("/api/v1/logos", **send_it).status_code == 415
    for token, status in (("person-token", 403), ("dead", 401)):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/png"}
        assert team.client.post("/api/v1/logos", data=PICTURE, headers=headers).status_code == status


# The team's page


def test_a_preview_shows_the_page_as_it_would_look_and_saves_nothing(team):
    typed = {name: value for name, value in LOOK.items() if name != "logo"}
    answer = send(team, files={"logo_file": PICTURE}, do="preview", **typed)
    name, pictures, styles = head_of(answer)
    assert (answer.status_code, name, pictures[0], styles) == (200, "Leeds Learns", f"/logos/{LOGO}", [STYLE])
    assert "Learn together</h3>" in answer.text
    assert Page(answer.text).form["logo"] == LOGO, "need not be chosen again"
    assert not team.catalogue.was_asked("change_city")
    assert head_of(team.client.get("/"))[0] == "Headrow"


def test_what_was_typed_is_saved_with_the_logo_that_came_along(team):
    answer = send(team, files={"logo_file": PICTURE}, **{**LOOK, "logo": ""})
    assert answer.status_code == 303
    assert team.catalogue.last("change_city")["given"] == LOOK


def test_ours_is_seen_before_it_is_saved(team):
    team.catalogue.answers["city"] = {**CITY, **LOOK}
    answer = send(team, do="ours", hero_text="Mine")
    assert (answer.status_code, head_of(answer)[2]) == (200, [])
    form = Page(answer.text).form
    assert {form[name] for name in ("site_name", "hero_heading", "accent", "logo", "logo_alt")} == {""}
    assert form["contact_phone"] == LOOK["contact_phone"]


def test_a_logo_is_taken_away_by_its_box(team):
    team.catalogue.answers["city"] = {**CITY, **LOOK}
    kept = {"contact_text": LOOK["contact_text"], "hero_text": LOOK["hero_text"]}
    assert send(team, no_logo="yes", **kept).status_code == 303
    assert team.catalogue.last("change_city")["given"] == {"logo": None, "logo_alt": None}


@pytest.mark.parametrize("do", ["preview", ""])
def test_a_colour_that_cannot_be_read_is_refused_at_its_field_and_nothing_is_lost(team, do):
    limits = {"ratio": "1.03", "min": 4.5, "ground": "white"}
    team.catalogue.answers["change_city"] = fakes.refused(
        "invalid", errors=[Fault("low-contrast", limits).at("accent")]
    )
    answer = send(team, accent="#ffff00", hero_text="What I typed", do=do)
    assert answer.status_code == 422
    told = says("field_errors.low_contrast", what=says("fields.colour"), **limits)
    assert told.partition(limits["ground"])[0] in text_of(answer)
    assert 'href="#accent"' in answer.text
    assert "What I typed" in answer.text
    assert head_of(answer)[2] == [], "what cannot be read is not shown"


def test_what_is_no_picture_is_refused_at_its_field_and_nothing_is_lost(team):
    team.catalogue.answers["keep_logo"] = fakes.refused(
        "invalid", errors=[Fault("not-a-picture", {"choices": ["PNG", "JPEG", "WEBP"]}).at("logo")]
    )
    answer = send(team, files={"logo_file": b"<svg/>"}, hero_text="What I typed")
    assert answer.status_code == 422
    assert says("field_errors.not_a_picture", what=says("fields.logo")) in text_of(answer)
    assert 'href="#logo_file"' in answer.text
    assert "What I typed" in answer.text


def test_a_picture_that_is_too_large_is_refused_before_anyone_is_asked(team):
    answer = send(team, files={"logo_file": bytes(LARGEST_LOGO + 1)})
    assert answer.status_code == 422
    assert not team.catalogue.was_asked("keep_logo")
