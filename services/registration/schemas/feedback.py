"""What people thought of a session: the form, its answer, and what the team reads of all answers."""

from marshmallow import fields

from services.registration.schemas.evaluation import MOMENTS
from services.registration.schemas.records import RecordsAsked
from services.runtime.limits import OneOf, Range
from services.runtime.schemas import Schema, Text
from services.runtime.to_share import Figure

SCALE = (1, 5)  # from not at all to very
MOST_WORDS = 1000  # characters of one text
FEWEST_ANSWERS = 3  # below which nothing that was answered is shown
DID = ("yes", "partly", "not_yet")  # whether a pledge was kept


class FeedbackGiven(Schema):
    """How useful the session was, from 1 (not at all) to 5 (very), and two texts that may be left out.

    `differently` is the pledge of whoever gives it: nobody else reads it, the team included.
    """

    useful = fields.Integer(
        required=True,
        strict=True,
        validate=Range(*SCALE, of="number"),
    )
    differently = Text(MOST_WORDS, lines=True, allow_none=True, load_default=None)
    next = Text(MOST_WORDS, lines=True, allow_none=True, load_default=None)


class FeedbackView(Schema):
    """An answer, as whoever gave it sees it. `changed_at` is null until another one replaced the first."""

    reference = fields.String(required=True)
    session = fields.String(required=True)
    useful = fields.Integer(required=True)
    differently = fields.String(required=True, allow_none=True)
    next = fields.String(required=True, allow_none=True)
    given_at = fields.DateTime(required=True)
    changed_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class FeedbackForm(Schema):
    """The form of a booking, which is open; `given` is what it was answered with before.

    `pledge_asked_at` is when whoever pledges something is asked about it, which may be over.
    """

    reference = fields.String(required=True)
    title = fields.String(required=True)
    pledge_asked_at = fields.DateTime(required=True)
    given = fields.Nested(FeedbackView, required=True, allow_none=True)


class OpenForm(Schema):
    """A booking whose form is open; `given` if it was answered before."""

    reference = fields.String(required=True)
    given = fields.Boolean(required=True)


class Pledged(Schema):
    """A booking with a pledge; `did` is whether they have done it, null before its owner said so."""

    reference = fields.String(required=True)
    did = fields.String(required=True, allow_none=True)


class OpenForms(Schema):
    """Those among some of one's own bookings, and which of the bookings have a pledge."""

    items = fields.List(fields.Nested(OpenForm), required=True)
    pledges = fields.List(fields.Nested(Pledged), required=True)


class OpenEvaluation(Schema):
    """The moment of an evaluation that someone can answer at now, and whether they have answered."""

    moment = fields.String(required=True, validate=OneOf(MOMENTS))
    answered = fields.Boolean(required=True)


class FormsOfBooking(Schema):
    """What someone can say about their booking now; None where a form is closed. A pledge stays after that."""

    reference = fields.String(required=True)
    feedback = fields.String(required=True, allow_none=True, validate=OneOf(("open", "given")))
    pledged = fields.Boolean(required=True)
    evaluation = fields.Nested(OpenEvaluation, required=True, allow_none=True)


class PledgeAnswer(Schema):
    """Whether a pledge was kept, and a note to oneself that nobody else reads."""

    did = fields.String(
        required=True,
        validate=OneOf(DID),
    )
    note = Text(MOST_WORDS, lines=True, allow_none=True, load_default=None)


class PledgeView(Schema):
    """A pledge, as whoever made it sees it, and nobody else. Whether they have done it is asked from `asked_at` on."""

    reference = fields.String(required=True)
    session = fields.String(required=True)
    title = fields.String(required=True)
    pledge = fields.String(required=True)
    given_at = fields.DateTime(required=True)
    asked_at = fields.DateTime(required=True)
    did = fields.String(required=True, allow_none=True, validate=OneOf([*DID, None]))
    note = fields.String(required=True, allow_none=True)
    answered_at = fields.DateTime(required=True, allow_none=True)
    version = fields.Integer(required=True)


class FeedbackFigures(Schema):
    """How useful people found a session: the mean, and how many chose each number from 1 to 5."""

    mean = fields.Float(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class FeedbackSaid(Schema):
    """What someone wrote, and on which day; never who, and never beside the number that they chose."""

    next = fields.String(required=True)
    given_on = fields.Date(required=True)


def _at_least_three(description: str) -> fields.Raw:
    number = [{"type": "integer", "minimum": FEWEST_ANSWERS}, {"const": f"<{FEWEST_ANSWERS}"}]
    return fields.Raw(required=True, metadata={"anyOf": number, "description": description})


class PledgeOutcomes(Schema):
    """How many did what they had pledged, did it in part, and have not done it yet."""

    yes = fields.Integer(required=True)
    partly = fields.Integer(required=True)
    not_yet = fields.Integer(required=True)


class PledgeFigures(Schema):
    """A session's pledges, as figures alone. Below three answers, `answers` is `"<3"` and `did` is null."""

    pledged = _at_least_three("How many said what they will do differently.")
    answers = _at_least_three("How many of them said whether they have done it.")
    did = fields.Nested(PledgeOutcomes, required=True, allow_none=True)


class SessionFeedback(Schema):
    """A session's feedback, for the team; the texts come in pages, the latest first.

    Below three answers, `answers` is `"<3"`, `useful` and `pledges` are null, and there are no texts.
    """

    answers = _at_least_three("How many answered.")
    useful = fields.Nested(FeedbackFigures, required=True, allow_none=True)
    pledges = fields.Nested(PledgeFigures, required=True, allow_none=True)
    items = fields.List(fields.Nested(FeedbackSaid), required=True)
    next = fields.String(required=True, allow_none=True)


class PeriodAsked(RecordsAsked):
    """The same, to share or for the team."""

    shared = fields.Boolean(load_default=False)


class UsefulOfPeriod(Schema):
    """The mean, and how many chose each number from 1 to 5. The mean is null where it is to be shared and of few."""

    mean = fields.Float(required=True, allow_none=True)
    counts = fields.Dict(keys=fields.String(), values=Figure(), required=True)


class PledgesOfPeriod(Schema):
    """How many did what they had pledged, did it in part, and have not done it yet."""

    yes = Figure(required=True)
    partly = Figure(required=True)
    not_yet = Figure(required=True)


class FeedbackOfPeriod(Schema):
    """What was said of a period's `sessions`, of which three people or more said something.

    `did` is how far pledges were kept, as far as `pledges_answered` people said.
    """

    sessions = fields.Integer(required=True)
    answers = Figure(required=True)
    useful = fields.Nested(UsefulOfPeriod, required=True, allow_none=True)
    pledged = Figure(required=True)
    pledges_answered = Figure(required=True)
    did = fields.Nested(PledgesOfPeriod, required=True, allow_none=True)
