"""The pages that are written for readers, and what stands in them: tables, headings, links, names of files."""

import re

from tests.project.tracked import ROOT, texts

CODE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def pages() -> dict[str, str]:
    """Return the text of each page, by its name from the root."""
    return {name: text for name, text in texts().items() if name.endswith(".md")}


def page(name: str) -> str:
    """Return the text of one page."""
    return (ROOT / name).read_text()


def section(text: str, heading: str) -> str:
    """Return what stands under a heading of the second level."""
    return re.split(r"^## ", text.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables in `text`, heads left out."""
    tables = re.findall(r"^\|.*\n\|[-| :]+\|\n((?:\|.*\n?)*)", text, re.MULTILINE)
    return [re.split(r" *\| +", line.strip("| ")) for table in tables for line in table.splitlines()]


def quoted(text: str) -> list[str]:
    """Return what stands in `backticks`, each on one line."""
    return [re.sub(r"\s+", " ", part) for part in re.findall(r"`([^`]+)`", CODE.sub("", text))]


def headings(text: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", CODE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def links(text: str) -> list[tuple[str, str]]:
    """Return the file and the anchor of each link within the project; either may be empty."""
    found = re.findall(r"\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]*))?\)", CODE.sub("", text))
    return [(file, anchor) for file, anchor in found]
