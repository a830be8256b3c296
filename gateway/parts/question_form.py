"""The form of one question that the team writes, for a session or for an evaluation: what it holds, and what is wrong.

All have a kind, a text, a hint and options. What else a question has, and in which words its form is refused, says the
feature by a `QuestionForm`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.parts.editing import lines_of
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import SHORT, Asked, Errors, in_form
from services.registration.schemas import MOST_OPTIONS
from services.runtime.refusals import Invalid, Refusal

ANSWERED: Final = "People have answered this question, so this cannot change. Take it off, and add another"
HINT: Final = Asked("the hint", but=SHORT)
KIND: Final = Asked("how people answer", "Choose how people answer", {"question-answered": ANSWERED})
OPTIONS: Final = Asked(
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
)


def text_asked(repeated: str) -> Asked:
    """Return the field of the question itself; `repeated` is said where it is asked already."""
    return Asked("the question", "Write the question", {**SHORT, "repeated": repeated, "question-answered": ANSWERED})


@dataclass(frozen=True)
class QuestionForm:
    """The form of the questions of one feature.

    `kinds` are the ways to answer, in words; a new question begins with the first. Beside what all questions have, it
    holds `lines` of text that may be left empty and boxes to tick. `asked` are its fields from top to bottom, and
    `too_many` is said where no more questions can be asked.
    """

    kinds: Mapping[str, str]
    asked: Mapping[str, Asked]
    too_many: str
    lines: tuple[str, ...] = ()
    boxes: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of all fields."""
        return ("kind", "text", "hint", "options", *self.lines, *self.boxes)

    @property
    def empty(self) -> dict[str, str]:
        """The form of a new question."""
        return {**dict.fromkeys(self.fields, ""), "kind": next(iter(self.kinds))}

    def given_of(self, question: Data) -> Data:
        """Return a question that is there as it is given again."""
        return {name: question[name] for name in ("id", *self.fields)}

    def filled(self, question: Data) -> dict[str, str]:
        """Return the form of a question that is there."""
        plain = {name: question[name] or "" for name in ("kind", "text", "hint", *self.lines)}
        ticked = {name: "yes" if question[name] else "" for name in self.boxes}
        return {**plain, "options": "\n".join(question["options"]), **ticked}

    def written(self, form: Mapping[str, str]) -> Data:
        """Return what was typed as registration takes it."""
        said = {name: form[name].strip() or None for name in ("hint", *self.lines)}
        ticked = {name: form[name] == "yes" for name in self.boxes}
        return {"kind": form["kind"], "text": form["text"], **said, "options": lines_of(form["options"]), **ticked}

    def errors_of(self, refusal: Refusal, n: int, said: Mapping[str, str]) -> Errors:
        """Return what is wrong with the nth question, from 0, by its field; or with all of them, at its text."""
        errors = refusal.facts["errors"]
        of_this = [error for error in errors if error["field"].startswith(f"items.{n}.")]
        if not of_this:
            return {"text": self.too_many if is_too_many(refusal) else str(errors[0]["message"]).rstrip(".")}
        parts = [{**error, "field": error["field"].split(".", 2)[2]} for error in of_this]
        return in_form(Invalid(parts), self.asked, said)


def is_too_many(refusal: Refusal) -> bool:
    """Say whether there would be more questions than can be asked."""
    return any(error["code"] == "too-many" for error in refusal.facts["errors"])
