"""Limits: who asks too fast waits, and nobody gets out of it by making up tokens."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.wrappers import Request

from gateway.web import rate_limits
from gateway.web.errors import TooManyRequests
from gateway.web.identity import address_of
from services.runtime.networks import read_networks
from tests.gateway.conftest import World
from tests.gateway.fakes import refused


@pytest.fixture
def limited(settings) -> World:
    world = World(replace(settings, limits=True))
    world.take_snapshot()
    return world


def test_an_address_may_ask_200_times_at_once_and_50_times_a_second(limited):
    answers = [limited.get("/sessions").status_code for _ in range(201)]
    assert answers == [200] * 200 + [429]
    limited.ticks += 1
    assert [limited.get("/sessions").status_code for _ in range(51)] == [200] * 50 + [429]


def test_a_caller_may_ask_100_times_at_once(limited):
    limited.get("/me", "person-token")  # charged to the address, for nobody has vouched for the token yet
    answers = [limited.get("/me", "person-token").status_code for _ in range(101)]
    assert answers == [200] * 100 + [429]
    assert limited.get("/sessions").status_code == 200, "the address has a bucket of its own"


def test_whoever_must_wait_is_told_how_long(limited):
    for _ in range(200):
        limited.get("/sessions")
    answer = limited.get("/sessions")
    assert answer.status_code == 429
    assert answer.json["type"] == "/problems/too-many-requests"
    assert answer.headers["Retry-After"] == "1"


def test_the_limit_is_told_in_every_answer(limited):
    answer = limited.get("/sessions")
    assert answer.headers["RateLimit-Policy"] == '"address";q=200;w=4'
    assert answer.headers["RateLimit"] == '"address";r=199;t=1'
    assert "RateLimit" in limited.get("/nothing-here").headers


@pytest.mark.parametrize("path", ["/me", "/sessions", "/bookings"])
def test_made_up_tokens_all_count_against_the_address(limited, path):
    limited.registration.answers["bookings"] = limited.registration.answers["who"]
    answers = [limited.get(path, f"made-up-{n}").status_code for n in range(201)]
    assert answers[-1] == 429


def test_a_request_that_anyone_may_make_vouches_for_no_token(limited):
    limited.registration.answers["request_sign_in"] = {}
    for _ in range(2):
        answer = limited.ask("POST", "/sign-in", "made-up", {"email": "asha@example.org"})
        assert '"address"' in answer.headers["RateLimit"]


def test_a_token_that_has_died_counts_against_the_address_again(limited):
    for _ in range(2):
        limited.get("/me", "person-token")
    assert '"caller"' in limited.get("/me", "person-token").headers["RateLimit"]
    limited.registration.answers["me"] = refused("not-signed-in")
    assert limited.get("/me", "person-token").status_code == 401
    assert '"address"' in limited.get("/me", "person-token").headers["RateLimit"]


def test_health_is_never_limited(limited):
    assert {limited.get("/health/live").status_code for _ in range(300)} == {200}


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        ("", "203.0.113.5", "192.0.2.1"),
        ("198.51.100.0/24", "203.0.113.5", "192.0.2.1"),
        ("192.0.2.0/24", "203.0.113.5", "203.0.113.5"),
        ("192.0.2.1", "198.51.100.9, 203.0.113.5", "203.0.113.5"),
        ("192.0.2.1, 198.51.100.0/24", "198.51.100.9, 203.0.113.5, 198.51.100.1", "203.0.113.5"),
        ("192.0.2.1, 198.51.100.0/24", "198.51.100.1", "198.51.100.1"),
        ("192.0.2.1", "made up", "192.0.2.1"),
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_only_our_own_proxies_are_believed_about_an_address(proxies, forwarded, address):
    environ = {"REMOTE_ADDR": "192.0.2.1", "HTTP_X_FORWARDED_FOR": forwarded}
    assert address_of(Request(environ), read_networks(proxies)) == address


def test_a_proxy_that_was_reached_by_ipv6_is_known_by_its_ipv4_address():
    environ = {"REMOTE_ADDR": "::ffff:192.0.2.1", "HTTP_X_FORWARDED_FOR": "203.0.113.5"}
    assert address_of(Request(environ), read_networks("192.0.2.1")) == "203.0.113.5"


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(rate_limits, "MOST_BUCKETS", 10)
    monkeypatch.setattr(rate_limits, "MOST_TOKENS", 10)
    kept = rate_limits.RateLimits()
    for n in range(1000):
        kept.trust(str(n))
        kept.bucket(f"192.0.2.{n}", None, 0)
    assert len(kept._buckets) == len(kept._vouched) == 10


@given(st.lists(st.floats(0, 5), max_size=300))
def test_no_more_is_taken_than_the_burst_and_what_was_earned(pauses):
    bucket = rate_limits.Bucket(rate_limits.CALLER, rate_limits.CALLER.burst, 0)
    now, taken = 0.0, 0
    for pause in pauses:
        now += pause
        for _ in range(30):
            try:
                bucket.take(now)
                taken += 1
            except TooManyRequests:
                break
    assert taken <= rate_limits.CALLER.burst + rate_limits.CALLER.rate * now + 1e-6
