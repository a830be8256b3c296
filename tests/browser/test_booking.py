"""Booking a place in a browser, from the session's page to the last one: by somebody new, and by somebody known."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.sample import Sample, code_for
from tests.browser.visiting import PHONE, SCREEN, Visitor
from tests.sentences import says

SLUG = "slp-june-virtual-cohort"
pytestmark = pytest.mark.slow
LAST_BUTTON = re.compile(f"^{says('book.last_button')} ")
MOST_PAGES = 6  # from the session to the reference, for a newcomer


@pytest.fixture
def visit(browser: Browser, sample: Sample) -> Iterator:
    """Open a browser for somebody."""
    opened = []

    def visit(who: str = "nobody", *, scripts: bool = True, width: int = PHONE) -> Page:
        opened.append(Visitor(browser, sample.headrow.url, sample.tokens[who], scripts=scripts))
        opened[-1].page.set_viewport_size({"width": width, "height": 900})
        return opened[-1].page

    yield visit
    for visitor in opened:
        assert visitor.faults == []
        visitor.close()


def begin(page: Page, sample: Sample) -> None:
    """Follow “Book a place” on the page of a session."""
    page.goto(f"{sample.headrow.url}/sessions/{SLUG}")
    page.locator(f"main a[href^='/sessions/{SLUG}/book']").first.click()


def fill_in(page: Page) -> None:
    """Answer what is asked on the page, where it is asked."""
    if page.locator("#name").count():
        page.fill("#name", "Nia New")
    for field in page.locator("select:visible").all():
        field.select_option(index=1)
    if page.locator("input[type=radio][name=sector]").count():
        page.locator("input[type=radio][name=sector]").first.check()


def press_on(page: Page) -> None:
    """Press the button of the form that leads on."""
    on, last = says("pages.continue"), says("book.last_button")
    page.locator(f"main form button:has-text('{on}'), main form button:has-text('{last}')").last.click()


@pytest.mark.parametrize("width", [PHONE, SCREEN])
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_newcomer_books_a_place(scripts, width, sample, visit):
    address = f"nia-{width}-{scripts}@example.org".lower()
    page = visit(scripts=scripts, width=width)
    begin(page, sample)
    if page.locator("main a[href^='/sign-in']").count():
        page.locator("main a[href^='/sign-in']").first.click()
    page.fill("#email", address)
    page.locator("main form button").first.click()
    page.fill("#code", code_for(sample, address, 0))
    page.locator("main form button").first.click()
    seen = [page.inner_text("h1")]
    while not re.search("/booked$|done", page.url):
        assert len(seen) <= MOST_PAGES, seen
        fill_in(page)
        press_on(page)
        seen.append(page.inner_text("h1"))
        assert not page.title().startswith("Error: "), page.inner_text("main")
    said = page.inner_text("main")
    assert re.search("[A-Z0-9]{5}-[A-Z0-9]{5}", said), said
    assert page.locator("main a[href$='invite.ics']").count()
    assert sample.headrow.mailed(address, "booked")


def test_somebody_known_books_in_two_pages_and_a_double_click_books_once(sample, visit):
    page, asha = visit("asha"), sample.people["asha"]
    begin(page, sample)
    pages = 1
    while not page.get_by_role("button", name=LAST_BUTTON).count():
        press_on(page)
        pages += 1
    assert pages <= 3
    page.get_by_role("button", name=LAST_BUTTON).dblclick()
    page.wait_for_url(re.compile("/booked|done"))
    live = [b for b in asha.get("/bookings").json()["items"] if (b["session"], b["state"]) == (SLUG, "confirmed")]
    assert len(live) == 1


def test_nothing_typed_is_lost_and_back_works(sample, visit):
    page = visit("newcomer")
    begin(page, sample)
    page.fill("#name", "Nia New")
    press_on(page)
    assert page.title().startswith("Error: "), "no setting was chosen"
    assert page.input_value("#name") == "Nia New"
    assert page.locator(".nhsuk-error-summary a").count()
    fill_in(page)
    press_on(page)
    assert not page.title().startswith("Error: ")
    here = page.url
    press_on(page)
    page.wait_for_url(lambda url: url != here)
    page.go_back()
    assert page.url == here
    assert page.inner_text("h1")
