"""Introductions: what waits for an answer, what one asked, and whose address one has. Letters lead here.

Mail scanners follow links: a GET never does anything.
"""

from collections.abc import Callable
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.community.members_only import EXPLAINED, SIGN_IN, introduction_seen
from gateway.parts.membership import ask
from gateway.parts.sign_ins import key_of, once, show
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages import field_errors
from gateway.web.pages.field_errors import found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes
from services.community.schemas import KINDS_OF_INTRODUCTIONS, ReportMade
from services.runtime import limits
from services.runtime.refusals import Invalid, KeyReused, NotFound, Refusal

routes = page_routes("introductions", sign_in=SIGN_IN, explains=EXPLAINED)
ASKED: Final = {"text": field_errors.text("Write what is wrong")}
OVER: Final = "introduction-over"
DONE: Final = {
    "asked": "We have asked them. You will hear from us if they say yes",
    "accept": "You both said yes",
    "decline": "You said no. We do not tell them",
    "withdraw": "You took it back",
    "report": "The team has your report. You and they no longer see each other. We do not tell them",
}


@routes.route("GET", "/introductions", "Your introductions", requires="member", query=("which", "cursor"))
def show_introductions(call: Call) -> Response:
    """Those that wait for an answer first; or one kind of them, page by page."""
    query = call.query()
    which = query.get("which", "")
    kinds = (which,) if which in KINDS_OF_INTRODUCTIONS else KINDS_OF_INTRODUCTIONS
    cursor = query.get("cursor") if which in kinds else None
    groups = {kind: _page(call, kind, cursor) for kind in kinds}
    return show(call, "introductions.html", groups=groups, later=cursor is not None)


@routes.route("GET", "/introductions/{id}", "An introduction", requires="member", query=("done",))
def show_introduction(call: Call) -> Response:
    """Who asked whom, the message, and a button for each thing that can be done now."""

    def answer() -> Response:
        return _show(call, DONE.get(call.query().get("done", "")))

    return _if_there(call, answer)


@routes.route(
    "POST", "/introductions/{id}/accept", "Say yes", requires="member", back="introductions.show_introduction"
)
def accept(call: Call) -> Response:
    """Leads to the introduction, which has the address now."""
    return _do(call, "accept")


@routes.route(
    "POST", "/introductions/{id}/decline", "Say no", requires="member", back="introductions.show_introduction"
)
def decline(call: Call) -> Response:
    """Leads to the introduction. The other one is not told."""
    return _do(call, "decline")


@routes.route(
    "POST", "/introductions/{id}/withdraw", "Take it back", requires="member", back="introductions.show_introduction"
)
def withdraw(call: Call) -> Response:
    """Leads to the introduction."""
    return _do(call, "withdraw")


@routes.route("GET", "/introductions/{id}/report", "Report somebody", requires="member")
def show_report(call: Call) -> Response:
    """Says what will happen, with a text field and a button."""
    return _if_there(call, lambda: _show_report(call, "", {}))


@routes.route("POST", "/introductions/{id}/report", "Report somebody", requires="member")
def report(call: Call) -> Response:
    """Tells the team, and leads to the introduction. What is wrong is told on the form."""
    text = typed(call, "text")["text"]

    def answer() -> Response:
        if errors := found(ReportMade(), {"text": text}, ASKED):
            return _show_report(call, text, errors)
        try:
            once(lambda: ask(call, "report", id=call.path["id"], given={"text": text}, key=key_of(call)))
        except Refusal as refusal:
            if refusal.code not in (Invalid.code, KeyReused.code):
                raise
            return _show_report(call, text, in_form(refusal, ASKED, {"text": text}))
        return go("introductions.show_introduction", id=call.path["id"], done="report")

    return _if_there(call, answer)


def _do(call: Call, action: str) -> Response:
    def answer() -> Response:
        try:
            once(lambda: ask(call, action, id=call.path["id"], key=key_of(call)))
        except Refusal as refusal:
            if refusal.code != OVER:
                raise
            return _show(call, None, 409)
        return go("introductions.show_introduction", id=call.path["id"], done=action)

    return _if_there(call, answer)


def _if_there(call: Call, answer: Callable[[], Response]) -> Response:
    """Return what `answer` returns; where there is no such introduction of the visitor's, say so."""
    try:
        return answer()
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        return show(call, "introduction_gone.html", 404)


def _read(call: Call) -> Data:
    call.model.require_ready()
    return introduction_seen(call, ask(call, "introduction", id=call.path["id"]).value)


def _show(call: Call, done: str | None, status: int = 200) -> Response:
    return show(call, "introduction.html", status, seen=_read(call), done=done, late=status == 409)


def _show_report(call: Call, text: str, errors: dict[str, str]) -> Response:
    context = {"seen": _read(call), "text": text, "errors": errors, "most": limits.most(ReportMade, "text")}
    return show(call, "introduction_report.html", 422 if errors else 200, **context)


def _page(call: Call, kind: str, cursor: str | None) -> Data:
    call.model.require_ready()
    page = ask(call, "introductions", which=kind, cursor=cursor, limit=lists.USUAL).value
    after = next_page("introductions.show_introductions", page["next"], which=kind)
    return {"items": [introduction_seen(call, one) for one in page["items"]], "next": after}
