"""Reports, what the team did about them, and whom it took out of the community."""

from typing import Final

from marshmallow import fields

from services.runtime.limits import OneOf
from services.runtime.schemas import Schema, Text

REPORT_STATUSES: Final = ("open", "dealt_with")


class ReportMade(Schema):
    """What is wrong, for the team to read."""

    text = Text(2000, lines=True, required=True)


class ReportDealtWith(Schema):
    """What was done about it, for the team alone to read."""

    note = Text(2000, lines=True, required=True)


class RemovalMade(Schema):
    """Why somebody is taken out of the community. They are told this."""

    reason = Text(1000, lines=True, required=True)


class ReportedPerson(Schema):
    """As much of a person as the team sees beside a report."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)


class PersonReported(ReportedPerson):
    """Whom a report is about, and whether the team has taken them out of the community."""

    removed = fields.Boolean(required=True)


class ReportView(Schema):
    """A report, as the team sees it: who made it about whom, the message that began it, and what was done about it.

    Of one that was opened again, `note` and `dealt_with_by` tell what was done before.
    """

    id = fields.String(required=True)
    by = fields.Nested(ReportedPerson, required=True)
    about = fields.Nested(PersonReported, required=True)
    asked_by = fields.String(required=True)
    message = fields.String(required=True)
    text = fields.String(required=True)
    created_at = fields.DateTime(required=True)
    status = fields.String(required=True, validate=OneOf(REPORT_STATUSES))
    note = fields.String(required=True, allow_none=True)
    dealt_with_at = fields.DateTime(required=True, allow_none=True)
    dealt_with_by = fields.Nested(ReportedPerson, required=True, allow_none=True)
    version = fields.Integer(required=True)


class ReportPage(Schema):
    """A page of reports, open ones first, and of each kind the latest."""

    items = fields.List(fields.Nested(ReportView), required=True)
    next = fields.String(required=True, allow_none=True)


class ReportsWaiting(Schema):
    """How many reports nobody has dealt with."""

    open = fields.Integer(required=True)


class StandingView(Schema):
    """How somebody stands with the community, as the team sees it: `removed_at` is null for whoever may join."""

    id = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    member = fields.Boolean(required=True)
    removed_at = fields.DateTime(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    by = fields.Nested(ReportedPerson, required=True, allow_none=True)


class RemovedPage(Schema):
    """A page of those whom the team has taken out of the community."""

    items = fields.List(fields.Nested(StandingView), required=True)
    next = fields.String(required=True, allow_none=True)
