"""How refusals of notifications are told as HTTP problems: a part of the table in `problems.py`."""

from typing import Final

from gateway.web.problem import Problem

MESSAGES: Final[dict[str, Problem]] = {
    "message-out-of-date": Problem(
        409,
        "The message is out of date",
        "What it says is not true any more, so it is not sent again: the booking or the session has changed, its time"
        " is over, or the person does not want emails of its kind. There may be a later one that can be sent again.",
    ),
    "message-not-repeatable": Problem(
        409,
        "The message cannot be sent again",
        "A sign-in code is sent once: whoever needs one asks for a new one. Of a person who was erased, and of some"
        " very old messages, the text is not kept.",
    ),
    "message-waiting": Problem(
        409,
        "The message is waiting to be sent",
        "It is in the queue already, for the first time or again. Once it has been sent, or has failed, it can be sent"
        " again.",
    ),
    "draft-gone": Problem(
        409,
        "The draft is gone",
        "It was sent or deleted since you read it, so it is not sent again. See what was written to the people of the"
        " session. To write to them all the same, send your text without naming the draft.",
    ),
    "too-many-drafts": Problem(
        409,
        "Too many drafts",
        "The team can have 100 drafts of messages. Send or delete one, then save this one.",
    ),
}
