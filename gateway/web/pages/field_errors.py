"""What is wrong with a form, as people say it: the one table of words for all pages, by the codes of wrong fields.

A page says what each of its fields is called (`Asked`). The sentence is made of that, of the code and its limits, and
of how much was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from services.runtime.faults import Words, in_words
from services.runtime.refusals import Invalid, Refusal
from services.runtime.schemas import Schema, load

Errors = dict[str, str]  # what is wrong, by the field of the form

EMPTY: Final = frozenset({  # what an empty field can be refused with, besides that it is missing
    *("too-short", "too-few", "not-a-string", "not-a-whole-number", "not-a-time", "not-a-date"),
    *("not-an-email", "not-a-url", "not-a-slug", "not-a-choice"),
})  # fmt: skip
WORDS: Final[Words] = {
    "missing": "{ask}",
    "null": "{ask}",
    "nothing-visible": "{ask}",
    "not-a-mail-domain": "Enter an email address with a dot after the @, like name@example.org",
    "same-address": "That is your email address already. Enter the new one",
    "address-taken": "Someone has an account with this address by now. Sign in with it, or use another address",
    "no-such-account": "There is no account with this address. Check how it is written",
    "address-changed": "The person with this address has changed it. Enter their new one, or wait a week",
    "address-in-use": "Another account has this address, or had it until lately and can take it back. Use another one",
    "too-many-addresses": "You can have {max} email addresses at most. Remove one first",
    "has-a-role": "Someone with a role has to change their email address themselves, on their account page",
    "needed-for-delivery": "{ask}",
    "too-long": (
        "{What} can have {max:,} characters at most. You have written {written:,}",
        "{What} can have {max:,} characters at most",
    ),
    "too-many": "{What} can have {max:,} lines at most",
    "out-of-range": "{What} must be a number from {min:,} to {max:,}",
    "year-out-of-range": "{What} must be between the years {min} and {max}",
    "not-a-choice": "Choose {what} from the list",
    "not-a-whole-number": "{What} must be a whole number, for example 30",
    "not-a-time": "Enter {what} as {example}",
    "not-a-date": "Enter {what} as {example}",
    "day-to-come": "{What} must not be after today",
    "last-before-first": "{What} must not be before the first",
    "before-present-employment": "{What} must not be before the first day at the place that it follows",
    "no-such-local-time": "{What} must be another time: the clocks go forward, and there is no such time on that day",
    "not-a-url": "{What} must be a whole address, for example https://example.org/page",
    "not-a-slug": "{What} can have small letters, numbers and hyphens only",
    "not-text": "{What} has a character that is not text",
    "has-an-email": "{What}: leave out links and email addresses",
    "has-a-link": (
        "{What}: leave out links and email addresses. If “{found}” is not a link, write “{spaced}”",
        "{What}: leave out links and email addresses, such as “{found}”",
    ),
    "repeated": "{What} is there twice",
    "unknown-name": "{What} is not in the list any more. Choose another one",
    "ends-before-start": "{What} must be after its start",
    "starts-before-earlier-ends": "{What} must be after the end of the date before it",
    "opens-after-end": "{What} must be before the session is over",
    "not-by-application": "Leave {what} empty, or have people apply for a place",
    "closes-after-start": "{What} must be before the session starts",
    "closes-before-opening": "{What} must be after booking opens",
    "not-for-delivery": "Leave {what} empty, or have people take part in another way",
    "unknown-placeholder": "{What}: {name} is not filled in here. You can use {choices}",
    "not-a-colour": "Enter {what} as # and six digits or letters from a to f, for example #005eb8",
    "low-contrast": (
        "{What} is too light to read: its contrast with {ground} is {ratio} to 1, and it needs {min} to 1 or more"
    ),
    "not-a-picture": "{What} must be a PNG, JPEG or WebP picture",
    "too-many-bytes": "{What} can be 1 MB at most. Save it as a smaller picture",
    "too-many-pixels": "{What} has too many pixels. Save it as a smaller picture",
    "same-delivery": "Choose another way than it has now",
}
ALWAYS: Final = frozenset(
    {
        *("not-a-mail-domain", "address-changed", "same-address", "address-taken", "no-such-account"),
        *("address-in-use", "too-many-addresses", "has-a-role"),
    }
)  # said in these words, whatever else the field says
EMAIL: Final = "Enter an email address, like name@example.org"
SHORT: Final[Words] = {"too-long": "{What} can have {max:,} characters at most"}  # where it is no long text


@dataclass(frozen=True)
class Asked:
    """A field of a form: what it is called in the middle of a sentence, and what asks for it where it is empty.

    Where it is not called anything, `ask` is said of nearly all that is wrong. `but` are other words than those of the
    table, by code.
    """

    what: str = ""
    ask: str = "Enter {what}"
    but: Words = field(default_factory=dict)

    def told(self, error: Mapping[str, Any], *, is_empty: bool = False, **facts: Any) -> str:
        """Return what is wrong, in words. What the table has no words for is told as the API tells it."""
        code = error.get("code", "")
        if not self.what and code not in ALWAYS:
            return self.ask
        words = {**WORDS, **self.but}.get("missing" if is_empty and code in EMPTY else code, ())
        named = {"what": self.what, "What": self.what[:1].upper() + self.what[1:]}
        told = in_words(words, {**facts, **error.get("limits", {}), **named, "ask": self.ask.format(**named)})
        return told or str(error["message"]).rstrip(".")


def text(ask: str) -> Asked:
    """Return the only text of a form, which has no name of its own."""
    return Asked(
        "your text", ask, {"too-long": "This can have {max:,} characters at most. You have written {written:,}"}
    )


def in_form(refusal: Refusal, asked: Mapping[str, Asked], typed: Mapping[str, Any]) -> Errors:
    """Return what is wrong with the fields of a form, from the top of the form to its bottom.

    `asked` are its fields in their order, and `typed` what was written in each, or chosen. Of each field, its parts
    included, the first fault is told.
    """
    errors: Errors = {}
    for error in refusal.facts.get("errors", []):
        name = error["field"].partition(".")[0]
        given = typed.get(name) or ""
        written = len(given.strip() if isinstance(given, str) else given)
        field = asked.get(name, Asked(name.replace("_", " ")))
        errors.setdefault(name, field.told(error, is_empty=not written, written=written))
    return {name: errors[name] for name in [*asked, *errors] if name in errors}


def found(schema: Schema, given: Mapping[str, Any], asked: Mapping[str, Asked]) -> Errors:
    """Return what the service would find wrong with `given` by its schema alone, before it is asked."""
    try:
        load(schema, given)
    except Invalid as refusal:
        return in_form(refusal, asked, given)
    return {}
