"""Over HTTPS no other host can plant a cookie of ours; whoever was signed in before that stays signed in."""

from dataclasses import replace

import pytest

from gateway.features.site import notices
from gateway.web.cookies import PLAIN_UNTIL
from tests.gateway.conftest import World
from tests.gateway.html import Page

OLD, NEW = "headrow_session", "__Host-headrow_session"


def set_by(answer):
    """Return each cookie that an answer sets, as its value and its attributes."""
    cookies = [cookie.split("; ") for cookie in answer.headers.getlist("Set-Cookie")]
    return {name: (value, {*attributes}) for name, _, value, attributes in map(_parts, cookies)}


def _parts(cookie):
    return (*cookie[0].partition("="), cookie[1:])


@pytest.fixture
def plain(settings):
    """A site without HTTPS."""
    world = World(replace(settings, public_url="http://localhost:8000"))
    world.take_snapshot()
    return world


def test_over_https_a_cookie_is_of_this_host_alone(world):
    [(name, (_, attributes))] = set_by(world.client.get("/sign-in")).items()
    assert name == "__Host-headrow_form"
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= attributes
    assert not [attribute for attribute in attributes if attribute.startswith("Domain")]


def test_without_https_the_name_has_no_prefix_that_browsers_would_refuse(plain):
    [(name, (_, attributes))] = set_by(plain.client.get("/sign-in")).items()
    assert name == "headrow_form"
    assert "Secure" not in attributes


def test_whoever_was_signed_in_by_the_plain_name_stays_so_and_has_the_new_one(world):
    world.client.set_cookie(OLD, "person-token")
    answer = world.client.get("/account/details")
    assert answer.status_code == 200
    assert set_by(answer)[NEW][0] == "person-token"
    assert set_by(answer)[OLD][0] == ""
    assert world.client.get_cookie(OLD) is None
    assert world.client.get("/account/details").status_code == 200


def test_what_a_cache_may_keep_hands_no_cookie_on(world):
    world.client.set_cookie(OLD, "person-token")
    for path in ("/api/v1/sessions", "/"):
        answer = world.client.get(path)
        assert "no-store" in answer.headers["Cache-Control"] or not set_by(answer)


def test_a_plain_cookie_counts_for_nothing_beside_the_one_that_only_this_host_sets(world):
    world.client.set_cookie(NEW, "team-token")
    world.client.set_cookie(OLD, "person-token")
    answer = world.client.get("/team")
    assert answer.status_code == 200
    assert set_by(answer)[OLD][0] == ""
    assert NEW not in set_by(answer)


def test_the_plain_name_is_not_read_for_ever(world):
    world.client.set_cookie(OLD, "person-token")
    world.now = PLAIN_UNTIL
    assert world.client.get("/account/details").status_code == 401


def test_the_plain_name_is_read_for_as_long_as_the_site_has_no_https(plain):
    plain.client.set_cookie(OLD, "person-token")
    plain.now = PLAIN_UNTIL
    answer = plain.client.get("/account/details")
    assert answer.status_code == 200
    assert not set_by(answer)


@pytest.mark.parametrize("name", [OLD, NEW])
def test_signing_out_takes_both_away(world, name):
    world.registration.answers["sign_out"] = None
    world.client.set_cookie(name, "person-token")
    form = Page(world.client.get("/account/details").text).form
    world.client.set_cookie(OLD, "person-token")
    gone = set_by(world.client.post("/sign-out", data=form))
    assert {name: value for name, (value, _) in gone.items()} == {OLD: "", NEW: ""}
    assert "Secure" in gone[NEW][1], "without it a browser keeps the cookie"
    assert world.client.get_cookie(OLD) is world.client.get_cookie(NEW) is None


def test_a_form_shown_before_the_upgrade_can_be_sent(world):
    """Its token is bound to the cookie by the plain name."""
    form = Page(world.client.get("/sign-in").text).form
    kept = world.client.get_cookie("__Host-headrow_form").value
    world.client.delete_cookie("__Host-headrow_form")
    world.client.set_cookie("headrow_form", kept)
    world.registration.answers["request_sign_in"] = {}
    assert world.client.post("/sign-in", data={**form, "email": "asha@example.org"}).status_code == 303


def test_every_cookie_gets_its_name_in_one_place(world):
    assert {world.application.cookies.called(name) for name, *_ in notices.COOKIES} == {
        f"__Host-{name}" for name, *_ in notices.COOKIES
    }
