"""Evaluation: what is asked before a session, on the day and months later; its answers; and its report."""

from typing import Any, Final

from marshmallow import fields

from services.registration.schemas.questions import ID, MOST_OPTIONS, MOST_QUESTIONS
from services.runtime.limits import Length, OneOf
from services.runtime.schemas import Schema, Text

MOMENTS: Final = ("before", "on_the_day", "after_3_months", "after_6_months", "after_12_months")
EVALUATION_KINDS: Final = ("scale", "choice", "line", "text")
EVALUATION_SCALE: Final = (1, 5)
FEWEST_COUNTED: Final = 5  # answers, below which a report says nothing
FEW: Final = f"<{FEWEST_COUNTED}"


class EvaluationQuestionWanted(Schema):
    """A question, with `id` where it is there already. A scale has from 1, which is `low`, to 5, which is `high`."""

    id = Text(ID)
    kind = fields.String(required=True, validate=OneOf(EVALUATION_KINDS))
    text = Text(200, required=True)
    hint = Text(300, allow_none=True, load_default=None)
    options = fields.List(Text(100), load_default=list, validate=Length(max=MOST_OPTIONS, of="options"))
    low = Text(40, allow_none=True, load_default=None)
    high = Text(40, allow_none=True, load_default=None)


class EvaluationWanted(Schema):
    """All questions in their order, and the moments at which they are asked."""

    items = fields.List(
        fields.Nested(EvaluationQuestionWanted), required=True, validate=Length(max=MOST_QUESTIONS, of="questions")
    )
    moments = fields.List(
        fields.String(validate=OneOf(MOMENTS)), required=True, validate=Length(max=len(MOMENTS), of="moments")
    )


class EvaluationQuestion(Schema):
    """A question."""

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=OneOf(EVALUATION_KINDS))
    text = fields.String(required=True)
    hint = fields.String(required=True, allow_none=True)
    options = fields.List(fields.String(), required=True)
    low = fields.String(required=True, allow_none=True)
    high = fields.String(required=True, allow_none=True)


class EvaluationQuestionView(EvaluationQuestion):
    """A question, for the team. One that is not `asked` any more stays for its answers.

    `answered`: someone has, so its meaning is fixed.
    """

    asked = fields.Boolean(required=True)
    answered = fields.Boolean(required=True)


class EvaluationView(Schema):
    """What a programme or a session asks, and when. The version is 0 where it never asked anything."""

    subject = fields.String(required=True)
    items = fields.List(fields.Nested(EvaluationQuestionView), required=True)
    moments = fields.List(fields.String(validate=OneOf(MOMENTS)), required=True)
    version = fields.Integer(required=True)


class EvaluationForm(Schema):
    """What someone is asked now, until when they can answer, and what they have answered at this moment."""

    session = fields.String(required=True)
    title = fields.String(required=True)
    moment = fields.String(required=True, validate=OneOf(MOMENTS))
    items = fields.List(fields.Nested(EvaluationQuestion), required=True)
    until = fields.DateTime(required=True)
    answers = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True, allow_none=True)
    version = fields.Integer(required=True)


class EvaluationAnswered(Schema):
    """The moment that is answered, and answers by the id of the question: a number from 1 to 5, an option, or text.

    What a question takes is checked where the questions are known.
    """

    moment = fields.String(required=True, validate=OneOf(MOMENTS))
    answers = fields.Dict(
        keys=fields.String(validate=Length(max=ID)),
        values=fields.Raw(allow_none=True),
        required=True,
        validate=Length(max=MOST_QUESTIONS, of="answers"),
    )


def _at_least_five(description: str) -> fields.Raw:
    number: list[dict[str, Any]] = [{"type": "integer", "minimum": FEWEST_COUNTED}, {"const": FEW}]
    return fields.Raw(required=True, metadata={"anyOf": number, "description": description})


class EvaluationCount(Schema):
    """So many people gave this answer."""

    answer = fields.String(required=True)
    people = fields.Integer(required=True)


class EvaluationFigures(Schema):
    """What a group of five people or more answered: the mean of a scale, and how many gave which answer."""

    mean = fields.Float(required=True, allow_none=True)
    counts = fields.List(fields.Nested(EvaluationCount), required=True)


class EvaluationAtMoment(Schema):
    """What was answered at one moment. `figures` are of a scale or a choice; `texts` stand in no order of theirs."""

    moment = fields.String(required=True, validate=OneOf(MOMENTS))
    answers = _at_least_five("How many answered this question.")
    figures = fields.Nested(EvaluationFigures, required=True, allow_none=True)
    texts = fields.List(fields.String(), required=True)


class EvaluationChange(Schema):
    """What the same people answered before and at a later moment.

    `withheld`: five people or more answered at both, but the rest are so few that the difference from the figures of
    everyone would tell what they said.
    """

    to = fields.String(required=True, validate=OneOf(MOMENTS))
    people = _at_least_five("How many answered this question at both moments.")
    before = fields.Nested(EvaluationFigures, required=True, allow_none=True)
    after = fields.Nested(EvaluationFigures, required=True, allow_none=True)
    withheld = fields.Boolean(required=True)


class EvaluationOfQuestion(EvaluationQuestion):
    """A question, what was answered at each moment, and how answers changed."""

    asked = fields.Boolean(required=True)
    moments = fields.List(fields.Nested(EvaluationAtMoment), required=True)
    changes = fields.List(fields.Nested(EvaluationChange), required=True)


class EvaluationReport(Schema):
    """What a programme or a session was told, without names, and nothing of fewer than five people.

    `received` is how many have answered at each moment, those included that are not counted yet.
    """

    subject = fields.String(required=True)
    received = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)
    items = fields.List(fields.Nested(EvaluationOfQuestion), required=True)
