"""Members: what they say of themselves, and what others see of them, which is never an email address."""

from typing import Any, Final

from marshmallow import fields

from services.runtime.limits import SLUG, Length
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Schema, Text

MOST_NAME: Final = 200
MOST_ABOUT: Final = 1000


def _topics(**kwargs: Any) -> fields.List[str]:
    each = fields.String(validate=[SLUG, Length(max=80)])
    return fields.List(each, validate=Length(max=20), **kwargs)


class NewMember(Schema):
    """What to say of oneself when joining.

    With `tell_tablemates`, those whom one has met in sessions see it, if they said the same. Name, sector and
    organisation are those of the account: whoever sends them along is told if they are not.
    """

    name = Text(MOST_NAME, allow_none=True, load_default=None)
    sector = fields.String(allow_none=True, load_default=None)
    organisation = Text(MOST_NAME, allow_none=True, load_default=None)
    about = Text(MOST_ABOUT, lines=True, allow_none=True, load_default=None, validate=WITHOUT_LINKS)
    topics = _topics(load_default=list)
    tell_tablemates = fields.Boolean(load_default=False)


class MemberChange(Schema):
    """What to change of it; null takes back what may be left out."""

    about = Text(MOST_ABOUT, lines=True, allow_none=True, validate=WITHOUT_LINKS)
    topics = _topics()
    tell_tablemates = fields.Boolean()


class Membership(Schema):
    """Whether somebody is a member."""

    member = fields.Boolean(required=True)


class MemberView(Schema):
    """A member, as the other members see them."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    sector = fields.String(required=True)
    organisation = fields.String(required=True, allow_none=True)
    about = fields.String(required=True, allow_none=True)
    topics = fields.List(fields.String(), required=True)


class OwnProfile(MemberView):
    """A member, as they see themselves."""

    tell_tablemates = fields.Boolean(required=True)
    joined_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class MemberPage(Schema):
    """A page of members, those who joined last first."""

    items = fields.List(fields.Nested(MemberView), required=True)
    next = fields.String(required=True, allow_none=True)


class PickedTopics(Schema):
    """How many members picked each topic, by its name."""

    topics = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class SessionMet(Schema):
    """Where two people met."""

    slug = fields.String(required=True)
    title = fields.String(required=True)
    at = fields.DateTime(required=True, allow_none=True)


class MetView(MemberView):
    """A member whom one has met, and in which sessions, the latest first."""

    sessions = fields.List(fields.Nested(SessionMet), required=True)


class MetPage(Schema):
    """A page of members whom one has met, those met last first."""

    items = fields.List(fields.Nested(MetView), required=True)
    next = fields.String(required=True, allow_none=True)


class BlockedView(Schema):
    """Somebody whom one has blocked."""

    id = fields.String(required=True)
    name = fields.String(required=True)


class BlockedPage(Schema):
    """A page of those whom one has blocked, the latest first."""

    items = fields.List(fields.Nested(BlockedView), required=True)
    next = fields.String(required=True, allow_none=True)
