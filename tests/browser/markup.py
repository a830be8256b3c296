"""What is wrong with the HTML of a page, found without a browser."""

from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E as SAYINGS

UNLABELLED = {"hidden", "submit", "button", "reset", "image"}
REFERRING = ("for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "headers", "list")
DATA = {"application/ld+json"}  # of a script that holds data, and runs nothing


def faults_of(text: str) -> list[str]:
    """Return what is wrong, each in a line."""
    root, errors = _parsed(text)
    parents = {child: parent for parent in root.iter() for child in parent}
    return [
        *(f"line {line}: {SAYINGS[code] % about}" for (line, _), code, about in errors),
        *_structure(root),
        *_references(root),
        *(f"no label: {_shown(field)}" for field in _fields(root) if not _is_labelled(field, root, parents)),
        *_forbidden(root),
    ]


def skeleton_of(text: str) -> str:
    """Return what <main> is made of: its elements with their classes, types and roles, and none of its words."""
    return "".join(_bones(_main(text)))


def words_of(text: str) -> str:
    """Return what <main> says."""
    return " ".join("".join(_main(text).itertext()).split())


@lru_cache(maxsize=1)  # several questions are asked of one page after the other
def _parsed(text: str) -> tuple[Element, list[Any]]:
    parser = html5lib.HTMLParser(html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
    return parser.parse(text), parser.errors


def _main(text: str) -> Element:
    return next(_parsed(text)[0].iter("main"))


def _bones(element: Element) -> Iterator[str]:
    named = "".join(f" {element.get(name)}" for name in ("class", "type", "role") if element.get(name))
    yield f"<{element.tag}{named}>"
    alike = ""
    for child in element:
        bones = "".join(_bones(child))
        if bones != alike:  # a list of three is as good as a list of four
            yield bones
        alike = bones
    yield "</>"


def _structure(root: Element) -> Iterator[str]:
    if not root.get("lang"):
        yield "no language"
    for name in ("title", "h1", "main"):
        number = len(list(root.iter(name)))
        if number != 1:
            yield f"{number} of <{name}>"
        elif not "".join(next(root.iter(name)).itertext()).strip():
            yield f"<{name}> is empty"
    levels = [int(element.tag[1]) for element in root.iter() if element.tag in ("h1", "h2", "h3", "h4", "h5", "h6")]
    for above, below in pairwise(levels):
        if below > above + 1:
            yield f"<h{below}> comes after <h{above}>"


def _references(root: Element) -> Iterator[str]:
    ids = Counter(element.get("id") for element in root.iter() if "id" in element.attrib)
    yield from (f"id {name!r} is there {number} times" for name, number in ids.items() if number > 1)
    for element in root.iter():
        named = {name for attribute in REFERRING for name in element.get(attribute, "").split()}
        link = element.get("href", "")
        if element.tag == "a" and link.startswith("#") and len(link) > 1:
            named.add(link[1:])
        yield from (f"{_shown(element)} refers to {name!r}, which is not there" for name in sorted(named - {*ids}))


def _fields(root: Element) -> Iterator[Element]:
    for element in root.iter():
        if element.tag in ("select", "textarea") or (element.tag == "input" and element.get("type") not in UNLABELLED):
            yield element


def _is_labelled(field: Element, root: Element, parents: dict[Element, Element]) -> bool:
    if field.get("aria-label") or field.get("aria-labelledby"):
        return True
    above = field
    while above in parents:
        above = parents[above]
        if above.tag == "label":
            return True
    return any(label.get("for") == field.get("id", "") for label in root.iter("label"))


def _forbidden(root: Element) -> Iterator[str]:
    """What the Content-Security-Policy would not let through."""
    for element in root.iter():
        if "style" in element.attrib or any(str(name).startswith("on") for name in element.attrib):
            yield f"{_shown(element)} has a style or a script of its own"
        runs = element.tag == "script" and "src" not in element.attrib and element.get("type") not in DATA
        if element.tag == "style" or runs:
            yield f"<{element.tag}> within the page"


def _shown(element: Element) -> str:
    named = "".join(f' {name}="{value}"' for name, value in element.attrib.items() if name in ("id", "name", "type"))
    return f"<{element.tag}{named}>"
