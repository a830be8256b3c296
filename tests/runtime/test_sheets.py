"""Files that are imported: what stands in a line by the names of the columns, and what is wrong with the header."""

import pytest

from services.runtime import sheets

COLUMNS = {
    "email": sheets.column("Email", required=True),
    "name": sheets.column("Name", "full name", required=True),
    "since": sheets.column("Works there since"),
}


def wrong(sheet):
    """What is wrong, as line, column and code."""
    return [(error["line"], error["column"], error["code"]) for error in sheet.errors]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("sep=;\nEmail;Name\nzoe@example.org;Zoë", [(3, {"email": "zoe@example.org", "name": "Zoë"})]),
        ('Email,Name\n"zoe@example.org","=""0042"""', [(2, {"email": "zoe@example.org", "name": "0042"})]),
        ("Email,Name\nzoe@example.org,'=Zoë", [(2, {"email": "zoe@example.org", "name": "=Zoë"})]),
        ("Email,Name,,\nzoe@example.org,Zoë,,\n,,,\n", [(2, {"email": "zoe@example.org", "name": "Zoë"})]),
    ],
)
def test_what_excel_adds_of_its_own_is_left_out(text, read):
    found = sheets.read(text, COLUMNS, 10)
    assert (found.errors, found.lines) == ([], read)


def test_a_formula_and_a_cell_beyond_the_header_are_wrong():
    found = sheets.read("Email,Name\n=A1,Zoë\nsam@example.org,Sam,43", COLUMNS, 10)
    assert wrong(found) == [(2, "Email", "formula"), (3, "", "cell-of-no-column")]


def test_nothing_and_too_much_are_each_one_error():
    assert wrong(sheets.read("", COLUMNS, 2)) == [(1, "", "no-rows")]
    assert wrong(sheets.read("Email,Name\n", COLUMNS, 2)) == [(1, "", "no-rows")]
    found = sheets.read("Email,Name\na,a\nb,b\nc,c\n", COLUMNS, 2)
    assert (wrong(found), found.lines) == ([(4, "", "too-many-lines")], [])


def test_a_header_that_is_wrong_is_named_as_it_is_spelled():
    found = sheets.read("EMAIL,Shoe size,Full  name,Name,works_there_since\na@b.org,43,Zoë,Zoë,\n", COLUMNS, 10)
    assert wrong(found) == [(1, "Shoe size", "unknown-column"), (1, "Name", "column-repeated")]
    assert found.errors[0]["limits"] == {"choices": ["Email", "Name", "Works there since"]}
    assert wrong(sheets.read("Email\na@b.org\n", COLUMNS, 10)) == [(1, "Name", "missing-column")]
