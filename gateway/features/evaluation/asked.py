"""What someone is asked, as a form has it: the fields, what was typed in them, and what is wrong there."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, Errors
from services.registration.schemas.evaluation import EVALUATION_SCALE
from services.runtime.refusals import Refusal

FIELD: Final = re.compile(r"answer-([0-9a-f]{8})")
KEEPS: Final = {"answer-*": "Your answers"}  # for who is signed out while they answer
NOTHING: Final = "Answer at least one question"
GONE: Final = "The questions have changed. Check your answers"
ASK: Final = "Choose an answer from the list"
BUT: Final = {"not-a-choice": ASK, "out-of-range": ASK, "not-a-whole-number": ASK}


def answers_in(given: Mapping[str, Any]) -> dict[str, str]:
    """Return what was typed or chosen, by the id of the question."""
    fields = ((FIELD.fullmatch(name), text) for name, text in given.items())
    return {found[1]: text.replace("\r\n", "\n") for found, text in fields if found}


def as_given(items: Iterable[Data], said: Mapping[str, str]) -> Data:
    """Return answers as registration takes them: a number where the question has a scale."""
    scales = {item["id"] for item in items if item["kind"] == "scale"}
    return {id: int(text) if id in scales and _is_number(text) else text for id, text in said.items()}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 3


def fields_of(items: Iterable[Data], said: Mapping[str, Any]) -> list[Data]:
    """Return the questions, each with its field, what can be chosen in it, and what is there."""
    return [
        {
            **item,
            "name": f"answer-{item['id']}",
            "value": str(said.get(item["id"], "")),
            "choices": _choices(item),
        }
        for item in items
    ]


def _choices(item: Data) -> dict[str, str]:
    if item["kind"] != "scale":
        return {option: option for option in item["options"]}
    first, last = EVALUATION_SCALE
    labels = {first: f"{first} – {item['low']}", last: f"{last} – {item['high']}"}
    return {str(number): labels.get(number, str(number)) for number in range(first, last + 1)}


def errors_in(refusal: Refusal, items: Iterable[Data], said: Mapping[str, str]) -> Errors:
    """Return what is wrong with the answers, by the field of each question, in the order of the form.

    What is wrong with all of them, or with a question that is not asked any more, is told at the first.
    """
    asked = {item["id"]: item for item in items}
    found = {error["field"].partition(".")[2]: error for error in reversed(refusal.facts["errors"])}
    errors: Errors = {}
    for id, item in asked.items():
        if error := found.pop(id, None):
            what = Asked(f"“{item['text']}”", but=BUT)
            errors[f"answer-{id}"] = what.told(error, written=len(said.get(id, "")))
    if found and not errors:
        errors[f"answer-{next(iter(asked), '')}"] = NOTHING if "" in found else GONE
    return errors
