"""Signing in with an identity provider on the pages: what a browser keeps, where it is led, what people are told."""

from dataclasses import replace

import pytest
from itsdangerous import URLSafeTimedSerializer

from gateway.parts import provider_ways
from gateway.parts.provider_ways import browser_of
from services.runtime.refusals import Unavailable
from tests.gateway import fakes
from tests.gateway import world_of_pages as pages
from tests.gateway.html import text_of
from tests.gateway.rows_of_pages import ID
from tests.gateway.shown_page import Shown

STATE = fakes.AT_PROVIDER["state"]
COOKIE = "__Host-headrow_provider"
BACK = "/sign-in/providers/leeds/callback"
LOGOUT = "/sign-in/providers/leeds/logout"


@pytest.fixture
def leeds(world):
    """The pages of a site with a provider, seen by nobody yet."""
    return pages.furnish(world)


def form_of(world, page, action):
    return Shown(world.client.get(page).text).forms[action]


def go(world, **said):
    form = form_of(world, "/sign-in?next=/sessions", "/sign-in/providers/leeds")
    return world.client.post("/sign-in/providers/leeds", data={**form, **said})


def kept(world):
    """Return what the browser keeps of its way."""
    value = world.client.get_cookie(COOKIE).value
    return URLSafeTimedSerializer(world.settings.secret_key, salt="gateway.providers").loads(value)


def come_back(world, **query):
    return world.client.get(BACK, query_string={"code": "abc", "state": STATE, **query})


class TestThere:
    """The way there."""

    def test_each_provider_has_a_button_and_the_code_stays(self, leeds):
        page = leeds.client.get("/sign-in").text
        assert {"/sign-in", "/sign-in/providers/leeds"} <= Shown(page).forms.keys()
        assert "Leeds City Council" in page

    def test_without_providers_nothing_is_said_of_them(self, world):
        page = world.client.get("/sign-in").text
        assert "/sign-in/providers" not in page
        world.registration.answers["identities"] = {"items": [], "next": None}
        world.client.set_cookie("__Host-headrow_session", "person-token")
        assert "ways-to-sign-in" not in world.client.get("/account/details").text

    def test_the_browser_is_led_there_without_a_script_and_keeps_the_way_back(self, leeds):
        answer = go(leeds)
        assert answer.headers["Refresh"] == f"0; url={fakes.AT_PROVIDER['url']}"
        assert f'href="{fakes.AT_PROVIDER["url"]}"' in answer.text
        provider, state, secret, back, _ = kept(leeds)
        assert (provider, state, back) == ("leeds", STATE, "/sessions")
        given = leeds.registration.last("begin_at_provider")["given"]
        assert given == {"provider": "leeds", "browser": browser_of(secret)}
        assert secret not in repr(leeds.registration.asked), "it stays in the browser"
        assert answer.headers["Referrer-Policy"] == "no-referrer"

    def test_each_way_has_a_secret_of_its_own(self, leeds):
        go(leeds)
        first = kept(leeds)[2]
        go(leeds)
        assert kept(leeds)[2] != first

    def test_a_provider_that_is_not_there_is_not_found(self, leeds):
        form = form_of(leeds, "/sign-in", "/sign-in/providers/leeds")
        assert leeds.client.post("/sign-in/providers/other", data=form).status_code == 404
        assert leeds.client.get("/sign-in/providers/other/callback").status_code in (404, 409)

    @pytest.mark.parametrize("refusal", [fakes.refused("identity-provider-away"), Unavailable()])
    def test_while_it_is_away_people_are_told_to_use_a_code(self, leeds, refusal):
        leeds.registration.answers["begin_at_provider"] = refusal
        answer = go(leeds)
        assert answer.status_code == 503
        assert 'href="/sign-in?next=/sessions"' in answer.text


