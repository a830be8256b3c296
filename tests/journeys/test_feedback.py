"""After a session: somebody is sent to the form, signs in, comes back to it, and the team reads it without a name."""

import re
from collections.abc import Iterator

import pytest
import requests

from tests.journeys.conftest import _run
from tests.journeys.running import Embedded, System
from tests.sentences import says

pytestmark = pytest.mark.slow

SLUG = "maxims-in-practice"  # on 11 February 2027 from 14.00 to 15.30
CODE = re.compile(r"^[0-9]{6}", re.MULTILINE)


@pytest.fixture(scope="module")
def headrow(tmp_path_factory) -> Iterator[System]:
    """A running Headrow, the day before a session."""
    yield from _run(Embedded(tmp_path_factory.mktemp("headrow"), HEADROW_CLOCK="2027-02-10T09:00:00+00:00"))


def token_on(page):
    return re.search(r'name="form_token" value="([^"]+)"', page.text)[1]


def test_three_people_say_what_they_thought_and_nobody_reads_who(headrow):
    amina, *others = people = [headrow.caller(f"{name}@example.org") for name in ("amina", "ben", "cleo")]
    team = headrow.caller("team@example.org", "team")
    references = [caller.book(SLUG)["reference"] for caller in people]
    early = amina.post(f"/bookings/{references[0]}/feedback", {"useful": 5})
    assert (early.status_code, early.json()["type"]) == (409, "/problems/feedback-not-open")
    headrow.stop()
    headrow.environment["HEADROW_CLOCK"] = "2027-02-11T16:00:00+00:00"
    headrow.start()

    browser = requests.Session()
    form = f"{headrow.url}/bookings/{references[0]}/feedback"
    asked = browser.get(form, timeout=20)
    assert asked.status_code == 401
    way = re.search(r'href="(/sign-in[?][^"]+)"', asked.text)[1]
    page = browser.get(headrow.url + way, timeout=20)
    back = f"/bookings/{references[0]}/feedback"
    sent = {"form_token": token_on(page), "email": "amina@example.org", "next": back}
    page = browser.post(f"{headrow.url}/sign-in", data=sent, timeout=20)
    letter = headrow.mailed("amina@example.org", says("sign_in_email.heading")).get_body(("plain",)).get_content()
    sent = {**sent, "form_token": token_on(page), "code": CODE.search(letter)[0]}
    page = browser.post(f"{headrow.url}/sign-in/confirm", data=sent, timeout=20)
    assert (page.url, page.status_code) == (form, 200)

    refused = browser.post(form, data={"form_token": token_on(page), "next": "<i>Trust</i>"}, timeout=20)
    assert refused.status_code == 422
    assert "&lt;i&gt;Trust&lt;/i&gt;</textarea>" in refused.text
    said = {"form_token": token_on(refused), "useful": "2", "next": "<i>Trust</i>"}
    assert says("pages.thanks") in browser.post(form, data=said, timeout=20).text

    read = f"/sessions/{SLUG}/feedback"
    for caller, reference in zip(others, references[1:], strict=True):
        assert team.get(read).json() == {"answers": "<3", "useful": None, "pledges": None, "items": [], "next": None}
        assert (
            caller.post(f"/bookings/{reference}/feedback", {"useful": 5, "differently": "Ask"}, key="f").status_code
            == 200
        )
    answer = team.get(read)
    assert (answer.json()["answers"], answer.json()["useful"]["mean"]) == (3, 4.0)
    assert answer.json()["items"] == [{"next": "<i>Trust</i>", "given_on": "2027-02-11"}]
    assert answer.json()["pledges"] == {"pledged": "<3", "answers": "<3", "did": None}
    assert "amina" not in answer.text.lower()
    assert "Ask" not in answer.text
    assert others[0].get(f"/bookings/{references[1]}/pledge").json()["pledge"] == "Ask"
    assert team.get(f"/bookings/{references[1]}/pledge").status_code == 404

    assert [held["useful"] for held in amina.get("/me/export").json()["feedback"]] == [2]
    assert amina.http.delete(f"{amina.url}/me", timeout=20).status_code == 202
    answer = team.get(read).json()
    assert (answer["answers"], answer["useful"]["mean"], answer["items"]) == (3, 4.0, [])
