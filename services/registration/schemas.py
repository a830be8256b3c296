"""What registration accepts and what it returns."""

from marshmallow import Schema, fields, validate

from services.bus.schemas import Email, Text, Time

MODES = ("in_room", "online")
STATES = ("confirmed", "waiting", "offered", "cancelled", "attended", "partly_attended", "absent")
MOST_RECORDS = 2000  # of attendance at once
MOST_SCANS = 500


class SignIn(Schema):
    """Ask for a code."""

    email = Email(required=True)


class SignInConfirm(Schema):
    """The code that was mailed."""

    email = Email(required=True)
    code = fields.String(required=True, validate=validate.Regexp(r"^[0-9]{6}$", error="Must be six digits."))


class PersonView(Schema):
    """An account, as its owner and the team see it."""

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)
    access_needs = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class Attendee(Schema):
    """As much of a person as the team sees beside a booking."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)


class SignedIn(Schema):
    """A token, which is shown this once."""

    token = fields.String(required=True)
    expires_at = fields.DateTime(required=True)
    person = fields.Nested(PersonView, required=True)


class ProfileChange(Schema):
    """What people say about themselves; null takes back what may be left out."""

    name = Text(120)
    sector = Text(40)
    organisation = Text(160, allow_none=True)
    job_role = Text(120, allow_none=True)
    access_needs = Text(2000, lines=True, allow_none=True)


class BookingWanted(Schema):
    """A place in a session. `mode` must be said where the session is hybrid."""

    session = Text(80, required=True)
    mode = fields.String(validate=validate.OneOf(MODES))
    access_needs = Text(2000, lines=True, allow_none=True)
    if_full = fields.String(validate=validate.OneOf(("wait", "refuse")), load_default="wait")


class Cancellation(Schema):
    """Why, if one likes to say."""

    reason = Text(500, lines=True, allow_none=True)


class Offer(Schema):
    """A place held for somebody until `expires_at`."""

    expires_at = fields.DateTime(required=True)


class BookingView(Schema):
    """A booking. `position` counts from 1 while waiting; `join_url` is there when it is time.

    `attended_share` is there with the states attended, partly_attended and absent: from 0 to 1, of all minutes.
    """

    reference = fields.String(required=True)
    session = fields.String(required=True)
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    position = fields.Integer(required=True, allow_none=True)
    offer = fields.Nested(Offer, required=True, allow_none=True)
    attended_share = fields.Float()
    join_url = fields.String()
    access_needs = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class BookingOfPerson(BookingView):
    """A booking as the team sees it."""

    person = fields.Nested(Attendee, required=True)


class BookingPage(Schema):
    """A page of one's own bookings, the latest first."""

    items = fields.List(fields.Nested(BookingView), required=True)
    next = fields.String(required=True, allow_none=True)


class SessionBookingPage(Schema):
    """A page of a session's bookings, in the order in which they were made."""

    items = fields.List(fields.Nested(BookingOfPerson), required=True)
    next = fields.String(required=True, allow_none=True)


class AttendanceRecord(Schema):
    """Whether the owner of a booking was at one meeting; meetings count from 1.

    Which meetings there are is checked with all else that the session knows, so that all that is wrong is told at once.
    """

    reference = Text(20, required=True)
    meeting = fields.Integer(required=True, strict=True, validate=validate.Range(min=-9999, max=9999))
    present = fields.Boolean(required=True, truthy={True}, falsy={False})


class AttendanceList(Schema):
    """Who was there."""

    records = fields.List(
        fields.Nested(AttendanceRecord),
        required=True,
        validate=validate.Length(min=1, max=MOST_RECORDS, error="Must have from {min} to {max} records."),
    )


class AttendanceSheet(Schema):
    """Who was there, as CSV."""

    csv = fields.String(required=True)


class AttendanceTaken(Schema):
    """How many records said something new, and how many were known."""

    session = fields.String(required=True)
    recorded = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)


class Recorder(Schema):
    """Who recorded it."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class AttendanceKept(Schema):
    """What was recorded of one meeting. What was corrected since has a `replaced_at`."""

    meeting = fields.Integer(required=True)
    present = fields.Boolean(required=True)
    source = fields.String(required=True, validate=validate.OneOf(("list", "csv", "check_in")))
    scanned_at = fields.DateTime(required=True, allow_none=True)
    recorded_at = fields.DateTime(required=True)
    recorded_by = fields.Nested(Recorder, required=True)
    replaced_at = fields.DateTime(required=True, allow_none=True)


class BookingAttendance(Schema):
    """A confirmed booking, and all that was recorded of it."""

    reference = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attended_share = fields.Float(required=True, allow_none=True)
    person = fields.Nested(Attendee, required=True)
    records = fields.List(fields.Nested(AttendanceKept), required=True)


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
        validate=validate.Length(min=1, max=MOST_SCANS, error="Must have from {min} to {max} scans."),
    )


class ScanTaken(Schema):
    """What came of a scan. `corrected_since`: somebody wrote down later that the person was not there."""

    at = fields.DateTime(required=True)
    reference = fields.String(required=True, allow_none=True)
    session = fields.String(required=True, allow_none=True)
    meeting = fields.Integer(required=True, allow_none=True)
    result = fields.String(
        required=True,
        validate=validate.OneOf(("checked_in", "already_checked_in", "corrected_since", "refused")),
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
