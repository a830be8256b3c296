"""Signing in leads back to the page that asked for it, and never to anybody else's."""

from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.web.pages.return_url import with_way_back
from tests.examples import examples
from tests.gateway import fakes
from tests.gateway.fakes import SIGNED_IN
from tests.gateway.html import Page
from tests.sentences import says

FEEDBACK = "/bookings/K3M9Q-XW2TB/feedback"
OURS = [FEEDBACK, "/interests", "/interests?cursor=WzFd", "/check-in/abc.def-1_2", "/sessions/maxims-in-practice", "/"]
NOT_OURS = [
    "",
    " ",
    "https://elsewhere.example/",
    "https:elsewhere.example",
    "//elsewhere.example",
    "///elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "/\t/elsewhere.example",
    "/\n/elsewhere.example",
    "\t//elsewhere.example",
    " /interests",
    "/interests\r\nSet-Cookie: a=b",
    "/interests\x7f",
    "/interests?at=//elsewhere.example",
    "/interests//",
    "/.//elsewhere.example",
    "/%2f%2felsewhere.example",
    "/%5celsewhere.example",
    "javascript:alert(1)",
    "data:text/html,a",
    "interests",
    "?next=/interests",
    "#main",
    "@elsewhere.example",
    "/@elsewhere.example",
    "/интересы",
    "/interests/../sign-out",
    "/nothing-here",
    "/sign-in",
    "/sign-in?next=/interests",
    "/sign-in/confirm",
    "/sign-out",
    "/api/v1/me/export",
    "/static/style.css",
    "/feed.atom",
    "/metrics",
    "/interests?" + "a" * 600,
]


@pytest.fixture
def signing_in(world):
    world.registration.answers.update(request_sign_in={}, confirm_sign_in=SIGNED_IN)
    return world


def walk(world, back):
    """Sign in by typing the code, as a browser does that sends what each form holds; return the last answer."""
    first = world.client.get("/sign-in", query_string={"next": back})
    if first.status_code == 422:
        return first
    form = {**Page(first.text).form, "email": "asha@example.org"}
    second = world.client.get(world.client.post("/sign-in", data=form).headers["Location"])
    return world.client.post("/sign-in/confirm", data={**Page(second.text).form, "code": "123456"})


@pytest.mark.parametrize("back", OURS)
def test_signing_in_leads_back(signing_in, back):
    answer = walk(signing_in, back)
    assert (answer.status_code, answer.headers["Location"]) == (303, back)


@pytest.mark.parametrize("back", NOT_OURS)
def test_signing_in_leads_nowhere_else(signing_in, back):
    answer = walk(signing_in, back)
    assert answer.status_code == 422 or answer.headers["Location"] == "/"


@pytest.mark.parametrize("back", NOT_OURS)
def test_no_form_and_no_link_can_be_made_to_carry_it(signing_in, back):
    form = Page(signing_in.client.get("/sign-in").text).form
    sent = signing_in.client.post("/sign-in", data={**form, "email": "asha@example.org", "next": back})
    assert sent.headers["Location"] == "/sign-in/confirm"
    linked = signing_in.client.get("/sign-in/confirm", query_string={"next": back})
    assert linked.status_code == 422 or "next" not in Page(linked.text).form
    signing_in.client.set_cookie("__Host-headrow_next", back)
    assert "next" not in Page(signing_in.client.get("/sign-in/confirm").text).form
    form = {**form, "email": "asha@example.org", "code": "123456", "next": back}
    assert signing_in.client.post("/sign-in/confirm", data=form).headers["Location"] == "/"


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(back=st.text(st.sampled_from("/\\.:@?#%&=;\t\r\n \x0b\x85\xa0abint五"), max_size=12).map("/".__add__))
@example(back="/" + "/" * 20)
def test_whatever_is_asked_for_a_browser_stays_here(signing_in, back):
    form = Page(signing_in.client.get("/sign-in").text).form
    form = {**form, "email": "asha@example.org", "code": "123456", "next": back}
    led = signing_in.client.post("/sign-in/confirm", data=form).headers["Location"]
    signing_in.client.delete_cookie("__Host-headrow_session")
    assert led.startswith("/")
    assert not led.startswith(("//", "/\\"))
    assert urlsplit(led)[:2] == ("", "")


def test_a_wrong_code_does_not_lose_the_way(signing_in):
    signing_in.registration.answers["confirm_sign_in"] = fakes.refused("code-wrong")
    answer = walk(signing_in, FEEDBACK)
    assert answer.status_code == 401
    assert Page(answer.text).form["next"] == FEEDBACK
    assert f'<a href="/sign-in?next={FEEDBACK}">{says("sign_in.another_code")}</a>' in answer.text


def test_a_wrong_address_does_not_lose_the_way(signing_in):
    signing_in.registration.answers["request_sign_in"] = fakes.invalid("not-an-email", "email")
    form = Page(signing_in.client.get(f"/sign-in?next={FEEDBACK}").text).form
    answer = signing_in.client.post("/sign-in", data={**form, "email": "x"})
    assert (answer.status_code, Page(answer.text).form["next"]) == (422, FEEDBACK)


def test_the_link_in_the_mail_leads_back_too_in_the_same_browser(signing_in):
    form = {**Page(signing_in.client.get(f"/sign-in?next={FEEDBACK}").text).form, "email": "asha@example.org"}
    sent = signing_in.client.post("/sign-in", data=form)
    cookie = next(value for value in sent.headers.getlist("Set-Cookie") if value.startswith("__Host-headrow_next"))
    assert {"HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=600"} <= set(cookie.split("; "))
    from_the_mail = signing_in.client.get("/sign-in/confirm", base_url="https://localhost")
    assert Page(from_the_mail.text).form["next"] == FEEDBACK


def test_the_way_back_is_forgotten_once_it_was_gone(signing_in):
    answer = walk(signing_in, FEEDBACK)
    assert any(value.startswith("__Host-headrow_next=;") for value in answer.headers.getlist("Set-Cookie"))


def test_signing_in_from_the_first_page_forgets_an_older_way_back(signing_in):
    form = {**Page(signing_in.client.get("/sign-in").text).form, "email": "asha@example.org"}
    sent = signing_in.client.post("/sign-in", data=form)
    assert any(value.startswith("__Host-headrow_next=;") for value in sent.headers.getlist("Set-Cookie"))


def test_an_address_is_written_so_that_it_is_one_value():
    assert with_way_back("sign_in.show_sign_in", "/interests?a=b&c=d") == "/sign-in?next=/interests%3Fa%3Db%26c%3Dd"
    assert with_way_back("sign_in.show_sign_in", "/") == "/sign-in"
