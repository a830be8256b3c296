"""Finding by words: every word asked for begins some word of what is searched, whatever its accents and capitals."""

import re
import unicodedata
from collections.abc import Iterable

MOST = 200  # characters in a field to search by, which is more than anybody types
WORD = re.compile(r"\w+")
IN_A_WORD = re.compile("['’\u02bc\u00b4`]")  # apostrophes, and what people type for them


def index_of(texts: Iterable[str | None]) -> str:
    """Return `texts` as one line of folded words, each after a space."""
    return "".join(f" {word}" for text in texts if text for word in words_of(text))


def words_of(text: str) -> list[str]:
    """Return the words of `text`: no capitals, no accents, and “Myron’s” as one word."""
    plain = unicodedata.normalize("NFKD", IN_A_WORD.sub("", text).casefold())
    return WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def matches(index: str, words: Iterable[str]) -> bool:
    """Say whether each of `words` begins a word of `index`."""
    return all(f" {word}" in index for word in words)
