"""The form of one question: what it holds, what is wrong with it, and the ready-made question about food."""

from typing import Any, Final

from gateway.parts.editing import lines_of
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import SHORT, Asked, Errors, in_form
from services.registration.schemas import MOST_DAYS, MOST_OPTIONS, MOST_QUESTIONS
from services.runtime.refusals import Invalid, Refusal

FIELDS: Final = ("kind", "text", "hint", "options", "required", "facilitators")
KINDS: Final = {
    "line": "In one line of their own",
    "choice": "With one of several options",
    "several": "With any number of options",
    "yes_no": "With yes or no",
}
EMPTY: Final = {**dict.fromkeys(FIELDS, ""), "kind": "line"}
FOOD: Final[Data] = {
    "kind": "several",
    "text": "Do you have any dietary requirements?",
    "hint": "If you eat everything, leave this empty.",
    "options": [
        *("Vegetarian", "Vegan", "Halal", "Kosher", "No gluten", "No dairy", "No nuts"),
        "Something else: please ask me",
    ],
    "required": False,
    "facilitators": False,
}
ANSWERED: Final = "People have answered this question, so this cannot change. Take it off, and add another"
ASKED: Final = {
    "kind": Asked("how people answer", "Choose how people answer", {"question-answered": ANSWERED}),
    "text": Asked(
        "the question",
        "Write the question",
        {**SHORT, "repeated": "This session asks that already", "question-answered": ANSWERED},
    ),
    "hint": Asked("the hint", but=SHORT),
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
    "facilitators": Asked(
        "who reads the answers", but={"question-answered": "People have answered, and were told that the team reads it"}
    ),
    "kept_days": Asked(
        "the number of days",
        "Enter a number of days, for example 30",
        {
            "out-of-range": f"Enter a number of days from 1 to {MOST_DAYS}",
            "not-a-whole-number": "Enter a number of days, for example 30",
            "kept-for-longer": "People have answered, and were told {max} days. Enter {max}, or fewer",
        },
    ),
}
TOO_MANY: Final = f"A session asks {MOST_QUESTIONS} questions at most. Take one off first"


def given_of(question: Data) -> Data:
    """Return a question that is there as it is given again."""
    return {name: question[name] for name in ("id", *FIELDS)}


def filled(question: Data) -> dict[str, str]:
    """Return the form of a question that is there."""
    plain = {"kind": question["kind"], "text": question["text"], "hint": question["hint"] or ""}
    ticked = {name: "yes" if question[name] else "" for name in ("required", "facilitators")}
    return {**plain, "options": "\n".join(question["options"]), **ticked}


def written(form: dict[str, str]) -> Data:
    """Return what was typed as registration takes it."""
    return {
        "kind": form["kind"],
        "text": form["text"],
        "hint": form["hint"].strip() or None,
        "options": lines_of(form["options"]),
        "required": form["required"] == "yes",
        "facilitators": form["facilitators"] == "yes",
    }


def errors_of(refusal: Refusal, n: int, said: dict[str, Any]) -> Errors:
    """Return what is wrong with the nth question, from 0, by its field; or with all of them, at its text."""
    errors = refusal.facts["errors"]
    of_this = [error for error in errors if error["field"].startswith(f"items.{n}.")]
    if not of_this:
        too_many = any(error["code"] == "too-many" for error in errors)
        return {"text": TOO_MANY if too_many else str(errors[0]["message"]).rstrip(".")}
    parts = [{**error, "field": error["field"].split(".", 2)[2]} for error in of_this]
    return in_form(Invalid(parts), ASKED, said)
