"""What the notifications service accepts and what it returns."""

from marshmallow import fields

from services.runtime.limits import Length, OneOf, Pattern
from services.runtime.schemas import Schema, Text

RECIPIENTS = ("confirmed", "waiting", "all")
MOST_CHOSEN = 500
MESSAGE_STATES = ("queued", "sent", "delivered", "bounced", "failed")


class MailWay(Schema):
    """In which way emails leave, and where to: a folder or a host. Where Notify sends them, it has the sender."""

    way = fields.String(required=True, validate=OneOf(["file", "smtp", "notify"]))
    where = fields.String(required=True)
    sender = fields.String(required=True)


class TeamMessage(Schema):
    """What the team says to the people of a session. `waiting` are also those who have been offered a place.

    With `references`, it goes to those of them who have one of these bookings. `draft` is the one that it was kept in,
    which goes once this is sent, and `draft_version` the version of it that is sent.
    """

    to = fields.String(required=True, validate=OneOf(RECIPIENTS))
    references = fields.List(Text(20), validate=Length(min=1, max=MOST_CHOSEN, of="bookings"))
    subject = Text(120, required=True)
    body = Text(5000, lines=True, required=True)
    draft = Text(36)
    draft_version = fields.Integer()


class TeamMessageQueued(Schema):
    """A message of the team, and how many people it goes to; `chosen` where `references` named their bookings."""

    id = fields.String(required=True)
    to = fields.String(required=True, validate=OneOf(RECIPIENTS))
    chosen = fields.Boolean(required=True)
    subject = fields.String(required=True)
    queued = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)


class TeamMessageView(Schema):
    """A message of the team, and for how many people it is in which state: not for who was erased before.

    It was `chosen` where it went to some bookings alone. `written_by` is null where it is not known who sent it. `sent`
    are those that a mail server took and has said no more of: it may yet report them as delivered or bounced.

    `finished_at` is null while it is queued for anybody. The text is null once everybody whom it went to was erased.
    """

    id = fields.String(required=True)
    to = fields.String(required=True, validate=OneOf(RECIPIENTS))
    chosen = fields.Boolean(required=True)
    subject = fields.String(required=True, allow_none=True)
    body = fields.String(required=True, allow_none=True)
    written_by = fields.String(required=True, allow_none=True)
    written_by_name = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    queued = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    delivered = fields.Integer(required=True)
    bounced = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    finished_at = fields.DateTime(required=True, allow_none=True)


class TeamMessagePage(Schema):
    """A page of what the team said to the people of a session, the latest first."""

    items = fields.List(fields.Nested(TeamMessageView), required=True)
    next = fields.String(required=True, allow_none=True)


class MessageDraftText(Schema):
    """What is in a draft of a message of the team; what is left out or null is missing still."""

    to = fields.String(validate=OneOf(RECIPIENTS), allow_none=True)
    references = fields.List(Text(20), validate=Length(min=1, max=MOST_CHOSEN, of="bookings"), allow_none=True)
    subject = Text(120, allow_none=True)
    body = Text(5000, lines=True, allow_none=True)


class MessageDraftBegun(MessageDraftText):
    """A new draft of a message, and the session whose people it is for."""

    session = Text(255, required=True)


class MessageDraftView(Schema):
    """A draft of a message of the team, and who saved it last; null once they were erased."""

    id = fields.String(required=True)
    session = fields.String(required=True)
    session_title = fields.String(required=True, allow_none=True)
    to = fields.String(required=True, validate=OneOf(RECIPIENTS), allow_none=True)
    references = fields.List(fields.String(), required=True, allow_none=True)
    subject = fields.String(required=True, allow_none=True)
    body = fields.String(required=True, allow_none=True)
    saved_by = fields.String(required=True, allow_none=True)
    saved_by_name = fields.String(required=True, allow_none=True)
    saved_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class MessageDraftPage(Schema):
    """A page of drafts of messages, the latest begun first."""

    items = fields.List(fields.Nested(MessageDraftView), required=True)
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


class AddressView(Schema):
    """A person's address, and whether mail reaches it; `since` when it does not, and `why`."""

    email = fields.String(required=True)
    state = fields.String(required=True, validate=OneOf(["ok", "undeliverable"]))
    since = fields.DateTime(required=True, allow_none=True)
    why = fields.String(required=True, allow_none=True)


