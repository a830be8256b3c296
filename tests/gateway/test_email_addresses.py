"""Several addresses of one account, on pages and over the API: what is shown, asked first, and told when refused."""

import pytest

from services.registration.accounts import address_changes, addresses
from services.runtime.retention import period
from tests.gateway import fakes
from tests.gateway import world_of_pages as pages
from tests.gateway.html import Page
from tests.gateway.rows_of_pages import ADDRESS, ANOTHER_ID, FIXED, ID, PRIMARY, SEEN, SOMEBODY, UNTIL, page
from tests.gateway.shown_page import Shown
from tests.sentences import says

LIST, ADD, CODE = "/account/addresses", "/account/addresses/add", "/account/addresses/code"
REMOVE, PREFER = f"{LIST}/{ID}/remove", f"{LIST}/{ID}/primary"
TEAM = f"/team/people/{SOMEBODY}/addresses"
TEAM_REMOVES = f"{TEAM}/{ID}/remove"
DETAILS = f"/team/people/{SOMEBODY}/details"
API = f"/me/addresses/{ID}"
UNDO = "/account/email/undo/abc.def"
STAYS = [fakes.refused("primary-address"), fakes.refused("address-fixed", until=UNTIL)]


@pytest.fixture
def world(world):
    pages.furnish(world)
    world.client.set_cookie("headrow_session", "person-token")
    return world


@pytest.fixture
def team(world):
    world.client.set_cookie("headrow_session", "team-token")
    return world


def form_in(answer, path):
    """Return the form of a page that is sent to the path."""
    forms = Shown(answer.text).forms
    return forms.get(path) or forms[None]


def send(world, path, on=None, **said):
    """Send the form that is shown at the path, or on another page."""
    return world.client.post(path, data={**form_in(world.client.get(on or path), path), **said})


def links_of(world, path):
    return Shown(world.client.get(path).text).links


def holds(world, *rows):
    for method in ("addresses", "addresses_of"):
        world.registration.answers[method] = page(*rows)


class TestTheList:
    def test_the_way_leads_from_the_account_to_every_address(self, world):
        assert LIST in links_of(world, "/account")
        shown = world.client.get(LIST).text
        for row in (PRIMARY, ADDRESS, FIXED):
            assert row["email"] in shown
        assert shown.count(says("addresses.emails_go_here")) == 1

    def test_an_address_is_chosen_for_emails_and_removing_asks_first(self, world):
        assert REMOVE in links_of(world, LIST)
        assert send(world, PREFER, on=LIST).location == f"{LIST}?done=preferred"
        assert world.registration.last("prefer_address")["id"] == ID
        assert not world.registration.was_asked("remove_address")

    def test_the_address_that_emails_go_to_has_no_button(self, world):
        holds(world, PRIMARY)
        shown = Shown(world.client.get(LIST).text)
        assert not [path for path in (*shown.forms, *shown.links) if path and ANOTHER_ID in path]

    def test_an_address_that_stays_for_now_says_why_and_leads_to_the_merge(self, world):
        holds(world, PRIMARY, FIXED)
        shown = Shown(world.client.get(LIST).text)
        assert says("addresses.fixed") in world.client.get(LIST).text
        assert "/account/merges" in shown.links
        assert not [path for path in (*shown.forms, *shown.links) if path and FIXED["id"] in path]

    def test_what_was_merged_meanwhile_is_told_in_the_list(self, world):
        form = form_in(world.client.get(LIST), PREFER)
        world.registration.answers["prefer_address"] = STAYS[1]
        holds(world, PRIMARY, {**ADDRESS, "fixed_until": UNTIL})
        answer = world.client.post(PREFER, data=form)
        assert (answer.status_code, says("addresses.fixed") in answer.text) == (409, True)

    def test_an_address_that_is_gone_by_now_is_no_error(self, world):
        form = form_in(world.client.get(LIST), PREFER)
        world.registration.answers["prefer_address"] = fakes.refused("not-found")
        assert world.client.post(PREFER, data=form).location == LIST

    @pytest.mark.parametrize(
        ("done", "words"),
        [("added", "addresses.added"), ("preferred", "addresses.preferred"), ("removed", "addresses.removed")],
    )
    def test_what_was_done_is_told(self, world, done, words):
        assert says(words) in world.client.get(f"{LIST}?done={done}").text


