"""What is asked about who came of those who had a place, and what is answered."""

from marshmallow import fields

from services.runtime.limits import OneOf
from services.runtime.schemas import Schema, Text

GROUPS = ("session", "programme", "sector", "organisation")


class TurnoutAsked(Schema):
    """How to count: `by` what, of sessions that started from a day to another, and of one programme or all."""

    by = fields.String(load_default="session", validate=OneOf(GROUPS))
    first = fields.Date(data_key="from", load_default=None, allow_none=True)
    last = fields.Date(data_key="to", load_default=None, allow_none=True)
    programme = Text(80, load_default=None, allow_none=True)


class TurnoutCounts(Schema):
    """How many had a place in each session or were there all the same, and what they did: each counts in one of them.

    Of those whose attendance is `not_recorded`, nobody has said whether they came.
    """

    had_place = fields.Integer(required=True)
    attended = fields.Integer(required=True)
    partly_attended = fields.Integer(required=True)
    absent = fields.Integer(required=True)
    not_recorded = fields.Integer(required=True)
    cancelled_late = fields.Integer(required=True)
    cancelled_in_time = fields.Integer(required=True)


class TurnoutRow(TurnoutCounts):
    """The same `of` one session or programme (its slug), sector (its code) or organisation; null where it is not said.

    `starts_at` is there for a session.
    """

    of = fields.String(required=True, allow_none=True)
    starts_at = fields.DateTime()


class Turnout(Schema):
    """Who came, of the sessions that are over. `total` is that of all rows, on every page."""

    by = fields.String(required=True, validate=OneOf(GROUPS))
    first = fields.Date(data_key="from", attribute="from", required=True, allow_none=True)
    last = fields.Date(data_key="to", attribute="to", required=True, allow_none=True)
    programme = fields.String(required=True, allow_none=True)
    total = fields.Nested(TurnoutCounts, required=True)
    items = fields.List(fields.Nested(TurnoutRow), required=True)
    next = fields.String(required=True, allow_none=True)
