"""What registration accepts and what it returns."""

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.bus.schemas import Email, Text

MODES = ("in_room", "online")
STATES = ("confirmed", "waiting", "offered", "cancelled")
SUGGESTION_KINDS = ("theme", "speak", "other")
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class SignIn(Schema):
    """Ask for a code."""

    email = Email(required=True)


class SignInConfirm(Schema):
    """The code that was mailed."""

    email = Email(required=True)
    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}$", error="Must be six digits."))


class PersonView(Schema):
    """An account, as its owner and the team see it."""

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)
    access_needs = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class Attendee(Schema):
    """As much of a person as the team sees beside a booking."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)


class SignedIn(Schema):
    """A token, which is shown this once."""

    token = fields.String(required=True)
    expires_at = fields.DateTime(required=True)
    person = fields.Nested(PersonView, required=True)


class ProfileChange(Schema):
    """What people say about themselves; null takes back what may be left out."""

    name = Text(120)
    sector = Text(40)
    organisation = Text(160, allow_none=True)
    job_role = Text(120, allow_none=True)
    access_needs = Text(2000, lines=True, allow_none=True)


class BookingWanted(Schema):
    """A place in a session. `mode` must be said where the session is hybrid; `either`: the other one will do as well.

    `allow_clash` is for a place that overlaps another booking, knowingly.
    """

    session = Text(80, required=True)
    mode = fields.String(validate=validate.OneOf(MODES))
    either = fields.Boolean(load_default=False)
    access_needs = Text(2000, lines=True, allow_none=True)
    if_full = fields.String(validate=validate.OneOf(("wait", "refuse")), load_default="wait")
    allow_clash = fields.Boolean(load_default=False)


class BookingForSomebody(Schema):
    """A place for somebody, from the team; with `over_capacity` and a reason, also beyond those that there are."""

    email = Email(required=True)
    name = Text(120)
    mode = fields.String(validate=validate.OneOf(MODES))
    access_needs = Text(2000, lines=True, allow_none=True)
    if_full = fields.String(validate=validate.OneOf(("wait", "refuse")), load_default="wait")
    over_capacity = fields.Boolean(load_default=False)
    reason = Text(500, lines=True, allow_none=True)


class Acceptance(Schema):
    """Taking an offered place; `allow_clash` where it overlaps another booking, knowingly."""

    allow_clash = fields.Boolean(load_default=False)


class Move(Schema):
    """The session to move to, of the same programme; `mode` where it has both and the one booked will not do."""

    session = Text(80, required=True)
    mode = fields.String(validate=validate.OneOf(MODES))
    allow_clash = fields.Boolean(load_default=False)


class Note(Schema):
    """What the team wants to remember of a booking."""

    text = Text(2000, lines=True, required=True)


class Cancellation(Schema):
    """Why, if one likes to say."""

    reason = Text(500, lines=True, allow_none=True)


class Offer(Schema):
    """A place held for somebody until `expires_at`."""

    expires_at = fields.DateTime(required=True)


class BookingView(Schema):
    """A booking. `position` counts from 1 while waiting; `join_url` is there when it is time."""

    reference = fields.String(required=True)
    session = fields.String(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    position = fields.Integer(required=True, allow_none=True)
    either = fields.Boolean(required=True)
    offer = fields.Nested(Offer, required=True, allow_none=True)
    join_url = fields.String()
    access_needs = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class BookingOfPerson(BookingView):
    """A booking as the team sees it."""

    person = fields.Nested(Attendee, required=True)


class BookingPage(Schema):
    """A page of one's own bookings, the latest first."""

    items = fields.List(fields.Nested(BookingView), required=True)
    next = fields.String(required=True, allow_none=True)


class SessionBookingPage(Schema):
    """A page of a session's bookings, in the order in which they were made."""

    items = fields.List(fields.Nested(BookingOfPerson), required=True)
    next = fields.String(required=True, allow_none=True)


class ChangeView(Schema):
    """One entry of a booking's history. `actor`, whoever of the team or the person did it, is for the team."""

    at = fields.DateTime(required=True)
    what = fields.String(required=True)
    cause = fields.String(required=True)
    by = fields.String(required=True, validate=validate.OneOf(("person", "team", "system")))
    session = fields.String(required=True)
    mode = fields.String(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    actor = fields.String(allow_none=True)


class ChangePage(Schema):
    """A page of a booking's history, the earliest first."""

    items = fields.List(fields.Nested(ChangeView), required=True)
    next = fields.String(required=True, allow_none=True)


class Slug(fields.String):
    """The name of a thing of the catalogue in addresses."""

    def __init__(self, **kwargs: Any) -> None:
        form = validate.Regexp(SLUG, error="Lower-case words and digits, joined by -.")
        super().__init__(validate=[form, validate.Length(max=80)], **kwargs)


class InterestWanted(Schema):
    """What to be told of when there is more of it: one topic, one programme, or sessions like one. Just one of them."""

    topic = Slug()
    programme = Slug()
    session = Slug()

    @validates_schema
    def check(self, named: dict[str, str], **_: Any) -> None:
        """Refuse none, and more than one."""
        wrong = named or self.fields
        if len(named) != 1:
            raise ValidationError({name: ["Name one topic, one programme or one session."] for name in wrong})


class InterestView(Schema):
    """An interest, as its owner sees it. It has one of topic, programme and session; the others are null."""

    id = fields.String(required=True)
    topic = fields.String(required=True, allow_none=True)
    programme = fields.String(required=True, allow_none=True)
    session = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)


class InterestPage(Schema):
    """A page of one's own interests, the latest first."""

    items = fields.List(fields.Nested(InterestView), required=True)
    next = fields.String(required=True, allow_none=True)


class Demand(Schema):
    """How many people ask for more on a topic, of a programme, or like a session; two of the three are null."""

    topic = fields.String(required=True, allow_none=True)
    programme = fields.String(required=True, allow_none=True)
    session = fields.String(required=True, allow_none=True)
    people = fields.Integer(required=True)


class DemandPage(Schema):
    """A page of what people ask for, the most wanted first."""

    items = fields.List(fields.Nested(Demand), required=True)
    next = fields.String(required=True, allow_none=True)


class SuggestionMade(Schema):
    """A theme that one would like, an offer to speak, or something else."""

    kind = fields.String(required=True, validate=validate.OneOf(SUGGESTION_KINDS))
    text = Text(2000, lines=True, required=True)


class SuggestionView(Schema):
    """A suggestion; its text is null once the person who made it was erased."""

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(SUGGESTION_KINDS))
    text = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)


class Suggester(Schema):
    """As much of a person as the team sees beside a suggestion."""

    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)


class SuggestionOfPerson(SuggestionView):
    """A suggestion as the team sees it; nobody made it who was erased."""

    person = fields.Nested(Suggester, required=True, allow_none=True)


class SuggestionPage(Schema):
    """A page of suggestions, the latest first."""

    items = fields.List(fields.Nested(SuggestionOfPerson), required=True)
    next = fields.String(required=True, allow_none=True)
