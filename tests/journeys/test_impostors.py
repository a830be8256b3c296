"""An account that anybody can make, named like a help desk: it sends no link, joins nothing, and writes to nobody."""

from collections.abc import Iterator

import pytest

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow
NAME = "Headrow Help Desk"
START = {"HEADROW_CLOCK": "2026-11-23T10:00:00+00:00"}


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A Headrow as it comes."""
    yield from _run(Embedded(tmp_path_factory.mktemp("open"), **START))


@pytest.fixture(scope="module")
def careful(tmp_path_factory) -> Iterator[System]:
    """A Headrow that is set to be careful about new accounts."""
    strict = {"HEADROW_COMMUNITY_OPEN_TO": "attended", "HEADROW_NEW_ACCOUNTS_WAIT": "24"}
    yield from _run(Embedded(tmp_path_factory.mktemp("careful"), **START, **strict))


def join(caller):
    eventually(lambda: caller.post("/community/join", {}).status_code == 201)
    return caller.get("/community/me").json()["id"]


def change(caller, **profile):
    etag = caller.get("/me").headers["ETag"]
    return caller.http.patch(f"{caller.url}/me", json=profile, headers={"If-Match": etag}, timeout=20)


def test_a_help_desk_that_is_none_sends_no_link_and_its_email_says_who_wrote(headrow):
    nurse, impostor = headrow.caller("nurse@example.org"), headrow.caller("desk@example.org")
    impostor.introduce(name=NAME, organisation="NHS Security", sector="social_care")
    refused = change(impostor, name="Headrow sign-in.example", organisation="nhs.support", job_role="www.evil")
    assert refused.status_code == 422
    assert {error["field"] for error in refused.json()["errors"]} == {"name", "organisation", "job_role"}
    to = join(nurse)
    join(impostor)
    link = "Your account is locked. Sign in at https://headrow.evil.example/sign-in"
    asked = impostor.post("/introductions", {"to": to, "message": link}, key="1")
    assert asked.status_code == 422
    [error] = asked.json()["errors"]
    assert (error["field"], error["code"]) == ("message", "has-a-link")
    message = "Your account is locked.\n\nRing the desk."
    assert impostor.post("/introductions", {"to": to, "message": message}, key="2").status_code == 201

    subject = says("introduction_email.asked")
    [letter] = eventually(lambda: [one for one in headrow.mail("nurse@example.org") if one["Subject"] == subject])
    text = letter.get_body(("plain",)).get_content()
    assert NAME not in f"{letter['Subject']} {letter['From']}"
    assert says("introduction_email.who_asks", person=NAME) in text
    assert says("introduction_email.says_of_work", organisation="NHS Security") in text
    assert says("introduction_email.not_from_us") in text
    assert "> Your account is locked." in text.splitlines()
    assert "<blockquote>" in letter.get_body(("html",)).get_content()


def test_a_careful_site_lets_it_neither_in_nor_write(careful):
    team, impostor = careful.caller("team@example.org", role="team"), careful.caller("desk@example.org")
    impostor.introduce(name=NAME, organisation="NHS Security")
    to = join(team)
    eventually(lambda: impostor.post("/community/join", {}).status_code == 403)
    assert impostor.post("/community/join", {}).json()["type"] == "/problems/not-open-to-you"
    assert impostor.get("/community/members").status_code == 403
    confirmed = team.post("/organisations/confirmed", {"name": "NHS Security", "email_domain": "nhs.net"})
    assert confirmed.status_code == 201
    assert impostor.post("/community/join", {}).status_code == 403
    team.post("/organisations/confirmed", {"name": "nhs  security"})
    eventually(lambda: impostor.post("/community/join", {}).status_code == 201)
    answer = impostor.post("/introductions", {"to": to, "message": "Hello"}, key="1")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/account-too-new")
    assert int(answer.headers["Retry-After"]) == answer.json()["retry_after"]
    assert 23 * 3600 < answer.json()["retry_after"] <= 24 * 3600
