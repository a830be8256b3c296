"""Typed rows name the very fields that the schemas do."""

import pytest

from services.registration import rows, schemas


@pytest.mark.parametrize(
    ("row", "schema"),
    [
        (rows.BookingRow, schemas.BookingView),
        (rows.BookingOfPerson, schemas.BookingOfPerson),
        (rows.Offer, schemas.Offer),
    ],
)
def test_a_row_has_the_fields_of_its_schema(row, schema):
    assert row.__required_keys__ | row.__optional_keys__ == set(schema().fields)
