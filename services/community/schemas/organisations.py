"""Organisations that the team has confirmed."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from services.community.schemas.reports import ReportedPerson
from services.runtime.limits import Length, Pattern
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Schema, Text

DOMAIN = Pattern(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+\Z", "not-a-domain")


class EmailDomain(fields.String):
    """What the addresses of an organisation end in, such as `leeds.gov.uk`; an `@` before it goes."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        return str(super()._deserialize(value, attr, data, **kwargs)).strip().lower().removeprefix("@")


class OrganisationConfirmed(Schema):
    """An organisation by its name, as people type it; with `email_domain`, only who has such an address is of it."""

    name = Text(160, required=True, validate=WITHOUT_LINKS)
    email_domain = EmailDomain(allow_none=True, load_default=None, validate=[Length(max=200), DOMAIN])


class ConfirmedOrganisationView(Schema):
    """A confirmed organisation. Nobody confirmed it who was erased."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    email_domain = fields.String(required=True, allow_none=True)
    confirmed_at = fields.DateTime(required=True)
    confirmed_by = fields.Nested(ReportedPerson, required=True, allow_none=True)


class ConfirmedOrganisationPage(Schema):
    """A page of confirmed organisations, those confirmed last first."""

    items = fields.List(fields.Nested(ConfirmedOrganisationView), required=True)
    next = fields.String(required=True, allow_none=True)
