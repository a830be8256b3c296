"""Two members who have not met: from joining to each other's address, over HTTP and by mail."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK="2026-11-23T10:00:00+00:00"))


def join(caller, **said):
    """Join, once the community has heard of the account. Returns the caller's id."""
    eventually(lambda: caller.post("/community/join", said).status_code == 201)
    return caller.get("/community/me").json()["id"]


def letters(headrow, address, subject):
    return [letter for letter in headrow.mail(address) if letter["Subject"] == subject]


def text_of(letter):
    return letter.get_body(("plain",)).get_content()


def see(headrow, caller, path):
    """Return a page as somebody who is signed in gets it."""
    token = str(caller.http.headers["Authorization"]).removeprefix("Bearer ")
    browser = requests.Session()
    browser.cookies.set("headrow_session", token)
    return browser, browser.get(headrow.url + path, timeout=20)


def test_a_letter_leads_to_a_button_that_gives_each_the_other_s_address(headrow):
    amina, ben = headrow.caller("amina@example.org"), headrow.caller("ben@example.org")
    ben.introduce(sector="social_care")
    join(amina, topics=["psychology"])
    to = join(ben, topics=["psychology"], about="Nights, mostly.")
    [suggested] = eventually(lambda: amina.get("/introductions/suggested").json()["items"])
    assert suggested["id"] == to
    assert suggested["why"][0] == says("suggested_member.topics", topics="Psychology")
    asked = amina.post("/introductions", {"to": to, "message": "Shall we talk?"}, key="1")
    assert asked.status_code == 201
    assert "@" not in asked.text

    [letter] = eventually(lambda: letters(headrow, "ben@example.org", says("introduction_email.asked")))
    assert "amina@example.org" not in text_of(letter)
    link = re.search(r"https?://\S+/introductions/\S+", text_of(letter))[0]
    browser, page = see(headrow, ben, urlsplit(link).path)
    assert says("community.asks", person="Amina") in page.text
    assert ben.get("/introductions", params={"which": "received"}).json()["items"], "to look is not to answer"
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.text))
    page = browser.post(f"{page.url}/accept", data=hidden, timeout=20)
    assert "amina@example.org" in page.text

    for person, other in (("amina", "ben"), ("ben", "amina")):
        told = eventually(lambda p=person: letters(headrow, f"{p}@example.org", says("introduction_email.accepted")))
        assert f"{other}@example.org" in text_of(told[0])
    assert amina.get(asked.headers["Location"].removeprefix("/api/v1")).json()["email"] == "ben@example.org"
    held = amina.get("/me/export").json()["community"]
    assert [row["state"] for row in held["introductions"]] == ["accepted"]


def test_of_whoever_deletes_their_account_nothing_is_left_among_the_members(headrow):
    carla, dev = headrow.caller("carla@example.org"), headrow.caller("dev@example.org")
    join(carla)
    id_ = join(dev, about="Soon gone")
    assert carla.post("/introductions", {"to": id_, "message": "Hello"}, key="1").status_code == 201
    assert dev.http.delete(f"{dev.url}/me", timeout=20).status_code == 202
    eventually(lambda: carla.get(f"/community/members/{id_}").status_code == 404)
    assert carla.get("/introductions").json()["items"] == []
    assert "Soon gone" not in carla.get("/community/members").text


def test_recordings_for_the_community_are_shown_to_members(headrow):
    team, amina = headrow.caller("team@example.org", "team"), headrow.caller("eve@example.org")
    given = {"kind": "link", "title": "For members", "url": "https://example.org/members", "audience": "community"}
    material = team.post("/sessions/maxims-in-practice/materials", given).json()
    assert team.post(f"/materials/{material['id']}/publish").status_code == 200
    eventually(lambda: "For members" in team.get("/materials").text)
    assert "For members" not in amina.get("/materials").text
    join(amina)
    answer = amina.get("/materials")
    assert "For members" in answer.text
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "https://example.org/members" in see(headrow, amina, "/recordings")[1].text
