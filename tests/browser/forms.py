"""The forms of pages: which of their fields state a limit, and what is said of one that has more."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import requests

from tests.browser.addresses import PAGES, TEAM, paths_of
from tests.browser.sample import Sample

STATED = re.compile(r"[Uu]p to ([\d,]+) characters")


def told_of_too_much(sample: Sample) -> dict[tuple[str, str], tuple[int, str]]:
    """Send each form whose field states a limit with one character more; return the limit, and what is said then.

    The key is the route of the page and the name of the field.
    """
    found: dict[tuple[str, str], tuple[int, str]] = {}
    for route in PAGES:
        browser = requests.Session()
        browser.cookies.set("headrow_session", sample.tokens["team" if route.path.startswith(TEAM) else "asha"] or "")
        for path in paths_of(route, sample):
            text = browser.get(sample.headrow.url + path, timeout=20).text
            for action, name, most, sent in _stated(text, path):
                if (route.path, name) not in found:
                    too_much = {**sent, name: "x" * (most + 1)}
                    answer = browser.post(sample.headrow.url + action, data=too_much, timeout=20)
                    found[route.path, name] = most, _words(_parsed(answer.text), f"{name}-error")
    return found


def _stated(text: str, path: str) -> Iterator[tuple[str, str, int, dict[str, str]]]:
    """Yield each field that states a limit: where its form is sent, its name, the limit, and what is sent with it."""
    page = _parsed(text if STATED.search(text) else "")
    for form in (form for form in page.iter("form") if form.get("method") == "post"):
        fields = [field for field in form.iter() if field.tag in ("input", "textarea") and field.get("name")]
        sent = {str(field.get("name")): _words(field) or field.get("value", "") for field in fields if _is_sent(field)}
        for field in fields:
            hint = " ".join(_words(page, id) for id in field.get("aria-describedby", "").split())
            if most := STATED.search(hint):
                yield form.get("action") or path, str(field.get("name")), int(most[1].replace(",", "")), sent


def _parsed(text: str) -> Any:
    return html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)


def _words(element: Element, id: str | None = None) -> str:
    """Return what an element says, or the one below it of that id."""
    said = element if id is None else next((one for one in element.iter() if one.get("id") == id), None)
    return "" if said is None else "".join(said.itertext())


def _is_sent(field: Element) -> bool:
    return field.get("type") not in ("radio", "checkbox") or field.get("checked") is not None
