"""Tables: what the team wants of them, and who sits where."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from services.runtime.faults import Fault
from services.runtime.limits import Length, OneOf, Range
from services.runtime.schemas import Schema, Text

MOST_SIZE = 30  # chairs at a table
MOST_ROUNDS = 12
MOST_WISHES = 200  # of one kind
WHO = ("booked", "checked_in")


class Reference(Text):
    """A booking's reference, in any case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(64, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return super()._deserialize(value, attr, data, **kwargs).upper()


def _number(least: int, most: int, **kwargs: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=Range(least, most, of="number"), **kwargs)


def _references(most: int = MOST_WISHES) -> fields.List[Any]:
    return fields.List(Reference(), load_default=list, validate=Length(max=most))


def _groups(least: int, most: int) -> fields.List[Any]:
    group = fields.List(Reference(), validate=Length(min=least, max=most))
    return fields.List(group, load_default=list, validate=Length(max=MOST_WISHES))


class TablesWanted(Schema):
    """How people are to be seated. People are named by the references of their bookings.

    `who` are those who have a place, or those of them who are checked in. Each of the `hosts` has a table of their own.
    Those of `step_free` need one of the first `step_free_tables` tables. Another `seed` gives another plan.
    """

    size = _number(2, MOST_SIZE, required=True)
    rounds = _number(1, MOST_ROUNDS, load_default=1)
    seed = _number(0, 2**31 - 1, load_default=1)
    who = fields.String(load_default="booked", validate=OneOf(WHO))
    keep_apart = _groups(2, 2)
    keep_together = _groups(2, MOST_SIZE)
    hosts = _references()
    step_free = _references()
    step_free_tables = _number(0, 500, allow_none=True, load_default=None)


class SeatMoved(Schema):
    """Where somebody is to sit in a round: at another table, or in exchange for somebody."""

    reference = Reference(required=True)
    round = _number(1, MOST_ROUNDS, required=True)
    table = _number(1, 1000)
    swap_with = Reference()

    @validates_schema
    def _one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        if ("table" in data) == ("swap_with" in data):
            raise ValidationError([Fault("either-or", {"choices": ["table", "swap_with"]})], "table")


class TablesUpdate(Schema):
    """How many rounds are over, and stay as they were."""

    over = _number(0, MOST_ROUNDS, load_default=0)


class PlanState(Schema):
    """Which state of a session's tables there is now; it names nobody."""

    session = fields.String(required=True)
    status = fields.String(required=True)
    version = fields.Integer(required=True)
    being_made = fields.Boolean(required=True)


class Seated(Schema):
    """Somebody at a table. `new`, for the team alone, is how many of the others they meet here for the first time."""

    reference = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    new = fields.Integer()


class ToSeat(Schema):
    """Somebody who can be seated."""

    reference = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    checked_in = fields.Boolean(required=True)


class PeopleToSeat(Schema):
    """All who have a place, by name. `kind` is what they sit in: tables, or rooms online."""

    kind = fields.String(required=True, validate=OneOf(["tables", "rooms"]))
    items = fields.Nested(ToSeat, many=True, required=True)


class TablesScore(Schema):
    """First meetings, the most that there could be, and how many sectors a table has on average."""

    met_new = fields.Integer(required=True)
    possible = fields.Integer(required=True)
    sectors_per_table = fields.Float(required=True)


class BrokenWish(Schema):
    """A wish that a round does not keep, and whose it is.

    Rules: apart, together, step-free, host (not at their own table), twice, uneven (tables differ by more than one).
    """

    rule = fields.String(required=True)
    round = fields.Integer(required=True)
    references = fields.List(fields.String(), required=True)


class TableWishes(TablesWanted):
    """What the tables were made by, besides their size and the rounds."""

    class Meta:
        exclude = ("size", "rounds", "who")


class PeopleChanged(Schema):
    """Who has come since the tables were made, and who has gone, by reference."""

    come = fields.Nested(ToSeat, many=True, required=True)
    gone = fields.Nested(ToSeat, many=True, required=True)


class TablesView(Schema):
    """Who sits where: rounds of tables of seats.

    While `being_made`, what is shown is what there was before. `failed` where no way was found to seat people.
    """

    session = fields.String(required=True)
    status = fields.String(required=True, validate=OneOf(["draft", "published"]))
    kind = fields.String(required=True, validate=OneOf(["tables", "rooms"]))
    version = fields.Integer(required=True)
    being_made = fields.Boolean(required=True)
    failed = fields.Boolean(required=True)
    size = fields.Integer(required=True)
    who = fields.String(required=True, validate=OneOf(WHO))
    wishes = fields.Nested(TableWishes, required=True)
    rounds = fields.List(fields.List(fields.List(fields.Nested(Seated))), required=True)
    score = fields.Nested(TablesScore, required=True)
    broken = fields.Nested(BrokenWish, many=True, required=True)
    changed = fields.Nested(PeopleChanged, required=True)
    made_at = fields.DateTime(required=True)
    published_at = fields.DateTime(required=True, allow_none=True)


class OwnTable(Schema):
    """Where somebody sits in a round; `table` is null where they sit out."""

    round = fields.Integer(required=True)
    table = fields.Integer(required=True, allow_none=True)


class OwnTables(Schema):
    """Where the owner of a booking sits."""

    reference = fields.String(required=True)
    session = fields.String(required=True)
    kind = fields.String(required=True, validate=OneOf(["tables", "rooms"]))
    tables = fields.Nested(OwnTable, many=True, required=True)


class OwnTablesList(Schema):
    """Those among some of one's own bookings whose tables are published."""

    items = fields.Nested(OwnTables, many=True, required=True)
