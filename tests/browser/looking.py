"""Looking at the pages of a route as each of those who look, and at nothing twice."""

import re
from collections.abc import Iterator
from itertools import product

from playwright.sync_api import Browser

from gateway.web.routing import Route
from tests.browser.addresses import paths_of
from tests.browser.content_rules import ContentRules
from tests.browser.markup import faults_of, skeleton_of, words_of
from tests.browser.sample import Sample
from tests.browser.visiting import Visitor

DRAWN = re.compile(r'(name="(?:form_token|key)" value=")[^"]*')  # all that differs between two looks at a page
LEADING_BACK = re.compile(r'(next=|name="next" value=")[^"&]*')  # all that differs between the refusals of two pages


class Look:
    """Somebody's eyes on a sample: a browser for each of those who look, and the rules of the standard."""

    def __init__(self, browser: Browser, sample: Sample, standard: ContentRules) -> None:
        self._sample, self._standard = sample, standard
        self._visitors = {who: Visitor(browser, sample.headrow.url, token) for who, token in sample.tokens.items()}
        self._read: set[str] = set()
        self._validated: set[str] = set()
        self._seen: set[tuple[str, str]] = set()

    def faults_of(self, route: Route) -> dict[str, list[str]]:
        """Return what is wrong with the pages of a route, each under its address and who gets it."""
        faults, seen = {}, set()
        for who, path, text in self._shown(route):
            if (bare := DRAWN.sub(r"\1", text)) in self._read:
                continue
            self._read.add(bare)
            wrong = self._faults_of_markup(text, bare)
            skeleton, words = skeleton_of(text), words_of(text)
            # Pages of a route that differ in their words alone are looked at once, and so is a refusal of many routes.
            if skeleton not in seen and (skeleton, words) not in self._seen:
                wrong += self._visitors[who].faults_of(path)
            seen.add(skeleton)
            self._seen.add((skeleton, words))
            if wrong:
                faults[f"{path} for {who}"] = wrong
        return faults

    def faults_at(self, path: str, who: str, status: int = 200) -> list[str]:
        """Return what is wrong with one page."""
        answer = self._sample.read(path, who)
        assert answer.status_code == status
        return faults_of(answer.text) + self._standard.faults_of(answer.text) + self._visitors[who].faults_of(path)

    def close(self) -> None:
        """Close the browsers."""
        for visitor in self._visitors.values():
            visitor.close()

    def _faults_of_markup(self, text: str, bare: str) -> list[str]:
        wrong = faults_of(text)
        # What stands around <main> is validated by itself, for each of those who look.
        main = LEADING_BACK.sub(r"\1", bare).partition("<main")[2].partition("</main>")[0]
        if main not in self._validated:
            self._validated.add(main)
            wrong += self._standard.faults_of(text)
        return wrong

    def _shown(self, route: Route) -> Iterator[tuple[str, str, str]]:
        """Yield who looks at a page, its address, and what they get."""
        for path, who in product(paths_of(route, self._sample), self._sample.tokens):
            answer = self._sample.read(path, who)
            assert answer.status_code < 500, f"{path} for {who}: {answer.status_code}"
            kind = answer.headers["Content-Type"]
            assert kind.startswith("text/html"), f"{path} for {who}: {kind}"
            yield who, path, answer.text


def hidden_without_scripts(browser: Browser, sample: Sample, who: str, routes: list[Route]) -> list[str]:
    """Return what is hidden from, or goes wrong for, somebody whose browser runs no scripts."""
    visitor = Visitor(browser, sample.headrow.url, sample.tokens[who], scripts=False)
    faults = []
    for route in routes:
        path = paths_of(route, sample)[0]
        visitor.faults = []
        visitor.page.goto(sample.headrow.url + path)
        parts = visitor.page.locator(":is(h1, main, form label, form button):not(details *, [data-copy])")
        hidden = parts.filter(visible=False).count()
        faults += [f"{path}: {hidden} parts are hidden"] if hidden else []
        faults += [f"{path}: {fault}" for fault in visitor.faults]
    visitor.close()
    return faults
