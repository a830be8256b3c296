"""Typed rows name the very fields that the schemas do."""

import pytest

from gateway.projection import events, response_schemas, rows
from services.registration import schemas as registration


@pytest.mark.parametrize(
    ("row", "schema"),
    [
        (rows.SessionRow, events.Session),
        (rows.Meeting, events.Meeting),
        (rows.Venue, events.Venue),
        (rows.Speaker, events.Speaker),
        (rows.HeldPlaces, events.HeldPlaces),
        (rows.SessionView, response_schemas.Session),
        (rows.SpeakerName, response_schemas.SpeakerName),
        (rows.HeldPlacesLeft, response_schemas.HeldPlaces),
        (rows.PlacesByMode, response_schemas.Places),
        (rows.ModePlaces, response_schemas.ModePlaces),
        (registration.BookingRow, registration.BookingView),
    ],
)
def test_a_row_has_the_fields_of_its_schema(row, schema):
    assert row.__required_keys__ | row.__optional_keys__ == set(schema().fields)
