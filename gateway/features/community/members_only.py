"""What the pages of the community share: how they ask people to sign in, and how they show a member."""

from datetime import datetime
from typing import Final

from gateway.parts import details
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.routing import SignIn

SIGN_IN: Final = SignIn(
    "Community", "to see this page", keeps={"about": "About you", "message": "Your message", "text": "What is wrong"}
)
REMOVED: Final = {"removed-from-community": "community_removed.html"}  # the page that explains it
NOT_OPEN: Final = {"not-open-to-you": "community_not_open.html"}
EXPLAINED: Final = {**REMOVED, "not-a-member": "members_only.html"}


def member_seen(call: Call, member: Data) -> Data:
    """Return a member as the pages show them: with their sector in words."""
    sector = member["sector"]
    return {**member, "sector_name": details.sectors(call).get(sector, sector)}


def introduction_seen(call: Call, introduction: Data) -> Data:
    """Return an introduction as the pages show it: `mine` where the visitor asked."""
    moments = {name: datetime.fromisoformat(introduction[name]) for name in ("proposed_at", "expires_at")}
    return {
        **introduction,
        **moments,
        "other": member_seen(call, introduction["other"]),
        "mine": introduction["to"] == introduction["other"]["id"],
    }
