"""How the first team member comes in, and how they let others in: over the API and on the pages."""

import pytest
from werkzeug.test import create_environ

from services.registration import schemas
from tests.gateway import fakes
from tests.gateway.fakes import SIGNED_IN, page_of
from tests.gateway.html import Page, text_of
from tests.gateway.roles import BEN, ID, TEAM
from tests.sentences import says

OPERATOR = {**TEAM, "id": "8" * 8 + ID[8:], "role": "operator"}


@pytest.fixture
def new(world):
    """A gateway whose registration waits for its first team member."""
    world.registration.answers.update(check_welcome=None, come_in=SIGNED_IN)
    return world


@pytest.fixture
def team(world):
    world.registration.answers.update(roles=page_of(TEAM, OPERATOR, BEN), give_role=BEN, take_role=None)
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def press(world, path="/welcome/abc", **typed):
    form = {**Page(world.client.get(path).text).form, **typed}
    return world.client.post(path, data=form)


class TestComingIn:
    def test_looking_uses_nothing_up(self, new):
        answer = new.client.get("/welcome/abc")
        assert answer.status_code == 200
        assert new.registration.last("check_welcome")["token"] == "abc"
        assert not new.registration.was_asked("come_in")

    def test_whoever_gives_their_address_is_signed_in_and_led_to_the_team_s_pages(self, new):
        answer = press(new, email="ada@example.org", name=" Ada ")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/team?done=welcome")
        assert new.registration.last("come_in")["given"] == {"token": "abc", "email": "ada@example.org", "name": "Ada"}
        cookie = new.client.get_cookie("__Host-headrow_session")
        assert (cookie.value, cookie.http_only) == (SIGNED_IN["token"], True)

    def test_a_wrong_address_is_told_at_the_field_and_uses_nothing_up(self, new):
        new.registration.answers["come_in"] = fakes.invalid("not-an-email", "email")
        answer = press(new, email="ada", name="Ada")
        assert answer.status_code == 422
        assert says("field_errors.email") in answer.text
        assert Page(answer.text).form["name"] == "Ada"
        assert new.client.get_cookie("__Host-headrow_session") is None

    @pytest.mark.parametrize("method", ["check_welcome", "come_in"])
    def test_an_address_that_is_over_says_so_and_what_to_do(self, new, method):
        form = Page(new.client.get("/welcome/abc").text).form
        new.registration.answers[method] = fakes.refused("welcome-over")
        ask = new.client.get if method == "check_welcome" else new.client.post
        answer = ask("/welcome/abc", **({"data": form} if method == "come_in" else {}))
        assert answer.status_code == 410
        assert says("sign_in.no_longer_works") in text_of(answer)
        assert "headrow welcome" in text_of(answer)

    def test_who_has_come_in_and_opens_it_again_is_led_on(self, new):
        new.registration.answers["check_welcome"] = fakes.refused("welcome-over")
        new.client.set_cookie("__Host-headrow_session", "team-token")
        answer = new.client.get("/welcome/abc")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/team")

    def test_the_token_is_in_no_log_and_goes_to_no_other_site(self, new):
        environ = create_environ("/welcome/abc") | {"http1.path": "/welcome/abc"}
        new.wsgi(environ, lambda *_: None)
        assert environ["http1.path"] == "/welcome/…"
        answer = new.client.get("/welcome/abc")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]


class TestRolesOverTheApi:
    @pytest.mark.parametrize("token", ["team-token", "operator-token"])
    def test_the_team_and_operators_read_give_and_take(self, team, token):
        listed = team.get("/roles", token)
        assert [row["role"] for row in listed.json["items"]] == ["team", "operator", "team"]
        assert schemas.RolePage().validate(listed.json) == {}
        wanted = {"email": "ben@example.org", "role": "team"}
        given = team.ask("POST", "/roles", token, wanted, Idempotency_Key="k")
        assert (given.status_code, given.json) == (201, BEN)
        assert team.registration.last("give_role")["given"] == wanted
        assert team.registration.last("give_role")["key"] == "k"
        assert team.ask("DELETE", f"/roles/{ID}", token).status_code == 204
        assert team.registration.last("take_role")["id"] == ID


class TestColleagues:
    def test_the_page_shows_who_is_in_the_team_and_no_one_else(self, team):
        answer = team.client.get("/team/colleagues")
        assert answer.text.count("/remove") == 2
        assert says("colleagues.site_runner") in text_of(answer)
        assert says("colleagues.somebody_in_team") in text_of(answer)

    def test_a_colleague_is_added_by_their_address(self, team):
        answer = press(team, "/team/colleagues", email="ben@example.org")
        assert answer.headers["Location"] == "/team/colleagues?done=added"
        assert team.registration.last("give_role")["given"] == {"email": "ben@example.org", "role": "team"}
        assert says("colleagues.can_sign_in") in text_of(team.client.get("/team/colleagues?done=added"))

    def test_a_wrong_address_is_told_at_the_field(self, team):
        team.registration.answers["give_role"] = fakes.invalid("not-an-email", "email")
        answer = press(team, "/team/colleagues", email="ben")
        assert answer.status_code == 422
        assert says("field_errors.email") in answer.text

    def test_removing_asks_first(self, team):
        path = f"/team/colleagues/{BEN['id']}/remove"
        assert says("colleagues.remove", who="Ben") in text_of(team.client.get(path))
        assert not team.registration.was_asked("take_role")
        assert press(team, path).headers["Location"] == "/team/colleagues?done=removed"
        assert team.registration.last("take_role")["id"] == BEN["id"]

    def test_who_removes_themselves_is_told_what_that_means(self, team):
        path = f"/team/colleagues/{TEAM['id']}/remove"
        assert says("sign_in.signed_out") in text_of(team.client.get(path))
        team.registration.answers["roles"] = page_of(TEAM)
        assert says("colleagues.only_one") in text_of(team.client.get(path))

    def test_who_is_removed_already_is_not_there(self, team):
        assert team.client.get("/team/colleagues/7" + ID[1:] + "/remove").status_code == 404
        team.registration.answers["take_role"] = fakes.refused("not-found")
        assert press(team, f"/team/colleagues/{BEN['id']}/remove").status_code == 303
