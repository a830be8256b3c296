"""What the team looks up across sessions: people with their bookings, and how many come from where."""

from marshmallow import Schema, fields

from services.registration.schemas.bookings import BookingView
from services.registration.schemas.people import Attendee


class PeoplePage(Schema):
    """A page of people, by their addresses."""

    items = fields.List(fields.Nested(Attendee), required=True)
    next = fields.String(required=True, allow_none=True)


class BookingInShort(BookingView):
    """A booking in a list of a person's: without what they need, which is on the page of the booking."""

    class Meta:
        exclude = ("access_needs", "join_url")


class PersonAndBookings(Schema):
    """Somebody, and a page of their bookings, the latest first."""

    person = fields.Nested(Attendee, required=True)
    items = fields.List(fields.Nested(BookingInShort), required=True)
    next = fields.String(required=True, allow_none=True)


class SectorCount(Schema):
    """How many people of a sector have a place in a session; null where they had not said theirs."""

    session = fields.String(required=True)
    sector = fields.String(required=True, allow_none=True)
    people = fields.Integer(required=True)


class SectorCounts(Schema):
    """The same for some sessions."""

    items = fields.List(fields.Nested(SectorCount), required=True)
