"""Applications for places: those who applied, who the rule suggests, and what the team decides."""

from marshmallow import fields

from services.registration.schemas.bookings import MODES
from services.registration.schemas.many import MOST_AT_ONCE, MOST_OF_REFERENCE
from services.registration.schemas.people import Attendee
from services.runtime.limits import Length, OneOf
from services.runtime.schemas import Schema, Text


class Application(Schema):
    """Someone who applied, what they answered, how many sessions they `attended`, and how often they got no place."""

    reference = fields.String(required=True)
    person = fields.Nested(Attendee, required=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    either = fields.Boolean(required=True)
    answers = fields.Dict(keys=fields.String(), required=True)
    attended = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class ApplicationPage(Schema):
    """A page of those who applied, the earliest first."""

    items = fields.List(fields.Nested(Application), required=True)
    next = fields.String(required=True, allow_none=True)


class SectorSuggested(Schema):
    """How many of a sector have a place, applied, and are suggested; null for those who have not said theirs."""

    sector = fields.String(required=True, allow_none=True)
    have = fields.Integer(required=True)
    applied = fields.Integer(required=True)
    suggested = fields.Integer(required=True)


class SuggestedApplicants(Schema):
    """Who might be given places, in the order in which they were chosen; `free` is how many places there are."""

    session = fields.String(required=True)
    free = fields.Integer(required=True)
    references = fields.List(fields.String(), required=True)
    sectors = fields.List(fields.Nested(SectorSuggested), required=True)


def _references() -> fields.List[str]:
    return fields.List(Text(MOST_OF_REFERENCE), validate=Length(max=MOST_AT_ONCE, of="bookings"), load_default=list)


class Decision(Schema):
    """Who gets a place, and who does not: those in `refuse`, or with `refuse_rest` all others who applied.

    `message` is what those who get none are told besides. With `over_capacity` there may be more people than places;
    `reason` says why.
    """

    give = _references()
    refuse = _references()
    refuse_rest = fields.Boolean(load_default=False)
    message = Text(500, lines=True, allow_none=True)
    over_capacity = fields.Boolean(load_default=False)
    reason = Text(500, lines=True, allow_none=True)
