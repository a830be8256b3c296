"""What an answered page is made of, and what somebody reads on it."""

import re
from html.parser import HTMLParser
from itertools import pairwise

NASTY = "<script>alert(1)</script>\"'&amp;{{ 1234567 * 9 }}"  # words that must stay words
VOID = {"meta", "link", "input", "br", "hr", "img"}


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def form(self) -> dict[str, str]:
        return {field["name"]: field.get("value") or "" for field in self.all("input") if "name" in field}


def text_of(answer):
    """Return the words of a page, without its markup."""
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


def links(answer):
    """Return where each link of a page leads, in order."""
    return [link["href"] for link in Page(answer.text).all("a")]


def heading(answer):
    return re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)[1].strip()


def title(answer):
    return re.search("<title>(.*?)</title>", answer.text)[1]


def usable(text):
    """Hold a page against what somebody needs who does not see it."""
    page = Page(text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    labelled = {label["for"] for label in page.all("label")}
    fields = [field for field in page.all("input") if field["type"] != "hidden"] + page.all("textarea")
    assert {field["id"] for field in fields} == labelled
    named = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(named) == len(set(named))
    told_of = {word for _, found in page.elements for word in (found.get("aria-describedby") or "").split()}
    assert told_of <= set(named)
    linked = {link["href"][1:] for link in page.all("a") if (link.get("href") or "").startswith("#")}
    assert linked <= set(named)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(below - level <= 1 for level, below in pairwise(levels))
    assert not any("style" in attributes for _, attributes in page.elements)
    return True
