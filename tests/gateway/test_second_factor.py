"""The second factor at the gateway: no page and no route lets a role through without it, and each says what to do."""

import pytest

from tests.gateway import fakes
from tests.gateway.fakes import SIGNED_IN
from tests.gateway.html import Page, heading, links, text_of
from tests.gateway.rows_of_pages import APP, APP_ON, RECOVERY
from tests.sentences import says

EMAIL, CODE = "asha@example.org", "123456"
OFF = {"on": False, "since": None, "recovery_codes_left": 0, "required": True}
ON = {**OFF, **APP_ON}
PAGE = "/account/second-factor"


def withheld(role="team"):
    """Return what registration says of someone whose role does not count yet."""
    return {**fakes.person(["person"]), "roles_withheld": [role]}


@pytest.fixture
def tess(world):
    """The gateway, seen by someone of the team who signed in without a second factor."""
    world.registration.answers.update(
        who=lambda caller, **_: withheld() if fakes.roles_of(caller) else fakes.refused("not-signed-in"),
        second_factor=OFF,
        begin_second_factor=APP,
        begun_second_factor=APP,
        confirm_second_factor=RECOVERY,
        renew_recovery_codes=RECOVERY,
        remove_second_factor=None,
    )
    world.client.set_cookie("headrow_session", "person-token")
    return world


@pytest.fixture
def signing_in(world):
    world.registration.answers.update(confirm_sign_in=SIGNED_IN, request_sign_in={})
    return world


def answer_with(world, method, code, **facts):
    world.registration.answers[method] = fakes.refused(code, **facts)


def first_step(world, **typed):
    form = Page(world.client.get("/sign-in/confirm?next=/team").text).form
    return world.client.post("/sign-in/confirm", data={**form, "email": EMAIL, "code": CODE, **typed})


def again(world, answer, **typed):
    return world.client.post("/sign-in/confirm", data={**Page(answer.text).form, **typed})


def send(world, path, to=None, **typed):
    form = Page(world.client.get(path).text).form
    return world.client.post(to or path, data={**form, **typed})


class TestTheApi:
    def test_one_call_carries_both_codes(self, world):
        world.registration.answers["confirm_sign_in"] = SIGNED_IN
        given = {"email": EMAIL, "code": CODE, "second_factor": "654321"}
        assert world.ask("POST", "/sign-in/confirm", json=given).status_code == 200
        assert world.registration.last("confirm_sign_in")["given"] == given

    @pytest.mark.parametrize(
        ("code", "status"), [("second-factor-required", 403), ("second-factor-wrong", 403), ("too-many-tries", 429)]
    )
    def test_what_is_wrong_with_the_second_is_a_problem_of_its_own(self, world, code, status):
        answer_with(world, "confirm_sign_in", code, **({"retry_after": 61} if status == 429 else {"digits": 12}))
        answer = world.ask("POST", "/sign-in/confirm", json={"email": EMAIL, "code": CODE})
        assert (answer.status_code, answer.json["type"]) == (status, f"/problems/{code}")
        if status == 429:
            assert answer.headers["Retry-After"] == "61"
        else:
            assert answer.json["digits"] == 12

    @pytest.mark.parametrize(("role", "path"), [("team", "/messages"), ("operator", "/metrics")])
    def test_a_role_that_does_not_count_is_told_what_to_do(self, tess, role, path):
        tess.registration.answers["who"] = withheld(role)
        answer = tess.get(path, "person-token")
        assert (answer.status_code, answer.json["type"]) == (403, "/problems/second-factor-required")
        assert PAGE in answer.json["detail"]

    def test_another_role_is_not_allowed_all_the_same(self, tess):
        tess.registration.answers["who"] = withheld("operator")
        answer = tess.get("/messages", "person-token")
        assert (answer.status_code, answer.json["type"]) == (403, "/problems/not-allowed")

    def test_it_is_set_up_changed_and_removed(self, tess):
        told = tess.get("/me/second-factor", "person-token")
        assert (told.json, told.headers["Cache-Control"]) == (OFF, "private, no-store")
        assert tess.get("/me/second-factor", "person-token", If_None_Match=told.headers["ETag"]).status_code == 304
        assert tess.ask("POST", "/me/second-factor", "person-token").json == APP
        given = {"code": "123456"}
        for path, method in (("confirm", "confirm_second_factor"), ("recovery-codes", "renew_recovery_codes")):
            answer = tess.ask("POST", f"/me/second-factor/{path}", "person-token", given)
            assert (answer.json, answer.headers["Cache-Control"]) == (RECOVERY, "private, no-store")
            assert tess.registration.last(method)["given"] == given
        answer = tess.ask("DELETE", "/me/second-factor", "person-token", given)
        assert (answer.status_code, answer.data) == (204, b"")
        assert tess.registration.last("remove_second_factor")["given"] == given


