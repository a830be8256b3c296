"""A person has a second address: signs in with it, has emails go there, and gets back one that someone removed."""

import re

import pytest
import requests

from tests.journeys.running import Caller, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

WORK, HOME = "two@work.example", "two@home.example"


def found(headrow, to, subject, pattern):
    """Return what the pattern finds in the email to that address."""
    text = headrow.mailed(to, says(subject)).get_body(("plain",)).get_content()
    return re.search(pattern, text, re.MULTILINE)[1]


def test_an_address_is_added_chosen_for_emails_and_what_was_removed_comes_back(headrow):
    person = headrow.caller(WORK)
    assert person.post("/me/addresses", {"email": HOME}).status_code == 202
    code = found(headrow, HOME, "addresses_changed.code", r"^(\d{6})\s*$")
    added = person.post("/me/addresses/confirm", {"code": code})
    assert added.status_code == 201, added.text
    headrow.mailed(WORK, says("addresses_changed.added"))
    assert Caller(headrow.url, headrow.token(HOME)).get("/me").json()["id"] == person.get("/me").json()["id"]

    assert person.post(f"/me/addresses/{added.json()['id']}/primary").json()["primary"] is True
    headrow.mailed(WORK, says("addresses_changed.preferred"))
    [primary, other] = person.get("/me/addresses").json()["items"]
    assert (primary["email"], other["email"]) == (HOME, WORK)
    stays = person.http.delete(f"{person.url}/me/addresses/{primary['id']}", timeout=20)
    assert (stays.status_code, stays.json()["type"]) == (409, "/problems/primary-address")
    assert person.http.delete(f"{person.url}/me/addresses/{other['id']}", timeout=20).status_code == 204

    path = found(headrow, WORK, "addresses_changed.removed", r"^http\S+?(/account/email/undo/\S+)\s*$")
    browser = requests.Session()
    page = browser.get(f"{headrow.url}{path}", timeout=20)
    assert says("addresses.undo_removed") in page.text
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)[1]
    assert browser.post(f"{headrow.url}{path}", data={"form_token": token}, timeout=20).status_code == 200
    assert person.get("/me").status_code == 401, "everyone is signed out"
    again = Caller(headrow.url, headrow.token(WORK))
    assert eventually(lambda: [row["email"] for row in again.get("/me/addresses").json()["items"]] == [HOME, WORK])
