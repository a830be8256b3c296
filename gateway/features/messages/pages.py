"""The pages where people choose which emails they get: signed in, or by the link in any email. A GET changes nothing.

The link is also what mail programs send a POST to when their reader presses “Unsubscribe” (RFC 8058): without a cookie
and without a form of ours, so that nothing else can be done there.
"""

from dataclasses import dataclass
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.messages import emails_api
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes
from services.runtime.refusals import NotFound, Refusal

routes = page_routes("emails", sign_in=SignIn("Choose which emails you get", "to choose"), private=True)


@dataclass(frozen=True)
class Topic:
    """How pages speak of a topic: its name, when its emails come, and what they are called in a sentence."""

    name: str
    hint: str
    emails: str


TOPICS: Final = {
    "reminders": Topic(
        "Reminders",
        "A week, a day and an hour before a session that you have booked.",
        "reminders",
    ),
    "follow_ups": Topic(
        "After a session",
        "To thank you or say that we missed you, to give you your certificate, to ask what you thought, and to remind"
        " you of your pledge. Also to ask a few questions before a session and some months after it.",
        "emails after a session",
    ),
    "materials": Topic(
        "Recordings and slides",
        "When there is something to watch or read from a session that you booked.",
        "emails about recordings and slides",
    ),
    "interests": Topic(
        "New sessions",
        "When there is a new session on something that you asked to hear about.",
        "emails about new sessions",
    ),
    "introductions": Topic(
        "Meeting people",
        "When someone from another place of work would like to meet you, and after a session, who you sat with.",
        "emails about meeting people",
    ),
}


@routes.route("GET", "/emails", "Choose which emails you get", requires="person", query=("done",))
def show_choices(call: Call) -> Response:
    """All topics, for whoever is signed in."""
    wanted = emails_api.chosen(call)
    return _show(call, {"topic": None, "wanted": wanted})


@routes.route("POST", "/emails", "Choose which emails you get", requires="person")
def choose(call: Call) -> Response:
    """Keeps what is ticked and what is not."""
    emails_api.choose(call, _ticked(call))
    return go("emails.show_choices", done="saved")


@routes.route("GET", "/emails/{token}", "Choose by the link in an email", requires="anyone", query=("done",))
def show_by_link(call: Call) -> Response:
    """The topic of the email, with a button that stops it, and all topics below it."""
    try:
        return _show(call, call.services.notifications.call("choices_by_link", token=call.path["token"]).value)
    except Refusal as refusal:
        return _unknown(call, refusal)


@routes.route(
    "POST",
    "/emails/{token}",
    "Stop the emails of a topic, as mail programs ask for it",
    requires="anyone",
    media="text/plain",
    one_click=True,
)
def stop_at_one_click(call: Call) -> Response:
    """Takes `List-Unsubscribe=One-Click` and nothing else."""
    call.services.notifications.call("stop_by_link", token=call.path["token"])
    return Response("You will get no more of these emails.\n", 200)


@routes.route("POST", "/emails/{token}/stop", "Stop the emails of a topic", requires="anyone")
def stop(call: Call) -> Response:
    """Says so, also where they were stopped already."""
    try:
        call.services.notifications.call("stop_by_link", token=call.path["token"])
    except Refusal as refusal:
        return _unknown(call, refusal)
    return _go_back(call, "stopped")


@routes.route("POST", "/emails/{token}/start", "Get the emails of a topic again", requires="anyone")
def start(call: Call) -> Response:
    """For whoever changed their mind."""
    try:
        topic = call.services.notifications.call("choices_by_link", token=call.path["token"]).value["topic"]
        given = {topic: True} if topic else {}
        call.services.notifications.call("choose_by_link", token=call.path["token"], given=given)
    except Refusal as refusal:
        return _unknown(call, refusal)
    return _go_back(call, "started")


@routes.route("POST", "/emails/{token}/choose", "Choose by the link in an email", requires="anyone")
def choose_by_link(call: Call) -> Response:
    """Keeps what is ticked and what is not."""
    try:
        call.services.notifications.call("choose_by_link", token=call.path["token"], given=_ticked(call))
    except Refusal as refusal:
        return _unknown(call, refusal)
    return _go_back(call, "saved")


def _ticked(call: Call) -> dict[str, bool]:
    return {topic: call.given.get(topic) == "yes" for topic in TOPICS}


def _show(call: Call, choices: Data) -> Response:
    done, topic = call.query().get("done", ""), choices["topic"]
    context = {"token": call.path.get("token"), "topics": TOPICS, "done": done, **choices}
    about = TOPICS[topic] if topic else None
    return call.app.pages.show_form(call, "emails.html", about=about, **context)


def _go_back(call: Call, done: str) -> Response:
    return go("emails.show_by_link", token=call.path["token"], done=done)


def _unknown(call: Call, refusal: Refusal) -> Response:
    """Show that the link leads nowhere. Raises the refusal if it is another one."""
    if refusal.code != NotFound.code:
        raise refusal
    return call.app.pages.show_form(call, "emails_unknown.html", 404)
