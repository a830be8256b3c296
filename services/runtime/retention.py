"""How long personal data are kept: every period, in one table. docs/privacy/retention.md shows it; a test compares.

What applies a period reads it here. Periods of what is personal only in passing, such as events, are here as well.
"""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Period:
    """What is kept for how long `after` something; `place` is the service, or what of it, that lets go of it then."""

    what: str
    how_long: timedelta
    after: str
    place: str

    @property
    def in_words(self) -> str:
        """The period as a person says it."""
        hours = self.how_long.total_seconds() / 3600
        if hours < 24:
            return f"{hours:.0f} hour{'s' if hours != 1 else ''}"
        return f"{self.how_long.days} day{'s' if self.how_long.days != 1 else ''}"


RETENTION: Final = MappingProxyType(
    {
        "access_needs": Period(
            "access needs given for a booking", timedelta(days=30), "the last meeting of the session", "registration"
        ),
        "session_answers": Period(
            "answers to the questions of a session, for as many days as the team says, at most",
            timedelta(days=365),
            "the last meeting of the session",
            "registration",
        ),
        "evaluation_links": Period(
            "whose answers to an evaluation are whose, and what they wrote there in words of their own",
            timedelta(days=548),
            "the last session that they answered for",
            "registration",
        ),
        "table_wishes": Period(
            "what was asked for when people were seated, such as a table without steps",
            timedelta(days=30),
            "the last meeting of the session",
            "community",
        ),
        "sign_in_codes": Period("sign-in codes", timedelta(hours=1), "the code was asked for", "registration"),
        "provider_sign_ins": Period(
            "what an identity provider said of someone who is signing in",
            timedelta(hours=1),
            "they were sent there",
            "registration",
        ),
        "sign_in_guesses": Period("wrong sign-in codes", timedelta(days=365), "the code was tried", "registration"),
        "second_factor_guesses": Period(
            "wrong codes of an authenticator app", timedelta(days=365), "the code was tried", "registration"
        ),
        "address_changes": Period(
            "an email address that someone had before", timedelta(days=7), "they changed it", "registration"
        ),
        "merge_codes": Period(
            "codes that prove another account", timedelta(hours=1), "the code was asked for", "registration"
        ),
        "merges": Period(
            "what an account was that was merged, and how to undo that", timedelta(days=30), "the merge", "registration"
        ),
        "imports": Period(
            "what a file that the team imported added and changed, and how to undo that",
            timedelta(days=30),
            "the import",
            "registration",
        ),
        "audit": Period("the audit record, which names nobody", timedelta(days=730), "what it says", "registration"),
        "nominations": Period(
            "who a coordinator nominated for a session, as they typed it",
            timedelta(days=365),
            "the last meeting of the session",
            "registration",
        ),
        "sign_ins": Period("where someone is signed in", timedelta(days=30), "they signed in", "registration"),
        "guests": Period(
            "names of people without an account who came",
            timedelta(days=183),
            "the last session that they came to",
            "registration",
        ),
        "unused_warned": Period(
            "accounts that nobody uses, until an email warns", timedelta(days=700), "the last use", "registration"
        ),
        "unused_erased": Period(
            "accounts that nobody uses, once an email has warned", timedelta(days=730), "the last use", "registration"
        ),
        "warning": Period(
            "accounts that nobody uses, at least", timedelta(days=30), "the email that warns", "registration"
        ),
        "erasures": Period(
            "ids of people who were erased, on the list that a restored backup is held to",
            timedelta(days=730),
            "they were erased",
            "registration",
        ),
        "message_bodies": Period(
            "what an email said, of which only the subject stays",
            timedelta(days=90),
            "the email was sent or given up",
            "notifications",
        ),
        "team_messages": Period(
            "what the team wrote to the people of a session",
            timedelta(days=90),
            "the message was written",
            "notifications",
        ),
        "message_drafts": Period(
            "drafts of messages of the team that nobody sent",
            timedelta(days=90),
            "the draft was last saved",
            "notifications",
        ),
        "mail_files": Period(
            "emails as files, where no mail server is set", timedelta(days=90), "the email was sent", "notifications"
        ),
        "last_emails": Period(
            "the files of the last emails to someone who is erased",
            timedelta(days=1),
            "the email was sent",
            "notifications",
        ),
        "catalogue_imports": Period(
            "what a file that the team imported added to the programme and changed in it, and how to undo that",
            timedelta(days=30),
            "the import",
            "catalogue",
        ),
        "published_events": Period("published events", timedelta(days=6), "they were published", "every service"),
        "handled_events": Period("handled events", timedelta(days=7), "they arrived", "every service"),
        "answers": Period(
            "answers under an Idempotency-Key", timedelta(hours=24), "the answer was given", "every service"
        ),
    }
)  # fmt: skip


def period(name: str) -> timedelta:
    """Return a period of the table."""
    return RETENTION[name].how_long
