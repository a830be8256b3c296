"""What is asked about copies of sessions and programmes."""

from typing import Any

from marshmallow import fields, validates_schema

from services.catalogue.fields import (
    Day,
    Number,
    Slug,
    refuse,
    repeated,
    several,
    word,
)
from services.runtime.faults import Fault
from services.runtime.limits import Length
from services.runtime.schemas import Schema, Text

PARTS = ("texts", "held_places", "venue", "join_url", "speakers", "materials")  # what a copy may take or leave


class Copying(Schema):
    """Copies of a session: one so many days later (or earlier), or one for each first day, and what comes along."""

    days = Number(-3660, 3660)
    first_days = fields.List(Day(), validate=Length(min=1, max=60))
    parts = fields.List(word(*PARTS), validate=Length(max=len(PARTS)), load_default=lambda: list(PARTS))
    title = Text(200)
    programme = Slug()

    @validates_schema(skip_on_field_errors=True)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse both and neither; refuse a day that is named twice."""
        if ("days" in given) == ("first_days" in given):
            refuse([(("days",), Fault("either-or", {"choices": ["days", "first_days"]}))])
        refuse(repeated((("first_days", n), day) for n, day in enumerate(given.get("first_days", []))))


class SessionDays(Schema):
    """The days on which the copies of one session begin."""

    session = Slug(required=True)
    first_days = fields.List(Day(), validate=Length(min=1, max=60), required=True)

    @validates_schema(skip_on_field_errors=True)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse a day that is named twice."""
        refuse(repeated((("first_days", n), day) for n, day in enumerate(given["first_days"])))


class ProgrammeCopying(Schema):
    """A copy of a programme: all its sessions so many days later, or some of them, each on days of its own."""

    title = Text(200, required=True)
    slug = Slug()
    days = Number(-3660, 3660)
    sessions = several(SessionDays, most=100)
    parts = fields.List(word(*PARTS), validate=Length(max=len(PARTS)), load_default=lambda: list(PARTS))

    @validates_schema(skip_on_field_errors=True)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse both and neither; refuse a session that is named twice."""
        if ("days" in given) == ("sessions" in given):
            refuse([(("days",), Fault("either-or", {"choices": ["days", "sessions"]}))])
        named = enumerate(given.get("sessions", []))
        refuse(repeated((("sessions", n, "session"), one["session"]) for n, one in named))
