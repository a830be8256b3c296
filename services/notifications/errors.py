"""What the notifications service refuses, as facts."""

from services.runtime.refusals import NotFound, Refusal


class NoInvite(NotFound):
    """No calendar invite was sent for this booking."""


class MessageOutOfDate(Refusal):
    """What this message says is not true any more."""

    code = "message-out-of-date"


class MessageNotRepeatable(Refusal):
    """This message cannot be sent again."""

    code = "message-not-repeatable"


class MessageWaiting(Refusal):
    """This message is waiting to be sent already."""

    code = "message-waiting"


class TooManyTests(Refusal):
    """You have sent yourself 5 tests in 10 minutes."""

    code = "too-many-tests"


class TooManyDrafts(Refusal):
    """The team has as many drafts of messages as it can have."""

    code = "too-many-drafts"


class DraftGone(Refusal):
    """This draft was sent or deleted."""

    code = "draft-gone"
