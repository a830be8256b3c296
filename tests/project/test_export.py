"""Nothing that is held on a person is left out of what they can have of it, without a reason that stands here."""

import re
from pathlib import Path

import pytest

from tests.project.personal import METADATA, THEIRS

PAGE = Path(__file__).parents[2] / "docs" / "privacy" / "export.md"


def listed(pattern):
    """Return the tables of the page whose second column is like this."""
    return set(re.findall(rf"^\| `([\w.]+)` \| {pattern} \|$", PAGE.read_text(), re.MULTILINE))


EXPORTED = listed(r"`[\w.]+`")
LEFT_OUT = listed(r"[^`|]+")


def tables_of_people():
    for service, metadata in METADATA.items():
        for table in metadata.sorted_tables:
            if any(THEIRS.fullmatch(column.name) for column in table.columns):
                yield f"{service}.{table.name}"


@pytest.mark.parametrize("table", sorted(tables_of_people()))
def test_what_is_of_a_person_is_exported_or_left_out_for_a_reason(table):
    assert (table in EXPORTED) != (table in LEFT_OUT), f"{table} is of a person: export it, or say on the page why not"


def test_nothing_is_listed_that_is_not_there():
    there = {f"{service}.{table.name}" for service, metadata in METADATA.items() for table in metadata.sorted_tables}
    assert {*EXPORTED, *LEFT_OUT} <= there
