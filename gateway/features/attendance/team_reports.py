"""Attendance from a report or a sheet: it is sent, what would be recorded is shown, and only then it is saved.

Nothing is kept in between: the page that shows it holds the report, and sends it again.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.features.attendance.reports_api import SECONDS, undone
from gateway.features.attendance.team import FIELDS, meeting_shown, saved_of, told
from gateway.parts.sign_ins import FOR_FACILITATORS, key_of, once, show
from gateway.parts.team_views import all_rows, name_shown, session_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import LARGE, page_routes
from services.runtime.refusals import Invalid, NotFound, Refusal
from services.runtime.schemas import CITY

routes = page_routes("team_reports", sign_in=FOR_FACILITATORS, private=True)
TITLE: Final = "Attendance from a report or sheet"
MOST_OPTIONS: Final = 20_000  # on one page: beyond, people are not offered for each of those who are unknown
MINUTES: Final = "Enter how many minutes people must have been there as a number, such as 30"
NOBODY: Final = "There is nobody in this. Check that it has a line that names the columns, such as Name, Email"
IN_THE_WAY: Final = {
    "session-cancelled": "This session is cancelled",
    "session-finished": "This session was over two weeks ago. Ask the programme team to add people",
}
BY: Final = {"reference": "reference", "email": "email address", "name": "name", "choice": "your choice"}


@routes.route(
    "GET", "/team/sessions/{slug}/attendance/sheet", TITLE, requires="facilitator", query=("meeting", "undone")
)
def show_sheet(call: Call) -> Response:
    """The form, and the reports that can be undone."""
    return _show(call)


@routes.route(
    "POST",
    "/team/sessions/{slug}/attendance/sheet",
    TITLE,
    requires="facilitator",
    most=LARGE,
    most_fields=FIELDS,
    files=True,
)
def send_sheet(call: Call) -> Response:
    """Shows what would be saved; with the step `save` it is saved, all or nothing."""
    session = session_of(call)
    said = typed(call, "csv", "file", "minutes")
    csv = said["file"] if said["file"].strip() else said["csv"]
    if not csv.strip():
        return _show(call, 422, errors={"csv": "Choose a file, or paste the lines of your report or sheet"})
    if call.given.get("step") == "save":
        return _save(call, session, csv)
    try:
        given = _given(call, session, csv)
        read = call.registration("read_attendance_report", slug=session["slug"], given=given, timeout=SECONDS).value
    except Refusal as refusal:
        return _refused(call, csv, refusal)
    return _check(call, session, csv, read)


@routes.route(
    "POST",
    "/team/sessions/{slug}/attendance/sheet/{report}/undo",
    TITLE,
    requires="facilitator",
    back="team_reports.show_sheet",
)
def undo_sheet(call: Call) -> Response:
    """Leads back to the form, also where it was undone already."""
    try:
        records = str(undone(call).value["undone"])
    except Refusal as refusal:
        if refusal.code != NotFound.code:
            raise
        records = ""
    return go("team_reports.show_sheet", slug=call.path["slug"], undone=records)


def _save(call: Call, session: Data, csv: str) -> Response:
    named = {"slug": session["slug"], "key": key_of(call), "timeout": SECONDS}
    try:
        given = _given(call, session, csv)
        taken = once(lambda: call.registration("take_attendance_report", given=given, **named))
    except Refusal as refusal:
        return _refused(call, csv, refusal)
    address = {"slug": session["slug"], "meeting": given["meeting"], "saved": saved_of(taken)}
    return go("team_attendance.show_attendance", **address)


def _given(call: Call, session: Data, csv: str) -> dict[str, Any]:
    """Return what registration is asked, by the fields of the form. Raises Invalid."""
    minutes = call.given.get("minutes", "").strip()
    if minutes and not (minutes.isascii() and minutes.isdigit() and len(minutes) < 5):
        raise Invalid.field("minutes", "not-a-whole-number")
    given = {
        "csv": csv,
        "meeting": meeting_shown(call.given.get("meeting", ""), session, call.now),
        "minutes": int(minutes) if minutes else None,
        "choices": list(_choices(call)),
    }
    reason = call.given.get("reason", "").strip()
    return {**given, "reason": reason} if reason else given


def _choices(call: Call) -> Iterable[dict[str, Any]]:
    for name, text in call.given.items():
        line = name.removeprefix("do-")
        if name == line or not (line.isascii() and line.isdigit() and len(line) < 8) or not text:
            continue
        if text in ("add", "leave"):
            yield {"line": int(line), "do": text}
        else:
            yield {"line": int(line), "do": "match", "reference": text[:20]}


def _refused(call: Call, csv: str, refusal: Refusal) -> Response:
    if refusal.code in IN_THE_WAY:
        return _show(call, 409, csv=csv, errors={"csv": IN_THE_WAY[refusal.code]})
    if refusal.code == "attendance-too-early":
        return _show(call, 409, csv=csv, errors={"csv": told(refusal)})
    if refusal.code != Invalid.code:
        raise refusal
    errors: dict[str, str] = {}
    for error in refusal.facts["errors"]:
        field = error["field"]
        if field == "minutes":
            errors["minutes"] = MINUTES
        elif field == "csv" and error["code"] == "no-rows":
            errors["csv"] = NOBODY
        else:
            errors[field] = f"{field.capitalize()}: {error['message']}"
    return _show(call, 422, csv=csv, errors=errors)


def _show(call: Call, status: int = 200, *, csv: str = "", errors: dict[str, str] | None = None) -> Response:
    session = session_of(call)
    taken = call.registration("attendance_reports", slug=session["slug"]).value["items"]
    undone_records = call.query().get("undone")
    context: Data = {
        "csv": csv,
        "errors": errors or {},
        "minutes": call.given.get("minutes", ""),
        "meeting": meeting_shown(call.given.get("meeting") or call.query().get("meeting", ""), session, call.now),
        "taken": [{**one, "recorded_at": datetime.fromisoformat(one["recorded_at"])} for one in taken],
        "undone": undone_records if undone_records is not None and undone_records.isdigit() else None,
    }
    return show(call, "team_attendance_sheet.html", status, session=session, **context)


def _check(call: Call, session: Data, csv: str, read: Data) -> Response:
    """Show who would be recorded, who was there too shortly, and who is unknown."""
    matched = {row["reference"] for row in read["matched"]}
    left = [one for one in _booked(call, session) if one["reference"] not in matched] if read["unmatched"] else []
    context: Data = {
        "csv": csv,
        "read": read,
        "other_day": _at_noon(read.get("other_day")),  # an older registration does not tell it
        "were_here": [_row(row) for row in read["matched"] if row["present"] is not False],
        "not_here": [_row(row) for row in read["matched"] if row["present"] is False],
        "below": [_row(row) for row in read["below"]],
        "unmatched": [_row(row) for row in read["unmatched"]],
        "added": [_row(row) for row in read["added"]],
        "left": left if len(left) * len(read["unmatched"]) <= MOST_OPTIONS else [],
        "chosen": {name: text for name, text in call.given.items() if name.startswith("do-") and text},
    }
    return show(call, "team_attendance_check.html", session=session, **context)


def _at_noon(day: str | None) -> datetime | None:
    """Return a day as a moment that is of that day in the city."""
    return datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=CITY) if day else None


def _booked(call: Call, session: Data) -> list[Data]:
    """Return everyone who booked, by name."""
    rows = [
        {"reference": row["reference"], "shown_name": name_shown(row["person"], row["reference"])}
        for others in (False, True)
        for row in all_rows(call, "attendance", slug=session["slug"], others=others)
    ]
    return sorted(rows, key=lambda row: (row["shown_name"].casefold(), row["reference"]))


def _row(row: Data) -> Data:
    """Return someone of a report as the page shows them."""
    minutes = row["minutes"]
    in_report = ", ".join(text for text in (row["name"], row["email"]) if text) or f"Line {row['line']}"
    return {
        **row,
        "shown_name": row.get("booked_name") or row["name"] or row["email"] or row.get("reference"),
        "in_report": in_report,
        "how_long": "" if minutes is None else "1 minute" if minutes == 1 else f"{minutes} minutes",
        "found_by": BY.get(row.get("by", ""), ""),
    }
