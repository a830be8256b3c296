"""The team's pages of messages: what was written to whom and what became of it, to be sent again; and what people read.

What was written to people is shown as text. Only the previews, which are of nobody, are shown as mail programs do: in a
frame that can do nothing.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import times
from gateway.web.pages.field_errors import EMAIL, Asked, in_form
from gateway.web.pages.layout import HTML, SECURITY, go
from gateway.web.pages.paging import next_page
from gateway.web.responses import PRIVATE
from gateway.web.routing import SignIn, page_routes, url_for
from services.runtime.refusals import Invalid, Refusal

routes = page_routes(
    "messages", sign_in=SignIn("Messages", "to see it", before="This page is for the team."), private=True
)
AT_ONCE: Final = 50  # messages on a page
FILTERS: Final = ("person", "session", "state")
NOT_NOW: Final = ("message-out-of-date", "message-not-repeatable")  # refusals that are told where the button was
WAITING: Final = "message-waiting"
ASKED: Final = {"person": Asked(ask=EMAIL)}
KINDS: Final = {
    "sign_in": "Sign-in code",
    "booking_confirmed": "Place booked",
    "booking_waiting": "On the waiting list",
    "application_received": "Application for a place",
    "application_refused": "Application not successful",
    "place_offered": "Place offered",
    "offer_expired": "Offer ended",
    "booking_cancelled": "Booking cancelled",
    "booking_moved": "Booking moved",
    "meeting_invite": "Invite for a further date",
    "meeting_cancelled": "A date taken out of the calendar",
    "session_changed": "Session changed",
    "team_message": "Message from the team",
    "reminder_week": "Reminder, a week before",
    "reminder_day": "Reminder, a day before",
    "reminder_hour": "Reminder, an hour before",
    "thanks": "Thanks for coming",
    "own_text_test": "Test of your own words",
    "missed": "We missed you",
    "certificate_ready": "Certificate ready",
    "feedback_asked": "How was it?",
    "pledge_reminder": "Reminder of a pledge",
    "evaluation_asked": "Questions before or after a session",
    "materials_published": "New materials",
    "interest_matched": "New session that was asked for",
    "introduction_proposed": "Introduction proposed",
    "introduction_accepted": "Introduction accepted",
    "tables_published": "Your table or breakout room",
    "sat_with": "Who you sat with",
    "community_removed": "Taken out of the community",
    "community_let_in": "Let in to the community again",
    "facilitator_named": "Facilitator named",
    "account_unused": "Account about to be deleted",
    "account_erased": "Account deleted",
    "sign_in_guessed": "Someone tried to sign in as them",
    "second_factor_guessed": "Wrong codes of their authenticator app",
    "identity_linked": "A way to sign in was added",
    "facilitated_changed": "Changes, to facilitators",
    "facilitator_taken_back": "No longer a facilitator",
    "invites_again": "Calendar invites, now to another address",
    "email_change_code": "Code to change an address",
    "email_change_taken": "Someone asked for their address",
    "address_code": "Code to add an address",
    "addresses_changed": "Addresses of an account changed",
    "email_changed": "Address changed, to the old one",
    "email_change_undone": "Change of address undone",
    "merge_code": "Code to merge two accounts",
    "accounts_merged": "Two accounts merged",
    "accounts_parted": "Merged accounts parted again",
    "booking_reassigned": "Place, now at another address",
    "person_corrected": "Details corrected by the team",
}
NOBODY: Final = {
    **dict.fromkeys(("sign_in", "email_change_code", "address_code", "merge_code"), "Whoever asked for the code"),
    **dict.fromkeys(
        ("email_change_taken", "email_changed", "email_change_undone", "accounts_merged", "accounts_parted"),
        "Whoever reads that address",
    ),
    "addresses_changed": "Whoever reads that address",
}  # once it is sent, nobody knows
STATES: Final = {
    "queued": "Waiting",
    "sent": "Sent",
    "delivered": "Arrived",
    "bounced": "Came back",
    "failed": "Failed",
}
REASONS: Final = {
    "refused": "the mail server refused it",
    "gave_up": "the mail server took no mail for three days",
    "expired": "it was too late by then",
    "overtaken": "something newer was to be said",
    "address_marked": "mail to this address came back before",
    "defect": "it could not be written, which is a fault of ours",
}
# A frame on the page of the preview may show a page of ours, and that page runs nothing and leads nowhere.
WITH_FRAME: Final = f"{SECURITY['Content-Security-Policy']}; frame-src 'self'"
IN_FRAME: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "SAMEORIGIN",
}


@routes.route("GET", "/team/messages", "Messages", requires="team", query=(*FILTERS, "cursor"))
def show_messages(call: Call) -> Response:
    """The team's list of messages, the latest first, and a form to search it."""
    query = call.query()
    wanted = {name: query[name].strip() for name in FILTERS if query.get(name, "").strip()}
    asked = {name: wanted.get(name, "") for name in FILTERS}
    shown: dict[str, Any] = {"asked": asked, "states": STATES, "sessions": _sessions(call), "errors": {}}
    try:
        page = call.notifications("messages_page", wanted=wanted, cursor=query.get("cursor"), limit=AT_ONCE).value
    except Refusal as refusal:
        if refusal.code != Invalid.code:
            raise
        shown["errors"] = in_form(refusal, ASKED, asked)
        return call.app.pages.show_form(call, "messages.html", 422, **shown, rows=[], next=None, first=None)
    rows = [_row(call, message) for message in page["items"]]
    after = next_page("messages.show_messages", page["next"], **wanted)
    first = url_for("messages.show_messages", **wanted) if "cursor" in query else None
    return call.app.pages.show_form(call, "messages.html", **shown, rows=rows, next=after, first=first)


