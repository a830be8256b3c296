"""Reports of attendance as Teams, Zoom and spreadsheets write them: looked at, taken, and undone as a whole."""

from typing import Any

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import LARGE, Routes
from services.registration import schemas as registration
from services.runtime.refusals import Invalid, NotFound

routes = Routes("api.attendance_reports", "Attendance")
SECONDS = 30.0  # for as many people as are taken at once
QUERY = ("meeting", "minutes", "dry_run")


@routes.route(
    "POST",
    "/sessions/{slug}/attendance-reports",
    "Take attendance from a report",
    requires="facilitator",
    body=registration.AttendanceReport,
    returns=registration.AttendanceReportRead,
    csv=True,
    most=LARGE,
    query=QUERY,
)
def take_report(call: Call) -> Response:
    """As text/csv with `minutes` and `meeting` in the address, or as JSON with `choices`.

    With `dry_run=true` nothing is kept: the answer says what would be. Who is found in it and was there for at least
    `minutes` is recorded as there; everyone else stays as they are, until `choices` say otherwise.
    """
    return responses.private(answer_of(call))


def answer_of(call: Call) -> Any:
    """Return what registration says of the report that the body holds. Raises Invalid."""
    query = call.query()
    asked = {name: _number(name, query[name]) for name in ("meeting", "minutes") if query.get(name)}
    given = {**({"csv": call.sheet} if call.sheet is not None else call.given), **asked}
    if query.get("dry_run") == "true":
        return call.registration("read_attendance_report", slug=call.path["slug"], given=given, timeout=SECONDS)
    named = {"slug": call.path["slug"], "key": call.key, "timeout": SECONDS}
    return call.registration("take_attendance_report", given=given, **named)


@routes.route(
    "GET",
    "/sessions/{slug}/attendance-reports",
    "List the reports that can be undone",
    requires="facilitator",
    one_call=True,
    returns=registration.ReportsTaken,
)
def list_reports(call: Call) -> Response:
    """Reports and sheets that were taken in the last 7 days, the last first."""
    return responses.private(call.registration("attendance_reports", slug=call.path["slug"]))


@routes.route(
    "POST",
    "/sessions/{slug}/attendance-reports/{report}/undo",
    "Undo a report",
    requires="facilitator",
    returns=registration.ReportUndone,
)
def undo_report(call: Call) -> Response:
    """What stood before stands again. What was corrected since stays as it is."""
    return responses.private(undone(call))


def undone(call: Call) -> Any:
    """Undo the report that the address names. Raises NotFound."""
    report = call.path["report"]
    if not (report.isascii() and report.isdigit() and len(report) < 16):
        raise NotFound("There is no such report.")
    return call.registration("undo_attendance_report", slug=call.path["slug"], id=int(report), key=call.key)


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise Invalid.field(name, "not-a-whole-number")
    return int(text)
