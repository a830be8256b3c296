"""The team's own words in a letter: paragraphs of plain text with a few placeholders, and how the site is called.

They are kept with each message, as they were when it was queued: so a second sending is the same mail, and the team
reads of an old message what was sent.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from services.notifications.models import Facts

PLACEHOLDER: Final = re.compile(r"\{([^{}\n]*)\}")
NAMELESS: Final = "there"  # as in “Hello there”


def placeholders(facts: Facts) -> list[str]:
    """Return which placeholders a letter with these facts can fill in."""
    return ["name", "site", *(["session"] if "title" in facts else [])]


def unknown(text: str, known: list[str]) -> str | None:
    """Return the first placeholder of a text that is not among those that are known; None where all are."""
    return next((name for name in PLACEHOLDER.findall(text) if name not in known), None)


def spoken(facts: Facts, site: str) -> dict[str, Any]:
    """Return `{opening, closing, contact, accent}` for the templates: of the texts, their paragraphs as lists of lines.

    `site` is what the site is called, for the texts that name it.
    """
    voice: Mapping[str, Any] = facts.get("voice") or {}
    values = {"name": facts.get("name") or NAMELESS, "site": site, "session": facts.get("title") or ""}
    return {
        "opening": _paragraphs(voice.get("opening"), values),
        "closing": _paragraphs(voice.get("closing"), values),
        "contact": [way for way in (voice.get("contact_email"), voice.get("contact_phone")) if way],
        "accent": voice.get("accent"),
    }


def _paragraphs(text: str | None, values: Mapping[str, str]) -> list[list[str]]:
    """Return the paragraphs of a text, filled in once: what is filled in is not read for placeholders again."""
    filled = PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), (text or "").replace("\r\n", "\n"))
    return [part.strip("\n").split("\n") for part in re.split(r"\n[ \t]*\n", filled) if part.strip()]
