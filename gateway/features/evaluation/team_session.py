"""The team's pages of what a session asks its people before it, on the day and months later, and of its report."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.evaluation.editing import WRITTEN, Pages
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.routing import page_routes

routes = page_routes("team_session_evaluation", sign_in=for_the_team("Evaluation", **WRITTEN))


def _about(call: Call) -> Data:
    session = seen(call, session_of(call))["session"]
    return {"title": session["title"], "session": session}


PAGES: Final = Pages("sessions", "team_session_evaluation", _about)


@routes.route("GET", "/team/sessions/{slug}/evaluation", "Evaluation of a session", requires="team", query=("done",))
def show(call: Call) -> Response:
    """All questions in their order, with what can be done with each, and when they are asked."""
    return PAGES.show(call)


@routes.route("POST", "/team/sessions/{slug}/evaluation", "Change the evaluation of a session", requires="team")
def change(call: Call) -> Response:
    """Leads to the list, in which a question has moved or was taken off, or other moments are chosen."""
    return PAGES.change(call)


@routes.route("GET", "/team/sessions/{slug}/evaluation/new", "New question of a session", requires="team")
def show_new(call: Call) -> Response:
    """An empty form."""
    return PAGES.show_new(call)


@routes.route("POST", "/team/sessions/{slug}/evaluation/new", "Add a question to a session", requires="team")
def add(call: Call) -> Response:
    """Leads to the list, at the end of which it is; or says what is wrong."""
    return PAGES.add(call)


@routes.route(
    "GET", "/team/sessions/{slug}/evaluation/{question}/change", "Change what a session asks", requires="team"
)
def show_question(call: Call) -> Response:
    """The form, filled in."""
    return PAGES.show_question(call)


@routes.route("POST", "/team/sessions/{slug}/evaluation/{question}/change", "Save what a session asks", requires="team")
def change_question(call: Call) -> Response:
    """Leads to the list; or says what is wrong. What was answered keeps its wording."""
    return PAGES.change_question(call)


@routes.route("GET", "/team/sessions/{slug}/evaluation/preview", "What people of a session are asked", requires="team")
def preview(call: Call) -> Response:
    """The form that people get."""
    return PAGES.preview(call)


@routes.route("GET", "/team/sessions/{slug}/evaluation/report", "What people of a session answered", requires="team")
def report(call: Call) -> Response:
    """Without names, and of no fewer than five people."""
    return PAGES.report(call)
