"""Signing in with an identity provider, and the ways to sign in that someone has."""

from marshmallow import fields

from services.registration.schemas.second_factors import FactorCode
from services.runtime.limits import Length, Pattern
from services.runtime.schemas import Schema


def _secret(most: int) -> fields.String:
    return fields.String(required=True, validate=Length(min=1, max=most))


class ProviderBegun(Schema):
    """A provider, and the hash of what the browser keeps that begins."""

    provider = _secret(40)
    browser = _secret(64)


class ProviderProof(ProviderBegun):
    """What a browser came back with from its provider; `iss` is which one says so (RFC 9207)."""

    state = _secret(36)
    code = _secret(4000)
    iss = fields.String(load_default=None, allow_none=True, validate=Length(max=255))


class ProviderState(Schema):
    """A way to a provider and back, of the browser that began it."""

    state = _secret(36)
    browser = _secret(64)


class ProviderSignIn(ProviderState):
    """What is needed beside what the provider said: a code that was mailed, a second factor, or neither."""

    code = fields.String(load_default=None, allow_none=True, validate=Pattern(r"^([0-9]{6}|[0-9]{12})$", "not-a-code"))
    second_factor = FactorCode(load_default=None, allow_none=True)


class ProviderWay(Schema):
    """Where to send a browser, and what it comes back with."""

    url = fields.String(required=True)
    state = fields.String(required=True)


class ProviderProven(Schema):
    """Whether a way to sign in was added; otherwise someone is about to sign in."""

    added = fields.Boolean(required=True)


class LoggedOut(Schema):
    """What a provider sends when someone signs out there."""

    provider = _secret(40)
    logout_token = _secret(16 * 1024)


class ProviderNamed(Schema):
    """A provider."""

    provider = _secret(40)


class ProviderSignOut(Schema):
    """Where someone signs out of a provider; null where it has no such page."""

    url = fields.String(required=True, allow_none=True)


class SignedOut(Schema):
    """The provider by which someone had signed in; null for a code."""

    provider = fields.String(required=True, allow_none=True)


class IdentityView(Schema):
    """An identity provider that someone signs in with: what it is called, since when, and when it was used last."""

    id = fields.String(required=True)
    provider = fields.String(required=True)
    since = fields.DateTime(required=True)
    last_used_at = fields.DateTime(required=True, allow_none=True)


class IdentityPage(Schema):
    """The ways to sign in that someone has, beside the code. It is one page."""

    items = fields.List(fields.Nested(IdentityView), required=True)
    next = fields.String(required=True, allow_none=True)