class TestBack:
    """The way back."""

    def test_who_came_back_is_signed_in_and_led_on(self, leeds):
        go(leeds)
        answer = come_back(leeds, iss="https://login.leeds.example")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sessions")
        assert leeds.client.get_cookie("__Host-headrow_session").value == "person-token"
        browser = browser_of(kept(leeds)[2])
        assert leeds.registration.last("prove_at_provider")["given"] == {
            **{"provider": "leeds", "code": "abc", "iss": "https://login.leeds.example"},
            **{"state": STATE, "browser": browser},
        }
        assert leeds.registration.last("finish_at_provider")["given"] == {"state": STATE, "browser": browser}

    def test_a_long_code_is_taken(self, leeds):
        go(leeds)
        assert come_back(leeds, code="c" * 4000).status_code == 303
        assert come_back(leeds, code="c" * 4001).status_code == 422

    @pytest.mark.parametrize(
        "cookie",
        [
            None,
            "made up",
            ["leeds", "another state", "secret", "/", ""],
            ["nhs", STATE, "secret", "/", ""],
            ["leeds", STATE],
        ],
    )
    def test_another_browser_or_another_way_is_told_to_start_again(self, leeds, cookie):
        signed = URLSafeTimedSerializer(leeds.settings.secret_key, salt="gateway.providers")
        if cookie:
            leeds.client.set_cookie(COOKIE, cookie if isinstance(cookie, str) else signed.dumps(cookie))
        assert come_back(leeds).status_code == 409
        assert [method for method, _ in leeds.registration.asked if "provider" in method] == []

    def test_what_another_site_signed_is_not_taken(self, leeds):
        forged = URLSafeTimedSerializer("k" * 31 + "x", salt="gateway.providers")
        leeds.client.set_cookie(COOKIE, forged.dumps(["leeds", STATE, "secret", "/", ""]))
        assert come_back(leeds).status_code == 409

    def test_it_is_over_after_ten_minutes(self, leeds, monkeypatch):
        go(leeds)
        monkeypatch.setattr(provider_ways, "LIFE", -1)
        assert come_back(leeds).status_code == 409

    def test_who_did_not_agree_is_told_how_to_come_in(self, leeds):
        go(leeds)
        answer = leeds.client.get(BACK, query_string={"error": "access_denied", "state": STATE})
        assert answer.status_code == 403
        assert 'href="/sign-in?next=/sessions"' in answer.text
        assert leeds.client.get_cookie(COOKIE) is None

    @pytest.mark.parametrize(
        ("code", "status"),
        [
            ("identity-provider-away", 503),
            ("identity-refused", 403),
            ("identity-over", 409),
            ("identity-without-address", 403),
            ("identity-taken", 409),
        ],
    )
    def test_what_went_wrong_is_said_on_a_page_that_leads_on(self, leeds, code, status):
        go(leeds)
        leeds.registration.answers["prove_at_provider"] = fakes.refused(code)
        answer = come_back(leeds)
        assert answer.status_code == status
        assert 'href="/sign-in' in answer.text
        assert leeds.client.get_cookie("__Host-headrow_session") is None

    def test_an_address_that_someone_may_take_back_is_told(self, leeds):
        go(leeds)
        refusal = fakes.invalid("address-changed", "email")
        leeds.registration.answers["finish_at_provider"] = refusal
        answer = come_back(leeds)
        assert answer.status_code == 422
        assert refusal.errors[0]["message"] in text_of(answer)

    def test_nobody_learns_the_address_of_the_page_and_no_cache_keeps_it(self, leeds):
        go(leeds)
        headers = come_back(leeds).headers
        assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("no-referrer", "private, no-store")

    def test_whose_role_does_not_count_yet_is_led_to_set_up_an_app(self, leeds):
        person = {**fakes.SIGNED_IN["person"], "roles_withheld": ["team"]}
        leeds.registration.answers["finish_at_provider"] = {**fakes.SIGNED_IN, "person": person}
        go(leeds)
        assert come_back(leeds).headers["Location"] == "/account/second-factor?next=/sessions"


