"""A browser, and a Headrow with people in it for the tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.content_rules import ContentRules
from tests.browser.looking import Look
from tests.browser.sample import Sample, new_system


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """A Headrow in which somebody has a booking in each state."""
    headrow = new_system(tmp_path_factory.mktemp("headrow"))
    try:
        headrow.start()
        yield Sample(headrow)
        assert set(headrow.stop().values()) == {0}, "a process did not end in peace: see its log"
    finally:
        for process in headrow.processes.values():
            process.kill()


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """Chromium, without a window."""
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", "--disable-gpu"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(chromium), args=quiet)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def standard(node: Path) -> Iterator[ContentRules]:
    """The standard's rules of what may stand in what."""
    rules = ContentRules(node)
    yield rules
    rules.close()


@pytest.fixture(scope="module")
def look(browser: Browser, sample: Sample, standard: ContentRules) -> Iterator[Look]:
    """The pages of a module's sample, as each of those who look sees them."""
    look = Look(browser, sample, standard)
    yield look
    look.close()
