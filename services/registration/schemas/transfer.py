"""People, their bookings and their attendance as a file has them: the same shape on the way out and in.

Moments have an offset. A person is named by their id, a booking by its reference, and a session by its slug.
"""

from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from services.registration.schemas.bookings import MODES
from services.runtime.limits import Length, OneOf, Pattern, Range
from services.runtime.schemas import KnownEmail, Schema, Text, Time

LONG: Final = 20_000
ATTENDANCE: Final = ("attended", "partly_attended", "absent")
STATES: Final = ("confirmed", "waiting", "offered", "cancelled")
REFERENCE: Final = Pattern(r"[2-9A-Z]{5}-[2-9A-Z]{5}\Z", "not-valid")


class Id(fields.UUID):
    """The id of a person or a thing, as text."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return str(super()._deserialize(value, attr, data, **kwargs))


def _line(most: int) -> Text:
    return Text(most, allow_none=True, load_default=None)


def _long() -> Text:
    return Text(LONG, lines=True, blank=True, allow_none=True, load_default=None)


def _moment() -> Time:
    return Time(allow_none=True, load_default=None)


def _flag() -> fields.Boolean:
    return fields.Boolean(load_default=False)


def _whole(most: int = 2**31 - 1, least: int = 0) -> fields.Integer:
    return fields.Integer(strict=True, allow_none=True, load_default=None, validate=Range(least, most))


def _some(kind: type[Schema]) -> fields.List[Any]:
    return fields.List(fields.Nested(kind), load_default=list)


class AddressInFile(Schema):
    """An address that someone signs in with."""

    email = KnownEmail(required=True)
    added_at = Time(required=True)


class EmploymentInFile(Schema):
    """Where someone works or worked. The present one has no `until`."""

    sector = _line(40)
    organisation = _line(160)
    job_role = _line(120)
    since = fields.Date(allow_none=True, load_default=None)
    until = fields.Date(allow_none=True, load_default=None)
    created_at = Time(required=True)


class RoleInFile(Schema):
    """A role, since when, and by whose word."""

    role = fields.String(required=True, validate=OneOf(("team", "operator")))
    since = _moment()
    given_by = Id(allow_none=True, load_default=None)


class InterestInFile(Schema):
    """What someone wants to hear of: one of topic, programme and session is named."""

    id = Id(required=True)
    topic = _line(80)
    programme = _line(80)
    session = _line(80)
    created_at = Time(required=True)
    version = fields.Integer(strict=True, load_default=1, validate=Range(1, 2**31 - 1))


class SuggestionInFile(Schema):
    """What someone suggested."""

    id = Id(required=True)
    kind = fields.String(required=True, validate=OneOf(("theme", "speak", "other")))
    text = _long()
    created_at = Time(required=True)


class FacilitatesInFile(Schema):
    """A session that someone facilitates."""

    id = Id(required=True)
    session = Text(80, required=True)
    since = Time(required=True)
    named_by = Id(required=True)


class CoordinatesInFile(Schema):
    """An organisation that someone coordinates."""

    id = Id(required=True)
    organisation = Text(160, required=True)
    since = Time(required=True)
    named_by = Id(required=True)


class UnwantedInFile(Schema):
    """A topic of emails that someone does not want, by notifications' name for it."""

    topic = Text(20, required=True)
    since = Time(required=True)


class UndeliverableInFile(Schema):
    """That a mail server takes no mail for someone's address, by its code, such as 5.1.1."""

    since = Time(required=True)
    status = Text(12, required=True)


class EmailsInFile(Schema):
    """What notifications keeps of someone: it is handed on to notifications, and not kept here."""

    unwanted = _some(UnwantedInFile)
    undeliverable = fields.Nested(UndeliverableInFile, allow_none=True, load_default=None)


class PersonInFile(Schema):
    """Someone with an account, a guest without an address, or who was erased: then there is no more than a row."""

    id = Id(required=True)
    email = KnownEmail(allow_none=True, load_default=None)
    name = _line(120)
    sector = _line(40)
    organisation = _line(160)
    job_role = _line(120)
    access_needs = _long()
    created_at = Time(required=True)
    erased_at = _moment()
    last_used_at = _moment()
    warned_at = _moment()
    merged_into = Id(allow_none=True, load_default=None)
    shares_since = _moment()
    version = fields.Integer(strict=True, load_default=1, validate=Range(1, 2**31 - 1))
    addresses = _some(AddressInFile)
    employments = _some(EmploymentInFile)
    roles = _some(RoleInFile)
    interests = _some(InterestInFile)
    suggestions = _some(SuggestionInFile)
    facilitates = _some(FacilitatesInFile)
    coordinates = _some(CoordinatesInFile)
    emails = fields.Nested(EmailsInFile, allow_none=True, load_default=None)