@routes.route("GET", "/team/messages/{id}", "A message", requires="team", query=("again",))
def show_message(call: Call) -> Response:
    """The team's view of a message, with what it says and a button to send it again."""
    return _show_message(call, again=call.query().get("again"))


@routes.route(
    "POST", "/team/messages/{id}/resend", "Send a message again", requires="team", back="messages.show_message"
)
def resend(call: Call) -> Response:
    """Sends it, once however often the button is pressed; or says on the message's page why not."""
    done = "yes"
    try:
        call.notifications("resend", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code in NOT_NOW:
            return _show_message(call, 409, refused=refusal.detail)
        if refusal.code != WAITING:
            raise
        done = "already"
    return go("messages.show_message", id=call.path["id"], again=done)


@routes.route("GET", "/team/messages/previews", "What people read", requires="team")
def show_previews(call: Call) -> Response:
    """Every kind of message by its name."""
    previews = call.notifications("previews").value["items"]
    return call.app.pages.show_form(
        call, "message_previews.html", previews=[{**line, "name": kind(line["template"])} for line in previews]
    )


@routes.route("GET", "/team/messages/previews/{template}", "An example of a message", requires="team")
def show_preview(call: Call) -> Response:
    """As text, and in a frame as mail programs show it."""
    preview = call.notifications("preview", template=call.path["template"]).value
    own = {text["template"] for text in call.notifications("own_texts").value["items"]}
    named: dict[str, Any] = {"name": kind(preview["template"]), "is_own": preview["template"] in own}
    response = call.app.pages.show_form(call, "message_preview.html", preview=preview, **named)
    response.headers["Content-Security-Policy"] = WITH_FRAME
    return response


@routes.route("GET", "/team/messages/previews/{template}/html", "An example as mail programs show it", requires="team")
def show_html(call: Call) -> Response:
    """For the frame on the page of the example: it can run nothing, load nothing and lead nowhere."""
    preview = call.notifications("preview", template=call.path["template"]).value
    return Response(preview["html"], 200, {**PRIVATE, **IN_FRAME}, content_type=HTML)


def kind(template: str) -> str:
    """Return what a kind of message is called."""
    return KINDS.get(template) or template.replace("_", " ").capitalize()


def state_in_words(message: Data, now: datetime) -> str:
    """Return what became of a message, or when it goes: “Sent”, “Waiting until 7am”, “Failed: …”."""
    if message["state"] == "queued":
        due_at = datetime.fromisoformat(message["due_at"])
        if due_at <= now:
            return "Waiting to be sent"
        return f"Waiting until {_soon_in_words(due_at, now)}{' to try again' if message['attempts'] else ''}"
    words = STATES[message["state"]]
    reason = REASONS.get(message["reason"] or "")
    return f"{words}: {reason}" if reason and message["state"] in ("failed", "bounced") else words


def _soon_in_words(moment: datetime, now: datetime) -> str:
    is_soon = moment - now < timedelta(hours=20)
    return times.time_in_words(moment) if is_soon else times.in_words(moment)


def _row(call: Call, message: Data) -> Data:
    session = call.model.sessions.get(message["session"]) if message["session"] else None
    queued_at = datetime.fromisoformat(message["queued_at"])
    return {
        **message,
        "kind": kind(message["template"]),
        "state_in_words": state_in_words(message, call.now),
        "shown_name": message["name"] or message["email"] or NOBODY.get(message["template"], "Somebody who was erased"),
        "session_title": session.data["title"] if session else None,
        "queued_at": queued_at,
        "finished_at": datetime.fromisoformat(message["finished_at"]) if message["finished_at"] else None,
    }


def _show_message(call: Call, status: int = 200, **said: str | None) -> Response:
    message = call.notifications("message", id=call.path["id"]).value
    repeats = [
        {**repeat, "state": STATES[repeat["state"]], "queued_at": datetime.fromisoformat(repeat["queued_at"])}
        for repeat in message["repeats"]
    ]
    can_be_sent = message["template"] not in NOBODY and message["person"] is not None and message["state"] != "queued"
    shown = {"message": {**_row(call, message), "repeats": repeats}, "can_be_sent": can_be_sent}
    return call.app.pages.show_form(call, "message.html", status, **{"again": None, "refused": None, **said}, **shown)


def _sessions(call: Call) -> list[Data]:
    """Return `{slug, title, day}` of all sessions, the latest first, for the form."""
    latest = sorted(call.model.sessions.values(), key=lambda session: session.starts_at, reverse=True)
    return [{"slug": s.data["slug"], "title": s.data["title"], "day": times.in_figures(s.starts_at)} for s in latest]
