"""Signing in with a real identity provider, from the button to signing out of both; nothing of it is made by hand."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.parse import urljoin

import pytest
import requests

from tests.faults.conftest import killed_in_the_end
from tests.gateway.shown_page import Shown
from tests.journeys.running import Distributed, Embedded, eventually
from tests.registration.provider import fake_provider
from tests.sentences import says
from tests.servers.identity_provider import describe, identity_provider
from tests.servers.installed import Missing

pytestmark = pytest.mark.slow


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("distributed", marks=[pytest.mark.rabbitmq, pytest.mark.postgresql])],
)
def headrow(request, tmp_path_factory):
    """Headrow in one process, and in many, with a provider that answers and one that keeps people waiting."""
    folder = tmp_path_factory.mktemp("headrow")
    with ExitStack() as afterwards:
        if request.param == "embedded":
            system = Embedded(folder)
        else:
            rabbitmq, postgresql = (request.getfixturevalue(f"{name}_server") for name in ("rabbitmq", "postgresql"))
            broker = afterwards.enter_context(rabbitmq.fresh_vhost())
            database = afterwards.enter_context(postgresql.fresh_database())
            system = Distributed(folder, broker, database, HEADROW_SECOND_FACTOR="optional")
        afterwards.enter_context(killed_in_the_end(system))
        slow = afterwards.enter_context(fake_provider("slow", name="Slow Council"))
        try:
            issuer = afterwards.enter_context(identity_provider(system.url, folder / "provider.log"))
        except Missing as missing:
            pytest.exit(str(missing), 3)
        file = describe(issuer, folder)
        with file.open("a") as more:
            more.write(f'[slow]\nname = "Slow Council"\nissuer = "{slow.issuer}"\nclient_id = "headrow"\n')
        system.issuer, slow.waits = issuer, 20.0
        system.environment |= {"HEADROW_PUBLIC_URL": system.url, "HEADROW_IDENTITY_PROVIDERS": str(file)}
        system.start()
        yield system


class Forms(Shown):
    """A page, of which some are not ours: those close their inputs."""

    def handle_startendtag(self, tag, attributes):
        if tag in self.VOID:
            self.handle_starttag(tag, attributes)


class Browser:
    """A browser without scripts: it keeps cookies, follows links and sends forms."""

    def __init__(self, system):
        self.system, self.http = system, requests.Session()
        self.page = None

    def see(self, url, **more):
        self.page = self.http.request(more.pop("method", "GET"), urljoin(self.system.url, url), timeout=20, **more)
        return self.page

    def send(self, where, **said):
        """Send the form of this page whose address is like `where`."""
        forms = Forms(self.page.text).forms
        assert any(re.search(where, action) for action in forms), (self.page.url, self.page.status_code, self.page.text)
        action = next(action for action in forms if re.search(where, action))
        return self.see(urljoin(self.page.url, action), method="POST", data={**forms[action], **said})

    def choose(self):
        """Press the button for the provider; the page behind it leads on by itself."""
        self.see("/sign-in")
        return self.follow(self.send("/sign-in/providers/local"))

    def follow(self, page):
        assert page.status_code == 200, page.text
        return self.see(page.headers["Refresh"].partition("url=")[2])

    def sign_in_there(self, name):
        """Sign in at the provider, and agree to what it tells us."""
        self.send("/interaction/", login=name, password="any")
        if "/interaction/" in self.page.url:
            self.send("/interaction/")
        return self.page

    def account(self):
        return self.see("/account")

    @property
    def is_signed_in(self):
        return self.account().status_code == 200


@pytest.fixture
def browser(headrow):
    return Browser(headrow)


def code_of(mail):
    return re.search(r"^(\d{6})\s*$", mail.get_body(("plain",)).get_content(), re.MULTILINE)[1]


def test_from_the_button_to_signing_out_of_both(headrow, browser):
    browser.choose()
    assert browser.page.url.startswith(headrow.issuer)
    browser.sign_in_there("amina")
    assert browser.page.url == f"{headrow.url}/", browser.page.text
    assert "amina@example.org" in browser.account().text
    assert headrow.mailed("amina@example.org", says("identity_email.subject"))

    browser.see("/account/ways-to-sign-in")
    assert "Local Council" in browser.page.text
    browser.see("/")
    browser.send("/sign-out")
    assert browser.page.url == f"{headrow.url}/signed-out?provider=local"
    address = re.search(r'href="([^"]+/session/end[^"]*)"', browser.page.text)[1].replace("&amp;", "&")
    browser.see(address)
    browser.send("/session/end/confirm", logout="yes")
    assert browser.page.url == f"{headrow.url}/signed-out"
    assert not browser.is_signed_in
    browser.choose()
    assert "/interaction/" in browser.page.url, "there, too, one has to sign in again"


def test_whoever_is_signed_in_there_still_comes_in_without_being_asked(headrow, browser):
    browser.choose()
    browser.sign_in_there("ben")
    browser.see("/")
    browser.send("/sign-out")
    assert not browser.is_signed_in
    browser.choose()
    assert browser.is_signed_in


def test_an_account_that_is_there_is_confirmed_by_a_code(headrow, browser):
    headrow.token("carla@example.org")
    browser.choose()
    browser.sign_in_there("carla")
    assert browser.page.url == f"{headrow.url}/sign-in/provider/confirm"
    assert not browser.is_signed_in
    browser.see("/sign-in/provider/confirm")
    code = code_of(headrow.mailed("carla@example.org", says("sign_in_email.heading")))
    browser.send("/sign-in/provider/confirm$", code=code)
    assert browser.is_signed_in
    assert headrow.mailed("carla@example.org", says("identity_email.subject"))


def test_an_address_that_the_provider_did_not_check_makes_no_account(headrow, browser):
    browser.choose()
    browser.sign_in_there("unverified")
    assert browser.page.status_code == 403
    assert not browser.is_signed_in


def test_whoever_does_not_agree_there_is_told_how_to_come_in_all_the_same(headrow, browser):
    browser.choose()
    abort = re.search(r'href="([^"]+/abort)"', browser.page.text)[1]
    browser.see(urljoin(browser.page.url, abort))
    assert browser.page.status_code == 403
    assert 'href="/sign-in"' in browser.page.text


def test_what_one_browser_brings_back_signs_no_other_in(headrow, browser):
    browser.choose()
    callback = {}

    def keep(answer, *_, **__):
        if "/callback?" in answer.headers.get("Location", ""):
            callback["url"] = answer.headers["Location"]
            answer.headers["Location"] = f"{headrow.url}/cookies"  # it is kept from the browser

    browser.http.hooks["response"].append(keep)
    browser.sign_in_there("dora")
    other = Browser(headrow)
    assert other.see(callback["url"]).status_code == 409
    assert not other.is_signed_in
    browser.http.hooks["response"].clear()
    assert browser.see(callback["url"]).status_code == 200
    assert browser.is_signed_in
    assert browser.see(callback["url"]).status_code == 409, "it is good once"


def test_signing_out_there_ends_what_came_by_it(headrow, browser):
    browser.choose()
    browser.sign_in_there("ed")
    assert browser.is_signed_in
    browser.see(f"{headrow.issuer}/session/end?client_id=headrow")
    browser.send("/session/end/confirm", logout="yes")
    assert eventually(lambda: not browser.is_signed_in)


def test_whoever_is_signed_in_adds_it_and_removes_it(headrow, browser):
    browser.http.cookies.set("headrow_session", headrow.token("fay@elsewhere.example"), domain="127.0.0.1")
    browser.see("/account/ways-to-sign-in")
    browser.follow(browser.send("/account/ways-to-sign-in/add/local"))
    browser.sign_in_there("fay")
    assert browser.page.url == f"{headrow.url}/account/ways-to-sign-in?done=added", browser.page.text
    browser.http.cookies.clear()
    browser.choose()
    browser.sign_in_there("fay")
    assert "fay@elsewhere.example" in browser.account().text
    browser.see("/account/ways-to-sign-in")
    browser.send("/remove$")
    assert browser.is_signed_in
    browser.http.cookies.clear()
    browser.choose()
    browser.sign_in_there("fay")
    assert "fay@example.org" in browser.account().text, "a stranger now, by the address that the provider names"


def test_while_a_provider_keeps_people_waiting_nobody_else_waits(headrow, browser):
    def go_there(_):
        began, visitor = time.monotonic(), Browser(headrow)
        visitor.see("/sign-in")
        visitor.send("/sign-in/providers/slow")
        return visitor.page.status_code, time.monotonic() - began

    with ThreadPoolExecutor(20) as people:
        waiting = people.map(go_there, range(20))
        took = []
        for _ in range(20):
            began = time.monotonic()
            assert requests.post(f"{headrow.url}/api/v1/sign-in", json={"email": "x@example.org"}).status_code == 202
            took.append(time.monotonic() - began)
            time.sleep(0.1)
        answers = list(waiting)
    assert {status for status, _ in answers} == {503}
    assert max(seconds for _, seconds in answers) < 8, "of 20 that press at once, on a machine that does much else"
    assert sorted(took)[-2] < 1, "registration answers others meanwhile"
