"""The team's pages of what people are asked before a session, on the day and months later, and of the report.

They are there twice: for the sessions of a programme, and for a session with an evaluation of its own.
"""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.evaluation.editing import EvaluationPages
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.question_pages import WRITTEN
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.routing import page_routes

SIGN_IN: Final = for_the_team("Evaluation", **WRITTEN)
programmes = page_routes("team_programme_evaluation", sign_in=SIGN_IN)
sessions = page_routes("team_session_evaluation", sign_in=SIGN_IN)


def _programme(call: Call) -> Data:
    return {"title": call.catalogue("programme", slug=call.path["slug"]).value["title"], "session": None}


def _session(call: Call) -> Data:
    session = seen(call, session_of(call))["session"]
    return {"title": session["title"], "session": session}


PAGES: Final = {
    programmes.name: EvaluationPages("programmes", programmes.name, _programme),
    sessions.name: EvaluationPages("sessions", sessions.name, _session),
}


def _pages(call: Call) -> EvaluationPages:
    return PAGES[call.route.name.rpartition(".")[0]]


@programmes.route(
    "GET", "/team/programmes/{slug}/evaluation", "Evaluation of a programme", requires="team", query=("done",)
)
@sessions.route("GET", "/team/sessions/{slug}/evaluation", "Evaluation of a session", requires="team", query=("done",))
def show(call: Call) -> Response:
    """All questions in their order, with what can be done with each, and when they are asked."""
    return _pages(call).show(call)


@programmes.route("POST", "/team/programmes/{slug}/evaluation", "Change the evaluation of a programme", requires="team")
@sessions.route("POST", "/team/sessions/{slug}/evaluation", "Change the evaluation of a session", requires="team")
def change(call: Call) -> Response:
    """Leads to the list, in which a question has moved or was taken off, or other moments are chosen."""
    return _pages(call).change(call)


@programmes.route("GET", "/team/programmes/{slug}/evaluation/new", "New question of a programme", requires="team")
@sessions.route("GET", "/team/sessions/{slug}/evaluation/new", "New question of a session", requires="team")
def show_new(call: Call) -> Response:
    """An empty form."""
    return _pages(call).show_new(call)


@programmes.route("POST", "/team/programmes/{slug}/evaluation/new", "Add a question to a programme", requires="team")
@sessions.route("POST", "/team/sessions/{slug}/evaluation/new", "Add a question to a session", requires="team")
def add(call: Call) -> Response:
    """Leads to the list, at the end of which it is; or says what is wrong."""
    return _pages(call).add(call)


@programmes.route(
    "GET", "/team/programmes/{slug}/evaluation/{question}/change", "Change what a programme asks", requires="team"
)
@sessions.route(
    "GET", "/team/sessions/{slug}/evaluation/{question}/change", "Change what a session asks", requires="team"
)
def show_question(call: Call) -> Response:
    """The form, filled in."""
    return _pages(call).show_question(call)


@programmes.route(
    "POST", "/team/programmes/{slug}/evaluation/{question}/change", "Save what a programme asks", requires="team"
)
@sessions.route(
    "POST", "/team/sessions/{slug}/evaluation/{question}/change", "Save what a session asks", requires="team"
)
def change_question(call: Call) -> Response:
    """Leads to the list; or says what is wrong. What was answered keeps its wording."""
    return _pages(call).change_question(call)


@programmes.route(
    "GET", "/team/programmes/{slug}/evaluation/preview", "What people of a programme are asked", requires="team"
)
@sessions.route(
    "GET", "/team/sessions/{slug}/evaluation/preview", "What people of a session are asked", requires="team"
)
def preview(call: Call) -> Response:
    """The form that people get."""
    return _pages(call).preview(call)


@programmes.route(
    "GET", "/team/programmes/{slug}/evaluation/report", "What people of a programme answered", requires="team"
)
@sessions.route("GET", "/team/sessions/{slug}/evaluation/report", "What people of a session answered", requires="team")
def report(call: Call) -> Response:
    """Without names, and of no fewer than five people."""
    return _pages(call).report(call)
