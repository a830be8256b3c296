"""The second factor with which people who have a role sign in."""

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from services.runtime.limits import Pattern
from services.runtime.schemas import Schema


class FactorCode(fields.String):
    """A code of an authenticator app, two in a row, or a recovery code; spaces, hyphens and capitals do not matter."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=Pattern(r"\A([0-9]{6}|[0-9]{12}|[a-z2-7]{16})\Z", "not-a-second-factor"), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs))
        return "".join(text.split()).replace("-", "").lower()


class SecondFactorCode(Schema):
    """A code that was not used before."""

    code = FactorCode(required=True)


class SecondFactorBegin(Schema):
    """A code of the app that another one is to take the place of; null where there is none."""

    code = FactorCode(load_default=None, allow_none=True)


class SecondFactorView(Schema):
    """Whether there is a second factor, since when, and whether the caller's roles count only with one."""

    on = fields.Boolean(required=True)
    since = fields.DateTime(required=True, allow_none=True)
    recovery_codes_left = fields.Integer(required=True)
    required = fields.Boolean(required=True)


class AppToSetUp(Schema):
    """What an authenticator app is set up with: as an address for a QR code, and as a secret in Base32 to be typed."""

    otpauth_uri = fields.String(required=True)
    secret = fields.String(required=True)
    expires_at = fields.DateTime(required=True)


class RecoveryCodes(Schema):
    """Codes for the day when the phone is lost, each good once. They are shown this once."""

    recovery_codes = fields.List(fields.String(), required=True)
