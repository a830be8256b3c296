"""The community: joining it, one's own profile, and the other members. Never an email address."""

from werkzeug.wrappers import Response

from gateway.parts.membership import ask
from gateway.parts.reading import LIST_QUERY
from gateway.projection.call import Call
from gateway.projection.lists import page_wanted
from gateway.web import conditional, responses
from gateway.web.routing import Routes, url_for
from services.community import schemas as community

routes = Routes("api.community", "Community")
FILTERS = ("sector", "topic", "q")


@routes.route(
    "POST",
    "/community/join",
    "Join the community",
    requires="person",
    body=community.NewMember,
    body_optional=True,
    returns=community.OwnProfile,
    status=201,
)
def join(call: Call) -> Response:
    """Other members then see your name, where you work, and what you say here. Leave at any time."""
    answer = ask(call, "join", given=call.given, key=call.key)
    tag = responses.version_tag(answer.value["version"])
    return responses.private(answer, 201, Location=url_for("api.community.read_profile"), ETag=tag)


@routes.route("POST", "/community/leave", "Leave the community", requires="person", status=204)
def leave(call: Call) -> Response:
    """Your profile goes, and what is open between you and others is closed. Nobody is told."""
    ask(call, "leave", key=call.key)
    return responses.nothing(204)


@routes.route("GET", "/community/me", "Read your profile", requires="person", returns=community.OwnProfile)
def read_profile(call: Call) -> Response:
    """404 for whoever is no member."""
    profile = ask(call, "profile").value
    return responses.single(
        call, responses.to_json(profile), responses.version_tag(profile["version"]), personal=True
    )  # fmt: skip


@routes.route(
    "PATCH",
    "/community/me",
    "Change your profile",
    requires="person",
    body=community.MemberChange,
    returns=community.OwnProfile,
    if_match=True,
)
def change_profile(call: Call) -> Response:
    """Only the fields that are given. Name, sector and organisation are those of your account."""
    answer = ask(call, "change_profile", version=call.version, given=call.given)
    return responses.private(answer, ETag=responses.version_tag(answer.value["version"]))


@routes.route(
    "GET",
    "/community/members",
    "List members",
    requires="person",
    returns=community.MemberView,
    lists=True,
    query=(*FILTERS, *LIST_QUERY),
)
def list_members(call: Call) -> Response:
    """Members only. Those who joined last come first."""
    query = call.query()
    wanted = {name: query.get(name) for name in FILTERS}
    return responses.private(ask(call, "members", **wanted, **page_wanted(call.query())))


@routes.route("GET", "/community/members/{id}", "Read a member", requires="person", returns=community.MemberView)
def read_member(call: Call) -> Response:
    """Members only."""
    content = ask(call, "member", id=call.path["id"]).content
    return responses.single(call, content, conditional.tag(content), personal=True)


@routes.route("POST", "/community/members/{id}/block", "Block somebody", requires="person", status=204)
def block(call: Call) -> Response:
    """You and they no longer see each other. They are not told."""
    ask(call, "block", id=call.path["id"], key=call.key)
    return responses.nothing(204)


@routes.route("POST", "/community/members/{id}/unblock", "Take a block back", requires="person", status=204)
def unblock(call: Call) -> Response:
    """You may see each other again."""
    ask(call, "unblock", id=call.path["id"], key=call.key)
    return responses.nothing(204)


@routes.route(
    "GET",
    "/community/blocked",
    "List whom you blocked",
    requires="person",
    returns=community.BlockedView,
    lists=True,
    query=LIST_QUERY,
)
def list_blocked(call: Call) -> Response:
    """The latest first."""
    return responses.private(ask(call, "blocked", **page_wanted(call.query())))


@routes.route(
    "GET",
    "/community/met",
    "List members whom you have met",
    requires="person",
    returns=community.MetView,
    lists=True,
    query=("session", *LIST_QUERY),
)
def list_met(call: Call) -> Response:
    """With the sessions, those met last first; or those of one session. Only where both chose `tell_tablemates`."""
    return responses.private(ask(call, "met", session=call.query().get("session"), **page_wanted(call.query())))