class TestSigningIn:
    def test_the_second_step_keeps_address_and_code(self, signing_in):
        answer_with(signing_in, "confirm_sign_in", "second-factor-required", digits=6)
        step = first_step(signing_in)
        assert (step.status_code, heading(step)) == (200, says("second_factor.enter_code"))
        form = Page(step.text).form
        assert {"email": EMAIL, "code": CODE, "next": "/team"}.items() <= form.items()
        field = next(field for field in Page(step.text).all("input") if field["name"] == "app_code")
        assert (field["autocomplete"], field["inputmode"]) == ("one-time-code", "numeric")
        signing_in.registration.answers["confirm_sign_in"] = SIGNED_IN
        done = again(signing_in, step, app_code="654 321")
        assert (done.status_code, done.headers["Location"]) == (303, "/team")
        given = {"email": EMAIL, "code": CODE, "second_factor": "654 321"}
        assert signing_in.registration.last("confirm_sign_in")["given"] == given

    def test_what_is_wrong_is_told_at_the_field_and_typed_words_stay(self, signing_in):
        answer_with(signing_in, "confirm_sign_in", "second-factor-required", digits=6)
        step = first_step(signing_in)
        empty = again(signing_in, step)
        assert (empty.status_code, says("second_factor.enter") in text_of(empty)) == (403, True)
        answer_with(signing_in, "confirm_sign_in", "second-factor-wrong", digits=6)
        wrong = again(signing_in, step, app_code="000000")
        assert (wrong.status_code, says("second_factor.wrong") in text_of(wrong)) == (403, True)
        assert Page(wrong.text).form["app_code"] == "000000"
        recovery = again(signing_in, step, recovery_code="abcd")
        assert says("second_factor.recovery_wrong") in text_of(recovery)
        assert "open" in Page(recovery.text).all("details")[0]
        answer_with(signing_in, "confirm_sign_in", "too-many-tries", retry_after=601)
        late = again(signing_in, step, app_code="000000")
        assert (late.status_code, says("second_factor.wait", minutes=11) in text_of(late)) == (429, True)
        signing_in.registration.answers["confirm_sign_in"] = fakes.invalid("not-a-second-factor", "second_factor")
        short = again(signing_in, step, app_code="12")
        assert (short.status_code, says("second_factor.enter") in text_of(short)) == (422, True)

    def test_after_wrong_codes_two_are_asked_for(self, signing_in):
        answer_with(signing_in, "confirm_sign_in", "second-factor-required", digits=12)
        step = first_step(signing_in)
        assert says("second_factor.two") in text_of(step)
        assert says("second_factor.enter_two") in text_of(again(signing_in, step))
        answer_with(signing_in, "confirm_sign_in", "second-factor-wrong", digits=12)
        assert says("second_factor.enter_two") in text_of(again(signing_in, step, app_code="123456"))
        assert says("second_factor.two_wrong") in text_of(again(signing_in, step, app_code="123456 123456"))

    def test_once_the_emailed_code_has_run_out_that_is_told(self, signing_in):
        answer_with(signing_in, "confirm_sign_in", "second-factor-required", digits=6)
        step = first_step(signing_in)
        answer_with(signing_in, "confirm_sign_in", "code-wrong")
        assert again(signing_in, step, app_code="123456").status_code == 401

    def test_whoever_needs_an_app_and_has_none_is_led_to_set_it_up(self, signing_in):
        signing_in.registration.answers["confirm_sign_in"] = {**SIGNED_IN, "person": withheld()}
        assert first_step(signing_in).headers["Location"] == f"{PAGE}?next=/team"


