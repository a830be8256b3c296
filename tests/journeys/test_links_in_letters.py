"""From a letter to its page and the button on it: answering an offer, cancelling, and stopping letters, over HTTP."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

CODE = re.compile(r"^[0-9]{6}", re.MULTILINE)


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK="2026-11-23T10:00:00+00:00"))


def text_of(letter):
    return letter.get_body(("plain",)).get_content()


def link_in(letter, headrow, path):
    """Return the address that the letter gives for a page, as it is reached here."""
    found = re.search(rf"https?://\S+?({path})(?=\s|$)", text_of(letter))
    return headrow.url + found[1]


def fields(page):
    return dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', page.text))


def press(browser, page, action=None, **said):
    """Press the button on a page."""
    return browser.post(action or page.url, data={**fields(page), **said}, timeout=20)


def follow(headrow, link, address):
    """Follow a link in a new browser, signing in on the way; return the browser and the page at the end."""
    browser = requests.Session()
    asked = browser.get(link, timeout=20)
    assert asked.status_code == 401
    way = re.search(r'href="(/sign-in[?][^"]+)"', asked.text)[1]
    codes = len([letter for letter in headrow.mail(address) if CODE.search(text_of(letter))])
    page = browser.get(headrow.url + way, timeout=20)
    page = press(browser, page, f"{headrow.url}/sign-in", email=address)
    letter = eventually(lambda: [m for m in headrow.mail(address) if CODE.search(text_of(m))][codes:])[-1]
    return browser, press(
        browser, page, page.url.partition("?")[0], email=address, code=CODE.search(text_of(letter))[0]
    )


def publish(headrow, team, **named):
    """Have the team publish a session; return its slug."""
    meetings = [{"starts_at": "2027-05-04T10:00:00", "ends_at": "2027-05-04T11:00:00"}]
    new = {"programme": "virtual-sessions", "delivery": "virtual", "places_online": 1, "meetings": meetings, **named}
    slug = team.post("/sessions", new).json()["slug"]
    assert team.post(f"/sessions/{slug}/publish").status_code == 200
    eventually(lambda: requests.get(f"{headrow.url}/api/v1/sessions/{slug}", timeout=20).ok)
    eventually(lambda: team.get(f"/sessions/{slug}/bookings").ok)
    return slug


def test_a_place_is_offered_and_answered_by_the_links_in_the_letter(headrow):
    team = headrow.caller("team@example.org", role="team")
    slug = publish(headrow, team, title="A table for one", waiting_list="offer")
    amina, ben, cleo = (headrow.caller(f"{name}@example.org") for name in ("amina", "ben", "cleo"))
    has, waits, waits_too = (caller.book(slug)["reference"] for caller in (amina, ben, cleo))
    letter = headrow.mailed("ben@example.org", says("booking.waiting"))
    browser, page = follow(headrow, link_in(letter, headrow, f"/bookings/{waits}"), "ben@example.org")
    assert says("booking.waiting_number", number=1) in page.text

    letter = headrow.mailed("amina@example.org", says("booking_email.confirmed"))
    other, page = follow(headrow, link_in(letter, headrow, f"/bookings/{has}"), "amina@example.org")
    assert says("booking.confirmed") in page.text
    assert other.get(f"{headrow.url}/bookings/{has}/invite.ics", timeout=20).text.startswith("BEGIN:VCALENDAR")
    page = press(other, other.get(f"{headrow.url}/bookings/{has}/cancel", timeout=20), reason="Short of\r\nstaff")
    assert (urlsplit(page.url).path, page.status_code) == (f"/bookings/{has}", 200)
    assert says("booking.now_cancelled") in page.text
    history = amina.get(f"/bookings/{has}/history").json()["items"]
    assert history[-1]["reason"] == "Short of\nstaff"

    letter = headrow.mailed("ben@example.org", says("booking_email.offered"))
    accept, decline = (link_in(letter, headrow, f"/bookings/{waits}/{word}") for word in ("accept", "decline"))
    for link in (accept, decline):
        assert browser.get(link, timeout=20).status_code == 200
        assert requests.get(link, timeout=20).status_code == 401
    assert ben.booking(waits)["state"] == "offered", "mail scanners follow links"
    page = browser.get(accept, timeout=20)
    for _ in range(2):
        done = press(browser, page)
        assert says("booking.accepted") in done.text
    assert (ben.booking(waits)["state"], ben.booking(waits)["version"]) == ("confirmed", 3)
    assert browser.get(decline, timeout=20).status_code == 409
    assert other.get(accept, timeout=20).status_code == 404

    press(browser, browser.get(f"{headrow.url}/bookings/{waits}/cancel", timeout=20))
    letter = headrow.mailed("cleo@example.org", says("booking_email.offered"))
    link = link_in(letter, headrow, f"/bookings/{waits_too}/decline")
    browser, page = follow(headrow, link, "cleo@example.org")
    assert page.url == link
    assert says("booking.declined") in press(browser, page).text
    assert cleo.booking(waits_too)["state"] == "cancelled"
    assert browser.get(f"{headrow.url}/bookings/{waits_too}/certificate", timeout=20).status_code == 409


def test_the_link_in_a_letter_stops_its_topic_and_starts_it_again(headrow):
    team = headrow.caller("team@example.org", role="team")
    askers = [headrow.caller(f"asker-{name}@example.org") for name in ("dev", "eve")]
    dev, eve = askers
    for asker in askers:
        assert asker.post("/interests", {"programme": "virtual-sessions"}).status_code == 201
    publish(headrow, team, title="Seeing the whole")
    letters = [headrow.mailed(f"asker-{name}@example.org", "Seeing the whole") for name in ("dev", "eve")]

    one_click = letters[0]["List-Unsubscribe"].strip("<>")
    assert letters[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = one_click.rpartition("/")[2]
    for _ in range(2):  # without a cookie, and as often as it likes
        sent = {"List-Unsubscribe": (None, "One-Click")}
        answer = requests.post(f"{headrow.url}/emails/{token}", files=sent, timeout=20, allow_redirects=False)
        assert answer.status_code == 200
    answer = dev.get("/me/emails")
    assert answer.json() == {
        **dict.fromkeys(("reminders", "follow_ups", "materials", "introductions"), True),
        "interests": False,
    }

    browser, link = requests.Session(), link_in(letters[1], headrow, r"/emails/[^\s/]+")
    page = browser.get(link, timeout=20)
    assert says("emails.stop") in page.text
    assert eve.get("/me/emails").json()["interests"] is True
    page = press(browser, page, f"{link}/stop")
    assert says("emails.stopped") in page.text
    assert eve.get("/me/emails").json()["interests"] is False
    page = press(browser, page, f"{link}/start")
    assert says("emails.started") in page.text
    assert press(browser, page, f"{link}/choose", interests="yes").status_code == 200
    now = eve.get("/me/emails")
    assert [topic for topic, wanted in now.json().items() if wanted] == ["interests"]
    headers = {"If-Match": answer.headers["ETag"]}
    stale = eve.http.patch(f"{eve.url}/me/emails", json={"reminders": True}, headers=headers, timeout=20)
    assert stale.status_code == 412
    headers = {"If-Match": now.headers["ETag"]}
    changed = eve.http.patch(f"{eve.url}/me/emails", json={"reminders": True}, headers=headers, timeout=20)
    assert (changed.status_code, changed.json()["reminders"]) == (200, True)

    publish(headrow, team, title="Hearing the whole")
    headrow.mailed("asker-eve@example.org", "Hearing the whole")
    assert not [letter for letter in headrow.mail("asker-dev@example.org") if "Hearing" in letter["Subject"]]
    assert eve.http.delete(f"{eve.url}/me", timeout=20).status_code == 202
    eventually(lambda: browser.get(link, timeout=20).status_code == 404)
    log = headrow.processes["up"].log.read_text()
    assert "/emails/… 200" in log
    for secret in (token, link.rpartition("/")[2]):
        assert secret not in log
