"""Pictures of sessions and speakers, as pages show them and the team gives them."""

import base64
import io
from html import escape

import pytest

from tests.gateway import catalogue
from tests.gateway.fakes import refused
from tests.gateway.forms import form_of
from tests.gateway.html import Page
from tests.gateway.rows_of_pages import EDITED

HASH = "9f2c4e1ab7d05386c1f4e29a7b6d8053fe124c9a"
PICTURE = {"hash": HASH, "alt": "Four “nurses” & <one> doctor", "width": 640, "height": 400, "widths": [320, 640]}
FILE = f"/pictures/{HASH}-640.jpg"
SHOWN = {
    "url": FILE,
    "alt": PICTURE["alt"],
    "width": 640,
    "height": 400,
    "srcset": f"/pictures/{HASH}-320.jpg 320w, {FILE} 640w",
}
SLUG = "maxims-in-practice"


@pytest.fixture
def shown(world):
    world.tell("sessions", catalogue.session(version=2, picture=PICTURE))
    world.tell("speakers", catalogue.speaker(version=2, picture=PICTURE))
    world.catalogue.answers["picture_file"] = {"content": base64.b64encode(b"a picture").decode()}
    return world


def asked_for(world) -> int:
    return len([asked for asked in world.catalogue.asked if asked[0] == "picture_file"])


