"""Links and addresses in what people write to each other: texts that have one are refused.

Mail programs make a link of whatever looks like one, without a scheme too: `evil.example`, in any case. There are more
than 1,400 endings, and more each year, so none are listed. Two words with a dot and no space between them count as a
link, unless they read as a title or initials before a name: `Dr.Smith`, `A.N.Other`. Who forgot a space after a full
stop is told what to write; that costs them a second, and a link in an official email may cost a colleague her password.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import ValidationError, validate

from services.runtime.faults import Fault
from services.runtime.limits import Coded

MOST_SHOWN: Final = 60
ADDRESS: Final = re.compile(r"[^\s@]@[^\s@]+\.[^\s@]|\bmailto:", re.IGNORECASE)
# With a scheme, as `http`, defanged `hxxp`, or `www`; and the name of a server on a Windows network.
EXPLICIT: Final = re.compile(
    r"[a-z0-9+.-]{1,20}://\S*|\bh(?:tt|xx)ps?\s?:\S*|\bwww[0-9]?\.\S*|(?<!\S)\\\\\w\S*", re.IGNORECASE
)
DOMAIN: Final = re.compile(
    r"(?<![\w-])((?:[\w-]{1,63}\.){1,10})(xn--[\w-]+|[^\W\d_]{2,})(?![^\W_])([/?#]|:[0-9])?", re.IGNORECASE
)
FULL_STOPS: Final = re.compile(r"(?<=[A-Za-z0-9])。(?=[A-Za-z0-9])")  # between Latin letters only, where it deceives
DOTS: Final = re.compile(r"[^\w\s-](?=\S)")
DISGUISED: Final = (
    (re.compile(r"\s{0,3}[\[({]\s{0,3}(?:\.|dot)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE), "."),
    (re.compile(r"\s{0,3}[\[({]\s{0,3}(?:@|at)\s{0,3}[\])}]\s{0,3}", re.IGNORECASE), "@"),
    (re.compile(r"\[:\]"), ":"),
)
_TITLES: Final = (
    "dr mr mrs ms miss mx prof rev revd fr sr st sir hon hons dip cert no nos ltd inc plc co dept tel ext etc approx"
    " vs cllr lt col capt sgt insp gen jr"
)
_OFTEN_LINKS: Final = (
    "com net org info biz uk co io me app dev xyz online site shop support help link click top live page web"
)
TITLES: Final = frozenset(_TITLES.split())
OFTEN_LINKS: Final = frozenset(_OFTEN_LINKS.split())  # never a name after initials


@dataclass(frozen=True)
class Found:
    """What looks like a link in a text; `spaced` is what its writer may have meant, where there can be such a thing."""

    text: str
    spaced: str | None = None


def link_in(text: str) -> Found | None:
    """Return the first thing in the text that mail programs or readers take for a link, None where there is none."""
    plain = _plain(text)
    if explicit := EXPLICIT.search(plain):
        return Found(_short(explicit[0]))
    for domain in DOMAIN.finditer(plain):
        labels, last, path = domain[1].rstrip(".").split("."), domain[2], domain[3]
        if path:
            return Found(_short(f"{domain[1]}{last}{path}"))
        if not _is_slip(labels, last):
            return Found(_short(domain[0]), _short(f"{'.'.join(labels)}. {last}"))
    return None


def has_address(text: str) -> bool:
    """Say whether an email address is in the text."""
    return ADDRESS.search(_plain(text)) is not None


def defused(text: str) -> str:
    """Return a text of before links were refused such that none comes of it: with a space wherever one has its dots."""
    return DOTS.sub(r"\g<0> ", text) if has_address(text) or link_in(text) else text


class WithoutLinks(Coded, validate.Validator):
    """Text in which there is neither a link nor an email address."""

    def __init__(self) -> None:
        super().__init__(code="has-a-link", limits={})

    def __call__(self, value: Any) -> Any:
        """Return the text. Raises ValidationError with what looks like a link."""
        if has_address(value):
            raise ValidationError([Fault("has-an-email")])
        if found := link_in(value):
            limits = {"found": found.text, **({"spaced": found.spaced} if found.spaced else {})}
            raise ValidationError([Fault("has-a-link", limits)])
        return value


WITHOUT_LINKS: Final = WithoutLinks()


def _plain(text: str) -> str:
    """Return the text as its reader sees it: no invisible characters, no accents, one kind of letters and dots."""
    apart = unicodedata.normalize("NFKD", text)
    seen = "".join(c for c in apart if unicodedata.category(c) not in ("Cf", "Mn", "Mc", "Me"))
    seen = FULL_STOPS.sub(".", unicodedata.normalize("NFKC", seen))
    for disguise, meant in DISGUISED:
        seen = disguise.sub(meant, seen)
    return seen


def _is_slip(before: list[str], last: str) -> bool:
    """Say whether what has a dot in it is a name after a title or initials, or an abbreviation before a word."""
    if last.casefold() in OFTEN_LINKS:
        return False
    if all(label.isdecimal() for label in before):
        return last.casefold() in ("am", "pm")
    initials = [len(label) == 1 for label in before]
    if len(before) > 1 and all(initials):
        return True  # e.g.this, a.n.other
    is_short = all(initial or label.casefold() in TITLES for initial, label in zip(initials, before, strict=True))
    return is_short and last[:1].isupper()


def _short(found: str) -> str:
    return found if len(found) <= MOST_SHOWN else f"{found[:MOST_SHOWN]}…"
