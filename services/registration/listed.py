"""A list of people to be booked, as someone pastes or sends it: one a line, with an email address and a name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.registration import who
from services.registration.schemas import MOST_AT_ONCE, ListLine
from services.runtime import tables
from services.runtime.refusals import Invalid
from services.runtime.schemas import load

NAMED: Final = ("email",)  # without it, a first line is no header


@dataclass(frozen=True)
class Listed:
    """A line of the list, with what stands on it, and what is wrong with that, as faults tell it."""

    line: int
    email: str
    name: str
    fault: Mapping[str, Any] | None = None


def read(text: str, most: int = MOST_AT_ONCE) -> list[Listed]:
    """Return each line that is not blank, in its order. Raises Invalid where there is none, or there are too many."""
    text = text.lstrip("\ufeff")
    table = tables.find(text, who.COLUMNS, NAMED)
    if table is not None:
        rows = [(line, row["email"], who.name_in(row)) for line, row in table.cells()]
    else:
        separator = max(tables.SEPARATORS, key=text.count)
        rows = [(line, *_without_header(row)) for line, row in tables.rows_of(text, separator)]
    if not rows:
        raise Invalid.field("csv", "no-rows")
    if len(rows) > most:
        raise Invalid.field("csv", "too-many-lines", max=most)
    return [_checked(*row) for row in rows]


def _without_header(cells: list[str]) -> tuple[str, str]:
    """Return the address and the name: whichever comes first, or as mail programs write them (`Zoe <zoe@…>`)."""
    email = next((cell for cell in cells if "@" in cell), cells[0])
    others = [cell for cell in cells if cell and cell != email]
    before, bracket, _ = email.partition("<")
    return email, others[0] if others else before.strip(' "') if bracket else ""


def _checked(line: int, email: str, name: str) -> Listed:
    given = {"email": email, **({"name": name} if name.strip() else {})}
    try:
        clean = load(ListLine(), given)
    except Invalid as refusal:
        return Listed(line, email[:300], name[:300], refusal.errors[0])
    return Listed(line, clean["email"], clean.get("name", ""))
