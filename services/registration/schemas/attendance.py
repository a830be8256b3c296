"""Who was there, and the certificates of it."""

from datetime import timedelta

from marshmallow import fields

from services.registration.schemas.bookings import STATES
from services.registration.schemas.facilitators import PersonExpected
from services.runtime.limits import Length, OneOf, Range
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text, Time

MOST_RECORDS = 5000  # of attendance at once
EARLY = timedelta(minutes=60)  # before a meeting starts, from when on people can be seen there
LATE = timedelta(days=14)  # after a session, until when who came can be added without a reason


class AttendanceRecord(Schema):
    """Whether the owner of a booking was at one meeting; meetings count from 1.

    Which meetings there are is checked with all else that the session knows, so that all that is wrong is told at once.
    """

    reference = Text(20, required=True)
    meeting = fields.Integer(required=True, strict=True, validate=Range(min=-9999, max=9999))
    present = fields.Boolean(required=True, truthy={True}, falsy={False})


class AttendanceList(Schema):
    """Who was there."""

    records = fields.List(
        fields.Nested(AttendanceRecord),
        required=True,
        validate=Length(min=1, max=MOST_RECORDS, of="records"),
    )


class ReportChoice(Schema):
    """What to do with someone in a report, by the line on which they come first.

    `match`: they own the booking of that `reference`, and were there. `add`: they came without a booking. `leave`:
    nothing is recorded of them.
    """

    line = fields.Integer(required=True, strict=True, validate=Range(min=1, max=9_999_999))
    do = fields.String(required=True, validate=OneOf(("match", "add", "leave")))
    reference = Text(20, allow_none=True)


class AttendanceReport(Schema):
    """A report of attendance as Teams, Zoom or a spreadsheet writes it, and how it is to be read.

    `meeting` is the last that has begun and `minutes` half of its length, where they are not said. `reason` is for the
    team, more than two weeks after the session.
    """

    csv = fields.String(required=True)
    meeting = fields.Integer(strict=True, allow_none=True, validate=Range(min=-9999, max=9999))
    minutes = fields.Integer(strict=True, allow_none=True, validate=Range(min=0, max=1440))
    choices = fields.List(fields.Nested(ReportChoice), validate=Length(max=MOST_RECORDS, of="choices"))
    reason = Text(500, lines=True, allow_none=True)


class AttendeeAdded(Schema):
    """Someone who was at a meeting and is not expected: `name` or `email` has to be said.

    `reason` is for the team, more than two weeks after the session.
    """

    meeting = fields.Integer(required=True, strict=True, validate=Range(min=-9999, max=9999))
    email = Email(allow_none=True)
    name = Text(120, allow_none=True, validate=WITHOUT_LINKS)
    sector = Text(40, allow_none=True)
    organisation = Text(160, allow_none=True, validate=WITHOUT_LINKS)
    reason = Text(500, lines=True, allow_none=True)


class AttendanceTaken(Schema):
    """How many records said something new, and how many were known."""

    session = fields.String(required=True)
    recorded = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)


