"""Tables that people paste or send: any of three separators, found by a header, each cell with its line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runtime import tables

COLUMNS = {"name": frozenset({"name", "full name"}), "link": frozenset({"link"})}
NEEDED = ("name",)
CELL = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)


def written(rows: list[list[str]], separator: str) -> str:
    sheet = io.StringIO()
    csv.writer(sheet, delimiter=separator).writerows(rows)
    return sheet.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_whatever_separates_the_columns_the_cells_are_the_same(separator):
    table = tables.find(written([["Name", "Link"], ["Rao, Asha", "a;b"]], separator), COLUMNS, NEEDED)
    assert table is not None
    assert table.cells() == [(2, {"name": "Rao, Asha", "link": "a;b"})]


def test_a_row_is_named_by_the_line_that_it_begins_on():
    table = tables.find('A list\n\nName,Link\n"Asha\nRao",x\n\nBen,y\n', COLUMNS, NEEDED)
    assert table is not None
    assert (table.header, [line for line, _ in table.rows]) == (3, [4, 7])


def test_cells_that_are_left_out_at_the_end_of_a_row_are_empty():
    table = tables.find("Name,Link\nAsha\n", COLUMNS, NEEDED)
    assert table is not None
    assert table.cells() == [(2, {"name": "Asha", "link": ""})]


@pytest.mark.parametrize("text", ["", "\n", "Link\nx\n", "no table at all"])
def test_without_a_column_that_is_needed_there_is_no_table(text):
    assert tables.find(text, COLUMNS, NEEDED) is None


@given(st.lists(st.tuples(CELL, CELL), max_size=8), st.sampled_from(tables.SEPARATORS))
def test_what_a_program_writes_is_read_back(rows, separator):
    text = written([["Name", "Link"], *map(list, rows)], separator)
    table = tables.find(text, {"name": frozenset({"name"}), "link": frozenset({"link"})}, ("name", "link"))
    assert table is not None
    assert [tuple(row.values()) for _, row in table.cells()] == rows
