"""Changing one's address on the pages and over the API, undoing it, and the team's corrections."""

import pytest

from tests.gateway import fakes
from tests.gateway import world_of_pages as pages
from tests.gateway.html import Page
from tests.gateway.rows_of_pages import SOMEBODY

UNDO = "/account/email/undo/abc.def"
DETAILS = f"/team/people/{SOMEBODY}/details"


@pytest.fixture
def world(world):
    pages.furnish(world)
    world.client.set_cookie("headrow_session", "person-token")
    return world


def send(world, path, **said):
    return world.client.post(path, data={**Page(world.client.get(path).text).form, **said})


def test_the_way_leads_from_the_account_to_the_code_and_back(world):
    assert 'href="/account/email"' in world.client.get("/account").text
    assert send(world, "/account/email", email="new@example.org").location == "/account/email/confirm"
    assert world.registration.last("change_email")["given"] == {"email": "new@example.org"}
    assert "new@example.org" in world.client.get("/account/email/confirm").text
    assert send(world, "/account/email/confirm", code="123 456").location == "/account?done=email"
    assert world.registration.last("confirm_email")["given"] == {"code": "123456"}


def test_without_a_change_under_way_no_code_is_asked_for(world):
    world.registration.answers["email_change"] = {"email": None, "expires_at": None}
    assert world.client.get("/account/email/confirm").location == "/account/email"


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (fakes.refused("code-wrong"), 401),
        (fakes.invalid("address-taken", "code"), 422),
        (fakes.invalid("not-a-code", "code"), 422),
    ],
)
def test_what_is_wrong_with_a_code_is_told_at_the_field(world, refusal, status):
    world.registration.answers["confirm_email"] = refusal
    answer = send(world, "/account/email/confirm", code="123456")
    assert (answer.status_code, 'value="123456"' in answer.text) == (status, True)


def test_looking_at_the_link_undoes_nothing(world):
    world.client.delete_cookie("headrow_session")
    assert world.client.get(UNDO).status_code == 200
    assert not world.registration.was_asked("undo_email")
    assert send(world, UNDO).location == "/account/email/undone"
    assert world.registration.last("undo_email")["token"] == "abc.def"


def test_a_link_that_is_over_says_so(world):
    world.registration.answers["check_email_undo"] = fakes.refused("not-found")
    assert world.client.get(UNDO).status_code == 410


def test_the_api_takes_an_address_and_a_code(world):
    assert world.ask("POST", "/me/email", "person-token", json={"email": "new@example.org"}).status_code == 202
    assert world.registration.last("change_email")["address"] == "192.0.2.1"
    world.registration.answers["confirm_email"] = fakes.refused("code-wrong")
    answer = world.ask("POST", "/me/email/confirm", "person-token", json={"code": "123456"})
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/code-wrong")


def test_the_team_corrects_only_what_it_changed(world):
    world.client.set_cookie("headrow_session", "team-token")
    assert (
        send(world, DETAILS, name="Zoë Ward", sector="hospital").location == f"/team/people/{SOMEBODY}?done=corrected"
    )
    asked = world.registration.last("correct_person")
    assert (asked["given"], asked["version"]) == ({"name": "Zoë Ward"}, 3)


def test_the_api_of_corrections_needs_the_version_that_was_read(world):
    path = f"/people/{SOMEBODY}"
    tag = world.get(path, "team-token").headers["ETag"]
    change = {"json": {"name": "Zoë Ward"}}
    assert world.ask("PATCH", path, "team-token", **change).status_code == 428
    assert world.ask("PATCH", path, "team-token", If_Match=tag, **change).status_code == 200
    assert world.registration.last("correct_person")["version"] == 3
    assert world.ask("PATCH", path, "person-token", If_Match=tag, **change).status_code == 403


def test_whoever_books_for_an_address_with_another_name_is_told_whose_booking_it_is(world):
    world.client.set_cookie("headrow_session", "team-token")
    world.registration.answers["book_for"] = {**world.registration.answers["book_for"], "name_used": False}
    path = "/team/sessions/maxims-in-practice/book"
    answer = send(world, path, email="zoe@example.org", name="Ben", if_full="wait")
    assert answer.location.endswith("?done=booked_for_another")
    assert f'href="{DETAILS}"' in world.client.get(answer.location).text