class TestAdding:
    def test_the_way_leads_from_the_list_to_the_code_and_back(self, world):
        assert ADD in links_of(world, LIST)
        assert send(world, ADD, email="new@example.org").location == CODE
        asked = world.registration.last("add_address")
        assert (asked["given"], asked["address"]) == ({"email": "new@example.org"}, "192.0.2.1")
        assert "new@example.org" in world.client.get(CODE).text
        assert send(world, CODE, code="123 456").location == f"{LIST}?done=added"
        assert world.registration.last("confirm_address")["given"] == {"code": "123456"}

    @pytest.mark.parametrize(
        ("refusal", "status", "words"),
        [
            (fakes.invalid("not-an-email", "email"), 422, "addresses.enter"),
            (fakes.invalid("same-address", "email"), 422, "addresses.same"),
            (fakes.invalid("too-many-addresses", "email", max=addresses.MOST), 422, "addresses.too_many"),
            (fakes.refused("too-many-codes", retry_after=9), 429, None),
        ],
    )
    def test_what_is_wrong_with_an_address_is_told_at_the_field(self, world, refusal, status, words):
        world.registration.answers["add_address"] = refusal
        answer = send(world, ADD, email="new@example.org")
        assert (answer.status_code, Page(answer.text).form["email"]) == (status, "new@example.org")
        assert (says(words, most=addresses.MOST) if words else refusal.detail) in answer.text

    @pytest.mark.parametrize(
        ("refusal", "status"),
        [
            (fakes.refused("code-wrong"), 401),
            (fakes.invalid("not-a-code", "code"), 422),
            (fakes.invalid("address-changed", "code"), 422),
            (fakes.invalid("too-many-addresses", "code", max=5), 422),
        ],
    )
    def test_what_is_wrong_with_a_code_is_told_at_the_field(self, world, refusal, status):
        world.registration.answers["confirm_address"] = refusal
        answer = send(world, CODE, code="123456")
        assert (answer.status_code, Page(answer.text).form["code"]) == (status, "123456")
        assert "new@example.org" in answer.text, "it is still known where the code went"

    def test_an_address_that_may_be_taken_back_says_what_to_do(self, world):
        world.registration.answers["confirm_address"] = fakes.invalid("address-changed", "code")
        assert says("addresses.may_come_back") in send(world, CODE, code="123456").text

    def test_without_an_address_under_way_no_code_is_asked_for(self, world):
        world.registration.answers["address_under_way"] = {"email": None, "expires_at": None}
        assert world.client.get(CODE).location == ADD

    def test_an_address_with_an_account_of_its_own_leads_to_merging_the_two(self, world):
        world.registration.answers["confirm_address"] = fakes.refused("address-has-account")
        answer = send(world, CODE, code="123456")
        assert (answer.status_code, "new@example.org" in answer.text) == (409, True)
        form = form_in(answer, "/account/merges")
        assert world.client.post("/account/merges", data=form).location == "/account/merges/code"
        assert world.registration.last("ask_merge")["given"] == {"email": "new@example.org"}

    def test_pressed_twice_it_leads_to_merging_all_the_same(self, world):
        form = Page(world.client.get(CODE).text).form
        world.registration.answers["confirm_address"] = fakes.refused("address-has-account")
        world.registration.answers["address_under_way"] = {"email": None, "expires_at": None}
        answer = world.client.post(CODE, data={**form, "code": "123456"})
        assert (answer.status_code, "/account/merges" in Shown(answer.text).links) == (409, True)

    def test_the_pages_name_the_times_that_are_kept(self, world):
        assert period("address_changes") == address_changes.UNDO_FOR
        for path in (CODE, REMOVE):
            assert says("addresses.undo_for", days=address_changes.UNDO_FOR.days) in world.client.get(path).text


class TestRemoving:
    def test_it_is_asked_and_done(self, world):
        assert ADDRESS["email"] in world.client.get(REMOVE).text
        assert not world.registration.was_asked("remove_address")
        assert send(world, REMOVE).location == f"{LIST}?done=removed"
        assert world.registration.last("remove_address")["id"] == ID

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ([{**ADDRESS, "primary": True}, {**PRIMARY, "primary": False}], "addresses.send_elsewhere"),
            ([{**ADDRESS, "primary": True}], "addresses.only"),
            ([PRIMARY, {**ADDRESS, "fixed_until": UNTIL}], "addresses.fixed"),
        ],
    )
    def test_an_address_that_cannot_be_removed_says_why_and_has_no_button(self, world, rows, words):
        form = Page(world.client.get(REMOVE).text).form
        holds(world, *rows)
        shown = world.client.get(REMOVE)
        assert says(words) in shown.text
        assert REMOVE not in Shown(shown.text).forms
        for refusal in STAYS:  # it became so since the button was shown
            world.registration.answers["remove_address"] = refusal
            answer = world.client.post(REMOVE, data=form)
            assert (answer.status_code, says(words) in answer.text) == (409, True)

    def test_an_address_that_is_gone_is_not_found_and_pressing_twice_is_no_error(self, world):
        form = Page(world.client.get(REMOVE).text).form
        world.registration.answers["remove_address"] = fakes.refused("not-found")
        assert world.client.post(REMOVE, data=form).location == f"{LIST}?done=removed"
        holds(world, PRIMARY)
        assert world.client.get(REMOVE).status_code == 404


