"""The form of one question of an evaluation, in this feature's words."""

from typing import Final

from gateway.features.evaluation.words import KINDS
from gateway.parts.question_form import ANSWERED, HINT, KIND, OPTIONS, QuestionForm, text_asked
from gateway.web.pages.field_errors import SHORT, Asked
from services.registration.schemas import MOST_QUESTIONS

LABEL: Final = {
    **SHORT,
    "not-for-kind": "Leave this empty, or have people answer on a scale",
    "question-answered": ANSWERED,
}
ASKED: Final = {
    "text": text_asked("You ask that already"),
    "hint": HINT,
    "kind": KIND,
    "low": Asked("what 1 means", "Say what 1 means", LABEL),
    "high": Asked("what 5 means", "Say what 5 means", LABEL),
    "options": OPTIONS,
}
TOO_MANY: Final = f"You can ask {MOST_QUESTIONS} questions at most. Take one off first"
FORM: Final = QuestionForm(KINDS, ASKED, TOO_MANY, lines=("low", "high"))
