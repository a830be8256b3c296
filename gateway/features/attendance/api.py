"""Attendance: who was there, by list, by sheet, or by the code on a booking that is scanned at the door."""

from werkzeug.wrappers import Response

from gateway.features.attendance.reports_api import QUERY, answer_of
from gateway.parts.reading import LIST_QUERY
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web import conditional, responses
from gateway.web.documents.qr_codes import svg_of
from gateway.web.routing import LARGE, Routes, url_for
from services.registration import schemas as registration

routes = Routes("api.attendance", "Attendance")
SECONDS = 30.0  # for as many records as are taken at once


@routes.route(
    "POST",
    "/sessions/{slug}/attendance",
    "Record who was there",
    requires="facilitator",
    body=registration.AttendanceList,
    returns=registration.AttendanceTaken,
    csv=True,
    most=LARGE,
    query=QUERY,
)
def record_attendance(call: Call) -> Response:
    """As JSON, all or nothing. As text/csv, a sheet with the columns reference, meeting and present, or any report.

    Whoever of a text/csv is found among those who booked is recorded; the answer lists the others as `unmatched`.
    """
    if call.sheet is not None:
        return responses.private(answer_of(call))
    named = {"slug": call.path["slug"], "key": call.key, "timeout": SECONDS}
    return responses.private(call.registration("record_attendance", given=call.given, **named))


@routes.route(
    "POST",
    "/sessions/{slug}/attendees",
    "Add someone who came",
    requires="facilitator",
    one_call=True,
    body=registration.AttendeeAdded,
    returns=registration.AttendeeKept,
    status=201,
)
def add_attendee(call: Call) -> Response:
    """From an hour before the meeting until 14 days after the session; after that by the team, with a `reason`.

    With an email address they have an account, or get one. With a name alone they are a guest: they are counted, and
    have no account. Who has a booking already is recorded there.
    """
    slug = call.path["slug"]
    answer = call.registration("add_attendee", slug=slug, given=call.given, key=call.key)
    return responses.private(answer, 201, Location=url_for("api.attendance.read_attendance", slug=slug))


@routes.route(
    "GET",
    "/sessions/{slug}/attendance",
    "Read who was there",
    requires="facilitator",
    one_call=True,
    returns=registration.BookingAttendance,
    lists=True,
    query=("others", *LIST_QUERY),
)
def read_attendance(call: Call) -> Response:
    """Those who have a place or were there, with all that was recorded, corrections included.

    With `others=true`, those who wait or have cancelled, and may have come all the same. Addresses are for the team
    alone.
    """
    query = call.query()
    others, page = query.get("others") == "true", lists.page_wanted(query)
    return responses.private(call.registration("attendance", slug=call.path["slug"], others=others, **page))


@routes.route(
    "GET", "/bookings/{reference}/check-in.svg", "Download your check-in code", requires="person", media="image/svg+xml"
)
def read_check_in_code(call: Call) -> Response:
    """A QR code to show at the door: the address of a page on which those who run the session check you in."""
    code = call.registration("check_in_token", reference=call.path["reference"]).value
    address = call.app.settings.public_url + url_for("check_in.show_check_in", token=code["token"])
    content = svg_of(address, f"QR code to check in with booking {code['reference']}")
    return responses.single(call, content, conditional.tag(content), personal=True, media="image/svg+xml")


@routes.route(
    "POST",
    "/check-ins",
    "Hand in scans of check-in codes",
    requires="facilitator",
    body=registration.Scans,
    returns=registration.ScansTaken,
    most=LARGE,
)
def take_scans(call: Call) -> Response:
    """For a scanner that was offline: each scan counts by its own time, and says what came of it.

    To whoever facilitates sessions, a code of any other session is refused.
    """
    return responses.private(call.registration("take_scans", given=call.given, key=call.key, timeout=SECONDS))
