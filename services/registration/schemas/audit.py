"""The audit record, as those see it who may read it."""

from typing import Final

from marshmallow import fields

from services.bus.audit import USES
from services.runtime.limits import OneOf, Pattern
from services.runtime.schemas import Schema

UUID: Final = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z"

AUDIT_ACTIONS = (
    *("signed-in", "sign-in-refused", "sign-ins-ended", "token-made", "role-given", "role-taken"),
    *("second-factor-set", "second-factor-removed", "address-changed"),
    *("identity-linked", "identity-removed"),
    *("facilitator-named", "facilitator-taken-back", *USES, "erased"),
    *("accounts-merged", "merge-undone"),
    *("coordinator-named", "coordinator-taken-back", "sharing-agreed", "sharing-ended"),
)


class AuditAsked(Schema):
    """Which rows of the record: of one person, by their id, of one action, and of some days of the city."""

    person = fields.String(load_default=None, allow_none=True, validate=Pattern(UUID, "not-a-uuid"))
    action = fields.String(load_default=None, allow_none=True, validate=OneOf(AUDIT_ACTIONS))
    first = fields.Date(data_key="from", load_default=None, allow_none=True)
    last = fields.Date(data_key="to", load_default=None, allow_none=True)


class AuditRow(Schema):
    """That an `actor` did something: a person's id, `command`, `system` or `unknown`, with the name that they have now.

    `object` is a path such as `people/ID` or `sessions/SLUG/bookings`. `person` is the one whose data it was; null
    where they were those of many. `number` is the row's place in the chain; null for a moment, until it is there.
    """

    number = fields.Integer(required=True, allow_none=True)
    at = fields.DateTime(required=True)
    actor = fields.String(required=True)
    actor_name = fields.String(required=True, allow_none=True)
    action = fields.String(required=True, validate=OneOf(AUDIT_ACTIONS))
    object = fields.String(required=True)
    person = fields.String(required=True, allow_none=True)
    person_name = fields.String(required=True, allow_none=True)
    correlation_id = fields.String(required=True, allow_none=True)


class AuditPage(Schema):
    """A page of the record, the latest row first."""

    items = fields.List(fields.Nested(AuditRow), required=True)
    next = fields.String(required=True, allow_none=True)
