"""Whom a member met in one session: the letter after it leads here."""

from werkzeug.wrappers import Response

from gateway.features.community.members_only import EXPLAINED, SIGN_IN, member_seen
from gateway.parts.membership import ask
from gateway.parts.sign_ins import show
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for
from services.runtime.refusals import NotFound

routes = page_routes("met_there", sign_in=SIGN_IN, explains=EXPLAINED)


@routes.route("GET", "/community/met/{slug}", "People you met in a session", requires="member", query=("cursor",))
def show_met(call: Call) -> Response:
    """Those who chose to be shown, each with a way to ask for an introduction."""
    call.model.require_ready()
    slug, cursor = call.path["slug"], call.query().get("cursor")
    page = ask(call, "met", session=slug, cursor=cursor, limit=lists.USUAL).value
    profile = ask(call, "profile").value
    session = call.model.sessions.get(slug)
    if session is None:
        raise NotFound
    context: Data = {
        "session": {"title": session.data["title"], "slug": slug, "starts_at": session.starts_at},
        "people": [member_seen(call, one) for one in page["items"]],
        "hidden": not profile["tell_tablemates"],
        "next": next_page("met_there.show_met", page["next"], slug=slug),
        "first": url_for("met_there.show_met", slug=slug) if cursor else None,
    }
    return show(call, "met_there.html", **context)