class TestMore:
    """What is asked for besides."""

    def unconfirmed(self, leeds):
        leeds.registration.answers["finish_at_provider"] = fakes.refused(
            "identity-unconfirmed", email="asha@example.org"
        )
        go(leeds)
        answer = come_back(leeds)
        assert answer.headers["Location"] == "/sign-in/provider/confirm"
        assert leeds.registration.last("mail_provider_code")["address"] == "192.0.2.1"
        page = leeds.client.get("/sign-in/provider/confirm")
        assert "asha@example.org" in page.text
        return Shown(page.text).forms

    def test_an_account_that_is_there_is_confirmed_by_a_code(self, leeds):
        form = self.unconfirmed(leeds)["/sign-in/provider/confirm"]
        for code, status in (("", 422), ("12", 422), ("654321", 401)):
            wrong = fakes.invalid("not-a-code", "code") if status == 422 else fakes.refused("code-wrong")
            if code:
                leeds.registration.answers["finish_at_provider"] = wrong
            answer = leeds.client.post("/sign-in/provider/confirm", data={**form, "code": code})
            assert answer.status_code == status
            assert f'value="{code}"' in answer.text or not code
        leeds.registration.answers["finish_at_provider"] = fakes.SIGNED_IN
        answer = leeds.client.post("/sign-in/provider/confirm", data={**form, "code": "123 456"})
        assert (answer.status_code, answer.headers["Location"]) == (303, "/sessions")
        assert leeds.registration.last("finish_at_provider")["given"]["code"] == "123456"

    def test_another_code_can_be_asked_for_and_too_many_are_said_at_the_field(self, leeds):
        form = self.unconfirmed(leeds)["/sign-in/provider/code"]
        assert leeds.client.post("/sign-in/provider/code", data=form).status_code == 303
        leeds.registration.answers["mail_provider_code"] = fakes.refused("too-many-codes", retry_after=60)
        assert leeds.client.post("/sign-in/provider/code", data=form).status_code == 429

    def test_a_code_of_the_app_is_asked_for_and_what_was_typed_goes_along(self, leeds):
        form = self.unconfirmed(leeds)["/sign-in/provider/confirm"]
        leeds.registration.answers["finish_at_provider"] = fakes.refused("second-factor-required", digits=6)
        answer = leeds.client.post("/sign-in/provider/confirm", data={**form, "code": "123456"})
        second = Shown(answer.text).forms["/sign-in/provider/confirm"]
        assert (answer.status_code, second["code"]) == (200, "123456")
        leeds.registration.answers["finish_at_provider"] = fakes.refused("second-factor-wrong", digits=6)
        said = {**second, "app_code": "000000"}
        assert leeds.client.post("/sign-in/provider/confirm", data=said).status_code == 403
        leeds.registration.answers["finish_at_provider"] = fakes.SIGNED_IN
        answer = leeds.client.post("/sign-in/provider/confirm", data={**said, "app_code": "111111"})
        assert answer.status_code == 303
        given = leeds.registration.last("finish_at_provider")["given"]
        assert (given["code"], given["second_factor"]) == ("123456", "111111")

    def test_whoever_has_linked_it_gives_a_code_of_the_app_alone(self, leeds):
        leeds.registration.answers["finish_at_provider"] = fakes.refused("second-factor-required", digits=6)
        go(leeds)
        answer = come_back(leeds)
        assert answer.status_code == 200
        assert "code" not in Shown(answer.text).forms["/sign-in/provider/confirm"]


