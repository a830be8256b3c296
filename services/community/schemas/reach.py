"""What is asked about reach, and what is answered."""

from typing import Any

from marshmallow import fields

from services.runtime.limits import Equal
from services.runtime.schemas import Schema, Text, Time

UNDER_FIVE = "<5"


class Figure(fields.Raw):
    """A number of people; `"<5"` where they are under five; null where another figure could be worked out of it."""

    def __init__(self, **kwargs: Any) -> None:
        shape = {"anyOf": [{"type": "integer", "minimum": 5}, {"const": UNDER_FIVE}, {"type": "null"}]}
        super().__init__(metadata={**shape, "description": (type(self).__doc__ or "").strip()}, **kwargs)


class ReachAsked(Schema):
    """A period, by its first and last day, and a programme; all of them where it is left out."""

    first = fields.Date(data_key="from", load_default=None, allow_none=True)
    last = fields.Date(data_key="to", load_default=None, allow_none=True)
    programme = Text(255, load_default=None, allow_none=True)


class ReachPeriod(Schema):
    """The days that were asked for."""

    first = fields.Date(data_key="from", attribute="from", required=True, allow_none=True)
    last = fields.Date(data_key="to", attribute="to", required=True, allow_none=True)


class ReachCounts(Schema):
    """How many people were reached: `share` of the workforce, for the first time (`new`) or again (`returning`).

    `booked` is how many people had a place, `attended` how many of them came.
    """

    people = Figure(required=True)
    new = Figure(required=True)
    returning = Figure(required=True)
    booked = Figure(required=True)
    attended = Figure(required=True)
    organisations = fields.Integer(required=True, allow_none=True)
    workforce = fields.Integer(required=True, allow_none=True)
    share = fields.Float(required=True, allow_none=True)


class ReachSector(ReachCounts):
    """The same for a sector; `sector` is null for people who have not said theirs."""

    sector = fields.String(required=True, allow_none=True)
    name = fields.String(required=True)


class ReachOrganisation(Schema):
    """How many people of an organisation were reached; of none, where they named none."""

    organisation = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    people = Figure(required=True)


class NeverReached(Schema):
    """An organisation that people have accounts from, and nobody has attended from."""

    organisation = fields.String(required=True)
    sector = fields.String(required=True, allow_none=True)


class ReachSession(Schema):
    """How many sectors were in the room."""

    session = fields.String(required=True)
    title = fields.String(required=True)
    ended_at = Time(required=True)
    sectors_in_room = fields.Raw(
        required=True, metadata={"anyOf": [{"type": "integer", "minimum": 0}, {"const": UNDER_FIVE}]}
    )


class ReachMeetings(Schema):
    """How many pairs of people from different sectors met, at least: of sectors that are shown, and in whole tens."""

    cross_sector = fields.Integer(required=True)
    rounded_to = fields.Integer(required=True, validate=Equal(10))


class ReachView(Schema):
    """Whom the programme reached from `from` to `to`; both are null where that is since it began.

    The period is the smallest with figures of its own that has the same sessions in it as the one that was `asked` for.
    `total` adds up what is shown. Organisations are listed where no programme is asked for.
    """

    first = fields.Date(data_key="from", attribute="from", required=True, allow_none=True)
    last = fields.Date(data_key="to", attribute="to", required=True, allow_none=True)
    asked = fields.Nested(ReachPeriod, required=True)
    programme = fields.String(required=True, allow_none=True)
    made_at = Time(required=True, allow_none=True)
    total = fields.Nested(ReachCounts, required=True)
    sectors = fields.List(fields.Nested(ReachSector), required=True)
    organisations = fields.List(fields.Nested(ReachOrganisation), required=True)
    never_reached = fields.List(fields.Nested(NeverReached), required=True)
    sessions = fields.List(fields.Nested(ReachSession), required=True)
    meetings = fields.Nested(ReachMeetings, required=True)
