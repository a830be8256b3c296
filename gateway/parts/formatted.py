"""Longer texts that the team writes: a little Markdown, shown as HTML, or told as plain text where there is no HTML.

Paragraphs, headings, lists, emphasis and links to https and mailto addresses; all else stands there as it was typed.
What Markdown makes of it goes through a sanitiser that knows nothing of Markdown, so that one mistake is not enough.
"""

from functools import lru_cache
from typing import Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

RULES: Final = ("heading", "list", "newline", "escape", "link", "autolink", "emphasis")
SCHEMES: Final = ("https", "mailto")
LOWEST: Final = 4  # the level of the smallest heading
MOST: Final = 500  # texts that are kept as they are shown
LEDE: Final = "nhsuk-lede-text"
HEADING: Final = "nhsuk-heading-s"
TAGS: Final = {"p", "br", "h2", "h3", "h4", "ul", "ol", "li", "em", "strong", "a"}
ATTRIBUTES: Final = {"*": set[str](), "a": {"href"}, "ol": {"start"}}  # without the star, titles would be allowed
CLASSES: Final = {"p": {LEDE}, "h2": {HEADING}, "h3": {HEADING}, "h4": {HEADING}}


def _reader() -> MarkdownIt:
    reader = MarkdownIt("zero", {"html": False, "breaks": True, "maxNesting": 100}).enable(list(RULES))
    setattr(reader, "validateLink", _may_be_linked)  # noqa: B010  # how the library is told, and no type has it
    return reader


def _may_be_linked(url: str) -> bool:
    return url.lower().startswith(tuple(f"{scheme}:" for scheme in SCHEMES))


READER: Final = _reader()


@lru_cache(MOST)
def formatted(text: str | None, level: int = 2, *, lede: bool = False) -> Markup:
    """Return a text as HTML, whose first heading is of this level. `lede` sets it in larger type.

    Of a text that has headings or lists, that is the first paragraph alone.
    """
    tokens = READER.parse(text or "")
    _set_levels(tokens, level)
    if lede:
        _enlarge(tokens)
    written = str(READER.renderer.render(tokens, READER.options, {}))
    clean = nh3.clean(
        written, tags=TAGS, attributes=ATTRIBUTES, allowed_classes=CLASSES, url_schemes=set(SCHEMES),
        link_rel="noopener nofollow",
    )  # fmt: skip
    return Markup(clean.strip())


def _set_levels(tokens: list[Token], first: int) -> None:
    """Give headings the levels that go on from `first`, none of them left out, whatever was typed."""
    above: list[int] = []
    for token in tokens:
        if token.type == "heading_open":
            typed = int(token.tag[1])
            while above and above[-1] >= typed:
                above.pop()
            above.append(typed)
            token.attrSet("class", HEADING)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(first + len(above) - 1, LOWEST)}"


def _enlarge(tokens: list[Token]) -> None:
    paragraphs = [token for token in tokens if token.type == "paragraph_open" and token.level == 0]
    is_plain = all(token.type in ("paragraph_open", "paragraph_close", "inline") for token in tokens)
    begins = bool(tokens) and tokens[0].type == "paragraph_open"
    for token in paragraphs if is_plain else paragraphs[:1] if begins else []:
        token.attrSet("class", LEDE)


@lru_cache(MOST)
def in_plain_text(text: str | None) -> str:
    """Return a text as emails, calendars and feeds tell it: without marks, each list item and heading on its line."""
    lines: list[str] = []
    lists: list[int | None] = []  # of each list that is open, the number of its next item; None where it has none
    mark, was_item = "", False
    for token in READER.parse(text or ""):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.attrGet("start") or 1) if token.type == "ordered_list_open" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            number = lists[-1]
            mark = "  " * (len(lists) - 1) + ("- " if number is None else f"{number}. ")
            lists[-1] = None if number is None else number + 1
        elif token.type == "inline":
            if lines and not (mark and was_item):
                lines.append("")
            lines.append(mark + _said(token.children or []))
            mark, was_item = "", bool(lists)
    return "\n".join(lines)


def in_one_line(text: str | None) -> str:
    """Return a text as plain text in one line, for what has room for no more."""
    return " ".join(in_plain_text(text).split())


def _said(tokens: list[Token]) -> str:
    parts: list[str] = []
    links: list[tuple[str, int]] = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        elif token.type == "link_open":
            links.append((str(token.attrGet("href")), len(parts)))
        elif token.type == "link_close":
            href, since = links.pop()
            named = "".join(parts[since:])
            if named not in (href, href.removeprefix("mailto:")):
                parts.append(f" ({href.removeprefix('mailto:')})")
        else:
            parts.append(token.content)
    return "".join(parts)
