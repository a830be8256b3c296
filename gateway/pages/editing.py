"""What every page of the team's editor goes through: the key of its form, and what was wrong in it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.pages.forms import new_key
from gateway.pages.layout import led_to
from services.bus.refusals import Invalid, KeyInUse, KeyReused, Refusal, StaleVersion

CHOSEN: Final = re.compile(r"(?:.*-)?(?:format|kind|audience|delivery|waiting_list|programme|sector)")
EMPTY: Final = re.compile(
    "Missing data|Length must be|Shorter than|Field may not|Not a valid|Lower-case|Must be one of|Not an http"
)
IS_TIME: Final = re.compile(r"-(?:from|to|time)\Z")
NEEDED: Final = re.compile(r"A [a-z-]+ session needs its ")
NOT_ITS: Final = re.compile(r"A [a-z-]+ session has no ")
LENGTH: Final = re.compile(r"Length must be between \d+ and (\d+)")
LONGER: Final = re.compile(r"Longer than maximum length (\d+)")
SENT_BEFORE: Final = (
    "You saved this form before, with something else in it. To add a second one, press the button again. To change the"
    " first one, find it in the list"
)
RANGE: Final = re.compile(r"greater than or equal to (\d+) and less than or equal to (\d+)")
OTHERWISE: Final = {
    "Must be one of": "Choose {what} from the list",
    "Not a valid choice": "Choose {what} from the list",
    "Not a valid integer": "{What} must be a whole number, for example 30",
    "Not an http or https address": "{What} must be a whole address, for example https://example.org/page",
    "Contains a character that is not text": "{What} has a character that is not text",
    "Not between the years 2000 and 2100": "{What} must be between the years 2000 and 2100",
    "A meeting ends after it starts": "{What} must be after its start",
    "Starts before an earlier meeting ends": "{What} must be after the end of the date before it",
    "Booking opens before the session is over": "{What} must be before the session is over",
    "There is none of this name": "{What} is not in the list any more. Choose another one",
    "Lower-case words and digits": "{What} can have small letters, numbers and hyphens only",
    "Given twice": "{What} is there twice",
}


def show(call: Call, template: str, status: int = 200, **context: Any) -> Response:
    """Show a page of the team's, with a key for its form, so that pressing a button twice is once."""
    shown = {"errors": {}, "done": None, "key": new_key(), **context}
    return call.house.pages.show_form(call, template, status, **shown)


def go(path: str, done: str = "") -> Response:
    """Lead on to `path`, which says what was `done`."""
    return led_to(f"{path}?done={done}" if done else path)


def version_of(call: Call) -> int:
    """Return the version that the form was made from; 0, which is none, where that was tampered with."""
    text = call.given.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def refused(act: Callable[[], Any]) -> Refusal | None:
    """Do it, and return what is in the way: Invalid, StaleVersion or a fact. A first press under way is no refusal."""
    try:
        act()
    except Refusal as refusal:
        return None if refusal.code == KeyInUse.code else refusal
    return None


def is_stale(refusal: Refusal | None) -> bool:
    """Say whether somebody changed the thing since the form was shown."""
    return refusal is not None and refusal.code == StaleVersion.code


def errors_of(
    refusal: Refusal,
    labels: Mapping[str, str],
    filled: Mapping[str, str],
    places: Mapping[str, tuple[str, str]] | None = None,
) -> dict[str, str]:
    """Return what is wrong, by the id of the field to mend it in. Raises the refusal if no form can mend it.

    `labels` are what the fields are called, with their article; `filled` is what was typed, by id. `places` are those
    of fields that are not by themselves: by the path that the service names, the id in the form and what it is called.
    """
    if refusal.code == KeyReused.code:  # somebody went back to a form that they had sent, and wrote something else
        return {next(name for name in labels if name in ("title", "name")): SENT_BEFORE}
    if refusal.code != Invalid.code:
        raise refusal
    errors: dict[str, str] = {}
    for error in refusal.facts["errors"]:
        field, what = _place(error["field"], labels, places or {})
        is_empty = field in filled and not filled[field].strip()
        verb = "Choose" if CHOSEN.fullmatch(field) else "Enter"
        message = error["message"]
        if is_empty and EMPTY.match(message):
            errors.setdefault(field, f"{verb} {what}")
        elif message.startswith("Not a valid datetime"):
            example = "a time, for example 9:30am" if IS_TIME.search(field) else "a real date, for example 9 3 2027"
            errors.setdefault(field, f"Enter {what} as {example}")
        else:
            errors.setdefault(field, in_words(what, message))
    return errors


def _place(path: str, labels: Mapping[str, str], places: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    if path in places:
        return places[path]
    name, _, rest = path.partition(".")
    what = labels.get(name, name.replace("_", " "))
    line = rest.partition(".")[0]
    return name, f"{what}, line {int(line) + 1}," if line.isdigit() else what


def in_words(what: str, message: str) -> str:
    """Return what is wrong with a field as people say it; what the service says in a sentence stays."""
    capital = what[:1].upper() + what[1:]
    if most := LENGTH.match(message):
        return f"{capital} can have {int(most[1]):,} characters at most"
    if most := LONGER.match(message):
        return f"{capital} is too long. It can be {int(most[1]):,} at most"
    if between := RANGE.search(message):
        return f"{capital} must be a number from {int(between[1]):,} to {int(between[2]):,}"
    if NEEDED.match(message):
        return f"Enter {what}"
    if NOT_ITS.match(message):
        return f"Leave {what} empty, or have people take part in another way"
    for beginning, words in OTHERWISE.items():
        if message.startswith(beginning):
            return words.format(what=what, What=capital)
    return message.rstrip(".")


def lines_of(text: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def topics_of(text: str) -> list[str]:
    """Return topics, typed one a line as people write them, as they are named: “Systems thinking”, systems-thinking.

    A line of which nothing would be left stays as it is, to be refused.
    """
    return [re.sub(r"[^a-z0-9]+", "-", line.lower()).strip("-") or line for line in lines_of(text)]


def topics_in_words(topics: list[str]) -> str:
    """Return topics as they are typed."""
    return "\n".join(topic.replace("-", " ") for topic in topics)


def number_of(text: str) -> int | str:
    """Return the number that was typed, and 0 for nothing; anything else as it is, to be refused."""
    text = text.strip().replace(",", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or 0


def theirs(labels: Mapping[str, str], there: Mapping[str, str], form: Mapping[str, str]) -> list[dict[str, str]]:
    """Return what is there now, field by field, where it is something else than was typed."""
    return [
        {"label": labels[name][:1].upper() + labels[name][1:], "there": there[name]}
        for name in labels
        if name in there and there[name] != form.get(name, "")
    ]


def version_shown(call: Call, there: Mapping[str, Any] | None, errors: Mapping[str, str]) -> int | None:
    """Return the version for the form to be saved by: a form with errors has not been held against what is there."""
    if there is None:
        return None
    return version_of(call) if errors else int(there["version"])
