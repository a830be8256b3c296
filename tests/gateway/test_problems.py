"""The table of problems: every refusal has its row, and every row its page."""

import importlib.util
import pkgutil

import pytest
from werkzeug.exceptions import BadRequest, ImATeapot, RequestEntityTooLarge, default_exceptions

import gateway.web.errors
import services
from gateway.web.problems import PROBLEMS, as_json, from_http
from services.bus import extensions
from services.runtime import http1, refusals
from services.runtime.refusals import Refusal
from tests.gateway.fakes import refused


def modules():
    yield from (refusals, extensions, gateway.web.errors)
    for service in pkgutil.iter_modules(services.__path__):
        if service.ispkg and importlib.util.find_spec(f"services.{service.name}.errors"):
            yield importlib.import_module(f"services.{service.name}.errors")


REFUSALS = {
    value
    for module in modules()
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Refusal) and value is not refusals.Refused
}


@pytest.mark.parametrize("refusal", sorted(REFUSALS, key=lambda kind: kind.__qualname__))
def test_every_refusal_has_a_row(refusal):
    assert refusal.code in PROBLEMS


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_problem_has_a_page(world, slug):
    page = world.client.get(f"/problems/{slug}")
    assert page.status_code == 200
    assert PROBLEMS[slug].title in page.text.replace("&#39;", "'")


@pytest.mark.parametrize("slug", PROBLEMS)
def test_every_problem_can_be_told(slug):
    answer = as_json(refused(slug, errors=[]), "some-id")
    assert answer.status_code == PROBLEMS[slug].status
    assert answer.json["type"] == f"/problems/{slug}"


@pytest.mark.parametrize("status", [400, 408, 414, 431, 500, 501, 503, 505])
def test_what_the_door_refuses_has_a_row_too(status):
    content = http1.problem(default_exceptions[status]()).json
    assert PROBLEMS[content["type"].removeprefix("/problems/")].status == status


def test_what_werkzeug_raises_is_told_in_our_words():
    assert from_http(BadRequest("Bad chunk.")).code == "bad-request"
    assert from_http(RequestEntityTooLarge()).code == "too-large"
    assert from_http(ImATeapot()).code == "internal"


@pytest.mark.parametrize(
    ("path", "media"), [("/api/v1/version", "application/problem+json"), ("/privacy", "text/html")]
)
def test_a_body_that_werkzeug_finds_too_large_is_413_with_its_page(world, monkeypatch, path, media):
    def find_too_large(*_):
        raise RequestEntityTooLarge

    monkeypatch.setattr(world.application.router, "find", find_too_large)
    answer = world.client.get(path)
    assert (answer.status_code, answer.mimetype) == (413, media)
    assert PROBLEMS["too-large"].title in answer.text


def test_a_problem_that_nobody_knows_has_no_page(world):
    assert world.client.get("/problems/nothing").status_code == 404


def test_a_fact_never_overwrites_a_member_of_the_problem(world):
    content = as_json(refused("session-full", status=200, type="x", left=0), "id").json
    assert (content["status"], content["type"], content["left"]) == (409, "/problems/session-full", 0)


def test_retry_after_is_at_least_a_second():
    assert as_json(refused("too-many-codes", retry_after=0.2), "id").headers["Retry-After"] == "1"
    assert as_json(refused("too-many-codes", retry_after=1799.6), "id").headers["Retry-After"] == "1800"