class TestPages:
    def test_a_page_of_a_role_leads_to_the_set_up_and_nothing_that_was_written_is_lost(self, tess):
        answer = tess.client.get("/team/messages?state=failed")
        assert (answer.status_code, heading(answer)) == (403, says("second_factor.first"))
        assert f"{PAGE}?next=/team/messages%3Fstate%3Dfailed" in links(answer)
        token = Page(tess.client.get("/account/details").text).form["form_token"]
        written = {"form_token": token, "text": "Rang twice"}
        answer = tess.client.post(f"/team/bookings/{fakes.REFERENCE}", data=written)
        assert (answer.status_code, "Rang twice" in answer.text) == (403, True)

    def test_nobody_else_is_led_there(self, world):
        world.client.set_cookie("headrow_session", "person-token")
        assert heading(world.client.get("/team")) != says("second_factor.first")

    def test_it_is_set_up_on_pages_and_leads_back(self, tess):
        tess.notifications.answers["address_of"] = fakes.refused("not-found")
        assert PAGE in links(tess.client.get("/account"))
        page = tess.client.get(f"{PAGE}?next=/team")
        assert says("second_factor.needed") in text_of(page)
        assert says("second_factor.set_up") in text_of(page)
        begun = tess.client.post(f"{PAGE}/begin", data=Page(page.text).form)
        assert begun.headers["Location"] == f"{PAGE}/set-up?next=/team"
        page = tess.client.get(begun.headers["Location"])
        assert [svg["role"] for svg in Page(page.text).all("svg")] == ["img"]
        assert "ORSX G5A" in text_of(page)
        answer_with(tess, "confirm_second_factor", "second-factor-wrong", digits=6)
        form = {**Page(page.text).form, "app_code": "111111"}
        wrong = tess.client.post(f"{PAGE}/set-up", data=form)
        assert (wrong.status_code, says("second_factor.wrong") in text_of(wrong)) == (403, True)
        tess.registration.answers["confirm_second_factor"] = RECOVERY
        done = tess.client.post(f"{PAGE}/set-up", data=form)
        assert (done.status_code, heading(done)) == (200, says("second_factor.save"))
        assert done.text.count("<code>abcd-efgh-2345-wxyz</code>") == 10
        assert done.headers["Cache-Control"] == "private, no-store"
        assert "/team" in links(done)

    def test_what_is_not_begun_leads_to_where_it_begins(self, tess):
        answer_with(tess, "begun_second_factor", "second-factor-not-begun")
        assert tess.client.get(f"{PAGE}/set-up").headers["Location"] == PAGE
        tess.registration.answers["begun_second_factor"] = APP
        answer_with(tess, "confirm_second_factor", "second-factor-not-begun")
        assert send(tess, f"{PAGE}/set-up", app_code="111111").headers["Location"] == PAGE
        for path in ("change", "recovery-codes", "remove"):
            assert tess.client.get(f"{PAGE}/{path}").headers["Location"] == PAGE
        answer_with(tess, "begin_second_factor", "second-factor-required", digits=6)
        assert send(tess, PAGE, f"{PAGE}/begin").headers["Location"] == f"{PAGE}/change"

    @pytest.mark.parametrize(
        ("path", "method"),
        [
            ("change", "begin_second_factor"),
            ("recovery-codes", "renew_recovery_codes"),
            ("remove", "remove_second_factor"),
        ],
    )
    def test_changes_take_a_fresh_code(self, tess, path, method):
        tess.registration.answers["second_factor"] = ON
        assert says("second_factor.left", number=10) in text_of(tess.client.get(PAGE))
        right = tess.registration.answers[method]
        if path == "change":
            assert heading(tess.client.get(f"{PAGE}/{path}")) == says("second_factor.change")
        answer_with(tess, method, "second-factor-wrong", digits=6)
        wrong = send(tess, f"{PAGE}/{path}", app_code="111111")
        assert (wrong.status_code, says("second_factor.wrong") in text_of(wrong)) == (403, True)
        tess.registration.answers[method] = right
        done = send(tess, f"{PAGE}/{path}", app_code="111111")
        assert done.status_code == (200 if path == "recovery-codes" else 303)
        assert tess.registration.last(method)["given"] == {"code": "111111"}

    def test_removing_says_what_it_means(self, tess):
        tess.registration.answers["second_factor"] = ON
        assert says("second_factor.loses_role") in text_of(tess.client.get(f"{PAGE}/remove"))
        tess.registration.answers["second_factor"] = {**ON, "required": False}
        assert says("second_factor.loses_role") not in text_of(tess.client.get(f"{PAGE}/remove"))
        tess.registration.answers["second_factor"] = OFF
        assert says("second_factor.removed") in text_of(tess.client.get(f"{PAGE}?done=removed"))
        answer_with(tess, "remove_second_factor", "second-factor-off")
        tess.registration.answers["second_factor"] = ON
        assert send(tess, f"{PAGE}/remove", app_code="111111").headers["Location"] == PAGE

    def test_whoever_has_no_role_is_told_that_they_need_none(self, tess):
        tess.registration.answers["who"] = fakes.who
        page = tess.client.get(PAGE)
        assert says("second_factor.not_for_you") in text_of(page)
        tess.notifications.answers["address_of"] = fakes.refused("not-found")
        assert PAGE not in links(tess.client.get("/account"))
