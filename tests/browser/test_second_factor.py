"""An authenticator app is set up and signed in with, by anyone: each page on the way can be used by everybody."""

import re
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser

from tests.browser.sample import Sample, code_for
from tests.browser.visiting import Visitor
from tests.journeys.running import Caller
from tests.sentences import says

pytestmark = pytest.mark.slow
GITA = "gita@example.org"


@pytest.fixture
def visitors(browser: Browser, sample: Sample) -> Iterator:
    """Open a browser for somebody."""
    opened = []

    def visit(token: str | None = None, *, scripts: bool = True) -> Visitor:
        opened.append(Visitor(browser, sample.headrow.url, token, scripts=scripts))
        return opened[-1]

    yield visit
    for visitor in opened:
        visitor.close()


def test_an_app_is_set_up_and_then_asked_for(sample, visitors, standard):
    token = sample.headrow.token(GITA, "team")
    begun = Caller(sample.headrow.url, token).post("/me/second-factor").json()
    app, now = pyotp.TOTP(begun["secret"]), sample.headrow.now()

    def is_usable(visitor: Visitor) -> bool:
        """Look at the page that is open; those on the way here can be left alone."""
        assert visitor.faults_here() == []
        told = visitor.page.locator(
            ".nhsuk-error-summary, .nhsuk-notification-banner"
        ).count()  # whose heading stands before the page's
        assert told or standard.faults_of(visitor.page.content()) == []
        return True

    visitor = visitors(token)
    assert visitor.faults_of("/account/second-factor/set-up") == []
    page = visitor.page
    page.fill("#app_code", "12")
    page.click("main form button")
    assert page.title().startswith("Error: ")
    assert is_usable(visitor)
    page.fill("#app_code", app.at(now))
    page.click("main form button")
    assert page.inner_text("h1") == says("second_factor.save")
    assert is_usable(visitor)
    recovery = page.locator(".recovery-codes code").all_inner_texts()
    for path in ("", "/change", "/recovery-codes", "/remove"):
        assert visitor.faults_of(f"/account/second-factor{path}") == []

    visitor = visitors()
    visitor.bring_axe()
    page = visitor.page
    page.goto(f"{sample.headrow.url}/sign-in?next=/team")
    page.fill("#email", GITA)
    page.click("main button")
    page.fill("#code", code_for(sample, GITA, 0))
    page.click("main button")
    assert page.inner_text("h1") == says("second_factor.enter_code")
    assert is_usable(visitor)
    page.fill("#app_code", "000000" if app.at(now) != "000000" else "111111")
    page.click("main form button")
    assert page.locator(".nhsuk-error-summary a[href='#app_code']").is_visible()
    assert is_usable(visitor)
    page.click("summary")
    page.fill("#app_code", "")
    page.fill("#recovery_code", recovery[0])
    page.click("main form button")
    page.wait_for_url(re.compile("/team$"))


def test_it_works_without_scripts(sample, visitors):
    address = "hana@example.org"
    token = sample.headrow.token(address, "team")
    page = visitors(token, scripts=False).page
    page.goto(f"{sample.headrow.url}/account/second-factor")
    page.click("main form button")
    secret = page.inner_text("p.address code").replace(" ", "")
    page.fill("#app_code", pyotp.TOTP(secret).at(sample.headrow.now()))
    page.click("main form button")
    recovery = page.locator(".recovery-codes code").first.inner_text()
    page = visitors(scripts=False).page
    page.goto(f"{sample.headrow.url}/sign-in?next=/team")
    page.fill("#email", address)
    page.click("main button")
    page.fill("#code", code_for(sample, address, 0))
    page.click("main button")
    page.click("summary")
    page.fill("#recovery_code", recovery)
    page.click("main form button")
    page.wait_for_url(re.compile("/team$"))
