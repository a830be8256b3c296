"""Questions that a session asks of those who book it, and their answers."""

from typing import Any, Final

from marshmallow import fields

from services.runtime.limits import Length, OneOf, Range
from services.runtime.retention import period
from services.runtime.schemas import Schema, Text

KINDS: Final = ("line", "choice", "several", "yes_no")
MOST_QUESTIONS: Final = 10
MOST_OPTIONS: Final = 20
KEPT_DAYS: Final = 30  # after the session, where the team says nothing else
MOST_DAYS: Final = period("session_answers").days
ID: Final = 8


class Answers(fields.Dict):
    """Answers by the id of the question: text, the option, a list of options, or true or false. None: no answer.

    What a question takes is checked where the questions are known.
    """

    def __init__(self, **named: Any) -> None:
        super().__init__(
            keys=fields.String(validate=Length(max=ID)),
            values=fields.Raw(allow_none=True),
            validate=Length(max=MOST_QUESTIONS, of="answers"),
            **named,
        )


class QuestionWanted(Schema):
    """A question, with `id` where it is there already. A choice of one or `several` has options.

    `facilitators`: they see the answers too, and not the team alone.
    """

    id = Text(ID)
    kind = fields.String(required=True, validate=OneOf(KINDS))
    text = Text(200, required=True)
    hint = Text(300, allow_none=True, load_default=None)
    options = fields.List(Text(100), load_default=list, validate=Length(max=MOST_OPTIONS, of="options"))
    required = fields.Boolean(load_default=False)
    facilitators = fields.Boolean(load_default=False)


class QuestionsWanted(Schema):
    """All questions of a session, in their order, and for how many days after it the answers are kept."""

    items = fields.List(
        fields.Nested(QuestionWanted), required=True, validate=Length(max=MOST_QUESTIONS, of="questions")
    )
    kept_days = fields.Integer(strict=True, validate=Range(1, MOST_DAYS, of="whole number"), load_default=KEPT_DAYS)


class QuestionView(Schema):
    """A question. One that is not `asked` any more stays for its answers.

    `answered`, by how many bookings, is for the team.
    """

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=OneOf(KINDS))
    text = fields.String(required=True)
    hint = fields.String(required=True, allow_none=True)
    options = fields.List(fields.String(), required=True)
    required = fields.Boolean(required=True)
    facilitators = fields.Boolean(required=True)
    asked = fields.Boolean(required=True)
    answered = fields.Integer()


class QuestionsView(Schema):
    """The questions of a session. The version is 0 where it never had any."""

    session = fields.String(required=True)
    items = fields.List(fields.Nested(QuestionView), required=True)
    kept_days = fields.Integer(required=True)
    version = fields.Integer(required=True)


class QuestionAnswered(QuestionView):
    """A question, and its answer at one booking: null where there is none."""

    answer = fields.Raw(required=True, allow_none=True)


class AnswersOfBooking(Schema):
    """What a session asks, and what was answered at one booking, kept until then; `version` is the booking's.

    `open`: they can be changed.
    """

    reference = fields.String(required=True)
    session = fields.String(required=True)
    items = fields.List(fields.Nested(QuestionAnswered), required=True)
    kept_days = fields.Integer(required=True)
    kept_until = fields.DateTime(required=True, allow_none=True)
    open = fields.Boolean(required=True)
    version = fields.Integer(required=True)


class AnswersChange(Schema):
    """All answers at one booking: what is not said is no answer."""

    answers = Answers(required=True)


class AnswersOfSession(Schema):
    """What was answered at one booking of a session, by the id of the question."""

    reference = fields.String(required=True)
    answers = fields.Dict(keys=fields.String(), values=fields.Raw(), required=True)


class AnswersPage(Schema):
    """A page of what was answered, in the order in which they booked."""

    items = fields.List(fields.Nested(AnswersOfSession), required=True)
    next = fields.String(required=True, allow_none=True)


class AnswerCount(Schema):
    """So many people gave this answer; to a question of yes or no it is `yes` or `no`."""

    answer = fields.String(required=True)
    people = fields.Integer(required=True)


class QuestionTotal(QuestionView):
    """A question, and how many of those who have a place gave which answer, and any."""

    answered = fields.Integer(required=True)
    answers = fields.List(fields.Nested(AnswerCount), required=True)


class AnswerTotals(Schema):
    """What those answered who have a place in a session; `people` is how many they are."""

    session = fields.String(required=True)
    people = fields.Integer(required=True)
    items = fields.List(fields.Nested(QuestionTotal), required=True)
