"""What members report of each other: the team reads it, notes what it did, and takes somebody out of the community."""

from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.editing import is_stale, refused, version_of
from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, show
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages import field_errors
from gateway.web.pages.field_errors import Errors, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for
from services.community.schemas import RemovalMade, ReportDealtWith
from services.runtime import limits
from services.runtime.refusals import Invalid, KeyReused, Refusal

routes = page_routes("team_reports", sign_in=FOR_THE_TEAM, private=True)
ASKED: Final = {"note": field_errors.text("Write what you did"), "reason": field_errors.text("Write the reason")}
STATUSES: Final = {"open": "Open", "dealt_with": "Dealt with"}
DONE: Final = {
    "dealt_with": "The report is dealt with.",
    "reopened": "The report is open again.",
    "removed": "They are out of the community. We are emailing them the reason.",
    "let_in": "They can join again. We are emailing them.",
}
STALE: Final = "Somebody else of the team has changed this report. Look at it again before you change it"


@routes.route("GET", "/team/reports", "Reports", requires="team", query=("status", "cursor"))
def show_reports(call: Call) -> Response:
    """Open ones first: who reported whom, what they say, and whether it is dealt with."""
    query = call.query()
    status, cursor = query.get("status", ""), query.get("cursor")
    status = status if status in STATUSES else ""
    page = call.community("reports", cursor=cursor, limit=lists.USUAL, status=status or None).value
    context: Data = {
        "rows": [_seen(row) for row in page["items"]],
        "filters": {"status": status},
        "statuses": [*STATUSES.items()],
        "next": _page(status, page["next"]) if page["next"] else None,
        "first": _page(status) if cursor else None,
    }
    return show(call, "team_reports.html", **context)


@routes.route("GET", "/team/reports/{id}", "A report", requires="team", query=("done",))
def show_report(call: Call) -> Response:
    """What was reported, what was done about it, and a form to say so."""
    return _show(call, done=DONE.get(call.query().get("done", "")))


@routes.route("POST", "/team/reports/{id}", "Deal with a report", requires="team")
def deal_with(call: Call) -> Response:
    """Leads to the report, which says so. What is wrong is told on the form."""
    note = typed(call, "note")["note"]
    if errors := found(ReportDealtWith(), {"note": note}, ASKED):
        return _show(call, note=note, errors=errors)
    named: Data = {"given": {"note": note}, "version": version_of(call), "key": key_of(call)}
    return _changed(call, refused(lambda: call.community("deal_with_report", id=call.path["id"], **named)), note)


@routes.route(
    "POST", "/team/reports/{id}/reopen", "Open a report again", requires="team", back="team_reports.show_report"
)
def reopen(call: Call) -> Response:
    """Leads to the report."""
    named: Data = {"version": version_of(call), "key": key_of(call)}
    refusal = refused(lambda: call.community("reopen_report", id=call.path["id"], **named))
    return _changed(call, refusal, "", "reopened")


@routes.route("GET", "/team/reports/removed", "Taken out of the community", requires="team", query=("cursor",))
def show_removed(call: Call) -> Response:
    """Who is out, since when, and what they were told."""
    cursor = call.query().get("cursor")
    page = call.community("removed", cursor=cursor, limit=lists.USUAL).value
    context: Data = {
        "rows": [_standing(row) for row in page["items"]],
        "next": next_page("team_reports.show_removed", page["next"]),
        "first": url_for("team_reports.show_removed") if cursor else None,
    }
    return show(call, "team_removed.html", **context)


@routes.route("GET", "/team/people/{id}/community", "Somebody and the community", requires="team", query=("done",))
def show_standing(call: Call) -> Response:
    """Whether they are a member; a form to take them out, or a button to let them in again."""
    return _show_standing(call, done=DONE.get(call.query().get("done", "")))


@routes.route("POST", "/team/people/{id}/community", "Take somebody out of the community", requires="team")
def remove(call: Call) -> Response:
    """Leads back, and they are told the reason. What is wrong is told on the form."""
    reason = typed(call, "reason")["reason"]
    if errors := found(RemovalMade(), {"reason": reason}, ASKED):
        return _show_standing(call, reason=reason, errors=errors)
    named: Data = {"given": {"reason": reason}, "key": key_of(call)}
    refusal = refused(lambda: call.community("remove_member", id=call.path["id"], **named))
    if refusal is not None:
        return _show_standing(call, reason=reason, errors=_in_words(refusal, {"reason": reason}))
    return go("team_reports.show_standing", id=call.path["id"], done="removed")


@routes.route(
    "POST",
    "/team/people/{id}/community/let-in",
    "Let somebody in again",
    requires="team",
    back="team_reports.show_standing",
)
def let_in(call: Call) -> Response:
    """Leads back, and they are told."""
    refusal = refused(lambda: call.community("let_in", id=call.path["id"], key=key_of(call)))
    if refusal is not None:
        raise refusal
    return go("team_reports.show_standing", id=call.path["id"], done="let_in")


def _seen(row: Data) -> Data:
    asked = row["by"] if row["asked_by"] == row["by"]["id"] else row["about"]
    moments = {name: _moment(row[name]) for name in ("created_at", "dealt_with_at")}
    return {**row, **moments, "asked": asked["name"], "open": row["status"] == "open"}


def _standing(row: Data) -> Data:
    return {**row, "removed_at": _moment(row["removed_at"])}


def _moment(iso: str | None) -> datetime | None:
    return datetime.fromisoformat(iso) if iso else None


def _page(status: str, cursor: str | None = None) -> str:
    return url_for("team_reports.show_reports", status=status or None, cursor=cursor)


def _in_words(refusal: Refusal, said: Errors) -> Errors:
    """Return what is wrong with a text. Raises the refusal if it is none of a text."""
    if refusal.code not in (Invalid.code, KeyReused.code):
        raise refusal
    return in_form(refusal, ASKED, said)


def _changed(call: Call, refusal: Refusal | None, note: str, done: str = "dealt_with") -> Response:
    if refusal is None:
        return go("team_reports.show_report", id=call.path["id"], done=done)
    if is_stale(refusal):
        return _show(call, 409, note=note, errors={"note": STALE})
    return _show(call, note=note, errors=_in_words(refusal, {"note": note}))


def _show(
    call: Call, status: int | None = None, *, note: str = "", errors: dict[str, str] | None = None, **context: Any
) -> Response:
    row = _seen(call.community("one_report", id=call.path["id"]).value)
    there = row["note"] if not row["open"] and call.request.method == "GET" else None
    most = limits.most(ReportDealtWith, "note")
    shown = {"row": row, "note": there or note, "errors": errors or {}, "most": most}
    status = status or (422 if errors else 200)
    return show(call, "team_report.html", status, **{"done": None, **shown, **context})


def _show_standing(
    call: Call, *, reason: str = "", errors: dict[str, str] | None = None, done: str | None = None
) -> Response:
    person = _standing(call.community("standing", id=call.path["id"]).value)
    context: Data = {"person": person, "reason": reason, "errors": errors or {}, "done": done}
    context["most"] = limits.most(RemovalMade, "reason")
    return show(call, "team_standing.html", 422 if errors else 200, **context)
