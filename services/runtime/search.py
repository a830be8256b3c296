"""Finding by words, whatever their accents, strokes and capitals: “zoe” finds Zoë, “o'neil” O’Neil, “lodz” Łódź.

What is searched has a key beside it, of the same text in plain letters. It is worked out here and not by the database,
so that every database finds the same.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, column, or_, select, table, update
from sqlalchemy.orm import validates

MOST: Final = 200  # characters in a field to search by, which is more than anybody types
WORD: Final = re.compile(r"\w+")
AT_ONCE: Final = 1000
IN_A_WORD: Final = re.compile("['’\u02bc\u00b4`]")  # apostrophes, and what people type for them
STROKES: Final = str.maketrans(  # letters that Unicode does not take apart
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ƀ": "b", "ɨ": "i", "\u0131": "i", "ŀ": "l", "ŋ": "n"}
    | {"þ": "th", "æ": "ae", "œ": "oe"}
)


def index_of(texts: Iterable[str | None]) -> str:
    """Return `texts` as one line of folded words, each after a space."""
    return "".join(f" {word}" for text in texts if text for word in words_of(text))


def words_of(text: str) -> list[str]:
    """Return the words of `text` in plain small letters, with “Myron’s” as one word."""
    return WORD.findall(folded(text))


def folded(text: str) -> str:
    """Return `text` in plain small letters, without apostrophes; other signs stay."""
    plain = unicodedata.normalize("NFKD", IN_A_WORD.sub("", text)).casefold()
    plain = unicodedata.normalize("NFKD", plain).translate(STROKES)
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def matches(index: str, words: Iterable[str]) -> bool:
    """Say whether each of `words` begins a word of `index`."""
    return all(f" {word}" in index for word in words)


def key_of(*texts: str | None) -> str | None:
    """Return what a row is found by that holds these texts; None where they are empty."""
    return " ".join(" ".join(folded(text).split()) for text in texts if text) or None


def found_by(*names: str) -> Any:
    """Return what keeps a model's `search_key` as these of its columns are, each of which may hold a list of texts.

    It stands in the class: `_found_by = search.found_by("name", "email")`.
    """

    def keep(row: Any, changed: str, value: Any) -> Any:
        said = [value if name == changed else getattr(row, name) for name in names]
        row.search_key = key_of(*(text for one in said for text in (one if isinstance(one, list) else [one])))
        return value

    return validates(*names)(keep)


def has(typed: str, key: Any, *texts: Any) -> ColumnElement[bool]:
    """Say whether what was `typed`, without a space, is in the `key` of a row.

    The release before writes no key: where there is none, its columns `texts` are looked at as they are.
    """
    plain = or_(*(text.icontains(typed, autoescape=True) for text in texts))
    return or_(key.contains(folded(typed), autoescape=True), and_(key.is_(None), plain))


def fill_keys(db: Connection, name: str, id: str, *texts: str) -> None:
    """Write the keys of the rows of a table that has none, for a migration; a list in a column is JSON in its text."""
    rows = table(name, *(column(each) for each in (id, *texts, "search_key")))
    last: Any = None
    while True:
        query = select(rows.c[id], *(rows.c[each] for each in texts)).order_by(rows.c[id]).limit(AT_ONCE)
        found = db.execute(query if last is None else query.where(rows.c[id] > last)).all()
        if not found:
            return
        last = found[-1][0]
        keys = [{"row": row[0], "key": key_of(*(str(text) for text in row[1:] if text is not None))} for row in found]
        db.execute(update(rows).where(rows.c[id] == bindparam("row")).values(search_key=bindparam("key")), keys)
