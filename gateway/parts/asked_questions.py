"""The questions of a session in a form, and what was answered there: at booking, and afterwards.

A question has the field `answer-{id}`, and one of which several options can be ticked `answer-{id}-{n}` for each. So
the form says by itself which answers are lists, and whoever reads it need not know the questions.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.parts.team_views import all_rows
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors
from services.runtime.refusals import Refusal

FIELD: Final = re.compile(r"answer-([0-9a-f]{8})(-[0-9]{1,2})?")
KEEPS: Final = {"answer-*": "Your answers"}  # for who is signed out while they answer
MOST_FIELDS: Final = 300
OF_ANSWERS: Final = "answers"
GONE: Final = "The questions have changed. Check your answers"
WORDS: Final = {"not-a-choice": "Choose an answer from the list", "not-true-or-false": "Choose yes or no"}
ASK: Final = {
    "line": "Answer “{what}”",
    "choice": "Choose an answer to “{what}”",
    "several": "Choose at least one answer to “{what}”",
    "yes_no": "Choose yes or no for “{what}”",
}
YES_NO: Final = {"yes": "Yes", "no": "No"}


def answers_in(given: Mapping[str, Any]) -> Data:
    """Return the answers of a form that was sent, as registration takes them."""
    answers: Data = {}
    for name, text in given.items():
        found = FIELD.fullmatch(name)
        if found and found[2]:
            answers.setdefault(found[1], []).append(text)
        elif found:
            answers[found[1]] = text
    return answers


def asked_in(questions: Iterable[Data], said: Mapping[str, Any]) -> list[Data]:
    """Return the questions that are asked, each with its field and how it is answered there."""
    return [
        {**question, "name": f"answer-{question['id']}", "value": _in_field(said.get(question["id"]))}
        for question in questions
        if question["asked"]
    ]


def _in_field(answer: Any) -> Any:
    if answer is None:
        return ""
    return ("yes" if answer else "no") if isinstance(answer, bool) else answer


def in_words(answer: Any) -> str:
    """Return an answer as people read it; nothing where there is none."""
    if isinstance(answer, list):
        return ", ".join(answer)
    return YES_NO.get(_in_field(answer), str(answer)) if isinstance(answer, bool) else answer or ""


def is_of_answers(refusal: Refusal) -> bool:
    """Say whether all that is wrong is in the answers."""
    errors = refusal.facts.get("errors", [])
    return bool(errors) and all(error["field"].partition(".")[0] == OF_ANSWERS for error in errors)


def errors_in(refusal: Refusal, questions: Iterable[Data], said: Mapping[str, Any]) -> Errors:
    """Return what is wrong with the answers, by the field of each question, in the order of the form.

    What is not asked any more is told at the first question.
    """
    found = {
        error["field"].split(".")[1]: error for error in reversed(refusal.facts["errors"]) if "." in error["field"]
    }
    asked = {question["id"]: question for question in questions if question["asked"]}
    errors: Errors = {}
    for id, question in asked.items():
        if error := found.pop(id, None):
            what = Asked(question["text"], ASK[question["kind"]], WORDS)
            answer = said.get(id) or ""
            told = what.told(error, is_empty=not answer, written=len(answer))
            errors[f"answer-{id}"] = told
    if found and not errors:
        errors[f"answer-{next(iter(asked), '')}"] = GONE
    return errors


def answers_by_booking(call: Call, slug: str) -> dict[str, list[tuple[str, str]]]:
    """Return what was answered at each booking of a session, as the question and the answer in words.

    Of that, what whoever asks may read: see registration's `session_answers`.
    """
    rows = list(all_rows(call, "session_answers", slug=slug))
    if not rows:
        return {}
    asked = call.registration("answer_totals", slug=slug).value["items"]
    return {row["reference"]: [(one["text"], in_words(row["answers"][one["id"]])) for one in asked
                               if one["id"] in row["answers"]] for row in rows}  # fmt: skip
