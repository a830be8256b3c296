"""What the notifications service refuses, or cannot do yet, as facts."""

from services.bus.refusals import NotFound, Refusal


class NoInvite(NotFound):
    """No calendar invite was sent for this booking."""


class NotYetKnown(Exception):
    """An event speaks of a person or a session that no event has told of yet.

    Raised by the readers of booking events: events of two services overtake each other, and the inbox tries again.
    """


class MessageOutOfDate(Refusal):
    """What this message says is not true any more."""

    code = "message-out-of-date"


class MessageNotRepeatable(Refusal):
    """This message cannot be sent again."""

    code = "message-not-repeatable"


class MessageWaiting(Refusal):
    """This message is waiting to be sent already."""

    code = "message-waiting"
