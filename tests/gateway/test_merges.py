"""Merging two accounts on the pages and over the API: nothing is done that was not shown, and not by everyone."""

import pytest

from services.registration.merging import merge, proving
from services.runtime.retention import period
from tests.gateway import fakes
from tests.gateway import world_of_pages as pages
from tests.gateway.html import Page
from tests.gateway.rows_of_pages import ID, MERGE, MERGED, SOMEBODY
from tests.sentences import says

UNDO = f"/account/merges/{ID}/undo"
TEAM = f"/team/people/{SOMEBODY}/merges"
PROVE, CONFIRM = {"code": "123456"}, {"version": "a" * 32, "name": "other"}


@pytest.fixture
def world(world):
    pages.furnish(world)
    world.client.set_cookie("headrow_session", "person-token")
    return world


@pytest.fixture
def team(world):
    world.client.set_cookie("headrow_session", "team-token")
    return world


def send(world, path, **said):
    return world.client.post(path, data={**Page(world.client.get(path).text).form, **said})


class TestThePagesOfAPerson:
    def test_the_way_leads_from_the_account_to_the_merge(self, world):
        assert 'href="/account/merges"' in world.client.get("/account").text
        assert send(world, "/account/merges", email="zoe@old.example").location == "/account/merges/code"
        assert world.registration.last("ask_merge")["given"] == {"email": "zoe@old.example"}
        assert send(world, "/account/merges/code", code="123 456").location == "/account/merges/preview"
        assert world.registration.last("prove_merge")["given"] == {"code": "123456", "second_factor": None}
        shown = world.client.get("/account/merges/preview").text
        for words in ("zoe@old.example", "B4C5D-EFGHJ", "Trust", "job role"):
            assert words in shown
        assert not world.registration.was_asked("merge")
        assert send(world, "/account/merges/preview", name="other").location == "/account/merges?done=merged"
        assert world.registration.last("merge")["given"] == CONFIRM

    def test_what_is_wrong_with_an_address_or_a_code_is_told_at_the_field(self, world):
        world.registration.answers["ask_merge"] = fakes.invalid("same-address", "email")
        answer = send(world, "/account/merges", email="asha@example.org")
        assert (answer.status_code, says("merges.own_address") in answer.text) == (422, True)
        world.registration.answers["prove_merge"] = fakes.refused("code-wrong")
        assert send(world, "/account/merges/code", **PROVE).status_code == 401

    def test_the_second_factor_of_the_other_account_is_asked_for_and_the_code_kept(self, world):
        world.registration.answers["prove_merge"] = fakes.refused("second-factor-required", digits=6)
        answer = send(world, "/account/merges/code", **PROVE)
        form = Page(answer.text).form
        assert (form["code"], "app_code" in form) == ("123456", True)
        world.registration.answers["prove_merge"] = fakes.refused("second-factor-wrong", digits=12)
        answer = send(world, "/account/merges/code", **PROVE, app_code="000000")
        assert (answer.status_code, Page(answer.text).form["digits"]) == (403, "12")
        world.registration.answers["prove_merge"] = MERGE
        send(world, "/account/merges/code", **PROVE, app_code="654321")
        assert world.registration.last("prove_merge")["given"] == {**PROVE, "second_factor": "654321"}

    def test_without_a_proof_there_is_nothing_to_see_or_do(self, world):
        form = Page(world.client.get("/account/merges/preview").text).form
        for method in ("merge_preview", "merge"):
            world.registration.answers[method] = fakes.refused("nothing-proven")
        assert world.client.get("/account/merges/preview").location == "/account/merges"
        assert world.client.post("/account/merges/preview", data=form).location == "/account/merges"

    def test_where_something_has_changed_it_is_shown_again(self, world):
        world.registration.answers["merge"] = fakes.refused("merge-changed")
        answer = send(world, "/account/merges/preview", name="other")
        assert (answer.status_code, says("merges.changed") in answer.text) == (409, True)
        world.registration.answers["undo_merge"] = fakes.refused("merge-changed")
        answer = send(world, UNDO)
        assert (answer.status_code, says("merges.changed") in answer.text) == (409, True)

    def test_accounts_that_cannot_be_merged_say_why(self, world):
        form = Page(world.client.get("/account/merges/preview").text).form
        for method in ("merge_preview", "merge", "prove_merge"):
            world.registration.answers[method] = fakes.refused("merge-refused")
        assert world.client.get("/account/merges/preview").status_code == 409
        assert world.client.post("/account/merges/preview", data=form).status_code == 409
        assert send(world, "/account/merges/code", **PROVE).status_code == 409

    def test_undoing_says_first_what_comes_back_and_what_does_not(self, world):
        assert f'href="{UNDO}"' in world.client.get("/account/merges").text
        shown = world.client.get(UNDO).text
        for heading in ("merges.goes_back", "merges.stays", "merges.lost"):
            assert says(heading) in shown
        assert send(world, UNDO).location == "/account/merges?done=parted"
        assert world.registration.last("undo_merge")["given"] == {"version": MERGED["version"]}

    def test_a_merge_that_is_over_is_not_found_and_pressing_twice_is_no_error(self, world):
        form = Page(world.client.get(UNDO).text).form
        world.registration.answers["undo_merge"] = fakes.refused("merge-over")
        assert world.client.post(UNDO, data=form).location == "/account/merges"
        world.registration.answers["merges"] = {"items": [], "next": None}
        assert world.client.get(UNDO).status_code == 404

    def test_the_pages_name_the_times_that_are_kept(self, world):
        shown = world.client.get("/account/merges").text + world.client.get("/account/merges/code").text
        assert says("merges.undo_for", days=merge.UNDO_FOR.days) in shown
        assert period("merges") == merge.UNDO_FOR
        assert "10 minutes" in shown
        assert proving.PROVEN_FOR.total_seconds() == 30 * 60


