"""The form of one question of an evaluation: what it holds, and what is wrong with it."""

from typing import Any, Final

from gateway.parts.editing import lines_of
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import SHORT, Asked, Errors, in_form
from services.registration.schemas import MOST_OPTIONS, MOST_QUESTIONS
from services.runtime.refusals import Invalid, Refusal

FIELDS: Final = ("kind", "text", "hint", "low", "high", "options")
EMPTY: Final = {**dict.fromkeys(FIELDS, ""), "kind": "scale"}
ANSWERED: Final = "People have answered this question, so this cannot change. Take it off, and add another"
LABEL: Final = {
    **SHORT,
    "not-for-kind": "Leave this empty, or have people answer on a scale",
    "question-answered": ANSWERED,
}
ASKED: Final = {
    "text": Asked(
        "the question",
        "Write the question",
        {**SHORT, "repeated": "You ask that already", "question-answered": ANSWERED},
    ),
    "hint": Asked("the hint", but=SHORT),
    "kind": Asked("how people answer", "Choose how people answer", {"question-answered": ANSWERED}),
    "low": Asked("what 1 means", "Say what 1 means", LABEL),
    "high": Asked("what 5 means", "Say what 5 means", LABEL),
    "options": Asked(
        "the options",
        "Write at least 2 options, one a line",
        {
            "too-few": "Write at least 2 options, one a line",
            "too-many": f"Write {MOST_OPTIONS} options at most",
            "too-long": "Each option can have {max} characters at most",
            "repeated": "The same option is there twice",
            "not-for-kind": "Leave the options empty, or have people answer with options",
            "question-answered": "People have answered, so the options that there were must stay. You can add others",
        },
    ),
}
TOO_MANY: Final = f"You can ask {MOST_QUESTIONS} questions at most. Take one off first"


def given_of(question: Data) -> Data:
    """Return a question that is there as it is given again."""
    return {name: question[name] for name in ("id", *FIELDS)}


def filled(question: Data) -> dict[str, str]:
    """Return the form of a question that is there."""
    plain = {name: question[name] or "" for name in FIELDS if name != "options"}
    return {**plain, "options": "\n".join(question["options"])}


def written(form: dict[str, str]) -> Data:
    """Return what was typed as registration takes it."""
    said = {name: form[name].strip() or None for name in ("hint", "low", "high")}
    return {"kind": form["kind"], "text": form["text"], **said, "options": lines_of(form["options"])}


def errors_of(refusal: Refusal, n: int, said: dict[str, Any]) -> Errors:
    """Return what is wrong with the nth question, from 0, by its field; or with all of them, at its text."""
    errors = refusal.facts["errors"]
    of_this = [error for error in errors if error["field"].startswith(f"items.{n}.")]
    if not of_this:
        too_many = any(error["code"] == "too-many" for error in errors)
        return {"text": TOO_MANY if too_many else str(errors[0]["message"]).rstrip(".")}
    parts = [{**error, "field": error["field"].split(".", 2)[2]} for error in of_this]
    return in_form(Invalid(parts), ASKED, said)
