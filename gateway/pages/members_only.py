"""Who is let in to the pages of the community, and what these pages share."""

import functools
from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.pages import details
from gateway.pages.doors import here
from gateway.pages.forms import typed
from gateway.read_model import Data
from gateway.routing import Handler
from services.bus.refusals import Refusal

NOT_A_MEMBER: Final = "not-a-member"
REMOVED: Final = "removed-from-community"
WRITTEN: Final = {"about": "About you", "message": "Your message", "text": "What is wrong"}


def signed_in(handler: Handler) -> Handler:
    """Have the handler below answer whoever is signed in; others are asked to, and lose nothing that they wrote."""

    @functools.wraps(handler)
    def answer(call: Call) -> Response:
        if call.house.pages.is_signed_in(call):
            return let_in(call, handler)
        written = {WRITTEN[name]: text for name, text in typed(call, *WRITTEN).items() if text}
        back = here(call) if call.request.method == "GET" else _page_of(call.request.path)
        return call.house.pages.ask_to_sign_in(call, "Community", "to see this page", back=back, written=written)

    return answer


def let_in(call: Call, handler: Handler) -> Response:
    """Answer by the handler; whoever was taken out of the community is told why instead."""
    try:
        return handler(call)
    except Refusal as refusal:
        if refusal.code != REMOVED:
            raise
        told = {"reason": refusal.facts["reason"], "removed_at": datetime.fromisoformat(refusal.facts["removed_at"])}
        return call.house.pages.show_form(call, "community_removed.html", 403, **told)


def for_members(handler: Handler) -> Handler:
    """Have the handler below answer members; whoever is none is shown the way to become one."""

    @functools.wraps(handler)
    def answer(call: Call) -> Response:
        try:
            return handler(call)
        except Refusal as refusal:
            if refusal.code != NOT_A_MEMBER:
                raise
            return call.house.pages.show_form(call, "members_only.html", 403)

    return signed_in(answer)


def member_seen(call: Call, member: Data) -> Data:
    """Return a member as the pages show them: with their sector in words."""
    sector = member["sector"]
    return {**member, "sector_name": details.sectors(call).get(sector, sector), "path": path_of(member["id"])}


def introduction_seen(call: Call, introduction: Data) -> Data:
    """Return an introduction as the pages show it: `mine` where the visitor asked."""
    moments = {name: datetime.fromisoformat(introduction[name]) for name in ("proposed_at", "expires_at")}
    return {
        **introduction,
        **moments,
        "other": member_seen(call, introduction["other"]),
        "mine": introduction["to"] == introduction["other"]["id"],
        "path": f"/introductions/{introduction['id']}",
    }


def path_of(member: str) -> str:
    """Return the path of a member's page."""
    return f"/community/members/{member}"


def _page_of(path: str) -> str:
    """Return the page whose button sends its form to `path`."""
    parts = path.split("/")
    is_a_button = len(parts) > 1 and parts[-1] in ("ask", "block", "unblock", "accept", "decline", "withdraw")
    return "/".join(parts[:-1]) if is_a_button else path
