"""The team's page of drafts of messages, and how one is deleted."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.messages.kept_drafts import as_shown
from gateway.parts.sign_ins import for_the_team, key_of, once, show
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.runtime.refusals import NotFound, Refusal

routes = page_routes("team_drafts", sign_in=for_the_team("Drafts of messages"), private=True)
TO: Final = {
    "confirmed": "People who have a place",
    "waiting": "People on the waiting list",
    "all": "Everybody with a place or waiting",
}


@routes.route("GET", "/team/messages/drafts", "Drafts of messages", requires="team", query=("done", "cursor"))
def show_drafts(call: Call) -> Response:
    """All of the team's, each of which opens in the form that sends it."""
    call.model.require_ready()
    query = call.query()
    page = call.notifications("message_drafts", cursor=query.get("cursor"), limit=lists.USUAL).value
    rows = [_seen(call, draft) for draft in page["items"]]
    return show(call, "team_drafts.html", rows=rows, next=page["next"], done=query.get("done"))


@routes.route("GET", "/team/messages/drafts/{id}/delete", "Delete a draft of a message", requires="team")
def ask_to_delete(call: Call) -> Response:
    """Asks first: what was written is gone then, for everyone."""
    call.model.require_ready()
    draft = call.notifications("message_draft", id=call.path["id"]).value
    return show(call, "team_draft_delete.html", draft=_seen(call, draft))


@routes.route("POST", "/team/messages/drafts/{id}/delete", "Delete a draft of a message", requires="team")
def delete(call: Call) -> Response:
    """Leads to the list. A draft that is gone already is as it was to be."""
    named = {"id": call.path["id"], "key": key_of(call)}
    try:
        once(lambda: call.notifications("drop_message_draft", **named))
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return go("team_drafts.show_drafts", done="deleted")


def _seen(call: Call, draft: Data) -> Data:
    """Return a draft as the pages show it; it can be opened while its session can be written to."""
    selected = len(draft["references"] or ())
    people = f"{selected} selected {'booking' if selected == 1 else 'bookings'}" if selected else None
    to = people or TO.get(draft["to"], "Not chosen yet")
    return {**as_shown(draft), "to": to, "can_be_opened": draft["session"] in call.model.sessions}
