"""A message that no mail server takes: the team finds it, reads why, and sends it again; then it arrives."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
import requests
from aiosmtpd.controller import Controller

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says
from tests.servers import free_port

pytestmark = pytest.mark.slow

SLUG = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30


class Post:
    """Takes mails, but none for those whom it refuses."""

    def __init__(self) -> None:
        self.refused, self.taken = set(), []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        if address in self.refused:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def to(self, address):
        return [mail for mail in self.taken if address in mail["To"]]


@pytest.fixture
def post() -> Iterator[Post]:
    """A mail server that refuses Amina."""
    post = Post()
    post.refused.add("amina@example.org")
    controller = Controller(post, "127.0.0.1", free_port())
    controller.start()
    post.url = f"smtp://127.0.0.1:{controller.port}"
    yield post
    controller.stop()


@pytest.fixture
def headrow(post, tmp_path) -> Iterator[System]:
    """A running Headrow whose mail goes there, in the morning."""
    yield from _run(Embedded(tmp_path, HEADROW_CLOCK="2027-02-01T10:00:00+00:00", HEADROW_MAIL=post.url))


def test_what_failed_is_found_by_its_address_and_sent_again(headrow, post):
    amina, team = headrow.caller("amina@example.org"), headrow.caller("tom@example.org", "team")
    amina.book(SLUG)
    search = "/messages?person=amina@example.org&state=failed"
    failed = eventually(lambda: team.get(search).json()["items"])[0]
    assert (failed["template"], failed["reason"]) == ("booking_confirmed", "refused")
    assert amina.get(search).status_code == 403

    browser = requests.Session()
    browser.cookies.set("headrow_session", team.http.headers["Authorization"].removeprefix("Bearer "))
    page = browser.get(f"{headrow.url}/team{search}", timeout=20)
    assert says("messages.refused") in page.text
    (path,) = re.findall(r'<a href="(/team/messages/[0-9a-f-]{36})">', page.text)
    page = browser.get(headrow.url + path, timeout=20)
    assert "No such mailbox here" in page.text
    assert says("booking_email.confirmed_sentence") in page.text

    post.refused.clear()  # she has mended her mailbox, and told the team so
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)[1]
    page = browser.post(f"{headrow.url}{path}/resend", data={"form_token": token}, timeout=20)
    assert (page.status_code, says("messages.goes_out_again") in page.text) == (200, True)
    mail = eventually(lambda: post.to("amina@example.org"))[0]
    assert mail["Subject"].startswith(says("booking_email.confirmed"))
    assert any(part.get_content_type() == "text/calendar" for part in mail.walk())

    again = eventually(lambda: team.get("/messages?person=amina@example.org&state=sent").json()["items"])[0]
    assert (again["resend_of"], again["resent_by"]) == (failed["id"], team.get("/me").json()["id"])
    assert says("messages.sent_by", person="Tom") in browser.get(headrow.url + path, timeout=20).text
    held = amina.get("/me/export").json()["messages"]
    assert [(message["state"], message["sent_again"]) for message in held] == [("failed", False), ("sent", True)]


def test_the_team_reads_what_people_will_read(headrow):
    team = headrow.caller("tom@example.org", "team")
    browser = requests.Session()
    browser.cookies.set("headrow_session", team.http.headers["Authorization"].removeprefix("Bearer "))
    page = browser.get(f"{headrow.url}/team/messages/previews", timeout=20)
    paths = re.findall(r'href="(/team/messages/previews/\w+)"', page.text)
    assert len(paths) > 15
    for path in paths:
        assert browser.get(headrow.url + path, timeout=20).status_code == 200
        framed = browser.get(f"{headrow.url}{path}/html", timeout=20)
        assert framed.text.startswith("<!doctype html>")
        assert "sandbox" in framed.headers["Content-Security-Policy"]
