"""What registration is asked to keep for drafts."""

from marshmallow import fields

from services.runtime.limits import Length, OneOf
from services.runtime.schemas import Schema, Text

DRAFT_PARTS = ("facilitators", "questions")  # of a copy, what registration keeps


class DraftCopies(Schema):
    """The drafts that are copies of a session, and what they get of it."""

    copies = fields.List(Text(80), required=True, validate=Length(max=100))
    parts = fields.List(fields.String(validate=OneOf(DRAFT_PARTS)), required=True)
