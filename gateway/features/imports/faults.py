"""What is wrong with a cell of a file that is imported, in the words of the sheet and not in those of the API."""

from collections.abc import Mapping
from typing import Any, Final

from services.runtime.faults import Words, in_words

DELIVERIES: Final = {"face_to_face": "in person", "virtual": "online", "hybrid": "hybrid"}
LENGTH: Final = ("Use from {min:,} to {max:,} characters", "Use {max:,} characters at most", "Use {min:,} or more")
NUMBER: Final = ("Use from {min:,} to {max:,}", "Use {max:,} at most", "Use {min:,} or more")
WORDS: Final[Words] = {
    **dict.fromkeys(("missing", "null", "not-a-string", "nothing-visible"), "Fill in this cell"),
    "not-a-choice": "Enter one of these: {choices}",
    "not-a-whole-number": "Enter a whole number, for example 30",
    "not-a-number": "Enter a number, for example 30",
    "not-a-date": "Enter a day, for example 9/3/2027",
    "not-a-time": "Enter a day and a time, for example 9/3/2027 14:30",
    "not-a-day-and-time": "Enter a day and a time, for example 9/3/2027 14:30",
    "not-an-email": "Enter an email address, for example name@example.org",
    "not-a-mail-domain": "Enter an email address with a dot after the @, for example name@example.org",
    "not-a-url": "Enter a whole web address, for example https://example.org/page",
    "not-a-slug": "Use letters, numbers and hyphens, for example listening-well",
    "not-text": "Remove the character that is not text",
    "number-too-large": "Enter a smaller number",
    "out-of-range": ("Enter a {of} from {min:,} to {max:,}", "Enter a {of} from {min:,}", *NUMBER),
    **dict.fromkeys(("too-long", "too-short"), LENGTH),
    **dict.fromkeys(("too-many", "too-few"), NUMBER),
    "year-out-of-range": "Enter a year from {min} to {max}",
    "no-such-local-time": "Enter another time: the clocks go forward, and there is no such time on that day",
    "repeated": "This is in the file twice. Remove one",
    "unknown-name": "There is nothing of this name here. Check how it is written, or import it first",
    "unknown-sector": "There is no such sector. Check how it is written",
    "needed-for-delivery": "Fill in this cell, as the session is {delivery}",
    "not-for-delivery": "Leave this cell empty, as the session is {delivery}",
    "ends-before-start": "Enter an end that is after the start",
    "starts-before-earlier-ends": "Enter a start that is after the end of the meeting before it",
    "too-many-held": "The session holds {held:,} places. Enter that many or more",
    "delivery-fixed": "Leave this as it is. You can change how people take part on the session’s own page",
    "kind-fixed": "Leave this as it is. For another kind, add another material",
    "slug-taken": "Another one has this slug. Enter a different one",
    "no-slug": "Add a Slug to this line: the title has no letters or numbers to make one from",
    "several-of-name": "Several are called that. Enter the one you mean: {choices}",
}


def in_words_of_the_sheet(fault: Mapping[str, Any]) -> str:
    """Return what is wrong, of `{code, limits, message}`. What has no words here is told as the API tells it."""
    limits = dict(fault["limits"])
    if fault["code"] == "not-a-choice":
        limits["choices"] = [str(choice).replace("_", " ") for choice in limits["choices"]]
    if "delivery" in limits:
        limits["delivery"] = DELIVERIES.get(limits["delivery"], limits["delivery"])
    told = in_words(WORDS.get(fault["code"], ()), limits)
    return told or str(fault["message"]).rstrip(".")