class PersonReported(Schema):
    """Someone in a report; `minutes` is null where it does not say for how long they were there."""

    line = fields.Integer(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    minutes = fields.Integer(required=True, allow_none=True)


class PersonMatched(PersonReported):
    """Someone in a report who has booked. `present` is null where the report's own word for it cannot be read."""

    reference = fields.String(required=True)
    booked_name = fields.String(required=True, allow_none=True)
    by = fields.String(required=True, validate=OneOf(("reference", "email", "name", "choice")))
    meeting = fields.Integer(required=True)
    present = fields.Boolean(required=True, allow_none=True)


class AttendanceReportRead(AttendanceTaken):
    """What a report comes to: who is recorded, who was there for fewer `minutes`, who is unknown, who is added.

    `id` undoes it; it is null where nothing was recorded. `other_day` is the first day that the report has times of,
    where none of its days is one of the session's; else it is null.
    """

    id = fields.Integer(required=True, allow_none=True)
    meeting = fields.Integer(required=True)
    minutes = fields.Integer(required=True)
    other_day = fields.Date(required=True, allow_none=True)
    matched = fields.List(fields.Nested(PersonMatched), required=True)
    below = fields.List(fields.Nested(PersonMatched), required=True)
    unmatched = fields.List(fields.Nested(PersonReported), required=True)
    added = fields.List(fields.Nested(PersonReported), required=True)


class Recorder(Schema):
    """Who recorded it."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class AttendanceKept(Schema):
    """What was recorded of one meeting. What was corrected since has a `replaced_at`.

    `meeting` is null where the session no longer has that meeting.
    """

    meeting = fields.Integer(required=True, allow_none=True)
    present = fields.Boolean(required=True)
    source = fields.String(required=True, validate=OneOf(("list", "csv", "check_in")))
    scanned_at = fields.DateTime(required=True, allow_none=True)
    recorded_at = fields.DateTime(required=True)
    recorded_by = fields.Nested(Recorder, required=True)
    replaced_at = fields.DateTime(required=True, allow_none=True)


class ReportTaken(Schema):
    """A report or a sheet that was taken, and how many of its records stand. Until then it can be undone."""

    id = fields.Integer(required=True)
    records = fields.Integer(required=True)
    recorded_at = fields.DateTime(required=True)
    recorded_by = fields.Nested(Recorder, required=True)
    undo_until = fields.DateTime(required=True)


class ReportsTaken(Schema):
    """What can still be undone, the last first."""

    items = fields.List(fields.Nested(ReportTaken), required=True)


class ReportUndone(Schema):
    """How many records were taken back, and how many were left alone, as they were corrected since."""

    session = fields.String(required=True)
    undone = fields.Integer(required=True)
    corrected_since = fields.Integer(required=True)


class PersonThere(PersonExpected):
    """Who has a place; `id` and `email` for the team alone, not for whoever facilitates the session."""

    id = fields.String()
    email = fields.String(allow_none=True)


class BookingAttendance(Schema):
    """A booking, and all that was recorded of it."""

    reference = fields.String(required=True)
    state = fields.String(required=True, validate=OneOf(STATES))
    attended_share = fields.Float(required=True, allow_none=True)
    person = fields.Nested(PersonThere, required=True)
    records = fields.List(fields.Nested(AttendanceKept), required=True)


class AttendeeKept(BookingAttendance):
    """What is known of someone who was added; `name_used` is false where they have an account with another name.

    Null where none was given.
    """

    name_used = fields.Boolean(required=True, allow_none=True)


class AttendancePage(Schema):
    """A page of a session's attendance, in the order in which the bookings were made."""

    items = fields.List(fields.Nested(BookingAttendance), required=True)
    next = fields.String(required=True, allow_none=True)


class CheckInToken(Schema):
    """What the code on a booking holds."""

    reference = fields.String(required=True)
    token = fields.String(required=True)


class CheckIn(Schema):
    """Whom a code stands for, and the meeting that they come to, if one is near. `already`: they are checked in."""

    reference = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    session = fields.String(required=True)
    title = fields.String(required=True)
    meeting = fields.Integer(required=True, allow_none=True)
    meetings = fields.Integer(required=True)
    starts_at = fields.DateTime(required=True, allow_none=True)
    ends_at = fields.DateTime(required=True, allow_none=True)
    already = fields.Boolean(required=True)


class Scan(Schema):
    """A code that was scanned, and when, by the scanner's clock."""

    token = Text(200, required=True)
    at = Time(required=True)


class Scans(Schema):
    """What a scanner saw while it was offline."""

    scans = fields.List(
        fields.Nested(Scan),
        required=True,
        validate=Length(min=1, max=500, of="scans"),
    )


class ScanTaken(Schema):
    """What came of a scan. `corrected_since`: somebody wrote down later that the person was not there."""

    at = fields.DateTime(required=True)
    reference = fields.String(required=True, allow_none=True)
    session = fields.String(required=True, allow_none=True)
    meeting = fields.Integer(required=True, allow_none=True)
    result = fields.String(
        required=True,
        validate=OneOf(("checked_in", "already_checked_in", "corrected_since", "refused")),
    )
    problem = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True, allow_none=True)


class ScansTaken(Schema):
    """What came of each scan, in their order."""

    items = fields.List(fields.Nested(ScanTaken), required=True)


class CertificateShown(Schema):
    """What a certificate states. Hours are those of all meetings; participatory hours those that the person was at."""

    title = fields.String(required=True)
    dates = fields.List(fields.String(), required=True)
    hours = fields.Float(required=True)
    participatory_hours = fields.Float(required=True)
    name = fields.String(required=True, allow_none=True)


class CertificateFacts(CertificateShown):
    """What a certificate is written from."""

    code = fields.String(required=True)
    reference = fields.String(required=True)
    session = fields.String(required=True)
    programme = fields.String(required=True)
    state = fields.String(required=True)
    version = fields.Integer(required=True)