class TestOut:
    """Signing out, here and there."""

    def test_whoever_came_by_a_provider_is_shown_the_way_out_of_it(self, leeds):
        leeds.registration.answers["sign_out"] = {"provider": "leeds"}
        leeds.client.set_cookie("__Host-headrow_session", "person-token")
        answer = leeds.client.post("/sign-out", data=form_of(leeds, "/account", "/sign-out"))
        assert answer.headers["Location"] == "/signed-out?provider=leeds"
        page = leeds.client.get("/signed-out?provider=leeds")
        assert 'href="https://login.leeds.example/end"' in page.text

    @pytest.mark.parametrize("url", [None, fakes.refused("identity-provider-away")])
    def test_without_a_way_out_people_are_told_what_to_do(self, leeds, url):
        leeds.registration.answers["provider_sign_out"] = {"url": None} if url is None else url
        page = leeds.client.get("/signed-out?provider=leeds")
        assert page.status_code == 200
        assert "Leeds City Council" in text_of(page)

    def test_whoever_comes_next_to_the_same_computer_does_not_go_on(self, leeds):
        go(leeds)
        leeds.client.set_cookie("__Host-headrow_session", "person-token")
        leeds.client.post("/sign-out", data=form_of(leeds, "/account", "/sign-out"))
        assert leeds.client.get_cookie(COOKIE) is None

    def test_a_provider_tells_that_someone_signed_out(self, leeds):
        leeds.registration.answers["end_by_provider"] = None
        answer = leeds.client.post(LOGOUT, data={"logout_token": "a.b.c"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
        given = leeds.registration.last("end_by_provider")["given"]
        assert given == {"provider": "leeds", "logout_token": "a.b.c"}

    @pytest.mark.parametrize("code", ["identity-refused", "not-found"])
    def test_one_that_is_not_believed_is_told_so(self, leeds, code):
        leeds.registration.answers["end_by_provider"] = fakes.refused(code)
        assert leeds.client.post(LOGOUT, data={"logout_token": "x"}).status_code == 400
        assert leeds.client.post(LOGOUT, json={}).status_code == 415


class TestWays:
    """The ways to sign in that someone has."""

    @pytest.fixture
    def asha(self, leeds):
        leeds.client.set_cookie("__Host-headrow_session", "person-token")
        return leeds

    def test_the_account_leads_to_them(self, asha):
        assert 'href="/account/ways-to-sign-in"' in asha.client.get("/account").text

    def test_one_is_added_for_the_person_and_leads_back(self, asha):
        path = "/account/ways-to-sign-in/add/leeds"
        answer = asha.client.post(path, data=form_of(asha, "/account/ways-to-sign-in", path))
        assert answer.headers["Refresh"].endswith(fakes.AT_PROVIDER["url"])
        assert asha.registration.last("begin_identity")["caller"]
        asha.registration.answers["prove_at_provider"] = {"added": True}
        answer = come_back(asha)
        assert answer.headers["Location"] == "/account/ways-to-sign-in?done=added"

    def test_while_the_provider_is_away_the_list_says_so(self, asha):
        asha.registration.answers["begin_identity"] = fakes.refused("identity-provider-away")
        path = "/account/ways-to-sign-in/add/leeds"
        assert asha.client.post(path, data=form_of(asha, "/account/ways-to-sign-in", path)).status_code == 503

    def test_one_is_removed(self, asha):
        path = f"/account/ways-to-sign-in/{ID}/remove"
        answer = asha.client.post(path, data=form_of(asha, "/account/ways-to-sign-in", path))
        assert answer.headers["Location"] == "/account/ways-to-sign-in?done=removed"
        assert asha.registration.last("remove_identity")["id"] == ID

    def test_the_api_has_them_too(self, asha):
        [item] = asha.get("/me/identities", "person-token").json["items"]
        assert item["provider"] == "Leeds City Council"
        assert asha.ask("DELETE", f"/me/identities/{ID}", "person-token").status_code == 204


def test_a_registration_of_before_says_nothing_when_someone_signs_out(leeds):
    leeds.registration.answers["sign_out"] = None
    leeds.client.set_cookie("__Host-headrow_session", "person-token")
    answer = leeds.client.post("/sign-out", data=form_of(leeds, "/account", "/sign-out"))
    assert answer.headers["Location"] == "/"


def test_a_provider_that_is_configured_no_more_leaves_no_dead_end(leeds):
    go(leeds)
    leeds.application.settings = replace(leeds.settings, identity_providers=())
    assert come_back(leeds).status_code in (303, 404)
