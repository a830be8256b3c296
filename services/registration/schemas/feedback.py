"""What people thought of a session: the form, its answer, and what the team reads of all answers."""

from marshmallow import Schema, fields, validate

from services.bus.schemas import Text

SCALE = (1, 5)  # from not at all to very
MOST_WORDS = 1000  # characters of one text
FEWEST_ANSWERS = 3  # below which nothing that was answered is shown


class FeedbackGiven(Schema):
    """How useful the session was, from 1 (not at all) to 5 (very), and two texts that may be left out."""

    useful = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(*SCALE, error="Must be a number from {min} to {max}."),
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
    """The form of a booking, which is open; `given` is what it was answered with before."""

    reference = fields.String(required=True)
    title = fields.String(required=True)
    given = fields.Nested(FeedbackView, required=True, allow_none=True)


class OpenForm(Schema):
    """A booking whose form is open; `given` if it was answered before."""

    reference = fields.String(required=True)
    given = fields.Boolean(required=True)


class OpenForms(Schema):
    """Those among some of one's own bookings."""

    items = fields.List(fields.Nested(OpenForm), required=True)


class FeedbackFigures(Schema):
    """How useful people found a session: the mean, and how many chose each number from 1 to 5."""

    mean = fields.Float(required=True)
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class FeedbackSaid(Schema):
    """What somebody wrote, and on which day; never who, and never beside the number that they chose."""

    differently = fields.String(required=True, allow_none=True)
    next = fields.String(required=True, allow_none=True)
    given_on = fields.Date(required=True)


class SessionFeedback(Schema):
    """A session's feedback, for the team; the texts come in pages, the latest first.

    Below three answers, `answers` is `"<3"`, `useful` is null and there are no texts.
    """

    answers = fields.Raw(
        required=True,
        metadata={
            "anyOf": [{"type": "integer", "minimum": FEWEST_ANSWERS}, {"const": f"<{FEWEST_ANSWERS}"}],
            "description": "How many answered.",
        },
    )
    useful = fields.Nested(FeedbackFigures, required=True, allow_none=True)
    items = fields.List(fields.Nested(FeedbackSaid), required=True)
    next = fields.String(required=True, allow_none=True)
