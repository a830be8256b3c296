"""Materials that were pasted, one a line: a title, a web address and perhaps a kind, with a separator between them.

A title may hold the separator: the address is found by how it looks, and the kind is what stands last, if it is one.
"""

import re
from dataclasses import dataclass
from typing import Final

SEPARATORS: Final = " \t,;"
ADDRESS: Final = re.compile(r"https?://\S+", re.IGNORECASE)
PARTS: Final = re.compile(r"[\t,;]")
KINDS: Final = {  # what people call them, as the catalogue does
    **dict.fromkeys(("recording", "recordings", "video"), "recording"),
    **dict.fromkeys(("slides", "slide", "presentation"), "slides"),
    **dict.fromkeys(("document", "documents", "pdf"), "document"),
    **dict.fromkeys(("link", "links", "web page", "website"), "link"),
}


@dataclass(frozen=True)
class Line:
    """What one line says, and its number, counted from 1. `kind` is as it was typed where that is none."""

    number: int
    title: str
    url: str
    kind: str


def lines_of(text: str, kind: str) -> list[Line]:
    """Return what the lines that are not empty say; `kind` is that of those which do not say any."""
    numbered = enumerate(text.split("\n"), start=1)
    return [_line(number, line, kind) for number, line in numbered if line.strip(SEPARATORS + "\r")]


def _line(number: int, line: str, kind: str) -> Line:
    found = ADDRESS.search(line)
    if found is None:
        before, named = _without_kind(line)
        return Line(number, _plain(before), "", named or kind)
    address, tail = _without_kind(found[0]) if PARTS.search(found[0]) else (found[0], "")
    after, named = _without_kind(line[found.end() :])
    title, said = _plain(line[: found.start()]), named or tail
    rest = _plain(after)
    if not title:
        title, rest = rest, ""
    return Line(number, title, address.rstrip(',;"'), rest or said or kind)


def _without_kind(text: str) -> tuple[str, str]:
    """Return the text without the kind that stands last in it, and that kind; nothing where none does."""
    head, _, last = re.sub(r"[\t,;]", "\0", text).rpartition("\0")
    kind = KINDS.get(_plain(last).casefold(), "")
    return (text[: len(head)], kind) if kind else (text, "")


def _plain(text: str) -> str:
    """Return the text without what separates it from others, and without the quotation marks of a spreadsheet."""
    text = text.strip(SEPARATORS + "\r")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('""', '"')
    return text.strip()
