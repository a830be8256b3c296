"""People: signing in, and what they say about themselves."""

from marshmallow import fields

from services.runtime.limits import Pattern
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text


class SignIn(Schema):
    """Ask for a code."""

    email = Email(required=True)


class SignInConfirm(Schema):
    """The code that was mailed."""

    email = Email(required=True)
    code = fields.String(required=True, validate=Pattern(r"^([0-9]{6}|[0-9]{12})$", "not-a-code"))


class PersonView(Schema):
    """An account, as its owner sees it. `facilitates` are the sessions that they facilitate now, by slug."""

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)
    access_needs = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    facilitates = fields.List(fields.String(), required=True)
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


class SignInView(Schema):
    """Where someone is signed in: with what (null for a token of the command), and whether they ask from there."""

    id = fields.String(required=True)
    device = fields.String(required=True, allow_none=True)
    signed_in_at = fields.DateTime(required=True)
    last_used_at = fields.DateTime(required=True)
    expires_at = fields.DateTime(required=True)
    current = fields.Boolean(required=True)


class SignInPage(Schema):
    """Where someone is signed in, the latest first. It is one page."""

    items = fields.List(fields.Nested(SignInView), required=True)
    next = fields.String(required=True, allow_none=True)


class ProfileChange(Schema):
    """What people say about themselves; null takes back what may be left out."""

    name = Text(120, validate=WITHOUT_LINKS)
    sector = Text(40)
    organisation = Text(160, allow_none=True, validate=WITHOUT_LINKS)
    job_role = Text(120, allow_none=True, validate=WITHOUT_LINKS)
    access_needs = Text(2000, lines=True, allow_none=True)


class OrganisationName(Schema):
    """An organisation that several people come from."""

    name = fields.String(required=True)


class OrganisationNames(Schema):
    """Those of the most people first. It is one page."""

    items = fields.List(fields.Nested(OrganisationName), required=True)
    next = fields.String(required=True, allow_none=True)
