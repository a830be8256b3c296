"""Where people work and have worked."""

from marshmallow import fields

from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Schema, Text


class EmploymentChange(Schema):
    """What is to be other than it is of an employment; days are those of the city, and `until` is the last one."""

    sector = Text(40, allow_none=True)
    organisation = Text(160, allow_none=True, validate=WITHOUT_LINKS)
    job_role = Text(120, allow_none=True, validate=WITHOUT_LINKS)
    since = fields.Date(allow_none=True)
    until = fields.Date(allow_none=True)


class EmploymentWanted(EmploymentChange):
    """An employment; one without `until` is where they work now, and ends the one before it."""

    sector = Text(40, load_default=None, allow_none=True)
    organisation = Text(160, required=True, validate=WITHOUT_LINKS)
    job_role = Text(120, load_default=None, allow_none=True, validate=WITHOUT_LINKS)
    since = fields.Date(load_default=None, allow_none=True)
    until = fields.Date(load_default=None, allow_none=True)


class EmploymentView(Schema):
    """An employment; `until` is null for the present one, `since` where it is not known. `version` is the person's."""

    id = fields.String(required=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)
    since = fields.Date(required=True, allow_none=True)
    until = fields.Date(required=True, allow_none=True)
    version = fields.Integer(required=True)


class EmploymentPage(Schema):
    """Someone's employments, the present one first. It is one page."""

    items = fields.List(fields.Nested(EmploymentView), required=True)
    next = fields.String(required=True, allow_none=True)
