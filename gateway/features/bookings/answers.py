"""Answering the questions of a session at one's booking, afterwards: seen, given and changed until it starts."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.bookings.pages import SIGN_IN, own_booking
from gateway.parts.asked_questions import KEEPS, MOST_FIELDS, answers_in, asked_in, errors_in, in_words
from gateway.parts.own_bookings import NOT_YOURS
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.forms import new_key
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, Refusal

routes = page_routes("answers", sign_in=replace(SIGN_IN, keeps=KEEPS), explains=NOT_YOURS)
CLOSED: Final = "booking-closed"


@routes.route("GET", "/bookings/{reference}/answers", "Your answers", requires="person")
def show_answers(call: Call) -> Response:
    """The questions with what was answered, as a form until the session starts."""
    return _show(call, _told(call))


@routes.route(
    "POST", "/bookings/{reference}/answers", "Your answers", requires="person", one_call=True, most_fields=MOST_FIELDS
)
def change_answers(call: Call) -> Response:
    """Leads to the booking; or says what is wrong, or that it is too late."""
    said = answers_in(call.given)
    try:
        call.registration("change_answers", reference=call.path["reference"], given={"answers": said}, own=True)
    except Refusal as refusal:
        if refusal.code not in (Invalid.code, CLOSED):
            raise
        told = _told(call)
        wrong = refusal.code == Invalid.code
        errors = errors_in(refusal, told["items"], said) if wrong else None
        return _show(call, told, 422 if wrong else 409, errors, said)
    return go("bookings.show_booking", reference=call.path["reference"].upper(), done="answers")


def _told(call: Call) -> Data:
    told = call.registration("answers", reference=call.path["reference"], own=True).value
    until = told["kept_until"]
    return {**told, "kept_until": datetime.fromisoformat(until) if until else None}


def _show(
    call: Call, told: Data, status: int = 200, errors: Errors | None = None, said: dict[str, Any] | None = None
) -> Response:
    """Show the form, with what was just written where that was not kept."""
    kept = {question["id"]: question["answer"] for question in told["items"]}
    answered = [
        {**question, "in_words": in_words(question["answer"])}
        for question in told["items"]
        if question["answer"] is not None
    ]
    context: Data = {"questions": asked_in(told["items"], kept if said is None else said), "answered": answered}
    context |= {"told": told, "errors": errors or {}, "key": new_key(), "too_late": said is not None and not errors}
    return call.app.pages.show_form(call, "booking_answers.html", status, seen=own_booking(call), **context)