class TestThePagesOfTheTeam:
    def test_what_would_come_together_is_shown_before_anything_is_done(self, team):
        assert f'href="{TEAM}"' in team.client.get(f"/team/people/{SOMEBODY}").text
        assert "zoe@old.example" in team.client.get(TEAM).text, "it may be the same person"
        shown = send(team, TEAM, email="zoe@old.example")
        assert (shown.status_code, team.registration.was_asked("merge_for")) == (200, False)
        form = {**Page(shown.text).form, "name": "kept", "reason": "She rang us"}
        assert team.client.post(TEAM, data=form).location == f"{TEAM}?done=merged"
        assert team.registration.last("merge_for")["given"] == {
            **{"email": "zoe@old.example", "version": MERGE["version"], "name": "kept", "reason": "She rang us"},
        }

    @pytest.mark.parametrize(
        ("refusal", "status"),
        [
            (fakes.invalid("no-such-account", "email"), 422),
            (fakes.refused("not-allowed"), 403),
            (fakes.refused("merge-refused"), 409),
        ],
    )
    def test_what_is_in_the_way_is_told_at_the_address(self, team, refusal, status):
        team.registration.answers["preview_merge_of"] = refusal
        answer = send(team, TEAM, email="zoe@old.example")
        assert (answer.status_code, Page(answer.text).form["email"]) == (status, "zoe@old.example")

    def test_a_reason_is_asked_for(self, team):
        form = Page(send(team, TEAM, email="zoe@old.example").text).form
        team.registration.answers["merge_for"] = fakes.invalid("missing", "reason")
        answer = team.client.post(TEAM, data=form)
        assert (answer.status_code, says("merges.say_why") in answer.text) == (422, True)

    def test_where_something_has_changed_it_is_shown_again_with_the_reason(self, team):
        form = Page(send(team, TEAM, email="zoe@old.example").text).form
        team.registration.answers["merge_for"] = fakes.refused("merge-changed")
        answer = team.client.post(TEAM, data={**form, "reason": "She rang us"})
        assert (answer.status_code, "She rang us</textarea>" in answer.text) == (409, True)

    def test_a_merge_is_undone(self, team):
        path = f"{TEAM}/{ID}"
        assert send(team, path).location == f"{TEAM}?done=parted"
        asked = team.registration.last("undo_merge_of")
        assert (asked["person"], asked["id"], asked["given"]) == (SOMEBODY, ID, {"version": MERGED["version"]})


class TestTheApi:
    @pytest.mark.parametrize(
        ("path", "given", "method", "status"),
        [
            ("/me/merge", {"email": "zoe@old.example"}, "ask_merge", 202),
            ("/me/merge/proof", PROVE, "prove_merge", 200),
            ("/me/merges", CONFIRM, "merge", 201),
            (f"/me/merges/{ID}/undo", {"version": "b" * 32}, "undo_merge", 204),
        ],
    )
    def test_a_person_merges_and_undoes(self, world, path, given, method, status):
        answer = world.ask("POST", path, "person-token", json=given, idempotency_key="k")
        assert answer.status_code == status, answer.text
        assert given.items() <= world.registration.last(method)["given"].items()

    @pytest.mark.parametrize("code", ["nothing-proven", "merge-changed", "merge-refused", "merge-over"])
    def test_what_is_in_the_way_is_a_conflict(self, world, code):
        world.registration.answers["merge"] = fakes.refused(code)
        answer = world.ask("POST", "/me/merges", "person-token", json=CONFIRM, idempotency_key="k")
        assert (answer.status_code, answer.json["type"]) == (409, f"/problems/{code}")

    @pytest.mark.parametrize("token", [None, "person-token", "facilitator-token"])
    def test_nobody_but_the_team_and_operators_merges_for_others(self, world, token):
        world.client.delete_cookie("headrow_session")
        for method, path in (
            ("POST", "merge-preview"),
            ("POST", "merges"),
            ("GET", "merges"),
            ("GET", "merge-suspects"),
        ):
            answer = world.ask(method, f"/people/{SOMEBODY}/{path}", token, json={}, idempotency_key="k")
            assert answer.status_code in (401, 403)
        assert not world.registration.was_asked("merge_for")

    @pytest.mark.parametrize("token", ["team-token", "operator-token"])
    def test_the_team_and_operators_merge_for_others(self, world, token):
        given = {**CONFIRM, "email": "zoe@old.example", "reason": "She rang us"}
        assert (
            world.ask("POST", f"/people/{SOMEBODY}/merges", token, json=given, idempotency_key="k").status_code == 201
        )
        assert world.registration.last("merge_for")["given"] == given
