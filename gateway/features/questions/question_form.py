"""The form of one question of a session, in this feature's words, and the ready-made question about food."""

from typing import Final

from gateway.parts.question_form import HINT, KIND, OPTIONS, QuestionForm, text_asked
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked
from services.registration.schemas import MOST_DAYS, MOST_QUESTIONS

KINDS: Final = {
    "line": "In one line of their own",
    "choice": "With one of several options",
    "several": "With any number of options",
    "yes_no": "With yes or no",
}
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
ASKED: Final = {
    "text": text_asked("This session asks that already"),
    "hint": HINT,
    "kind": KIND,
    "options": OPTIONS,
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
FORM: Final = QuestionForm(KINDS, ASKED, TOO_MANY, boxes=("required", "facilitators"))
