"""What the team looks up across sessions: people with their bookings, and how many come from where."""

from marshmallow import fields

from services.registration.schemas.bookings import BookingView
from services.registration.schemas.people import Attendee, PersonSeen
from services.runtime.schemas import Schema


class PeoplePage(Schema):
    """A page of people, by their addresses."""

    items = fields.List(fields.Nested(Attendee), required=True)
    next = fields.String(required=True, allow_none=True)


class BookingInShort(BookingView):
    """A booking in a list of a person's: without what they need, which is on the page of the booking."""

    class Meta:
        exclude = ("access_needs", "asks", "join_url")


class PersonAndBookings(Schema):
    """Somebody, and a page of their bookings, the latest first."""

    person = fields.Nested(PersonSeen, required=True)
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


class FillingDay(Schema):
    """How many bookings of a session were in each state at the end of a day, or are now if it is today."""

    day = fields.Date(required=True)
    confirmed = fields.Integer(required=True)
    offered = fields.Integer(required=True)
    waiting = fields.Integer(required=True)


class Filling(Schema):
    """How a session filled: the days on which a figure changed, the places that it has now, and those given over it."""

    session = fields.String(required=True)
    places = fields.Integer(required=True)
    over = fields.Integer(required=True)
    days = fields.List(fields.Nested(FillingDay), required=True)


class Fillings(Schema):
    """The same for some sessions."""

    items = fields.List(fields.Nested(Filling), required=True)
