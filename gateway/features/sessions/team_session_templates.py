"""The team's page to keep a draft as a template, and to make a template a draft again."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.sessions.team import show_why
from gateway.parts import editing
from gateway.parts.edited_sessions import seen, session_of
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import Errors
from gateway.web.pages.forms import key_of, typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import Invalid, KeyReused

routes = page_routes("team_session_templates", sign_in=for_the_team("Sessions"))
LABELS: Final = {"name": "the name"}
END: Final = "end"


@routes.route("GET", "/team/sessions/{slug}/template", "Keep a draft as a template", requires="team")
def show_template(call: Call) -> Response:
    """Asks what it is to be called."""
    session = session_of(call)
    if session["status"] != "draft":
        return show_why(call, session, "no-template")
    return _show(call, session, {"name": session.get("template") or session["title"]})


@routes.route("POST", "/team/sessions/{slug}/template", "Keep a draft as a template", requires="team")
def keep_template(call: Call) -> Response:
    """Leads to the session; with the button for that, it is a draft like others again."""
    slug, form = call.path["slug"], typed(call, "name")
    if call.given.get("do") == END:
        call.catalogue("end_template", slug=slug)
        return go("team_sessions.show_session", slug=slug, done="saved")
    named = {"slug": slug, "given": form, "key": key_of(call)}
    if refusal := editing.refused(lambda: call.catalogue("keep_template", **named)):
        if refusal.code == "session-not-draft":
            return show_why(call, session_of(call), "no-template")
        if refusal.code not in (Invalid.code, KeyReused.code):
            raise refusal
        return _show(call, session_of(call), form, editing.errors_of(refusal, LABELS, form))
    return go("team_sessions.show_session", slug=slug, done="saved")


def _show(call: Call, session: Data, form: dict[str, str], errors: Errors | None = None) -> Response:
    context: Data = {"form": form, "errors": errors or {}, "end": END}
    return show(call, "team_session_template.html", 422 if errors else 200, **seen(call, session), **context)
