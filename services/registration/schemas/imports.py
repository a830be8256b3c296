"""Moving in: what a line of a file may say, and what is answered of the whole."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from services.registration.schemas.bookings import MODES
from services.runtime.faults import wrong
from services.runtime.limits import OneOf
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text


class PersonLine(Schema):
    """A line of a file of people: `since` is the first day where they work now."""

    email = Email(required=True)
    name = Text(120, validate=WITHOUT_LINKS)
    sector = Text(120)
    organisation = Text(160, validate=WITHOUT_LINKS)
    job_role = Text(120, validate=WITHOUT_LINKS)
    since = fields.Date()


class Meetings(fields.Field[list[int]]):
    """Numbers of meetings as they stand in a cell: `1, 3`; nothing but a dash or a zero for none."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[int]:
        parts = [part for part in re.split(r"[\s,;+&]+|\band\b", str(value)) if part not in ("", "-", "0")]
        if not all(re.fullmatch(r"[0-9]{1,3}", part) for part in parts):
            raise wrong("not-a-meeting")
        return [int(part) for part in parts]


class BookingLine(Schema):
    """A line of a file of past bookings: `meetings` are those that they were at."""

    email = Email(required=True)
    session = Text(80, required=True)
    state = fields.String(
        required=True, validate=OneOf(("confirmed", "attended", "partly_attended", "absent", "cancelled"))
    )
    mode = fields.String(validate=OneOf(MODES))
    meetings = Meetings()
    booked_on = fields.Date()


class ImportFault(Schema):
    """What is wrong in a column of a line, counted from 1; `column` as the file has it, empty for the whole line."""

    line = fields.Integer(required=True)
    column = fields.String(required=True)
    field = fields.String(required=True)
    code = fields.String(required=True)
    limits = fields.Dict(required=True)
    message = fields.String(required=True)


class LikelySame(Schema):
    """A new person who may be one that is known: with a similar address, or the same name and another address.

    `other_line` is null where the other has an account.
    """

    line = fields.Integer(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True)
    other_line = fields.Integer(required=True, allow_none=True)
    other_email = fields.String(required=True)
    other_name = fields.String(required=True, allow_none=True)
    why = fields.String(required=True, validate=OneOf(("similar-address", "same-name")))


class ImportTaken(Schema):
    """How many lines add, change and leave as it is what they say.

    A dry run says what is wrong and who may be there twice, a file that was taken has an `id`.
    """

    id = fields.String()
    add = fields.Integer(required=True)
    change = fields.Integer(required=True)
    same = fields.Integer(required=True)
    errors = fields.List(fields.Nested(ImportFault))
    duplicates = fields.List(fields.Nested(LikelySame))


class LineKept(Schema):
    """A line that could not be undone, and why."""

    line = fields.Integer(required=True)
    code = fields.String(required=True)
    message = fields.String(required=True)


class ImportUndone(Schema):
    """How many lines were undone, and which were not."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    undone = fields.Integer(required=True)
    kept = fields.List(fields.Nested(LineKept), required=True)


class ImportedBy(Schema):
    """Who of the team imported a file."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class ImportView(Schema):
    """A file that was taken, and until when that can be undone."""

    id = fields.String(required=True)
    kind = fields.String(required=True)
    made_at = fields.DateTime(required=True)
    by = fields.Nested(ImportedBy, required=True)
    add = fields.Integer(required=True)
    change = fields.Integer(required=True)
    undo_until = fields.DateTime(required=True)
    undone_at = fields.DateTime(required=True, allow_none=True)
