"""The kinds of messages: how urgent each is, whether it can wait for the morning, and what a person can do without.

A person can do without the kinds that have a topic. Those that are news, and not about a place that the person has,
also say how to stop them in the way that mail programs know (RFC 8058).
"""

from dataclasses import dataclass
from typing import Final

AT_ONCE, SOON, IN_TURN = 0, 1, 2  # somebody waits at a screen; one person's own booking; news to many at a time

TOPICS: Final = ("reminders", "follow_ups", "materials", "interests", "introductions")


@dataclass(frozen=True)
class MessageType:
    """`topic` is what it belongs to among what a person can do without; `is_news` if it is about no place of theirs.

    What `can_wait` does so in quiet hours, unless the person has just asked for it or it would come too late. What
    `stays_true` is worth reading whatever becomes of the booking. Of what `names_others` no fact is kept once it is
    sent: it would outlive their erasure. What is `to_an_address` goes there, whoever has it; once it is sent, neither
    the address nor a fact is kept.
    """

    urgency: int
    topic: str | None = None
    can_wait: bool = False
    is_news: bool = False
    stays_true: bool = False
    names_others: bool = False
    to_an_address: bool = False


MESSAGE_TYPES: Final[dict[str, MessageType]] = {
    "sign_in": MessageType(AT_ONCE, to_an_address=True),
    "sign_in_guessed": MessageType(SOON, can_wait=True),
    "second_factor_guessed": MessageType(SOON),
    "identity_linked": MessageType(SOON),
    "email_change_code": MessageType(AT_ONCE, to_an_address=True),
    "email_change_taken": MessageType(SOON, can_wait=True, to_an_address=True),
    "address_code": MessageType(AT_ONCE, to_an_address=True),
    "addresses_changed": MessageType(SOON, to_an_address=True),
    "email_changed": MessageType(SOON, to_an_address=True),
    "email_change_undone": MessageType(SOON, to_an_address=True),
    "merge_code": MessageType(AT_ONCE, to_an_address=True),
    "accounts_merged": MessageType(SOON, to_an_address=True),
    "accounts_parted": MessageType(SOON, to_an_address=True),
    "person_corrected": MessageType(SOON, can_wait=True),
    "account_unused": MessageType(IN_TURN, can_wait=True),
    "account_erased": MessageType(SOON),
    "booking_confirmed": MessageType(SOON, can_wait=True),
    "booking_waiting": MessageType(SOON, can_wait=True),
    "application_received": MessageType(SOON, can_wait=True),
    "application_refused": MessageType(SOON, can_wait=True),
    "place_offered": MessageType(SOON, can_wait=True),
    "offer_expired": MessageType(SOON, can_wait=True),
    "booking_cancelled": MessageType(SOON, can_wait=True),
    "booking_moved": MessageType(SOON, can_wait=True),
    "booking_reassigned": MessageType(SOON, can_wait=True),
    "meeting_invite": MessageType(SOON, can_wait=True),
    "meeting_cancelled": MessageType(SOON, can_wait=True),
    "invites_again": MessageType(SOON, can_wait=True),
    "session_changed": MessageType(IN_TURN, can_wait=True),
    "team_message": MessageType(IN_TURN, can_wait=True),
    "reminder_week": MessageType(IN_TURN, "reminders", can_wait=True),
    "reminder_day": MessageType(IN_TURN, "reminders", can_wait=True),
    "reminder_hour": MessageType(SOON, "reminders"),
    "thanks": MessageType(IN_TURN, "follow_ups", can_wait=True, stays_true=True),
    "missed": MessageType(IN_TURN, "follow_ups", can_wait=True, is_news=True, stays_true=True),
    "certificate_ready": MessageType(IN_TURN, "follow_ups", can_wait=True, stays_true=True),
    "feedback_asked": MessageType(IN_TURN, "follow_ups", can_wait=True, is_news=True, stays_true=True),
    "pledge_reminder": MessageType(IN_TURN, "follow_ups", can_wait=True, is_news=True, stays_true=True),
    "evaluation_asked": MessageType(IN_TURN, "follow_ups", can_wait=True, is_news=True, stays_true=True),
    "materials_published": MessageType(IN_TURN, "materials", can_wait=True, is_news=True),
    "tables_published": MessageType(IN_TURN, can_wait=True),
    "coordinator_named": MessageType(SOON, can_wait=True),
    "facilitator_named": MessageType(SOON, can_wait=True),
    "facilitated_changed": MessageType(SOON, can_wait=True),
    "facilitator_taken_back": MessageType(SOON, can_wait=True),
    "introduction_proposed": MessageType(IN_TURN, "introductions", can_wait=True, is_news=True, names_others=True),
    "sat_with": MessageType(IN_TURN, "introductions", can_wait=True, is_news=True, stays_true=True),
    "community_removed": MessageType(IN_TURN, can_wait=True, names_others=True),  # the reason is the team's own words
    "community_let_in": MessageType(IN_TURN, can_wait=True),
    "introduction_accepted": MessageType(IN_TURN, can_wait=True, names_others=True),
    "own_text_test": MessageType(SOON),
    "interest_matched": MessageType(IN_TURN, "interests", can_wait=True, is_news=True),
}

TO_AN_ADDRESS: Final = frozenset(name for name, kind in MESSAGE_TYPES.items() if kind.to_an_address)
