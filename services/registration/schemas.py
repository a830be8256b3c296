"""What registration accepts and what it returns."""

from marshmallow import Schema, fields, validate

from services.bus.schemas import Email, Text

MODES = ("in_room", "online")
STATES = ("confirmed", "waiting", "offered", "cancelled")


class SignIn(Schema):
    """Ask for a code."""

    email = Email(required=True)


class SignInConfirm(Schema):
    """The code that was mailed."""

    email = Email(required=True)
    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}$", error="Must be six digits."))


class PersonView(Schema):
    """An account, as its owner and the team see it."""

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)
    access_needs = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class Attendee(Schema):
    """As much of a person as the team sees beside a booking."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)


class SignedIn(Schema):
    """A token, which is shown this once."""

    token = fields.String(required=True)
    expires_at = fields.DateTime(required=True)
    person = fields.Nested(PersonView, required=True)


class ProfileChange(Schema):
    """What people say about themselves; null takes back what may be left out."""

    name = Text(120)
    sector = Text(40)
    organisation = Text(160, allow_none=True)
    job_role = Text(120, allow_none=True)
    access_needs = Text(2000, lines=True, allow_none=True)


class BookingWanted(Schema):
    """A place in a session. `mode` must be said where the session is hybrid."""

    session = Text(80, required=True)
    mode = fields.String(validate=validate.OneOf(MODES))
    access_needs = Text(2000, lines=True, allow_none=True)
    if_full = fields.String(validate=validate.OneOf(("wait", "refuse")), load_default="wait")


class Cancellation(Schema):
    """Why, if one likes to say."""

    reason = Text(500, lines=True, allow_none=True)


class Offer(Schema):
    """A place held for somebody until `expires_at`."""

    expires_at = fields.DateTime(required=True)


class BookingView(Schema):
    """A booking. `position` counts from 1 while waiting; `join_url` is there when it is time."""

    reference = fields.String(required=True)
    session = fields.String(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    position = fields.Integer(required=True, allow_none=True)
    offer = fields.Nested(Offer, required=True, allow_none=True)
    join_url = fields.String()
    access_needs = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class BookingOfPerson(BookingView):
    """A booking as the team sees it."""

    person = fields.Nested(Attendee, required=True)


class BookingPage(Schema):
    """A page of one's own bookings, the latest first."""

    items = fields.List(fields.Nested(BookingView), required=True)
    next = fields.String(required=True, allow_none=True)


class SessionBookingPage(Schema):
    """A page of a session's bookings, in the order in which they were made."""

    items = fields.List(fields.Nested(BookingOfPerson), required=True)
    next = fields.String(required=True, allow_none=True)
