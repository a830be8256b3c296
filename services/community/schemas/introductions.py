"""Introductions: who is suggested, and who asked whom."""

from typing import Final

from marshmallow import fields

from services.community.schemas.members import MemberView
from services.runtime.limits import Length, OneOf
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Schema, Text

INTRODUCTION_STATES: Final = ("proposed", "accepted", "declined", "withdrawn", "expired")
KINDS_OF_INTRODUCTIONS: Final = ("received", "sent", "accepted")


class Proposal(Schema):
    """Whom one would like to meet, and what to tell them."""

    to = fields.String(required=True, validate=Length(max=36))
    message = Text(1000, lines=True, required=True, validate=WITHOUT_LINKS)


class Suggestion(MemberView):
    """Somebody from another sector whom one has not met, and why it might be worth it."""

    why = fields.List(fields.String(), required=True)


class SuggestionList(Schema):
    """Who is suggested, the best first; it has no further pages."""

    items = fields.List(fields.Nested(Suggestion), required=True)
    next = fields.String(required=True, allow_none=True)


class Other(Schema):
    """The other one of the two; where they work only while each can see the other."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)


class IntroductionView(Schema):
    """An introduction, as one of the two may know it. `email` is the other's, once both said yes."""

    id = fields.String(required=True)
    by = fields.String(required=True)
    to = fields.String(required=True)
    other = fields.Nested(Other, required=True)
    message = fields.String(required=True)
    state = fields.String(required=True, validate=OneOf(INTRODUCTION_STATES))
    proposed_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)
    email = fields.String(required=True, allow_none=True)


class IntroductionPage(Schema):
    """A page of one's own introductions, the latest first."""

    items = fields.List(fields.Nested(IntroductionView), required=True)
    next = fields.String(required=True, allow_none=True)
