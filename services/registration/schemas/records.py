"""What is asked about learning records, and what is answered."""

from marshmallow import fields

from services.runtime.limits import OneOf
from services.runtime.schemas import Schema, Text

STATES = ("attended", "partly_attended", "absent", "not_recorded")


class Period(Schema):
    """The first and last day on which sessions ended; open where it is left out."""

    first = fields.Date(data_key="from", load_default=None, allow_none=True)
    last = fields.Date(data_key="to", load_default=None, allow_none=True)


class RecordsAsked(Period):
    """The same, and a programme, or all of them."""

    programme = Text(80, load_default=None, allow_none=True)


class LearningRecord(Schema):
    """What someone who had a place in a session did there, and where they worked when it began.

    `hours` is how long its meetings took together, and `participatory_hours` how long those took that they were at.
    `email` is null for someone who was there without an account.
    """

    reference = fields.String(required=True)
    person = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)
    session = fields.String(required=True)
    title = fields.String(required=True)
    programme = fields.String(required=True)
    mode = fields.String(required=True)
    starts_at = fields.DateTime(required=True)
    ends_at = fields.DateTime(required=True)
    hours = fields.Float(required=True)
    participatory_hours = fields.Float(required=True)
    state = fields.String(required=True, validate=OneOf(STATES))


class RecordPage(Schema):
    """Learning records, in the order of booking."""

    items = fields.List(fields.Nested(LearningRecord), required=True)
    next = fields.String(required=True, allow_none=True)


class Learner(Schema):
    """Whose learning it is, and where they work now."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)


class Learning(Schema):
    """What one person learned in a period, the earliest first; `hours` is how long they were there, all together."""

    person = fields.Nested(Learner, required=True)
    first = fields.Date(data_key="from", attribute="from", required=True, allow_none=True)
    last = fields.Date(data_key="to", attribute="to", required=True, allow_none=True)
    hours = fields.Float(required=True)
    items = fields.List(fields.Nested(LearningRecord), required=True)
