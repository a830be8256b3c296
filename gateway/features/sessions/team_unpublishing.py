"""The team's page to make a session that nobody has booked a draft again."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.sessions.team import show_why
from gateway.features.sessions.unpublishing_api import unpublished
from gateway.parts import editing
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.web.pages.forms import key_of
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes

routes = page_routes("team_unpublishing", sign_in=for_the_team("Sessions"))
TOLD_AS: Final = {  # the codes of the refusals, and why it is so
    "session-cancelled": "cancelled",
    "has-bookings": "has-bookings",
    "has-facilitators": "has-facilitators",
}


@routes.route("GET", "/team/sessions/{slug}/unpublish", "Unpublish a session", requires="team")
def show_unpublish(call: Call) -> Response:
    """Says what will happen, with a button."""
    session = session_of(call)
    if session["status"] == "draft":
        return go("team_sessions.show_session", slug=session["slug"])
    if session["status"] == "cancelled":
        return show_why(call, session, "cancelled")
    return show(call, "team_session_unpublish.html", **seen(call, session))


@routes.route("POST", "/team/sessions/{slug}/unpublish", "Unpublish a session", requires="team")
def unpublish(call: Call) -> Response:
    """Leads to the draft; or says who is in the way."""
    slug = call.path["slug"]
    if refusal := editing.refused(lambda: unpublished(call, slug, key_of(call))):
        if refusal.code not in TOLD_AS:
            raise refusal
        return show_why(call, session_of(call), TOLD_AS[refusal.code])
    return go("team_sessions.show_session", slug=slug, done="unpublished")
