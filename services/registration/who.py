"""Who stands in a row of a table: a name, whole or in its parts, and an email address."""

import re
from collections.abc import Mapping
from typing import Final

from services.runtime.tables import Columns

ADDRESS: Final = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+\.[^\s<>,;:\"'()\[\].]+")
COLUMNS: Final[Columns] = {
    "name": frozenset(
        {"name", "full name", "name (original name)", "user name", "participant", "participant name", "attendee"}
        | {"attendee name", "display name", "user name (original name)"}
    ),
    "first": frozenset({"first name", "forename", "given name"}),
    "last": frozenset({"last name", "surname", "family name"}),
    "email": frozenset({"email", "email address", "user email", "e-mail", "e-mail address", "attendee email", "mail"}),
}


def name_in(row: Mapping[str, str]) -> str:
    """Return the name in a row of a table: whole, or in its parts."""
    return row.get("name") or " ".join(part for part in (row.get("first", ""), row.get("last", "")) if part)
