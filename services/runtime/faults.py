"""What is wrong with a field, as a fact: a code that is stable for ever, and the limits that were passed.

The table at the end makes the sentence of the API from the code and the limits. Programs decide by the code: nothing
reads the sentence, so that it can be improved.
"""

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from marshmallow import ValidationError

Limits = Mapping[str, Any]
Words = Mapping[str, str | tuple[str, ...]]  # by code; of several, the first whose facts are all known is said


@dataclass(frozen=True)
class Fault:
    """A code, and the limits that were passed, as JSON values: `too-long` and `{"min": 1, "max": 200}`."""

    code: str
    limits: Limits = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence of the API."""
        return in_words(WORDS[self.code], self.limits)

    @classmethod
    def told(cls, error: Mapping[str, Any]) -> Self:
        """Return what a refusal told of a field (see `at`)."""
        return cls(error["code"], error["limits"])

    def at(self, field: str) -> dict[str, Any]:
        """Return `{field, code, limits, message}`; `field` is a dotted path."""
        return {"field": field, "code": self.code, "limits": dict(self.limits), "message": self.message}


def wrong(code: str, /, **limits: Any) -> ValidationError:
    """Return what a field or a schema of ours raises."""
    return ValidationError([Fault(code, limits)])


def in_words(words: str | Iterable[str], facts: Mapping[str, Any]) -> str:
    """Return the first of the templates whose facts are all known, filled in; nothing where there is none."""
    templates = [words] if isinstance(words, str) else words
    fitting = next((template for template in templates if _named_in(template) <= facts.keys()), "")
    return _FORMATTER.vformat(fitting, (), facts)


def _named_in(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


class _Formatter(string.Formatter):
    """Writes lists and codes too: the format is what stands between their parts, and a comma where it is left out."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if isinstance(value, list | tuple):
            return (format_spec or ", ").join(map(str, value))
        if isinstance(value, str) and format_spec:
            return value.replace("_", format_spec)
        return str(super().format_field(value, format_spec))


_FORMATTER: Final = _Formatter()

