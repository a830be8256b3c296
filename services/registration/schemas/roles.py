"""Who has a role beyond that of a person, and how the first of the team comes in."""

from marshmallow import fields

from services.registration.schemas.facilitators import Named, Namer
from services.runtime.limits import Length, OneOf
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text

ROLES = ("team", "operator")


class RoleWanted(Schema):
    """Who is to have a role, by their address; who has no account gets one."""

    email = Email(required=True)
    role = fields.String(required=True, validate=OneOf(ROLES))


class RoleView(Schema):
    """That someone has a role, since when, and by whose word; null where a command gave it, or nobody knows."""

    id = fields.String(required=True)
    person = fields.Nested(Named, required=True)
    role = fields.String(required=True, validate=OneOf(ROLES))
    since = fields.DateTime(required=True, allow_none=True)
    given_by = fields.Nested(Namer, required=True, allow_none=True)


class RolePage(Schema):
    """A page of who has which role, in the order in which they got it."""

    items = fields.List(fields.Nested(RoleView), required=True)
    next = fields.String(required=True, allow_none=True)


class FirstTeamMember(Schema):
    """Who comes in at the address that the command printed."""

    token = fields.String(required=True, validate=Length(max=200))
    email = Email(required=True)
    name = Text(120, allow_none=True, load_default=None, validate=WITHOUT_LINKS)
