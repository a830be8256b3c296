"""The page of the ways to sign in that someone has: adding an identity provider, and removing one."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.parts import provider_ways
from gateway.projection.call import Call
from gateway.web.pages.layout import go
from gateway.web.routing import SignIn, page_routes, url_for
from services.runtime.refusals import NotFound, Refusal

SIGN_IN: Final = SignIn("Ways to sign in", "to see your ways to sign in")
HERE: Final = "ways_to_sign_in.show_ways"
AWAY: Final = ("identity-provider-away", "unavailable")
routes = page_routes("ways_to_sign_in", sign_in=SIGN_IN, back=HERE, private=True)


@routes.route("GET", "/account/ways-to-sign-in", "Ways to sign in", requires="person", query=("done",))
def show_ways(call: Call) -> Response:
    """Each of them, with a button that removes it, and a button for each that can be added."""
    return _show(call, done=call.query().get("done", ""))


@routes.route("POST", "/account/ways-to-sign-in/add/{slug}", "Add a way to sign in", requires="person")
def add(call: Call) -> Response:
    """Leads to the provider, and then back to the list."""
    try:
        return provider_ways.send(call, "begin_identity", f"{url_for(HERE)}?done=added")
    except Refusal as refusal:
        if refusal.code not in AWAY:
            raise
        return _show(call, 503, away=provider_ways.provider_of(call, call.path["slug"]).name)


@routes.route("POST", "/account/ways-to-sign-in/{id}/remove", "Remove a way to sign in", requires="person")
def remove(call: Call) -> Response:
    """Leads back to the list, also where it was removed already."""
    try:
        call.registration("remove_identity", id=call.path["id"])
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
    return go(HERE, done="removed")


def _show(call: Call, status: int = 200, done: str = "", away: str = "") -> Response:
    rows = [
        {
            **row,
            "since": datetime.fromisoformat(row["since"]),
            "last_used_at": datetime.fromisoformat(row["last_used_at"]) if row["last_used_at"] else None,
        }
        for row in call.registration("identities").value["items"]
    ]
    context = {"rows": rows, "providers": call.app.settings.identity_providers, "done": done, "away": away}
    return call.app.pages.show_form(call, "ways_to_sign_in.html", status, **context)