TOO_SHORT: Final = ("Length must be between {min} and {max}.", "Shorter than minimum length {min}.")
TOO_LONG: Final = ("Length must be between {min} and {max}.", "Longer than maximum length {max}.")
WORDS: Final[Words] = {
    # Whether there is anything, and of which kind
    "missing": "Missing data for required field.",
    "null": "Field may not be null.",
    "unknown-field": "Unknown field.",
    "not-valid": "Invalid value.",
    "not-a-json-object": "Not a JSON object.",
    "not-an-object": "Invalid input type.",
    "not-a-list-of-objects": "Invalid type.",
    "not-a-list": "Not a valid list.",
    "not-a-mapping": "Not a valid mapping type.",
    "not-a-string": "Not a valid string.",
    "not-utf-8": "Not a valid utf-8 string.",
    "not-a-number": "Not a valid number.",
    "not-a-whole-number": "Not a valid integer.",
    "not-finite": "Special numeric values (nan or infinity) are not permitted.",
    "not-true-or-false": "Not a valid boolean.",
    "not-a-time": "Not a valid datetime.",
    "not-a-date": "Not a valid date.",
    "not-a-uuid": "Not a valid UUID.",
    "not-an-email": "Not a valid email address.",
    "not-a-mail-domain": "After the @ there must be a name with a dot in it, such as example.org.",
    "not-a-url": "Not an http or https address.",
    "not-a-slug": "Lower-case words and digits, joined by {joined_by}.",
    "not-text": "Contains a character that is not text.",
    "nothing-visible": "There is nothing in it that can be seen.",
    "not-bytes": "These are not bytes.",
    "not-a-month": "Must be a year and a month, such as 2027-03.",
    # Limits: `of` is what is counted
    "too-short": TOO_SHORT,
    "too-few": ("Must have from {min} to {max} {of}.", *TOO_SHORT),
    "too-long": TOO_LONG,
    "too-many": ("Must have from {min} to {max} {of}.", *TOO_LONG),
    "out-of-range": (
        "Must be a {of} from {min} to {max}.",
        "Must be a {of} from {min}.",
        "Must be greater than or equal to {min} and less than or equal to {max}.",
    ),
    "number-too-large": "The number is too large.",
    "no-such-local-time": "There is no such time on that day: the clocks go forward.",
    "year-out-of-range": "Not between the years {min} and {max}.",
    "not-a-choice": "Must be one of: {choices}.",
    "not-equal": "Must be equal to {value}.",
    "repeated": "Given twice.",
    "unknown-name": "There is none of this name.",
    # What a request is made of
    "not-a-form": "Not a form.",
    "not-a-query": "The query is not UTF-8, or has too many parameters.",
    "not-a-parameter": "Contains what is not text, or is too long.",
    "not-a-key": "Must be {min} to {max} visible ASCII characters.",
    "not-one-click": "Must be One-Click.",
    "not-a-button": "That is not one of the buttons on this page.",
    "not-a-code": "Must be six digits, or twelve.",
    "not-a-second-factor": "Must be six digits, or twelve, or a recovery code of 16 letters and digits.",
    "name-not-text": "Its name has a character that is not text.",
    "not-our-cursor": "This is not a cursor that we gave out.",
    # Sessions and their materials
    "needed-for-delivery": "A {delivery:-} session needs its {part}.",
    "not-for-delivery": "A {delivery:-} session has no {part}.",
    "ends-before-start": "A meeting ends after it starts.",
    "starts-before-earlier-ends": "Starts before an earlier meeting ends: they are in order, one by one.",
    "opens-after-end": "Booking opens before the session is over.",
    "not-by-application": "Nobody applies for a place in this session.",
    "closes-after-start": "Applications close before the session starts, or when it does.",
    "closes-before-opening": "Applications close after booking opens.",
    "too-many-copies": "At most {max} sessions are copied at once.",
    "too-many-held": "{held} places are held, and the session has {max}.",
    "same-delivery": "That is how it meets already.",
    "slug-fixed": "A slug never changes: it is in people's links.",
    "delivery-fixed": "A change to the session does not change its delivery; convert the session.",
    "kind-fixed": "The kind of a material never changes; add another material.",
    "slug-taken": "Another one has this slug.",
    "no-slug": "Give a slug: the title makes none.",
    "url-taken": "There is a material at this address already.",
    "not-a-colour": "Must be a colour such as #005eb8: # and six digits or letters from a to f.",
    "low-contrast": "Its contrast with {ground} is {ratio} to 1, and must be {min} to 1 at least.",
    "not-a-picture": "Must be a picture: {choices}.",
    "too-many-bytes": "Must be {max} bytes at most.",
    "too-many-pixels": "Must have {max} pixels at most.",
    "other-time-zone": "The time zone of this site is {choices}. It is a setting of the installation.",
    # A programme file
    "no-city": "No city is known yet whose {parts: and } these are.",
    "not-in-file": "There is no {kind} {name}.",
    "delivery-known": "The session is {delivery} already; convert it.",
    "session-cancelled": "The session was cancelled, and cannot change any more.",
    # Files that are imported
    "unknown-column": "There is no such column. These can be there: {choices}.",
    "missing-column": "This column is missing. These can be there: {choices}.",
    "not-a-day-and-time": "Must be a day and a time, such as 2027-03-09 14:30 or 9/3/2027 14:30.",
    "several-of-name": "Several are called that: {choices}. Write which one you mean.",
    "formula": "This is a formula. Save the sheet with its values.",
    "differs-from-line": "Line {line} says something else of the same session.",
    "fewer-places": "The session is published with {min} places. Change it by itself: that shows who would lose one.",
    "fewer-meetings": "The session is published with {min} meetings. Change it by itself: that shows what would go.",
    "changed-since": "This has been changed since.",
    "session-published": "This session is published. Make it a draft again first.",
    "speaker-in-session": "A session names this speaker. Remove the speaker from it first.",
    # People and their bookings
    "unknown-sector": "There is no such sector.",
    "not-one-name": "Name one topic, one programme or one session.",
    "mode-missing": "Say whether you come in person (in_room) or join online (online).",
    "no-such-places": "This session does not have places of that kind.",
    "same-address": "That is the address of your account already.",
    "address-taken": "This address has an account of its own by now. Sign in with it, or use another address.",
    "address-changed": "An account had this address until lately, and can still take it back. Use its new address.",
    "no-such-account": "There is no account with this address.",
    "address-in-use": "An account has this address, or had it until lately and can still take it back.",
    "too-many-addresses": "An account has {max} addresses at most. Remove one first.",
    "has-a-role": "Someone with a role changes their address themselves.",
    "day-to-come": "Must not be after today.",
    "before-present-employment": "Must not be before the present employment began: change that one first.",
    "too-many-employments": "At most {max} are kept.",
    "own-address": "That is your own address, or that of the person who has the place.",
    "late-reason-missing": "Say why this is recorded so long after the session.",
    "name-or-email": "Give a name or an email address.",
    "booked-again": "They cancelled this booking and booked again: their booking is {reference}.",
    "reason-missing": "Say why this place is given beyond those that there are.",
    "same-session": "That is the session that is booked already.",
    "same-mode": "That is how you take part already.",
    "other-programme": "A booking moves to another session of the same programme.",
    "name-missing": "Give a name: there is no account with this address yet.",
    "listed-twice": "Line {line} is the same person.",
    "too-many-lines": "At most {max} lines are taken at once.",
    # Files that are imported
    "column-repeated": "This column is there twice.",
    "cell-of-no-column": "“{found}” is in no column: the line has more cells than the header.",
    "merged-since": "This account has been merged with another one since.",
    "signed-in-since": "This person has signed in since.",
    "booked-since": "This person has a booking.",
    "role-since": "This person has a role, or facilitates a session.",
    "session-not-past": "Bookings are imported two weeks after their session. Until then, use the session’s pages.",
    "meetings-missing": "Say which meetings they were at, such as 1, 3.",
    "unlike-state": "That is not the state that they have by the meetings they were at, of {max}.",
    "booked-after-session": "Must not be after the session.",
    "no-such-person": "Nobody in the file has this id, and nobody here.",
    "two-accounts": "These addresses are of two accounts here.",
    "reference-taken": "Another booking here has this reference.",
    "booked-otherwise": "They have a booking here that is {state: }: {reference}. Change that one.",
    "feedback-since": "They have given feedback since.",
    "no-employer": "Say where they work as well: a sector, an organisation or a job role.",
    "too-many-bookings": "At most {max} bookings are looked up at once.",
    "too-many-sessions": "At most {max} sessions are counted at once.",
    # Questions of a session
    "not-for-kind": "Only questions with a choice have options.",
    "question-answered": "People have answered this question, so this stays as it is. Leave it out, and ask another.",
    "kept-for-longer": "People were told that their answers are kept for {max} days.",
    # Attendance
    "no-such-booking": "This session has no such booking.",
    "not-confirmed": "This booking is not confirmed.",
    "only-one-meeting": "Must be 1: there is one meeting.",
    "record-repeated": "This booking and meeting are given twice.",
    "too-many-records": "At most {max} records are taken at once.",
    "sheet-not-utf-8": "This is not UTF-8: save the sheet as “CSV UTF-8”.",
    "no-rows": "There is nothing below the names of the columns.",
    "not-a-meeting": "Must be a whole number, counted from 1.",
    # The community
    "not-of-account": "Is not that of your account. Change it there.",
    "unknown-topic": "There is no topic of this name: {name}.",
    "no-such-member": "There is no such member.",
    "has-an-email": "Leave out links and email addresses.",
    "has-a-link": (
        "Leave out links and email addresses. If “{found}” is not a link, write “{spaced}”.",
        "Leave out links and email addresses, such as “{found}”.",
    ),
    "not-a-domain": "Must be what email addresses end in after the @, such as leeds.gov.uk.",
    "last-before-first": "Must not be before the first day.",
    # Tables
    "either-or": "Give either {choices: or }.",
    "nobody-has-a-place": "Nobody has a place in this session.",
    "nobody-checked-in": "Nobody is checked in to this session.",
    "nobody-left": "Nobody is left to be seated.",
    "nobody-to-seat": "There is nobody to seat.",
    "not-to-be-seated": "This session has no such booking of somebody who is to be seated.",
    "no-seats-to-swap": "Only two who have a seat in this round can exchange it.",
    "too-many-people": "At most {max} people can be seated.",
    "too-small": "It takes a table of two or more, and a round.",
    "more-tables-than-people": "There are more tables than people.",
    "named-twice": "Somebody is named twice.",
    "host-not-there": "A host is not among the people.",
    "more-hosts-than-tables": "There are {max} tables for {hosts} hosts.",
    "apart-and-together": "Two people are to be kept apart and together at once.",
    "group-larger-than-a-table": "A group of {people} is larger than a table.",
    "hosts-together": "Two hosts are to sit together, and each has a table of their own.",
    "more-step-free-needs-than-seats": (
        "{people} people need a chair at a step-free table, and there are too few.",
        "More hosts need a step-free table than there are.",
    ),
    # Messages and reports of mail servers
    "unknown-placeholder": "{name} is not filled in here. You can use: {choices}.",
    "not-theirs-to-change": "Of these emails only this can be yours: {choices}.",
    "not-a-person": "Must be an email address, or a person’s id.",
    "no-such-session": "There is no session of this name.",
    "too-many-words": "Must be {max} words at most.",
    "too-much-found": "That fits too many people or sessions. Write more of it.",
    "no-report": "This is no report of a mail server: it says of no recipient what became of a letter.",
    "not-our-letter": "We have not written the letter that this report is about.",
    "no-message-id": "The report does not return the Message-ID of a letter of ours.",
    "too-many-recipients": "The report names too many recipients.",
    "several-recipients": (
        "The report names several recipients, and it is not clear which of them the letter went to."
    ),
    "too-many-parts": "The report has too many parts.",
    "unknown-action": "The report has an Action that is none of: {choices}.",
}
