"""Who facilitates a session, and whom they see."""

from marshmallow import fields

from services.registration.schemas.bookings import MODES
from services.runtime.limits import OneOf
from services.runtime.schemas import Email, Schema


class FacilitatorWanted(Schema):
    """Who is to facilitate a session, by their address; who has no account gets one."""

    email = Email(required=True)


class Named(Schema):
    """Somebody, as the team sees them."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)


class Namer(Schema):
    """Who of the team named them."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class FacilitatorView(Schema):
    """That somebody facilitates a session, since when, and by whose word."""

    id = fields.String(required=True)
    session = fields.String(required=True)
    person = fields.Nested(Named, required=True)
    since = fields.DateTime(required=True)
    named_by = fields.Nested(Namer, required=True)


class FacilitatorPage(Schema):
    """A page of who facilitates a session, in the order in which they were named."""

    items = fields.List(fields.Nested(FacilitatorView), required=True)
    next = fields.String(required=True, allow_none=True)


class PersonExpected(Schema):
    """As much of a person as those who run a session see."""

    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)


class Expected(Schema):
    """Somebody who has a place."""

    reference = fields.String(required=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    person = fields.Nested(PersonExpected, required=True)


class ExpectedPage(Schema):
    """A page of who is expected, in the order in which they booked."""

    items = fields.List(fields.Nested(Expected), required=True)
    next = fields.String(required=True, allow_none=True)


class DaySheet(Schema):
    """The link to join, and how many of those who have a place wrote what they need: not who, and not what."""

    join_url = fields.String(required=True, allow_none=True)
    needs = fields.Integer(required=True)
