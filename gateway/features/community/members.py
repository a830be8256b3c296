"""The members of the community: the directory, a page of each with a form to ask for an introduction, and blocks."""

from datetime import datetime
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.community.members_only import EXPLAINED, SIGN_IN, member_seen
from gateway.parts import details
from gateway.parts.membership import ask
from gateway.parts.sign_ins import key_of, once, show
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.projection.views import topic_in_words
from gateway.web import times
from gateway.web.pages.field_errors import Asked, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for
from services.community.schemas import Proposal
from services.runtime import limits
from services.runtime.faults import Words
from services.runtime.refusals import Invalid, KeyReused, NotFound, Refusal

routes = page_routes("members", sign_in=SIGN_IN, explains=EXPLAINED)
LATER: Final = "Leave out links and email addresses. You can share them once you both said yes"
LINKS: Final[Words] = {
    "has-an-email": LATER,
    "has-a-link": (f"{LATER}. If “{{found}}” is not a link, write “{{spaced}}”", LATER),
}
ASKED: Final = {"message": Asked("your message", "Write a message", LINKS)}
FILTERS: Final = ("sector", "topic", "q")
ASKED_ALREADY: Final = ("introduction-waiting", "already-introduced")  # refusals that name an introduction to look at
TOO_SOON: Final = {"already-asked": 409, "too-many-introductions": 429, "account-too-new": 403}


@routes.route("GET", "/community/members", "Members", requires="member", query=(*FILTERS, "cursor"))
def show_members(call: Call) -> Response:
    """Those that fit, those who joined last first."""
    call.model.require_ready()
    query = call.query()
    filters = {name: query[name].strip() for name in FILTERS if query.get(name, "").strip()}
    filters = lists.with_topic_of_now(call.model, filters)
    wanted = {name: filters.get(name) for name in FILTERS}
    page = ask(call, "members", cursor=query.get("cursor"), limit=lists.USUAL, **wanted).value
    context: Data = {
        "members": [member_seen(call, member) for member in page["items"]],
        "filters": dict.fromkeys(FILTERS, "") | filters,
        "narrowed": bool(filters),
        "sectors": list(details.sectors(call).items()),
        "topics": [(slug, topic_in_words(slug)) for slug in _topics(call, filters)],
        "next": next_page("members.show_members", page["next"], **filters),
        "first": url_for("members.show_members", **filters) if "cursor" in query else None,
    }
    return show(call, "members.html", **context)


@routes.route("GET", "/community/members/{id}", "A member", requires="member")
def show_member(call: Call) -> Response:
    """What they say about themselves, and a form to ask for an introduction. One's own leads to the community."""
    if call.path["id"] == call.who()["id"]:
        return go("community.show_community")
    return _show(call, "", {})


@routes.route(
    "POST", "/community/members/{id}/ask", "Ask to meet a member", requires="member", back="members.show_member"
)
def propose(call: Call) -> Response:
    """Leads to the introduction, or to the one that is there already. What is wrong is told on the form."""
    message = typed(call, "message")["message"]
    given = {"to": call.path["id"], "message": message}
    if errors := found(Proposal(), given, ASKED):
        return _show(call, message, errors, 422)
    try:
        made = once(lambda: ask(call, "propose", given=given, key=key_of(call)))
    except Refusal as refusal:
        return _not_asked(call, message, refusal)
    if made is None:
        return go("introductions.show_introductions")
    return go("introductions.show_introduction", id=made.value["id"], done="asked")


@routes.route("POST", "/community/members/{id}/block", "Block somebody", requires="member", back="members.show_member")
def block(call: Call) -> Response:
    """Leads to the list of those whom one has blocked."""
    ask(call, "block", id=call.path["id"])
    return go("members.show_blocked", done="blocked")


@routes.route(
    "POST", "/community/members/{id}/unblock", "Take a block back", requires="member", back="members.show_member"
)
def unblock(call: Call) -> Response:
    """Leads back to the list, which says so."""
    ask(call, "unblock", id=call.path["id"])
    return go("members.show_blocked", done="unblocked")


@routes.route("GET", "/community/blocked", "People you blocked", requires="member", query=("done", "cursor"))
def show_blocked(call: Call) -> Response:
    """Each with a button that takes it back."""
    query = call.query()
    page = ask(call, "blocked", cursor=query.get("cursor"), limit=lists.USUAL).value
    after = next_page("members.show_blocked", page["next"])
    return show(call, "blocked.html", people=page["items"], next=after, done=query.get("done", ""))


def _show(call: Call, message: str, errors: dict[str, str], status: int = 200) -> Response:
    member = member_seen(call, ask(call, "member", id=call.path["id"]).value)
    context = {"message": message, "errors": errors, "most": limits.most(Proposal, "message")}
    return show(call, "member.html", status, member=member, **context)


def _topics(call: Call, filters: dict[str, str]) -> list[str]:
    return sorted({*lists.topics(call.model), *([filters["topic"]] if "topic" in filters else [])})


def _not_asked(call: Call, message: str, refusal: Refusal) -> Response:
    """Show why they were not asked. Raises the refusal if it is none that a page explains."""
    if refusal.code in ASKED_ALREADY:
        return go("introductions.show_introduction", id=refusal.facts["introduction"])
    if refusal.code in TOO_SOON:
        again_at = times.in_words(datetime.fromisoformat(refusal.facts["again_at"]))
        again = "" if refusal.code == "account-too-new" else " again"
        too_soon = f"{refusal.detail.rstrip('.')}. You can ask{again} from {again_at}"
        return _show(call, message, {"message": too_soon}, TOO_SOON[refusal.code])
    if refusal.code not in (Invalid.code, KeyReused.code):
        raise refusal
    errors = in_form(refusal, ASKED, {"message": message})
    if "to" in errors:
        raise NotFound("There is no such member.") from refusal
    return _show(call, message, errors, 422)