class UndeliverableView(Schema):
    """Somebody whom no mail reaches: only sign-in codes are still sent there."""

    person = fields.String(required=True)
    email = fields.String(required=True)
    since = fields.DateTime(required=True)
    why = fields.String(required=True)


class UndeliverablePage(Schema):
    """A page of those whom no mail reaches, the latest first."""

    items = fields.List(fields.Nested(UndeliverableView), required=True)
    next = fields.String(required=True, allow_none=True)


class BounceReport(Schema):
    """A mail server's report on what became of a letter: its bytes, each as the character of that number."""

    report = fields.String(required=True, validate=Pattern(r"[\x00-\xff]*\Z", "not-bytes"))


class BounceTaken(Schema):
    """What a report said of a message, and the state that it is in now."""

    message = fields.String(required=True)
    action = fields.String(required=True)
    status = fields.String(required=True)
    state = fields.String(required=True)


class MessageView(Schema):
    """A message to one person, and what became of it; of a sign-in, never the code.

    `email` is the address that it goes or went to, and `name` who has it now. `due_at` is when it is to be sent, null
    once it has ended: then `reason` is why it failed, if it did, and `error` what the mail server said. Where the team
    sent a message again, `resend_of` is the first one, and `resent_by` who did it.
    """

    id = fields.String(required=True)
    template = fields.String(required=True)
    person = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    session = fields.String(required=True, allow_none=True)
    booking = fields.String(required=True, allow_none=True)
    subject = fields.String(required=True, allow_none=True)
    state = fields.String(required=True, validate=OneOf(MESSAGE_STATES))
    reason = fields.String(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    queued_at = fields.DateTime(required=True)
    due_at = fields.DateTime(required=True, allow_none=True)
    finished_at = fields.DateTime(required=True, allow_none=True)
    attempts = fields.Integer(required=True)
    resend_of = fields.String(required=True, allow_none=True)
    resent_by = fields.String(required=True, allow_none=True)


class MessageRepeat(Schema):
    """That the team sent a message again: the new one, and who did it."""

    id = fields.String(required=True)
    state = fields.String(required=True, validate=OneOf(MESSAGE_STATES))
    queued_at = fields.DateTime(required=True)
    resent_by = fields.String(required=True, allow_none=True)
    resent_by_name = fields.String(required=True, allow_none=True)


class MessageInFull(MessageView):
    """The same, its text, and each time that it was sent again, the latest first.

    The text is null where it must not be shown or is not kept. The links in it that are its reader's own are not.
    """

    resent_by_name = fields.String(required=True, allow_none=True)
    plain = fields.String(required=True, allow_none=True)
    html = fields.String(required=True, allow_none=True)
    repeats = fields.List(fields.Nested(MessageRepeat), required=True)


class MessagePage(Schema):
    """A page of messages, the latest first."""

    items = fields.List(fields.Nested(MessageView), required=True)
    next = fields.String(required=True, allow_none=True)


class PreviewLine(Schema):
    """A kind of message, with the subject of an example."""

    template = fields.String(required=True)
    subject = fields.String(required=True)


class PreviewList(Schema):
    """Every kind of message."""

    items = fields.List(fields.Nested(PreviewLine), required=True)


class Preview(PreviewLine):
    """An example of a kind of message, as people get it."""

    plain = fields.String(required=True)
    html = fields.String(required=True)


class OwnTextChange(Schema):
    """What emails of a kind are to say in the team's own words; null is ours."""

    opening = Text(2000, lines=True, allow_none=True)
    closing = Text(2000, lines=True, allow_none=True)


class OwnTextView(Schema):
    """What is the team's in emails of a kind: which `parts` can be theirs, and which placeholders are filled in."""

    template = fields.String(required=True)
    parts = fields.List(fields.String(), required=True)
    placeholders = fields.List(fields.String(), required=True)
    opening = fields.String(required=True, allow_none=True)
    closing = fields.String(required=True, allow_none=True)
    version = fields.Integer(required=True)


class OwnTextList(Schema):
    """All kinds of emails in which something is the team's."""

    items = fields.List(fields.Nested(OwnTextView), required=True)


class OwnTextTest(Schema):
    """Where a test went."""

    address = fields.String(required=True)
