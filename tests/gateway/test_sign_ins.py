"""Where people are signed in: they see it, and can end it."""

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from gateway.parts.devices import device_of
from tests.gateway import fakes
from tests.gateway import world_of_pages as pages
from tests.gateway.fakes import SIGNED_IN
from tests.gateway.html import Page, text_of
from tests.gateway.rows_of_pages import READS
from tests.sentences import says

ID = READS["registration"]["sign_ins"]["items"][0]["id"]
AGENTS = {
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox on Windows",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1"
    " Mobile/15E148 Safari/604.1": "Safari on an iPhone",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36"
    " Edg/131.0": "Edge on Windows",
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36":
        "Chrome on Android",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)": "a Mac",
    "python-requests/2.32": None,
    "": None,
}  # fmt: skip


@pytest.fixture
def furnished(world):
    return pages.furnish(world)


@pytest.mark.parametrize(("agent", "device"), AGENTS.items())
def test_a_device_is_named_as_its_owner_would(agent, device):
    assert device_of(Request(EnvironBuilder(headers={"User-Agent": agent}).get_environ())) == device


@pytest.mark.parametrize("path", ["/sign-in/confirm", "/api/v1/sign-in/confirm"])
def test_registration_is_told_what_someone_signed_in_with(world, path):
    world.registration.answers["confirm_sign_in"] = SIGNED_IN
    given, headers = {"email": "asha@example.org", "code": "123456"}, {"User-Agent": next(iter(AGENTS))}
    if path.startswith("/api"):
        assert world.client.post(path, json=given, headers=headers).status_code == 200
    else:
        form = {**Page(world.client.get(path).text).form, **given}
        assert world.client.post(path, data=form, headers=headers).status_code == 303
    assert world.registration.last("confirm_sign_in")["device"] == "Firefox on Windows"


def test_everyone_can_list_where_they_are_signed_in_and_end_it(furnished):
    items = furnished.get("/me/sign-ins", "person-token").json["items"]
    assert [(item["device"], item["current"]) for item in items] == [
        ("Firefox on Windows", True),
        ("unknown", False),
        (None, False),
    ]
    assert furnished.ask("DELETE", f"/me/sign-ins/{ID}", "person-token").status_code == 204
    assert furnished.registration.last("end_sign_in")["id"] == ID
    assert furnished.ask("DELETE", "/me/sign-ins", "person-token").status_code == 204
    assert furnished.registration.was_asked("end_sign_ins")


@pytest.mark.parametrize("path", ["/me/sign-ins", f"/me/sign-ins/{ID}"])
def test_nobody_ends_anything_without_a_token(furnished, path):
    assert furnished.ask("DELETE", path).status_code == 401
    assert not furnished.registration.was_asked("end_sign_in")


def test_what_is_over_already_is_not_found_by_a_program_and_no_error_on_the_page(furnished):
    furnished.registration.answers["end_sign_in"] = fakes.refused("not-found")
    assert furnished.ask("DELETE", f"/me/sign-ins/{ID}", "person-token").status_code == 404
    pages.sign_in(furnished, "person-token")
    form = Page(furnished.client.get("/account/sign-ins").text).form
    answer = furnished.client.post(f"/account/sign-ins/{ID}/end", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/sign-ins?done=out")


def test_the_page_names_each_and_has_a_button_for_all_but_this_one(furnished):
    pages.sign_in(furnished, "person-token")
    answer = furnished.client.get("/account/sign-ins")
    assert says("sign_ins.this_one", device="Firefox on Windows") in text_of(answer)
    assert "&lt;" not in answer.text
    ends = [form["action"] for form in Page(answer.text).all("form") if "/end" in (form["action"] or "")]
    assert ends == [f"/account/sign-ins/{ID}/end"] * 2 + ["/account/sign-ins/end-all"]


def test_signing_out_everywhere_takes_the_cookie(furnished):
    pages.sign_in(furnished, "person-token")
    form = Page(furnished.client.get("/account/sign-ins").text).form
    answer = furnished.client.post("/account/sign-ins/end-all", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "headrow_session=;" in str(answer.headers.getlist("Set-Cookie"))
