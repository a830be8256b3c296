"""The record of processing has every column about people, says of each what other pages say, and names no other."""

import re

import pytest

from gateway.features.site.notices import PURPOSES
from services.bus.models import metadata as bus
from tests.project.documents import page, quoted, rows, section
from tests.project.personal import METADATA, THEIRS

RECORD = page("docs/privacy/record-of-processing.md")
ALL = {
    f"{service}.{table.name}": table
    for service, metadata in {**METADATA, "bus": bus}.items()
    for table in metadata.sorted_tables
}
BASES = dict(rows(section(RECORD, "Lawful bases")))
GIVEN = {purpose: basis for purpose, basis, _ in rows(section(RECORD, "Purposes"))}
KEPT = {row[0] for row in rows(section(RECORD, "Retention"))}
PERIODS = {row[0] for row in rows(page("docs/privacy/retention.md"))}
EXPORTED = dict(re.findall(r"^\| `([\w.]+)` \| (`[\w.]+`) \|$", page("docs/privacy/export.md"), re.MULTILINE))
ENTRIES = [row for row in rows(section(RECORD, "Every kind of data")) if len(row) == 7]
NOT_OF_PEOPLE = {quoted(row[0])[0] for row in rows(section(RECORD, "Every kind of data")) if len(row) == 2}


def entered():
    """Return the columns of each entry: (table, column)."""
    return [(quoted(row[0])[0], column) for row in ENTRIES for column in quoted(row[1])]


def of_people():
    """Return the tables of which a column is called like one about a person, or leads to a table that is about them.

    So all of the bus is: what is announced may be about anyone.
    """
    found = {name for name, table in ALL.items() if any(THEIRS.fullmatch(column.name) for column in table.columns)}
    found |= {name for name in ALL if name.startswith("bus.")}
    while True:
        more = {name for name, table in ALL.items() if leads_to(name, table) & (found - NOT_OF_PEOPLE)} - found
        if not more:
            return found
        found |= more


def leads_to(name, table):
    return {f"{name.partition('.')[0]}.{key.column.table.name}" for key in table.foreign_keys}


@pytest.mark.parametrize("table", sorted(of_people() - NOT_OF_PEOPLE))
def test_every_column_about_people_is_in_the_record(table):
    missing = {column.name for column in ALL[table].columns} - {column for of, column in entered() if of == table}
    assert not missing, f"{table}: say in the record of processing what {missing} are for, and on what lawful basis"


def test_a_table_that_is_entered_is_entered_whole():
    """Some are about people though no column is called so: what is wished for at a table."""
    tables = {table for table, _ in entered()}
    there = {(table, column.name) for table in tables for column in ALL[table].columns}
    assert there - {*entered()} == set()


def test_the_record_has_no_column_twice_and_none_that_is_not_there():
    there = {(name, column.name) for name, table in ALL.items() for column in table.columns}
    assert [entry for entry in entered() if entry not in there or entered().count(entry) > 1] == []
    assert {*ALL} >= NOT_OF_PEOPLE
    assert not NOT_OF_PEOPLE & {table for table, _ in entered()}


@pytest.mark.parametrize("row", ENTRIES, ids=lambda row: f"{row[0]} {row[1][:40]}")
def test_each_entry_has_the_basis_of_its_purpose_and_says_what_the_other_pages_say(row):
    table, _, purpose, basis, readers, kept, export = row
    assert basis == GIVEN[purpose]
    assert readers
    assert kept in KEPT | PERIODS
    assert export == EXPORTED.get(quoted(table)[0], "no")


def test_every_purpose_has_data_and_every_basis_a_purpose():
    assert {row[2] for row in ENTRIES} == {*GIVEN}
    assert {*GIVEN.values()} == {*BASES}


@pytest.mark.parametrize("needs", ["access_needs", "wishes"])
def test_what_tells_of_someone_s_health_is_held_by_explicit_consent_alone(needs):
    bases = {row[3] for row in ENTRIES if needs in quoted(row[1])}
    assert bases
    assert all("Art. 9(2)(a)" in basis for basis in bases)


def test_the_page_on_privacy_names_each_purpose_with_its_basis_in_plain_words():
    told = {purpose: basis.lower() for purpose, basis in PURPOSES}
    assert told == {purpose: BASES[basis].lower() for purpose, basis in GIVEN.items()}


def test_what_the_academy_has_to_fill_in_is_marked_in_one_way():
    for name in ("record-of-processing", "dpia"):
        text = page(f"docs/privacy/{name}.md")
        assert text.count("[TO FILL IN]") == text.count("**[TO FILL IN]**") > 5
        assert not re.search(r"TODO|TBC|XXX", text)
