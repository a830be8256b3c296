"""Which emails the caller gets, of those that a person can do without."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import responses
from gateway.web.routing import Routes
from services.notifications import schemas as notifications
from services.runtime.refusals import NotFound, Refusal, Unavailable

routes = Routes("api.emails", "Me")


@routes.route("GET", "/me/emails", "Read which emails you get", requires="person", returns=notifications.ChoicesView)
def read_choices(call: Call) -> Response:
    """Of those that you can do without. Codes, and what concerns your own bookings, you always get."""
    choices, tag = _tagged(chosen(call))
    return responses.single(call, responses.to_json(choices), tag, personal=True)


@routes.route(
    "PATCH",
    "/me/emails",
    "Choose which emails you get",
    requires="person",
    body=notifications.Choices,
    returns=notifications.ChoicesView,
    if_match=True,
)
def change_choices(call: Call) -> Response:
    """Only the fields that are given. What is queued and no longer wanted is not sent."""
    choices, tag = _tagged(choose(call, call.given, call.version))
    return responses.written(responses.to_json(choices), ETag=tag)


def chosen(call: Call) -> Data:
    """Return which emails the caller gets, as `{reminders, …, version}`. Raises NotSignedIn."""
    return dict(call.notifications("choices", person=call.who()["id"]).value)


def choose(call: Call, wanted: Data, version: int | None = None) -> Data:
    """Note what the caller chose, if nothing changed since `version`; return all choices as `chosen` does.

    Raises NotSignedIn, StaleVersion, Invalid; Unavailable for a moment after the account was made.
    """
    person = call.who()["id"]
    try:
        answer = call.notifications("choose", person=person, given=wanted, version=version)
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        raise Unavailable("Your account is not ready for this yet. Try again in a moment.") from refusal
    return dict(answer.value)


def _tagged(choices: Data) -> tuple[Data, str]:
    """Return the choices alone, and their ETag."""
    topics = {name: wanted for name, wanted in choices.items() if name != "version"}
    return topics, responses.version_tag(choices["version"])