class TestUndoing:
    @pytest.mark.parametrize(
        ("what", "words"),
        [
            ("changed", "addresses.undo_changed"),
            ("added", "addresses.undo_added"),
            ("removed", "addresses.undo_removed"),
            ("preferred", "addresses.undo_preferred"),
        ],
    )
    def test_the_page_says_what_was_done(self, world, what, words):
        world.client.delete_cookie("headrow_session")
        world.registration.answers["check_email_undo"] = {"email": "zoe@home.example", "what": what, "until": UNTIL}
        shown = world.client.get(UNDO).text
        assert says(words) in shown
        assert "zoe@home.example" in shown

    def test_a_registration_that_does_not_say_what_was_done_has_changed_an_address(self, world):
        world.registration.answers["check_email_undo"] = {"email": "zoe@example.org", "until": UNTIL}
        assert says("addresses.undo_changed") in world.client.get(UNDO).text


class TestTheTeam:
    def test_sees_every_address_of_someone_and_the_way_to_them(self, team):
        shown = team.client.get(f"/team/people/{SOMEBODY}")
        assert all(email in shown.text for email in SEEN["addresses"])
        assert TEAM in Shown(shown.text).links
        assert TEAM_REMOVES in links_of(team, TEAM)

    def test_of_someone_with_one_address_it_is_told_as_before(self, team):
        for alone in (
            {**SEEN, "addresses": SEEN["addresses"][:1]},
            {k: v for k, v in SEEN.items() if k != "addresses"},
        ):
            team.registration.answers["bookings_of_person"] = page(person=alone)
            assert TEAM not in links_of(team, f"/team/people/{SOMEBODY}")

    def test_removes_an_address_once_it_is_asked(self, team):
        assert ADDRESS["email"] in team.client.get(TEAM_REMOVES).text
        assert not team.registration.was_asked("remove_address_of")
        assert send(team, TEAM_REMOVES).location == f"{TEAM}?done=removed"
        asked = team.registration.last("remove_address_of")
        assert (asked["person"], asked["id"]) == (SOMEBODY, ID)

    @pytest.mark.parametrize(
        ("row", "leads"),
        [
            ({**ADDRESS, "primary": True}, f"{DETAILS}#email"),
            ({**ADDRESS, "fixed_until": UNTIL}, f"/team/people/{SOMEBODY}/merges"),
        ],
    )
    def test_an_address_that_cannot_be_removed_leads_to_what_can_be_done(self, team, row, leads):
        form = Page(team.client.get(TEAM_REMOVES).text).form
        holds(team, row)
        for path in (TEAM, TEAM_REMOVES):
            shown = Shown(team.client.get(path).text)
            assert (leads in shown.links, TEAM_REMOVES in (*shown.links, *shown.forms)) == (True, False)
        for refusal in STAYS:
            team.registration.answers["remove_address_of"] = refusal
            assert team.client.post(TEAM_REMOVES, data=form).status_code == 409

    def test_an_address_that_is_gone_is_not_found_and_pressing_twice_is_no_error(self, team):
        form = Page(team.client.get(TEAM_REMOVES).text).form
        team.registration.answers["remove_address_of"] = fakes.refused("not-found")
        assert team.client.post(TEAM_REMOVES, data=form).location == f"{TEAM}?done=removed"
        holds(team, PRIMARY)
        assert team.client.get(TEAM_REMOVES).status_code == 404

    def test_corrects_an_address_and_nothing_else(self, team):
        assert send(team, DETAILS, email=" zoe@new.example ").location == f"/team/people/{SOMEBODY}?done=corrected"
        assert team.registration.last("correct_person")["given"] == {"email": "zoe@new.example"}

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("address-in-use", "addresses.in_use"),
            ("has-a-role", "addresses.has_a_role"),
            ("null", "addresses.enter_it"),
        ],
    )
    def test_what_is_wrong_with_an_address_is_told_at_the_field(self, team, code, words):
        team.registration.answers["correct_person"] = fakes.invalid(code, "email")
        answer = send(team, DETAILS, email="zoe@new.example")
        assert (answer.status_code, Page(answer.text).form["email"]) == (422, "zoe@new.example")
        assert says(words) in answer.text

    def test_someone_who_came_as_a_guest_has_no_address_to_correct(self, team):
        team.registration.answers["person"] = {**SEEN, "email": None, "addresses": []}
        assert "email" not in Page(team.client.get(DETAILS).text).form
        send(team, DETAILS, name="Zoë Ward")
        assert team.registration.last("correct_person")["given"] == {"name": "Zoë Ward"}


