"""The form that people find before a session, on the day and months later. A GET gives no answer."""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.evaluation import asked
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.layout import go
from gateway.web.problems import PROBLEMS
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import Invalid, Refusal

NOT_OPEN: Final = "evaluation-not-open"
SIGN_IN: Final = SignIn(
    "A few questions",
    "to answer",
    after="We need to know that you have a place. The programme team does not see your name beside your answers.",
    keeps=asked.KEEPS,
)
routes = page_routes("evaluation", sign_in=SIGN_IN)


@routes.route("GET", "/sessions/{slug}/evaluation", "A few questions", requires="person", query=("sent",))
def show_form(call: Call) -> Response:
    """With what was answered before; or thanks, where it was sent just now."""
    try:
        form = _form(call)
    except Refusal as refusal:
        return _no_form(call, refusal)
    if form["answers"] and "sent" in call.query():
        return call.app.pages.show_form(call, "evaluation_thanks.html", form=form, slug=call.path["slug"])
    return _show(call, form, form["answers"] or {})


@routes.route("POST", "/sessions/{slug}/evaluation", "Send your answers", requires="person")
def send(call: Call) -> Response:
    """Keeps them, in place of what was answered before, and leads to the thanks. What is wrong is told on the form."""
    try:
        return _answer(call)
    except Refusal as refusal:
        return _no_form(call, refusal)


def _answer(call: Call) -> Response:
    form, said, slug = _form(call), asked.answers_in(call.given), call.path["slug"]
    given = {"moment": call.given.get("moment", ""), "answers": asked.as_given(form["items"], said)}
    if given["moment"] != form["moment"]:  # the page was left open until other questions were asked
        return _show(call, form, said, 409, {f"answer-{form['items'][0]['id']}": asked.GONE})
    try:
        call.registration("answer_evaluation", slug=slug, given=given)
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        return _show(call, form, said, 422, asked.errors_in(refusal, form["items"], said))
    return go("evaluation.show_form", slug=slug, sent="yes")


def _form(call: Call) -> Data:
    form = call.registration("evaluation_form", slug=call.path["slug"]).value
    return {**form, "until": datetime.fromisoformat(form["until"])}


def _show(call: Call, form: Data, said: dict[str, Any], status: int = 200, errors: Errors | None = None) -> Response:
    questions = asked.fields_of(form["items"], said)
    context = {"form": form, "questions": questions, "errors": errors or {}}
    return call.app.pages.show_form(call, "evaluation.html", status, **context)


def _no_form(call: Call, refusal: Refusal) -> Response:
    """Show why there is nothing to answer for this session and this person. Raises the refusal if it is another one."""
    if refusal.code != NOT_OPEN:
        raise refusal
    return call.app.pages.show_form(call, "evaluation_closed.html", PROBLEMS[NOT_OPEN].status, detail=refusal.detail)
