"""A person changes the address of their account, and takes that back by the link in the email to the old one."""

import re

import pytest
import requests

from tests.journeys.running import Caller, eventually
from tests.sentences import says

pytestmark = pytest.mark.slow

OLD, NEW = "mover@example.org", "mover@new.example"


def test_an_address_is_changed_and_the_change_undone_by_the_link_in_the_mail(headrow):
    mover = headrow.caller(OLD)
    assert mover.post("/me/email", {"email": f" Mo Ver <mailto:{NEW.upper()}> "}).status_code == 202
    plain = headrow.mailed(NEW, says("email_change.code")).get_body(("plain",)).get_content()
    code = re.search(r"^(\d{6})\s*$", plain, re.MULTILINE)[1]
    changed = mover.post("/me/email/confirm", {"code": code})
    assert (changed.status_code, changed.json()["email"]) == (200, NEW), changed.text

    told = headrow.mailed(OLD, says("email_change.changed")).get_body(("plain",)).get_content()
    link = re.search(r"^(http\S+/account/email/undo/\S+)\s*$", told, re.MULTILINE)[1]
    path = link[link.index("/account/") :]
    browser = requests.Session()
    page = browser.get(f"{headrow.url}{path}")
    assert (page.status_code, mover.get("/me").json()["email"]) == (200, NEW), "looking changes nothing"
    token = re.search(r'name="form_token" value="([^"]+)"', page.text)[1]
    undone = browser.post(f"{headrow.url}{path}", data={"form_token": token})
    assert (undone.status_code, undone.url) == (200, f"{headrow.url}/account/email/undone")
    assert browser.get(f"{headrow.url}{path}").status_code == 410

    assert mover.get("/me").status_code == 401, "everyone is signed out"
    for address in (OLD, NEW):
        headrow.mailed(address, says("email_change.undone"))
    again = Caller(headrow.url, headrow.token(OLD))
    assert eventually(lambda: again.get("/me").json()["email"] == OLD)
