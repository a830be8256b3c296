"""Typed rows name the very fields that the schemas do."""

import pytest

from gateway import events, rows, shapes
from services.registration import schemas as registration


@pytest.mark.parametrize(
    ("row", "schema"),
    [
        (rows.SessionRow, events.Session),
        (rows.Meeting, events.Meeting),
        (rows.Venue, events.Venue),
        (rows.Speaker, events.Speaker),
        (rows.HeldPlaces, events.HeldPlaces),
        (rows.SessionView, shapes.Session),
        (rows.SpeakerName, shapes.SpeakerName),
        (rows.HeldPlacesLeft, shapes.HeldPlaces),
        (rows.PlacesByMode, shapes.Places),
        (rows.ModePlaces, shapes.ModePlaces),
        (registration.BookingRow, registration.BookingView),
    ],
)
def test_a_row_has_the_fields_of_its_schema(row, schema):
    assert row.__required_keys__ | row.__optional_keys__ == set(schema().fields)
