"""Organisations through the gateway, and the field that suggests them."""

import pytest

from tests.gateway import fakes
from tests.gateway.html import Page

NAMES = {"items": [{"name": "St James"}, {"name": "Elm <b>Court</b>"}], "next": None}


@pytest.mark.parametrize(
    ("query", "q", "sector"),
    [("", "", None), ("?q=st+j&sector=hospital", "st j", "hospital"), ("?sector=&q=%25&x=1", "%", None)],
)
def test_names_are_listed_for_whoever_is_signed_in(world, query, q, sector):
    world.registration.answers["organisations"] = NAMES
    answer = world.get(f"/organisations{query}", "person-token")
    assert (answer.status_code, answer.json) == (200, NAMES)
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = world.registration.last("organisations")
    assert (asked["q"], asked["sector"]) == (q, sector)


def test_nobody_else_learns_where_people_work(world):
    assert world.get("/organisations?q=st").status_code == 401
    assert not world.registration.was_asked("organisations")


@pytest.mark.parametrize("query", ["q=%00", "q=%ff", f"q={'x' * 1001}", "sector=%00"])
def test_what_is_no_text_is_refused(world, query):
    assert world.get(f"/organisations?{query}", "person-token").status_code == 422


@pytest.mark.parametrize("path", ["/account/details", "/sessions/maxims-in-practice/book/about-you"])
def test_the_field_is_a_plain_one_that_says_where_a_script_may_ask(world, path):
    world.client.set_cookie("headrow_session", "person-token")
    world.registration.answers["who"] = {**fakes.person(["person"]), "organisation": 'St "J" <b>'}
    answer = world.client.get(path)
    page = Page(answer.text)
    (place,) = [attributes for tag, attributes in page.elements if "data-suggest" in attributes]
    assert place["data-suggest"] == "/api/v1/organisations"
    (field,) = [field for field in page.all("input") if field.get("name") == "organisation"]
    assert (field["value"], field["autocomplete"]) == ('St "J" <b>', "organization")
    assert place["data-suggest-for"] in {field.get("name") for field in page.all("input")}
    assert "connect-src 'self';" in answer.headers["Content-Security-Policy"]
    assert not world.registration.was_asked("organisations")
