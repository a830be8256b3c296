"""Bookings that were selected in a list: by a box each, and from then on by their references in one field."""

from collections.abc import Mapping
from typing import Final

from services.registration.schemas import MOST_AT_ONCE

FIELD: Final = "chosen"
BOX: Final = "b-"
FIELDS: Final = MOST_AT_ONCE + 50  # of a form that has a box for each


def references_in(given: Mapping[str, str]) -> list[str]:
    """Return the references of the bookings that a form names, each once, in its order."""
    ticked = [name.removeprefix(BOX) for name, text in given.items() if name.startswith(BOX) and text]
    return list(dict.fromkeys([*given.get(FIELD, "").split(), *ticked]))
