"""Every page of the route table, as everybody sees it: on a phone, on a screen, zoomed in, and without scripts."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from pprint import pformat

import pytest
from playwright.sync_api import Browser

from gateway.routing import Route
from tests.browser.addresses import PAGES, TEAM, paths_of
from tests.browser.content_rules import ContentRules
from tests.browser.markup import faults_of, skeleton_of
from tests.browser.sample import Sample
from tests.browser.visiting import Visitor

pytestmark = pytest.mark.slow

FORM_TOKEN = re.compile(r'(?<=name="form_token" value=")[^"]*')  # all that differs between two looks at a page


@pytest.fixture(scope="module")
def visitors(browser: Browser, sample: Sample) -> Iterator[dict[str, Visitor]]:
    """A browser for each of those who look."""
    opened = {who: Visitor(browser, sample.headrow.url, token) for who, token in sample.tokens.items()}
    yield opened
    for visitor in opened.values():
        visitor.close()


@pytest.fixture(scope="module")
def standard(node: Path) -> Iterator[ContentRules]:
    """The standard's rules of what may stand in what."""
    rules = ContentRules(node)
    yield rules
    rules.close()


def shown(route: Route, sample: Sample) -> Iterator[tuple[str, str, str]]:
    """Yield who looks at a page, its address, and what they get."""
    for path, who in product(paths_of(route, sample), sample.tokens):
        answer = sample.read(path, who)
        assert answer.status_code < 500, f"{path} for {who}: {answer.status_code}"
        kind = answer.headers["Content-Type"]
        assert kind.startswith("text/html"), f"{path} for {who}: {kind}"
        yield who, path, answer.text


def named(route: Route) -> str:
    return route.path


@pytest.mark.parametrize("route", PAGES, ids=named)
def test_a_page_can_be_used_by_everybody(route, sample, visitors, standard):
    faults, seen, read = {}, set(), set()
    for who, path, text in shown(route, sample):
        wrong = faults_of(text)
        if (bare := FORM_TOKEN.sub("", text)) not in read:
            read.add(bare)
            wrong += standard.faults_of(text)
        if (skeleton := skeleton_of(text)) not in seen:  # pages that differ in their words alone are looked at once
            seen.add(skeleton)
            wrong += visitors[who].faults_of(path)
        if wrong:
            faults[f"{path} for {who}"] = wrong
    assert not faults, pformat(faults, width=160)


@pytest.mark.parametrize("who", ["nobody", "newcomer", "asha", "fay", "team", "operator"])
def test_what_stands_around_each_page_can_be_used_by_everybody(who, sample, visitors, standard):
    text = sample.read("/contact", who).text
    assert faults_of(text) + standard.faults_of(text) == []
    assert visitors[who].faults_of("/contact") == []


def test_a_page_that_is_not_there_can_be_used_by_everybody(sample, visitors, standard):
    for path in ("/nothing-here", "/sessions/nothing-here", "/problems/nothing"):
        answer = sample.read(path, "nobody")
        assert answer.status_code == 404
        assert faults_of(answer.text) + standard.faults_of(answer.text) == []
        assert visitors["nobody"].faults_of(path) == []


def test_every_page_shows_all_of_itself_without_scripts(browser, sample):
    faults = []
    visitors = {
        who: Visitor(browser, sample.headrow.url, sample.tokens[who], scripts=False) for who in ("asha", "team")
    }
    for route in PAGES:
        visitor = visitors["team" if route.path.startswith(TEAM) else "asha"]
        path = paths_of(route, sample)[0]
        visitor.faults = []
        visitor.page.goto(sample.headrow.url + path)
        parts = visitor.page.locator(":is(h1, main, form label, form button):not(details *, [data-copy])")
        hidden = parts.filter(visible=False).count()
        faults += [f"{path}: {hidden} parts are hidden"] if hidden else []
        faults += [f"{path}: {fault}" for fault in visitor.faults]
    assert faults == []


@pytest.mark.parametrize(
    ("main", "fault"),
    [
        ("<h1>A</h1><ul><div>B</div></ul>", "element-permitted-content"),
        ("<h1>A</h1><p><div>B</div></p>", "close-order"),
        ('<h1>A</h1><form><label for="b">B</label><input id="b" inputmode=""></form>', "attribute-allowed-values"),
        ('<h1>A</h1><form><label for="b">B</label><input id="b" type="email" step="2"></form>', "input-attributes"),
        ("<h1>A</h1><button>B</button>", "no-implicit-button-type"),
        ("<h1>A</h1><h3>B</h3>", "heading-level"),
    ],
)
def test_what_the_standard_forbids_is_found(main, fault, standard):
    page = '<!doctype html><html lang="en-GB"><head><title>A</title></head><body><main>{}</main></body></html>'
    assert standard.faults_of(page.format("<h1>A</h1><p>“B”\n</p>")) == []
    assert fault in {found.split(": ")[1] for found in standard.faults_of(page.format(main))}
