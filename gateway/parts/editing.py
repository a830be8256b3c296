"""What every page of the team's editor goes through: the key of its form, and what was wrong in it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.web.call import AnyCall
from gateway.web.pages.field_errors import Asked, Errors
from gateway.web.pages.forms import new_key
from services.runtime.refusals import Invalid, KeyInUse, KeyReused, Refusal, StaleVersion

CHOSEN: Final = re.compile(r"(?:.*-)?(?:format|kind|audience|delivery|waiting_list|by_application|programme|sector)")
IS_TIME: Final = re.compile(r"-(?:from|to|time)\Z")
SENT_BEFORE: Final = (
    "You saved this form before, with something else in it. To add a second one, press the button again. To change the"
    " first one, find it in the list"
)


def show(call: AnyCall, template: str, status: int = 200, **context: Any) -> Response:
    """Show a page of the team's, with a key for its form, so that pressing a button twice is once."""
    shown = {"errors": {}, "done": None, "key": new_key(), **context}
    return call.app.pages.show_form(call, template, status, **shown)


def asks_for_preview(call: AnyCall) -> bool:
    """Say whether a form was sent to see how its texts will look, and not to be saved."""
    return bool(call.given.get("do") == "preview")


def version_of(call: AnyCall) -> int:
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
) -> Errors:
    """Return what is wrong, by the id of the field to mend it in. Raises the refusal if no form can mend it.

    `labels` are what the fields are called, with their article; `filled` is what was typed, by id. `places` are those
    of fields that are not by themselves: by the path that the service names, the id in the form and what it is called.
    """
    if refusal.code == KeyReused.code:  # somebody went back to a form that they had sent, and wrote something else
        return {next(name for name in labels if name in ("title", "name")): SENT_BEFORE}
    if refusal.code != Invalid.code:
        raise refusal
    errors: Errors = {}
    for error in refusal.facts["errors"]:
        field, what = _place(error["field"], labels, places or {})
        asked = Asked(what, "Choose {what}" if CHOSEN.fullmatch(field) else "Enter {what}")
        is_empty = field in filled and not filled[field].strip()
        example = "a time, for example 9:30am" if IS_TIME.search(field) else "a real date, for example 9 3 2027"
        errors.setdefault(field, asked.told(error, is_empty=is_empty, example=example))
    return errors


def _place(path: str, labels: Mapping[str, str], places: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
    if path in places:
        return places[path]
    name, _, rest = path.partition(".")
    what = labels.get(name, name.replace("_", " "))
    line = rest.partition(".")[0]
    return name, f"{what}, line {int(line) + 1}," if line.isdigit() else what


def lines_of(text: str) -> list[str]:
    """Return the lines that say something."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def topics_of(text: str) -> list[str]:
    """Return topics, typed one a line or between commas, as they are named: “Systems thinking”, systems-thinking.

    One of which nothing would be left stays as it is, to be refused.
    """
    return [re.sub(r"[^a-z0-9]+", "-", line.lower()).strip("-") or line for line in lines_of(text.replace(",", "\n"))]


def topics_in_words(topics: list[str]) -> str:
    """Return topics as they are typed."""
    return "\n".join(topic.replace("-", " ") for topic in topics)


def number_of(text: str) -> int | str:
    """Return the number that was typed, and 0 for nothing; anything else as it is, to be refused."""
    text = text.strip().replace(",", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text or 0
