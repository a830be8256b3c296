"""People: signing in, and what they say about themselves."""

from marshmallow import fields

from services.registration.schemas.second_factors import FactorCode
from services.runtime.limits import OneOf, Pattern
from services.runtime.links import WITHOUT_LINKS
from services.runtime.schemas import Email, Schema, Text


class SignIn(Schema):
    """Ask for a code."""

    email = Email(required=True)


class SignInConfirm(Schema):
    """The code that was mailed, and the second factor of those who have one."""

    email = Email(required=True)
    code = fields.String(required=True, validate=Pattern(r"^([0-9]{6}|[0-9]{12})$", "not-a-code"))
    second_factor = FactorCode(load_default=None, allow_none=True)


class PersonView(Schema):
    """An account, as its owner sees it. `facilitates` are the sessions that they facilitate now, by slug.

    `coordinates` are the ids by which they coordinate organisations.
    `roles_withheld` are those that count once a second factor is given.
    """

    id = fields.String(required=True)
    email = fields.String(required=True)
    name = fields.String(required=True, allow_none=True)
    sector = fields.String(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    job_role = fields.String(required=True, allow_none=True)
    access_needs = fields.String(required=True, allow_none=True)
    roles = fields.List(fields.String(), required=True)
    roles_withheld = fields.List(fields.String(), required=True)
    facilitates = fields.List(fields.String(), required=True)
    coordinates = fields.List(fields.String(), required=True)
    created_at = fields.DateTime(required=True)
    version = fields.Integer(required=True)


class VouchedPerson(PersonView):
    """An account, and what other services believe of it for a minute: see `bus/assertions.py`."""

    assertion = fields.String(required=True)


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
    """What people say about themselves; null takes back what may be left out.

    Another sector or organisation is where they work from today, unless what was there `was_wrong`.
    """

    name = Text(120, validate=WITHOUT_LINKS)
    sector = Text(40)
    organisation = Text(160, allow_none=True, validate=WITHOUT_LINKS)
    job_role = Text(120, allow_none=True, validate=WITHOUT_LINKS)
    access_needs = Text(2000, lines=True, allow_none=True)
    was_wrong = fields.Boolean()


class PersonCorrection(Schema):
    """What the team corrects of what someone said about themselves; null takes back what may be left out.

    Unless it says that nothing `was_wrong`, another employer is put in the place of the one that was named.
    """

    name = Text(120)
    email = Email()
    was_wrong = fields.Boolean(load_default=True)
    sector = Text(40)
    organisation = Text(160, allow_none=True)
    job_role = Text(120, allow_none=True)


class PersonSeen(Attendee):
    """A person as the team sees them, to correct what they said; their addresses, the one that emails go to first."""

    addresses = fields.List(fields.String(), required=True)
    version = fields.Integer(required=True)


class EmailWanted(Schema):
    """The address that someone wants to sign in with from now on."""

    email = Email(required=True)


class EmailConfirm(Schema):
    """The code that was mailed to it."""

    code = fields.String(required=True, validate=Pattern(r"^([0-9]{6}|[0-9]{12})$", "not-a-code"))


class EmailAddressView(Schema):
    """An address that someone can sign in with; emails go to the `primary` one.

    One that came with a merged account stays as it is until `fixed_until`; of all others that is null.
    """

    id = fields.String(required=True)
    email = fields.String(required=True)
    primary = fields.Boolean(required=True)
    added_at = fields.DateTime(required=True)
    fixed_until = fields.DateTime(required=True, allow_none=True)


class EmailAddressPage(Schema):
    """Someone's addresses, the primary one first. It is one page."""

    items = fields.List(fields.Nested(EmailAddressView), required=True)
    next = fields.String(required=True, allow_none=True)


class EmailUnderWay(Schema):
    """To which address a change waits for its code, and until when it is good; null where none does."""

    email = fields.String(required=True, allow_none=True)
    expires_at = fields.DateTime(required=True, allow_none=True)


class EmailUndo(Schema):
    """To which address the link went, what was done to the account's addresses, and until when it can be taken back."""

    email = fields.String(required=True)
    what = fields.String(required=True, validate=OneOf(("changed", "added", "removed", "preferred")))
    until = fields.DateTime(required=True)


class OrganisationName(Schema):
    """An organisation that several people come from."""

    name = fields.String(required=True)


class OrganisationNames(Schema):
    """Those of the most people first. It is one page."""

    items = fields.List(fields.Nested(OrganisationName), required=True)
    next = fields.String(required=True, allow_none=True)