class TestAFile:
    def test_never_changes_and_is_asked_for_once(self, shown):
        first = shown.client.get(FILE)
        assert (first.status_code, first.data, first.content_type) == (200, b"a picture", "image/jpeg")
        assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert first.headers["X-Content-Type-Options"] == "nosniff"
        again = shown.client.get(FILE, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert asked_for(shown) == 1

    @pytest.mark.parametrize("name", [f"{HASH}-1280.jpg", f"{'0' * 40}-640.jpg", f"{HASH}.jpg", "a.jpg"])
    def test_of_what_nobody_shows_is_not_there(self, shown, name):
        assert shown.client.get(f"/pictures/{name}").status_code == 404
        assert asked_for(shown) == 0

    def test_of_a_draft_is_for_the_team_alone_and_kept_by_no_cache(self, world):
        world.catalogue.answers["picture_file"] = {"content": base64.b64encode(b"a picture").decode()}
        assert world.client.get(FILE).status_code == 404
        answer = world.client.get(FILE, headers={"Authorization": "Bearer team-token"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")

    def test_is_not_there_any_more_once_its_session_is_a_draft_again(self, world):
        world.catalogue.answers["picture_file"] = {"content": base64.b64encode(b"a picture").decode()}
        world.tell("sessions", catalogue.session(version=2, picture=PICTURE))
        assert world.client.get(FILE).status_code == 200
        world.tell("sessions", catalogue.session(version=3, picture=None))
        assert world.client.get(FILE).status_code == 404


@pytest.mark.parametrize("path", [f"/sessions/{SLUG}", "/sessions", "/speakers", "/speakers/myron-rogers"])
def test_pages_show_it_with_its_size_and_in_words(shown, path):
    """With its own width and height, nothing moves on the page once it is there."""
    images = [image for image in Page(shown.client.get(path).text).all("img") if image["src"] == FILE]
    assert images
    for image in images:
        assert (image["alt"], image["width"], image["height"]) == (PICTURE["alt"], "640", "400")
        assert image["srcset"] == SHOWN["srcset"]


def test_lists_load_it_when_it_comes_into_view(shown):
    for path in ("/sessions", "/speakers"):
        [image] = Page(shown.client.get(path).text).all("img")
        assert image["loading"] == "lazy"


def test_the_api_says_where_it_is(shown):
    assert shown.get(f"/sessions/{SLUG}").json["picture"] == SHOWN
    assert shown.get("/speakers/myron-rogers").json["picture"] == SHOWN


def test_without_one_there_is_none(world):
    assert world.get(f"/sessions/{SLUG}").json["picture"] is None
    assert Page(world.client.get(f"/sessions/{SLUG}").text).all("img") == []


@pytest.mark.parametrize("of", ["session", "speaker"])
class TestTheApi:
    def test_gives_the_bytes_on(self, world, of):
        world.catalogue.answers[f"put_picture_of_{of}"] = {"slug": SLUG, "version": 3, "picture": PICTURE}
        headers = {"Authorization": "Bearer team-token", "Content-Type": "image/png"}
        answer = world.client.put(f"/api/v1/{of}s/{SLUG}/picture?alt=Four%20nurses", data=b"\x89PNG", headers=headers)
        assert (answer.status_code, answer.json) == (200, SHOWN)
        asked = next(asked for asked in world.catalogue.asked if asked[0] == f"put_picture_of_{of}")
        assert asked[1]["given"] == {"content": base64.b64encode(b"\x89PNG").decode(), "alt": "Four nurses"}

    @pytest.mark.parametrize(
        ("query", "media", "size", "status"),
        [
            ("", "image/png", 4, 422),
            ("?alt=A", "image/svg+xml", 4, 415),
            ("?alt=A", "image/png", 8_000_001, 413),
        ],
    )
    def test_takes_a_picture_of_some_size_with_words(self, world, of, query, media, size, status):
        headers = {"Authorization": "Bearer team-token", "Content-Type": media}
        answer = world.client.put(f"/api/v1/{of}s/{SLUG}/picture{query}", data=bytes(size), headers=headers)
        assert answer.status_code == status

    def test_takes_it_away(self, world, of):
        world.catalogue.answers[f"remove_picture_of_{of}"] = {"slug": SLUG, "version": 3, "picture": None}
        answer = world.client.delete(f"/api/v1/{of}s/{SLUG}/picture", headers={"Authorization": "Bearer team-token"})
        assert answer.status_code == 204

    def test_describes_it_without_its_bytes(self, world, of):
        told = {"slug": SLUG, "version": 4, "picture": PICTURE}
        world.catalogue.answers[f"change_picture_of_{of}"] = told
        headers = {"Authorization": "Bearer team-token"}
        path, body = f"/api/v1/{of}s/{SLUG}/picture", {"alt": "Four nurses"}
        assert world.client.patch(path, json=body, headers=headers).status_code == 428
        answer = world.client.patch(path, json=body, headers={**headers, "If-Match": '"3"'})
        assert (answer.status_code, answer.json) == (200, SHOWN)
        assert answer.headers["ETag"]
        asked = world.catalogue.last(f"change_picture_of_{of}")
        assert (asked["slug"], asked["version"], asked["given"]) == (SLUG, 3, body)


class TestTheTeamsPage:
    """The form of a session's picture."""

    PATH = f"/team/sessions/{SLUG}/picture"

    @pytest.fixture
    def team(self, world):
        world.client.set_cookie("headrow_session", "team-token")
        world.catalogue.answers.update(session={**EDITED, "version": 7, "picture": PICTURE})
        for did in ("put", "change"):
            world.catalogue.answers[f"{did}_picture_of_session"] = {"slug": SLUG, "version": 8, "picture": PICTURE}
        return world

    def send(self, team, **said):
        form = form_of(team, self.PATH)
        form.pop("do", None)  # of the form that removes it
        return team.client.post(self.PATH, data={**form, **said}, content_type="multipart/form-data")

    def test_says_what_it_shows_now(self, team):
        page = team.client.get(self.PATH).text
        assert f"<p>{escape(PICTURE['alt'])}</p>" in page
        assert next(field for field in Page(page).all("input") if field.get("id") == "alt")["value"] == PICTURE["alt"]

    def test_changes_what_it_shows_alone_where_no_file_was_chosen(self, team):
        answer = self.send(team, alt="Four nurses laugh")
        assert answer.status_code == 303
        asked = team.catalogue.last("change_picture_of_session")
        assert (asked["version"], asked["given"]) == (7, {"alt": "Four nurses laugh"})
        assert not team.catalogue.was_asked("put_picture_of_session")

    def test_takes_another_picture_with_what_it_shows(self, team):
        self.send(team, alt="A bridge", content=(io.BytesIO(b"bytes"), "a.png", "image/png"))
        given = team.catalogue.last("put_picture_of_session")["given"]
        assert given == {"content": base64.b64encode(b"bytes").decode(), "alt": "A bridge"}
        assert not team.catalogue.was_asked("change_picture_of_session")

    def test_wants_a_picture_where_there_is_none_and_words_always(self, team):
        assert 'href="#alt"' in self.send(team, alt=" ").text
        team.catalogue.answers["session"] = {**EDITED, "picture": None}
        answer = self.send(team, alt="A bridge")
        assert (answer.status_code, 'href="#content"' in answer.text) == (422, True)

    def test_keeps_what_was_typed_where_someone_else_changed_it(self, team):
        team.catalogue.answers["change_picture_of_session"] = refused("stale-version", version=8)
        answer = self.send(team, alt="Four nurses laugh")
        assert (answer.status_code, 'href="#alt"' in answer.text) == (409, True)
        assert 'value="Four nurses laugh"' in answer.text
