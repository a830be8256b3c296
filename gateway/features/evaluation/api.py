"""Evaluation of programmes and sessions: what is asked and when, one's own answers, and the report for the team."""

from collections.abc import Iterator

from werkzeug.wrappers import Response

from gateway.features.evaluation.words import MOMENTS
from gateway.parts.edited_sessions import session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.call import Answer
from gateway.web.documents.sheets import Cell, sheet_of
from gateway.web.routing import Routes
from services.registration.schemas import evaluation as registration

routes = Routes("api.evaluation", "Evaluation")  # for people who are asked
programmes = Routes("api.programme_evaluation", "Evaluation")
sessions = Routes("api.session_evaluation", "Evaluation")
COLUMNS = ("question", "moment", "people", "number", "mean", "answer", "answers")
EVERYONE, SAME = "everyone", "the same people"


@programmes.route(
    "GET",
    "/programmes/{slug}/evaluation",
    "Read what a programme asks",
    requires="team",
    returns=registration.EvaluationView,
)
@sessions.route(
    "GET",
    "/sessions/{slug}/evaluation",
    "Read what a session asks",
    requires="team",
    returns=registration.EvaluationView,
)
def read(call: Call) -> Response:
    """A session that has an evaluation of its own asks that in place of what its programme asks."""
    answer = call.registration("evaluation", **_named(call))
    return responses.single(call, answer.content, _tag(answer), personal=True)


@programmes.route(
    "PATCH",
    "/programmes/{slug}/evaluation",
    "Change what a programme asks",
    requires="team",
    body=registration.EvaluationWanted,
    returns=registration.EvaluationView,
    if_match=True,
)
@sessions.route(
    "PATCH",
    "/sessions/{slug}/evaluation",
    "Change what a session asks",
    requires="team",
    body=registration.EvaluationWanted,
    returns=registration.EvaluationView,
    if_match=True,
)
def ask(call: Call) -> Response:
    """To these questions, in this order, at these moments. What was answered keeps its meaning."""
    named = _named(call)
    if named["of"] == "sessions":
        session_of(call)  # also a draft, of which registration does not know
    else:
        call.catalogue("programme", slug=named["slug"])
    answer = call.registration("ask_evaluation", **named, version=call.version, given=call.given)
    return responses.private(answer, ETag=_tag(answer))


@programmes.route(
    "GET",
    "/programmes/{slug}/evaluation/report",
    "Read what people answered in a programme",
    requires="team",
    one_call=True,
    returns=registration.EvaluationReport,
)
@sessions.route(
    "GET",
    "/sessions/{slug}/evaluation/report",
    "Read what people answered in a session",
    requires="team",
    one_call=True,
    returns=registration.EvaluationReport,
)
def report(call: Call) -> Response:
    """Without names, of no fewer than five people, and once nobody can change their answers any more."""
    answer = call.registration("evaluation_report", **_named(call))
    return responses.single(call, answer.content, conditional.tag(answer.content), personal=True)


@programmes.route(
    "GET",
    "/programmes/{slug}/evaluation/report.csv",
    "Download what people answered in a programme",
    requires="team",
    media="text/csv",
)
@sessions.route(
    "GET",
    "/sessions/{slug}/evaluation/report.csv",
    "Download what people answered in a session",
    requires="team",
    media="text/csv",
)
def sheet(call: Call) -> Response:
    """The same as a sheet: a line for each answer that could be given, and for each text."""
    named = _named(call)
    told = call.registration("evaluation_report", **named).value
    content = sheet_of(COLUMNS, (row for item in told["items"] for row in _rows(item)))
    media = "text/csv; charset=utf-8; header=present"
    response = responses.single(call, content, conditional.tag(content), personal=True, media=media)
    response.headers["Content-Disposition"] = f'attachment; filename="{named["slug"]}-evaluation.csv"'
    return response


@routes.route(
    "GET",
    "/sessions/{slug}/evaluation/form",
    "Read what you are asked now",
    requires="person",
    returns=registration.EvaluationForm,
)
def read_form(call: Call) -> Response:
    """With what you answered before. At each moment people are asked once, also if they come to several sessions."""
    answer = call.registration("evaluation_form", slug=call.path["slug"])
    return responses.single(call, answer.content, _tag(answer), personal=True)


@routes.route(
    "POST",
    "/sessions/{slug}/evaluation",
    "Answer the evaluation of a session",
    requires="person",
    body=registration.EvaluationAnswered,
    returns=registration.EvaluationForm,
)
def answer(call: Call) -> Response:
    """The next answer at the same moment replaces it, until then. The team never sees whose answers they are."""
    given = call.registration("answer_evaluation", slug=call.path["slug"], given=call.given, key=call.key)
    return responses.private(given, ETag=_tag(given))


def _named(call: Call) -> dict[str, str]:
    """Return of what the evaluation is, `programmes` or `sessions`, and its slug."""
    is_of_session = call.route.name.startswith(f"{sessions.name}.")
    return {"of": "sessions" if is_of_session else "programmes", "slug": call.path["slug"]}


def _rows(item: Data) -> Iterator[list[Cell]]:
    """Yield the lines of a question: of everyone at each moment, and then of those who answered twice."""
    for at in item["moments"]:
        begins: list[Cell] = [item["text"], MOMENTS[at["moment"]], EVERYONE, at["answers"]]
        yield from _counts(begins, at["figures"])
        yield from ([*begins, "", text, ""] for text in at["texts"])
    for change in item["changes"]:
        for moment, figures in (("before", change["before"]), (change["to"], change["after"])):
            yield from _counts([item["text"], MOMENTS[moment], _same(change), change["people"]], figures)


def _same(change: Data) -> str:
    return f"{SAME}, before and {MOMENTS[change['to']].lower()}"


def _counts(begins: list[Cell], figures: Data | None) -> Iterator[list[Cell]]:
    mean = "" if figures is None or figures["mean"] is None else figures["mean"]
    for count in figures["counts"] if figures else ():
        yield [*begins, mean, count["answer"], count["people"]]


def _tag(answer: Answer) -> str:
    return conditional.tag(answer.content, answer.value["version"])
