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

PARTS = ("places", "held_places", "facilitators", "materials", "questions", "emails")  # what a copy takes if it is said
WHEN = {"starts_on", "dates", "days"}
TEXTS = ("texts", "venue", "join_url", "speakers")  # what it takes unless it is said


class Parts(Schema):
    """What comes along with a copy: all of it, where nothing else is said."""

    parts = fields.List(word(*PARTS), validate=Length(max=len(PARTS)), load_default=lambda: list(PARTS))
    leave_out = fields.List(word(*TEXTS), validate=Length(max=len(TEXTS)), load_default=list)


class Copying(Parts):
    """Copies of a session: one that begins on a day, one for each of several days, or one so many days later."""

    starts_on = Day()
    dates = fields.List(Day(), validate=Length(min=1, max=60))
    days = Number(-3660, 3660)
    title = Text(200)
    programme = Slug()

    @validates_schema(skip_on_field_errors=True)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse more than one of the three, and none; refuse a day that is named twice."""
        if len(WHEN & given.keys()) != 1:
            refuse([(("starts_on",), Fault("either-or", {"choices": sorted(WHEN)}))])
        refuse(repeated((("dates", n), day) for n, day in enumerate(given.get("dates", []))))


class SessionDates(Schema):
    """The days on which the copies of one session begin."""

    session = Slug(required=True)
    dates = fields.List(Day(), validate=Length(min=1, max=60), required=True)

    @validates_schema(skip_on_field_errors=True)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse a day that is named twice."""
        refuse(repeated((("dates", n), day) for n, day in enumerate(given["dates"])))


class ProgrammeCopying(Parts):
    """A copy of a programme: all its sessions so many days later, or some of them, each on days of its own."""

    title = Text(200, required=True)
    slug = Slug()
    days = Number(-3660, 3660)
    sessions = several(SessionDates, most=100)

    @validates_schema(skip_on_field_errors=True)
    def check(self, given: dict[str, Any], **_: Any) -> None:
        """Refuse both and neither; refuse a session that is named twice."""
        if ("days" in given) == ("sessions" in given):
            refuse([(("days",), Fault("either-or", {"choices": ["days", "sessions"]}))])
        named = enumerate(given.get("sessions", []))
        refuse(repeated((("sessions", n, "session"), one["session"]) for n, one in named))
