"""The form that people find after a session: what they thought of it, in three questions. A GET gives no answer."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.own_bookings import NOT_YOURS
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Asked, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.problems import PROBLEMS
from gateway.web.routing import SignIn, page_routes
from services.registration.schemas import FeedbackGiven
from services.runtime import limits
from services.runtime.refusals import Invalid, Refusal

NOT_OPEN: Final = "feedback-not-open"
CHOICES: Final = {"1": "1 – not at all", "2": "2", "3": "3", "4": "4", "5": "5 – very"}
QUESTIONS: Final = {"differently": "What will you do differently?", "next": "What should we offer next?"}
ASKED: Final = {
    "useful": Asked(ask="Choose how useful it was, from 1 to 5"),
    **{name: Asked(f"“{question}”") for name, question in QUESTIONS.items()},
}
PRIVATE: Final = "This is your pledge to yourself. Only you can read it: the team cannot."
REMINDED: Final = "We will email you about it six weeks after the session."
SIGN_IN: Final = SignIn(
    "What did you think?",
    "to tell us",
    after="We need to know that you had a place. The programme team does not see your name beside what you say, and"
    " only you can read what you will do differently.",
    keeps=QUESTIONS,
)
routes = page_routes("feedback", sign_in=SIGN_IN, explains=NOT_YOURS)


@routes.route("GET", "/bookings/{reference}/feedback", "Feedback on a session", requires="person", query=("sent",))
def show_form(call: Call) -> Response:
    """With what was answered before; or thanks, where it was sent just now."""
    try:
        form = _form(call)
    except Refusal as refusal:
        return _no_form(call, refusal)
    if form["given"] and "sent" in call.query():
        return call.app.pages.show_form(call, "feedback_thanks.html", form=form, reference=call.path["reference"])
    return _show(call, form, _said_before(form["given"]), {}, 200)


@routes.route("POST", "/bookings/{reference}/feedback", "Send feedback", requires="person", one_call=True)
def send(call: Call) -> Response:
    """Keeps it, in place of what was answered before, and leads to the thanks. What is wrong is told on the form."""
    try:
        return _give(call, typed(call, "useful", *QUESTIONS))
    except Refusal as refusal:
        return _no_form(call, refusal)


def _give(call: Call, said: dict[str, str]) -> Response:
    try:
        call.registration("give_feedback", reference=call.path["reference"], given=_as_given(said))
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        return _show(call, _form(call), said, in_form(refusal, ASKED, said), 422)
    return go("feedback.show_form", reference=call.path["reference"], sent="yes")


def _form(call: Call) -> Data:
    form = call.registration("feedback_form", reference=call.path["reference"]).value
    return {**form, "reminded": call.now < datetime.fromisoformat(form["pledge_asked_at"])}


def _as_given(said: dict[str, str]) -> Data:
    """Return the answer as registration takes it: a number if one was chosen, and no text where none was written."""
    useful = {"useful": int(said["useful"])} if said["useful"] in CHOICES else {}
    return {**useful, **{name: (said[name] if said[name].strip() else None) for name in QUESTIONS}}


def _said_before(given: Data | None) -> dict[str, str]:
    return {name: str(given[name] or "") if given else "" for name in ("useful", *QUESTIONS)}


def _show(call: Call, form: Data, said: dict[str, str], errors: dict[str, str], status: int) -> Response:
    of_pledge = f"{PRIVATE} {REMINDED}" if form["reminded"] else PRIVATE
    hints = {"differently": of_pledge, "next": "The team reads it without your name. Please do not write names."}
    context = {"form": form, "said": said, "errors": errors, "choices": CHOICES, "questions": QUESTIONS, "hints": hints}
    return call.app.pages.show_form(call, "feedback.html", status, **context, most=limits.most(FeedbackGiven, "next"))


def _no_form(call: Call, refusal: Refusal) -> Response:
    """Show why there is no form for this booking and this person. Raises the refusal if it is another one."""
    if refusal.code != NOT_OPEN:
        raise refusal
    return call.app.pages.show_form(call, "feedback_closed.html", PROBLEMS[NOT_OPEN].status, detail=refusal.detail)
