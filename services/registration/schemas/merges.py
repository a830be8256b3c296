"""Merging two accounts of one person: what would come together, and undoing it."""

from marshmallow import fields

from services.registration.schemas.second_factors import FactorCode
from services.runtime.limits import Length, OneOf, Pattern
from services.runtime.schemas import Email, Schema, Text


class MergeAsked(Schema):
    """The address of another account that is the caller's."""

    email = Email(required=True)


class MergeProof(Schema):
    """The code that was mailed to it, and the second factor of that account if it has one."""

    code = fields.String(required=True, validate=Pattern(r"^([0-9]{6}|[0-9]{12})$", "not-a-code"))
    second_factor = FactorCode(load_default=None, allow_none=True)


class MergeConfirmed(Schema):
    """The `version` of what was shown, and whose name the account has: that of the one that is `kept`, or `other`."""

    version = fields.String(required=True, validate=Length(max=32))
    name = fields.String(load_default="kept", validate=OneOf(("kept", "other")))


class MergeByTeam(MergeConfirmed):
    """Two accounts that the team merges: the address of the one that becomes a part, and why."""

    email = Email(required=True)
    reason = Text(500, lines=True, required=True)


class MergeUndone(Schema):
    """The `version` of what was shown."""

    version = fields.String(required=True, validate=Length(max=32))


class MergedAccount(Schema):
    """One of the two accounts."""

    id = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    roles = fields.List(fields.String(), required=True)


class MergedBooking(Schema):
    """A booking, as far as it is told apart by it."""

    reference = fields.String(required=True)
    session = fields.String(required=True)
    title = fields.String(required=True)
    mode = fields.String(required=True)
    state = fields.String(required=True)
    starts_at = fields.DateTime(required=True)


class MergeDoubled(Schema):
    """Two bookings for one session: the one that stays, and the one that is given up."""

    stays = fields.Nested(MergedBooking, required=True)
    let_go = fields.Nested(MergedBooking, required=True)


class MergeClash(Schema):
    """Two bookings at the same time."""

    one = fields.Nested(MergedBooking, required=True)
    other = fields.Nested(MergedBooking, required=True)


class MergePreview(Schema):
    """What would come together. `bookings` and the numbers are those of the other account.

    `fills` are the details that the account has from the other, as it has none.
    """

    kept = fields.Nested(MergedAccount, required=True)
    other = fields.Nested(MergedAccount, required=True)
    bookings = fields.List(fields.Nested(MergedBooking), required=True)
    doubled = fields.List(fields.Nested(MergeDoubled), required=True)
    clashes = fields.List(fields.Nested(MergeClash), required=True)
    fills = fields.List(fields.String(), required=True)
    facilitates = fields.List(fields.String(), required=True)
    interests = fields.Integer(required=True)
    suggestions = fields.Integer(required=True)
    attended = fields.Integer(required=True)
    certificates = fields.Integer(required=True)
    feedback = fields.Integer(required=True)
    version = fields.String(required=True)


class MergeView(Schema):
    """A merge that can be undone, and what that would mean.

    `goes_back` are the bookings of the other account, `stays` those made since, and `lost` those given up for good.
    """

    id = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    name = fields.String(required=True, allow_none=True)
    merged_at = fields.DateTime(required=True)
    undo_until = fields.DateTime(required=True)
    goes_back = fields.List(fields.Nested(MergedBooking), required=True)
    stays = fields.List(fields.Nested(MergedBooking), required=True)
    lost = fields.List(fields.Nested(MergedBooking), required=True)
    version = fields.String(required=True)


class MergePage(Schema):
    """The merges of a person that can be undone, the latest first. It is one page."""

    items = fields.List(fields.Nested(MergeView), required=True)
    next = fields.String(required=True, allow_none=True)


class MergeSuspect(Schema):
    """Another account that may be the same person's: it has the same name and organisation, which is only a hint."""

    id = fields.String(required=True)
    email = fields.String(required=True)


class MergeSuspects(Schema):
    """Accounts that may be the same person's. It is one page, and short."""

    items = fields.List(fields.Nested(MergeSuspect), required=True)
    next = fields.String(required=True, allow_none=True)
