"""Inviting a waiting list to another session, and what came of it."""

from marshmallow import fields

from services.registration.schemas.bookings import MODES
from services.registration.schemas.people import Attendee
from services.registration.schemas.wishes import Slug
from services.runtime.limits import OneOf, Range
from services.runtime.schemas import Schema

WHY_NOT = ("already_booked", "no_such_mode", "clash", "no_place_left")
FIRST_REFUSAL = 7 * 24  # hours, unless it is said otherwise
MOST_HOURS = 60 * 24


class WaitingListInvitation(Schema):
    """The session of the same programme to which a waiting list is invited, and for how many hours it comes first."""

    to = Slug(required=True)
    hours = fields.Integer(strict=True, load_default=FIRST_REFUSAL, validate=Range(min=2, max=MOST_HOURS))


class Invited(Schema):
    """Someone on the waiting list, at their `position` of it: whether they are `invited`, and `why` not.

    `mode` is that of the place that they are offered, else the one that they wait for; `offer` is the reference of
    their booking of the other session, and null in a dry run. Who finds `no_place_left` is asked when others say no.
    """

    reference = fields.String(required=True)
    person = fields.Nested(Attendee, required=True)
    position = fields.Integer(required=True, allow_none=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    invited = fields.Boolean(required=True)
    offer = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True, validate=OneOf(WHY_NOT))


class FreePlaces(Schema):
    """How many places of each mode were free, held ones included."""

    in_room = fields.Integer(required=True)
    online = fields.Integer(required=True)


class WaitingListInvited(Schema):
    """Who on the waiting list of `session` is invited to the session `to`, in their order.

    They come first until `until`; whoever is asked now has until `offers_until` to answer.
    """

    session = fields.String(required=True)
    to = fields.String(required=True)
    until = fields.DateTime(required=True)
    offers_until = fields.DateTime(required=True)
    places = fields.Nested(FreePlaces, required=True)
    invited = fields.Integer(required=True)
    items = fields.List(fields.Nested(Invited), required=True)
