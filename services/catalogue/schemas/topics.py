"""What is asked about topics, and what is answered."""

from marshmallow import fields

from services.catalogue.fields import (
    Slug,
)
from services.runtime.schemas import Schema


class TopicState(Schema):
    """What is announced of a topic that was renamed, merged or removed: what it is called now, null if it is not."""

    old = Slug(attribute="slug", required=True)
    new = Slug(required=True, allow_none=True)
    version = fields.Integer(required=True)


class TopicView(Schema):
    """A topic, how many sessions, drafts and programmes are about it, and the old names that lead to it."""

    slug = fields.String(required=True)
    sessions = fields.Integer(required=True)
    drafts = fields.Integer(required=True)
    programmes = fields.Integer(required=True)
    former = fields.List(fields.String(), required=True)


class TopicList(Schema):
    """Every topic, by the alphabet."""

    items = fields.List(fields.Nested(TopicView), required=True)
    next = fields.String(required=True, allow_none=True)


class Renaming(Schema):
    """The name that a topic gets, as addresses have it."""

    to = Slug(required=True)


class Merging(Schema):
    """The topic that another becomes a part of."""

    into = Slug(required=True)