class ChangeInFile(Schema):
    """One entry of a booking's history."""

    at = Time(required=True)
    what = Text(30, required=True)
    cause = Text(30, required=True)
    by = Text(10, required=True)
    actor = Id(allow_none=True, load_default=None)
    session = Text(80, required=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    state = fields.String(required=True, validate=OneOf(STATES))
    reason = _long()


class CertificateInFile(Schema):
    """A code by which anyone can check a certificate."""

    code = Text(23, required=True)
    issued_at = Time(required=True)
    revoked_at = _moment()


class BookingInFile(Schema):
    """One booking, with its history and its certificates. `instead_of` is the reference of another."""

    reference = fields.String(required=True, validate=REFERENCE)
    person = Id(required=True)
    session = Text(80, required=True)
    mode = fields.String(required=True, validate=OneOf(MODES))
    state = fields.String(required=True, validate=OneOf(STATES))
    sector = _line(40)
    either = _flag()
    extra = _flag()
    allow_clash = _flag()
    chose_mode = _flag()
    let_in_as = fields.String(allow_none=True, load_default=None, validate=OneOf(("waiting", "walk_in")))
    cancelled_late = _flag()
    refused = _flag()
    waiting_number = _whole(2**53 - 1, -(2**53) + 1)
    waits_for = fields.String(allow_none=True, load_default=None, validate=OneOf(MODES))
    changing_number = _whole(2**53 - 1, -(2**53) + 1)
    offer_expires_at = _moment()
    expired_offers = fields.Integer(strict=True, load_default=0, validate=Range(0, 2**31 - 1))
    access_needs = _long()
    answers = fields.Dict(keys=fields.String(validate=Length(max=40)), allow_none=True, load_default=None)
    reason = _long()
    created_at = Time(required=True)
    confirmed_at = _moment()
    attendance = fields.String(allow_none=True, load_default=None, validate=OneOf(ATTENDANCE))
    attended_share = fields.Float(allow_none=True, load_default=None, validate=Range(0, 1))
    before_cancellation = fields.Dict(keys=fields.String(), allow_none=True, load_default=None)
    instead_of = fields.String(allow_none=True, load_default=None, validate=REFERENCE)
    version = fields.Integer(strict=True, load_default=1, validate=Range(1, 2**31 - 1))
    history = _some(ChangeInFile)
    certificates = _some(CertificateInFile)


class FormerMeeting(Schema):
    """A meeting that the session has no more."""

    starts_at = Time(required=True)
    ends_at = Time(required=True)


class AttendanceInFile(Schema):
    """Whether someone was at the nth meeting of the session that they booked; or at a `former` one, which has no n."""

    reference = fields.String(required=True, validate=REFERENCE)
    meeting = _whole(1000, 1)
    former = fields.Nested(FormerMeeting, allow_none=True, load_default=None)
    present = fields.Boolean(required=True)
    source = fields.String(required=True, validate=OneOf(("list", "csv", "check_in")))
    scanned_at = _moment()
    recorded_at = Time(required=True)
    recorded_by = Id(required=True)
    replaced_at = _moment()


class QuestionsInFile(Schema):
    """What a session asks, without which answers say nothing."""

    session = Text(80, required=True)
    items = fields.List(fields.Dict(), required=True, validate=Length(max=30))
    kept_days = fields.Integer(strict=True, required=True, validate=Range(1, 365))
    version = fields.Integer(strict=True, load_default=1, validate=Range(1, 2**31 - 1))


class PeopleFile(Schema):
    """All of it, or a part: each list may be left out."""

    questions = _some(QuestionsInFile)
    people = _some(PersonInFile)
    bookings = _some(BookingInFile)
    attendance = _some(AttendanceInFile)


class Taken(Schema):
    """How many of each are new, and were there; `left_out` are of people who were erased here."""

    created = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    unchanged = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    left_out = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
