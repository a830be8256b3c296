"""What people wish for: interests and suggestions."""

from typing import Any

from marshmallow import ValidationError, fields, validates_schema

from services.runtime.faults import Fault
from services.runtime.limits import SLUG, Length, OneOf
from services.runtime.schemas import Schema, Text

SUGGESTION_KINDS = ("theme", "speak", "other")


class Slug(fields.String):
    """The name of a thing of the catalogue in addresses."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=[SLUG, Length(max=80)], **kwargs)


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
            raise ValidationError({name: [Fault("not-one-name", {"choices": [*self.fields]})] for name in wrong})


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


class InterestInTopics(Schema):
    """How many people want to hear of each topic, by its name."""

    topics = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class InterestInProgramme(Schema):
    """How many people want to hear of a programme, and how many of them are of each sector, as far as they said."""

    programme = fields.String(required=True)
    people = fields.Integer(required=True)
    sectors = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class InterestInProgrammes(Schema):
    """The programmes that people want to hear of, the most wanted first."""

    items = fields.List(fields.Nested(InterestInProgramme), required=True)


class SuggestionMade(Schema):
    """A theme that one would like, an offer to speak, or something else."""

    kind = fields.String(required=True, validate=OneOf(SUGGESTION_KINDS))
    text = Text(2000, lines=True, required=True)


class SuggestionView(Schema):
    """A suggestion; its text is null once the person who made it was erased."""

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=OneOf(SUGGESTION_KINDS))
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
