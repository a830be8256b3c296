"""What is asked about reach, and what is answered."""

from marshmallow import fields

from services.runtime.schemas import Schema, Text, Time
from services.runtime.to_share import FEW, Figure


class ReachAsked(Schema):
    """A period, by its first and last day, and a programme; all of them where it is left out. `shared`: rounded."""

    first = fields.Date(data_key="from", load_default=None, allow_none=True)
    last = fields.Date(data_key="to", load_default=None, allow_none=True)
    programme = Text(255, load_default=None, allow_none=True)
    shared = fields.Boolean(load_default=False)


class ReachCounts(Schema):
    """How many people were reached: `share` of the workforce, for the first time (`new`) or again (`returning`).

    `booked` is how many places people had in sessions that are over, `attended` how many of them were used, and
    `absent` how many were recorded as not used. `waiting` is how many wanted a place and were still on the waiting list
    when the session was over. `hours` is how long they were there, together; null where it is to be
    shared and few came.
    """

    people = Figure(required=True)
    new = Figure(required=True)
    returning = Figure(required=True)
    booked = Figure(required=True)
    attended = Figure(required=True)
    absent = Figure(required=True)
    waiting = Figure(required=True)
    organisations = Figure(required=True)
    hours = fields.Float(required=True, allow_none=True)
    workforce = fields.Integer(required=True, allow_none=True)
    share = fields.Float(required=True, allow_none=True)


class ReachTotal(ReachCounts):
    """The same for everyone. `first_meetings` are pairs from different sectors who met for the first time."""

    first_meetings = Figure(required=True)


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
    sectors_in_room = fields.Raw(required=True, metadata={"anyOf": [{"type": "integer", "minimum": 0}, {"const": FEW}]})


class ReachView(Schema):
    """Who the programme reached from `from` to `to`; both are null where that is since it began.

    Exact, or as it may be shared. `total` counts everyone once; `year_before` is of the same days a year before, and
    null where no first or last day is given.
    """

    first = fields.Date(data_key="from", attribute="from", required=True, allow_none=True)
    last = fields.Date(data_key="to", attribute="to", required=True, allow_none=True)
    programme = fields.String(required=True, allow_none=True)
    shared = fields.Boolean(required=True)
    made_at = Time(required=True, allow_none=True)
    total = fields.Nested(ReachTotal, required=True)
    year_before = fields.Nested(ReachTotal, required=True, allow_none=True)
    sectors = fields.List(fields.Nested(ReachSector), required=True)
    organisations = fields.List(fields.Nested(ReachOrganisation), required=True)
    never_reached = fields.List(fields.Nested(NeverReached), required=True)
    sessions = fields.List(fields.Nested(ReachSession), required=True)