class TestTheApi:
    def test_a_person_reads_their_addresses(self, world):
        assert world.get("/me/addresses", "person-token").json == page(PRIMARY, ADDRESS, FIXED)
        answer = world.get(API, "person-token")
        assert answer.json == ADDRESS
        assert world.get(API, "person-token", If_None_Match=answer.headers["ETag"]).status_code == 304

    def test_a_person_adds_an_address_by_a_code(self, world):
        asked = world.ask("POST", "/me/addresses", "person-token", json={"email": "new@example.org"})
        assert (asked.status_code, asked.data) == (202, b"")
        assert world.registration.last("add_address")["address"] == "192.0.2.1"
        added = world.ask("POST", "/me/addresses/confirm", "person-token", json={"code": "123456"})
        assert (added.status_code, added.json) == (201, ADDRESS)
        assert added.headers["Location"].endswith(f"/api/v1{API}")
        assert world.get(added.headers["Location"].partition("/api/v1")[2], "person-token").json == ADDRESS

    def test_a_person_has_emails_go_elsewhere_and_removes_an_address(self, world):
        answer = world.ask("POST", f"{API}/primary", "person-token", idempotency_key="k")
        assert (answer.status_code, answer.json["primary"]) == (200, True)
        asked = world.registration.last("prefer_address")
        assert (asked["id"], asked["key"]) == (ID, "k")
        assert world.ask("DELETE", API, "person-token").status_code == 204
        assert world.registration.last("remove_address")["id"] == ID

    @pytest.mark.parametrize(
        ("method", "path", "asks", "code"),
        [
            ("POST", "/me/addresses/confirm", "confirm_address", "address-has-account"),
            ("POST", f"{API}/primary", "prefer_address", "address-fixed"),
            ("DELETE", API, "remove_address", "address-fixed"),
            ("DELETE", API, "remove_address", "primary-address"),
        ],
    )
    def test_what_is_in_the_way_is_a_conflict(self, world, method, path, asks, code):
        world.registration.answers[asks] = fakes.refused(code, until=UNTIL)
        answer = world.ask(method, path, "person-token", json={"code": "123456"} if "confirm" in path else None)
        assert (answer.status_code, answer.json["type"], answer.json["until"]) == (409, f"/problems/{code}", UNTIL)

    def test_the_team_reads_and_removes_the_addresses_of_others(self, team):
        path = f"/people/{SOMEBODY}/addresses"
        assert team.get(path, "team-token").json == page(PRIMARY, ADDRESS, FIXED)
        assert team.ask("DELETE", f"{path}/{ID}", "team-token").status_code == 204
        asked = team.registration.last("remove_address_of")
        assert (asked["person"], asked["id"]) == (SOMEBODY, ID)

    @pytest.mark.parametrize("token", ["person-token", "facilitator-token", "operator-token"])
    def test_nobody_but_the_team_sees_or_removes_the_addresses_of_others(self, world, token):
        world.client.delete_cookie("headrow_session")
        path = f"/people/{SOMEBODY}/addresses"
        assert world.get(path, token).status_code == 403
        assert world.ask("DELETE", f"{path}/{ID}", token).status_code == 403
        assert not world.registration.was_asked("remove_address_of")

    def test_the_team_corrects_an_address(self, team):
        tag = team.get(f"/people/{SOMEBODY}", "team-token").headers["ETag"]
        change = {"json": {"email": "zoe@new.example"}, "If_Match": tag}
        assert team.ask("PATCH", f"/people/{SOMEBODY}", "team-token", **change).status_code == 200
        assert team.registration.last("correct_person")["given"]["email"] == "zoe@new.example"
