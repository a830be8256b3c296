"""The community's own page, and the forms to join it, to change what one says of oneself, and to leave."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.community.members_only import NOT_OPEN, REMOVED, SIGN_IN, introduction_seen, member_seen
from gateway.parts import details
from gateway.parts.membership import ask
from gateway.parts.sign_ins import key_of, once, show
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import topic_in_words
from gateway.web.pages.field_errors import Asked, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes
from services.community.schemas import MemberChange, NewMember
from services.runtime import limits
from services.runtime.refusals import Invalid, KeyReused, NotFound, Refusal, StaleVersion

routes = page_routes("community", sign_in=SIGN_IN, explains={**REMOVED, **NOT_OPEN})
MOST_FIELDS: Final = 250  # a box for each topic
FEW: Final = 10
TOPIC: Final = "topic-"  # before the slug, in the name of a box
ASKED: Final = {
    "about": Asked("“About you”"),
    "topics": Asked(
        "topics",
        but={
            "too-many": "Choose {max:,} topics at most. You have chosen {written:,}",
            "unknown-topic": "Choose topics from the list. There is no topic of this name: {name}.",
            "not-a-slug": "Choose topics from the list",
        },
    ),
}
CHANGED: Final = "This was changed since you opened the page. Save again if what you see here is right"
DONE: Final = {
    "joined": "You are a member. Other members can find you now",
    "saved": "What you say about yourself is saved",
    "left": "You have left the community, and what you said about yourself is deleted",
}


@routes.route("GET", "/community", "Community", requires="anyone", query=("done", "cursor"))
def show_community(call: Call) -> Response:
    """What it is; for a member, who is waiting for an answer, whom one might meet, and whom one has met."""
    call.model.require_ready()
    profile = _profile(call) if call.app.pages.visitor(call) is not None else None
    done = call.query().get("done", "")
    told = DONE.get(done) if (done == "left") == (profile is None) else None
    ways = call.model.city["ways_to_get_involved"] if call.model.city else []
    team = call.person is not None and "team" in call.person["roles"]
    shared: Data = {"profile": profile, "done": told, "ways": ways, "team": team}
    return show(call, "community.html", **shared, **(_for_member(call, profile) if profile else {}))


@routes.route("GET", "/community/join", "Join the community", requires="person")
def show_join(call: Call) -> Response:
    """The form; or what is missing before one can join, or why one cannot yet."""
    if missing := _missing(call):
        return show(call, "community_not_yet.html", missing=missing)
    if _profile(call) is not None:
        return go("community.show_community")
    ask(call, "check_may_join")
    return _show_form(call, {"about": "", "topics": [], "tell_tablemates": False}, {})


@routes.route("POST", "/community/join", "Join the community", requires="person", most_fields=MOST_FIELDS)
def join(call: Call) -> Response:
    """Joins, and leads to the community. What is wrong is told on the form."""
    if missing := _missing(call):
        return show(call, "community_not_yet.html", 409, missing=missing)
    said = _said(call)
    given = {**said, "about": said["about"].strip() or None}
    if errors := found(NewMember(), given, ASKED):
        return _show_form(call, said, errors)
    try:
        once(lambda: ask(call, "join", given=given, key=key_of(call)))
    except Refusal as refusal:
        if refusal.code not in (Invalid.code, KeyReused.code):
            raise
        return _show_form(call, said, in_form(refusal, ASKED, said))
    return go("community.show_community", done="joined")


@routes.route("GET", "/community/profile", "What members see of you", requires="person")
def show_profile(call: Call) -> Response:
    """The same form, with what is kept."""
    profile = _profile(call)
    return go("community.show_join") if profile is None else _show_form(call, profile, {}, profile["version"])


@routes.route("POST", "/community/profile", "What members see of you", requires="person", most_fields=MOST_FIELDS)
def keep_profile(call: Call) -> Response:
    """Keeps it, and leads to the community; what was changed elsewhere meanwhile is told, and not overwritten."""
    said, version = _said(call), call.given.get("version", "")
    given = {**said, "about": said["about"].strip() or None}
    errors = found(MemberChange(), given, ASKED)
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 16 else 0
    if not errors:
        try:
            ask(call, "change_profile", version=number, given=given)
        except Refusal as refusal:
            if refusal.code == NotFound.code:
                return go("community.show_join")
            if refusal.code not in (Invalid.code, StaleVersion.code):
                raise
            is_stale = refusal.code == StaleVersion.code
            errors = {"about": CHANGED} if is_stale else in_form(refusal, ASKED, said)
    if not errors:
        return go("community.show_community", done="saved")
    profile = _profile(call)
    return go("community.show_join") if profile is None else _show_form(call, said, errors, profile["version"])


@routes.route("GET", "/community/leave", "Leave the community", requires="person")
def show_leave(call: Call) -> Response:
    """Says what will happen, with a button."""
    return go("community.show_community") if _profile(call) is None else show(call, "community_leave.html")


@routes.route("POST", "/community/leave", "Leave the community", requires="person")
def leave(call: Call) -> Response:
    """Leaves, also for the second time."""
    ask(call, "leave")
    return go("community.show_community", done="left")


def _profile(call: Call) -> Data | None:
    try:
        return dict(ask(call, "profile").value)
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        return None


def _for_member(call: Call, profile: Data) -> Data:
    waiting = ask(call, "introductions", which="received", cursor=None, limit=FEW).value["items"]
    met = ask(call, "met", cursor=call.query().get("cursor"), limit=FEW).value
    blocked = ask(call, "blocked", cursor=None, limit=1).value["items"]
    return {
        "waiting": [introduction_seen(call, one) for one in waiting],
        "suggested": [member_seen(call, one) for one in ask(call, "suggested").value["items"]],
        "met": [_met(call, one) for one in met["items"]],
        "more_met": met["next"],
        "later": "cursor" in call.query(),
        "blocked": bool(blocked),
        "me": member_seen(call, profile),
    }


def _met(call: Call, member: Data) -> Data:
    sessions = [
        {**one, "at": datetime.fromisoformat(one["at"]) if one["at"] else None} for one in member["sessions"]
    ]  # fmt: skip
    return {**member_seen(call, member), "sessions": sessions}


def _missing(call: Call) -> list[str]:
    person = call.who()
    return [details.CALLED[name].lower() for name in ("name", "sector") if not person[name]]


def _said(call: Call) -> Data:
    topics = sorted(name.removeprefix(TOPIC) for name in call.given if name.startswith(TOPIC))
    about = typed(call, "about")["about"]
    return {"about": about, "topics": topics, "tell_tablemates": call.given.get("tell_tablemates") == "yes"}


def _show_form(call: Call, said: Data, errors: dict[str, str], version: int | None = None) -> Response:
    call.model.require_ready()
    topics = sorted({*lists.topics(call.model), *(topic for topic in said["topics"] if not errors)})
    context = {
        "said": {**said, "about": said["about"] or ""},
        "topics": [(f"{TOPIC}{slug}", topic_in_words(slug), slug in said["topics"]) for slug in topics],
        "me": member_seen(call, dict(call.who())),
        "version": version,
        "most": limits.most(NewMember, "about"),
    }
    return show(call, "community_join.html", 422 if errors else 200, errors=errors, **context)
