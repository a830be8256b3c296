"""What the notifications service accepts and what it returns."""

from marshmallow import Schema, fields, validate

from services.bus.schemas import Text

RECIPIENTS = ("confirmed", "waiting", "all")


class TeamMessage(Schema):
    """What the team says to the people of a session. `waiting` are also those who have been offered a place."""

    to = fields.String(required=True, validate=validate.OneOf(RECIPIENTS))
    subject = Text(120, required=True)
    body = Text(5000, lines=True, required=True)


class TeamMessageQueued(Schema):
    """A message of the team, and how many people it goes to."""

    id = fields.String(required=True)
    to = fields.String(required=True, validate=validate.OneOf(RECIPIENTS))
    subject = fields.String(required=True)
    queued = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)


class TeamMessageView(Schema):
    """A message of the team, and for how many people it is queued, was sent and failed: not for who was erased before.

    `finished_at` is null while it is queued for anybody. The text is null once everybody whom it went to was erased.
    """

    id = fields.String(required=True)
    to = fields.String(required=True, validate=validate.OneOf(RECIPIENTS))
    subject = fields.String(required=True, allow_none=True)
    body = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    queued = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    finished_at = fields.DateTime(required=True, allow_none=True)


class TeamMessagePage(Schema):
    """A page of what the team said to the people of a session, the latest first."""

    items = fields.List(fields.Nested(TeamMessageView), required=True)
    next = fields.String(required=True, allow_none=True)


class Choices(Schema):
    """Of topics of messages, whether they are wanted; what is not named stays as it is."""

    reminders = fields.Boolean()
    follow_ups = fields.Boolean()
    materials = fields.Boolean()
    interests = fields.Boolean()
    introductions = fields.Boolean()


class ChoicesView(Schema):
    """Of each topic of messages that a person can do without, whether it is wanted."""

    reminders = fields.Boolean(required=True)
    follow_ups = fields.Boolean(required=True)
    materials = fields.Boolean(required=True)
    interests = fields.Boolean(required=True)
    introductions = fields.Boolean(required=True)


class ChoicesNow(ChoicesView):
    """The same, with a version that stands for what is chosen, for whoever changes it."""

    version = fields.Integer(required=True)


class ChoicesByLink(Schema):
    """The same for who came by the link in a message, and the topic that the message was of, if any."""

    topic = fields.String(required=True, allow_none=True)
    wanted = fields.Nested(ChoicesView, required=True)
