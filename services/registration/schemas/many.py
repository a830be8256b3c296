"""Many bookings in one go: a list of people to be booked, and bookings to be moved or cancelled together."""

from typing import Final

from marshmallow import fields

from services.registration.schemas.bookings import MODES, STATES, Cancellation
from services.registration.schemas.people import Attendee
from services.runtime.limits import Length, OneOf
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text

MOST_AT_ONCE: Final = 500
MOST_OF_REFERENCE: Final = 20


class BookingList(Schema):
    """People to be booked, as the text of a table or one a line: an email address, and a name where they are new.

    `mode` must be said where the session is hybrid.
    """

    csv = fields.String(required=True)
    mode = fields.String(validate=OneOf(MODES))
    if_full = fields.String(validate=OneOf(("wait", "refuse")), load_default="wait")


class ListLine(Schema):
    """One line of such a list."""

    email = Email(required=True)
    name = Text(120, validate=WITHOUT_LINKS)


class References(Schema):
    """Bookings of one session, by their references."""

    references = fields.List(
        Text(MOST_OF_REFERENCE), required=True, validate=Length(min=1, max=MOST_AT_ONCE, of="bookings")
    )


class BookingsMove(References):
    """The bookings to be moved, and the session to move them to, which is of the same programme.

    `mode` where it has both and the one booked will not do; `allow_clash` for those that overlap another booking.
    """

    session = Text(80, required=True)
    mode = fields.String(validate=OneOf(MODES))
    allow_clash = fields.Boolean(load_default=False)


class BookingsCancellation(References, Cancellation):
    """The bookings to be cancelled, and why, if one likes to say."""


class Problem(Schema):
    """Why one of many is left as it is: the code of a refusal, or of what is wrong with a `field` of the line."""

    code = fields.String(required=True)
    detail = fields.String(required=True)
    field = fields.String(required=True, allow_none=True)


class OtherSession(Schema):
    """A session that overlaps, which they have booked."""

    session = fields.String(required=True)
    title = fields.String(required=True)


class LineBooked(Schema):
    """What became of one line, counted from 1: a booking, or a `problem`.

    `state` is null where nobody was booked; then `reference` is that of the booking that they have already, if that is
    the problem. In a dry run, who would be booked has no reference. `name` is that of the account once there is one;
    `name_used` is false where that is another than the one given. `clash` says what else they have at that time, which
    does not stop the team.
    """

    line = fields.Integer(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    new_account = fields.Boolean(required=True)
    reference = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, allow_none=True, validate=OneOf(STATES))
    mode = fields.String(required=True, allow_none=True, validate=OneOf(MODES))
    position = fields.Integer(required=True, allow_none=True)
    name_used = fields.Boolean(required=True, allow_none=True)
    clash = fields.Nested(OtherSession, required=True, allow_none=True)
    problem = fields.Nested(Problem, required=True, allow_none=True)


class Counted(Schema):
    """How many of them were done, and how many were not."""

    done = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class ListBooked(Counted):
    """What became of a list of people to be booked, line by line."""

    items = fields.List(fields.Nested(LineBooked), required=True)


class BookingChanged(Schema):
    """What became of one booking of many: it `was` in a state, and is in a `state` now, or there is a `problem`.

    `was` and `person` are null where the session has no such booking.
    """

    reference = fields.String(required=True)
    person = fields.Nested(Attendee, required=True, allow_none=True)
    was = fields.String(required=True, allow_none=True, validate=OneOf(STATES))
    state = fields.String(required=True, allow_none=True, validate=OneOf(STATES))
    problem = fields.Nested(Problem, required=True, allow_none=True)


class BookingsChanged(Counted):
    """What became of several bookings, in the order in which they were named."""

    items = fields.List(fields.Nested(BookingChanged), required=True)
