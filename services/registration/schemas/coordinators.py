"""Who coordinates an organisation, who lets them see their places, and who they nominate."""

from typing import Final

from marshmallow import fields

from services.registration.schemas.bookings import MODES
from services.registration.schemas.facilitators import Named, Namer
from services.registration.schemas.many import Problem
from services.runtime.limits import OneOf
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text

MOST_NOMINATED: Final = 50
PLACE_STATES: Final = ("confirmed", "waiting", "offered", "attended", "partly_attended", "absent")


class CoordinatorWanted(Schema):
    """Who is to coordinate an organisation, by their address; who has no account gets one.

    `organisation` is its name as people write it in their details: case and spaces make no other name.
    """

    organisation = Text(160, required=True, validate=WITHOUT_LINKS)
    email = Email(required=True)


class CoordinatorsAsked(Schema):
    """The name of an organisation; without one, those of all."""

    organisation = Text(160, load_default=None, allow_none=True)


class CoordinatorView(Schema):
    """That someone coordinates an organisation, since when, and by whose word."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    person = fields.Nested(Named, required=True)
    since = fields.DateTime(required=True)
    named_by = fields.Nested(Namer, required=True)


class CoordinatorPage(Schema):
    """A page of who coordinates organisations, in the order in which they were named."""

    items = fields.List(fields.Nested(CoordinatorView), required=True)
    next = fields.String(required=True, allow_none=True)


class Coordinated(Schema):
    """An organisation that the caller coordinates; `id` is of their being its coordinator."""

    id = fields.String(required=True)
    organisation = fields.String(required=True)
    since = fields.DateTime(required=True)


class CoordinatedPage(Schema):
    """The organisations that the caller coordinates. It is one page."""

    items = fields.List(fields.Nested(Coordinated), required=True)
    next = fields.String(required=True, allow_none=True)


class SharingWanted(Schema):
    """Whether the coordinators of the organisation where the caller works see their places from now on."""

    shares = fields.Boolean(required=True)


class SharingView(Schema):
    """The same as it is now, and since when; `coordinators` are the names of those who would see them today."""

    organisation = fields.String(required=True, allow_none=True)
    shares = fields.Boolean(required=True)
    since = fields.DateTime(required=True, allow_none=True)
    coordinators = fields.List(fields.String(allow_none=True), required=True)


class PlaceShared(Schema):
    """A place of someone who lets the coordinators of their organisation see it: no address, no id, no reference.

    `hours` is how long the session takes, and `participatory_hours` how long they were there; null until it is noted.
    """

    name = fields.String(required=True, allow_none=True)
    session = fields.String(required=True)
    title = fields.String(required=True)
    starts_at = fields.DateTime(required=True)
    ends_at = fields.DateTime(required=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    state = fields.String(required=True, validate=OneOf(PLACE_STATES))
    hours = fields.Float(required=True)
    participatory_hours = fields.Float(required=True, allow_none=True)


class PlacesShared(Schema):
    """A page of them, in the order of booking."""

    items = fields.List(fields.Nested(PlaceShared), required=True)
    next = fields.String(required=True, allow_none=True)


class NominationsWanted(Schema):
    """Colleagues to be nominated for a session: as the text of a table or one a line, with an email address.

    `mode` must be said where the session is hybrid.
    """

    session = Text(80, required=True)
    csv = fields.String(required=True)
    mode = fields.String(validate=OneOf(MODES))


class NominationMade(Schema):
    """The result of one line, counted from 1: `nominated`, or a `problem`.

    `foreseen` is what they get by the places that are free: `confirmed` is sure, and with `waiting` they may still have
    a place. It is said of the line, and not of the person: nobody learns from it who has an account or a booking.
    """

    line = fields.Integer(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    nominated = fields.Boolean(required=True)
    foreseen = fields.String(required=True, allow_none=True, validate=OneOf(("confirmed", "waiting")))
    problem = fields.Nested(Problem, required=True, allow_none=True)


class NominationsMade(Schema):
    """The result of a list of colleagues, line by line."""

    items = fields.List(fields.Nested(NominationMade), required=True)
    done = fields.Integer(required=True)
    refused = fields.Integer(required=True)


class NominationView(Schema):
    """That the caller nominated someone, with what they typed; what the person made of it is theirs to show."""

    session = fields.String(required=True)
    title = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    nominated_at = fields.DateTime(required=True)


class NominationPage(Schema):
    """A page of the caller's nominations for an organisation, the latest first."""

    items = fields.List(fields.Nested(NominationView), required=True)
    next = fields.String(required=True, allow_none=True)
