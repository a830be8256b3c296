"""Which token of a provider is believed: by its signature, and by who it is from, who it is for, and when."""

import base64
import json
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.registration.errors import IdentityRefused
from services.runtime.identity_providers import IdentityProvider

log = logging.getLogger(__name__)
ALGORITHMS: Final = (  # no `none`, and none whose key we would share with the provider
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "Ed25519", "EdDSA"),
)
LEEWAY: Final = 60  # seconds that its clock may be ahead or behind
LOGOUT: Final = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_WITHIN: Final = 600  # seconds: a logout token is good for no longer
LONGEST: Final = 16 * 1024
_REGISTRY: Final = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
_REGISTRY.max_payload_length = LONGEST
Keys = Callable[[str | None], KeySet]


def id_token(provider: IdentityProvider, token: str, keys: Keys, nonce: str, now: datetime) -> dict[str, Any]:
    """Return the claims of an ID token (OpenID Connect Core, 3.1.3.7). Raises IdentityRefused, IdentityProviderAway."""
    return _believed(provider, token, keys, now, {"nonce": nonce})


def logout_token(provider: IdentityProvider, token: str, keys: Keys, now: datetime) -> dict[str, Any]:
    """Return the claims of a logout token (OpenID Connect Back-Channel Logout, 2.6).

    Raises IdentityRefused, IdentityProviderAway.
    """
    claims = _believed(provider, token, keys, now, {})
    events = claims.get("events")
    is_of_logout = isinstance(events, dict) and isinstance(events.get(LOGOUT), dict) and "nonce" not in claims
    names_someone = any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid"))
    if not (is_of_logout and names_someone and claims["iat"] > now.timestamp() - LOGOUT_WITHIN):
        log.warning("%s: a logout token is none", provider.id)
        raise IdentityRefused
    return claims


class _LogoutToken(CodeIDToken):  # type: ignore[misc]
    """It need not say who, nor until when: its age is checked."""

    ESSENTIAL_CLAIMS: Final = ("iss", "aud", "iat", "jti")


def _believed(
    provider: IdentityProvider, token: str, keys: Keys, now: datetime, params: dict[str, str]
) -> dict[str, Any]:
    kind = CodeIDToken if params else _LogoutToken
    try:
        header, claims = _signed(token, keys)
        options = {"iss": {"essential": True, "value": provider.issuer}, "aud": {"value": provider.client_id}}
        checked = kind(claims, header, options, {"client_id": provider.client_id, **params})
        checked.validate(now=int(now.timestamp()), leeway=LEEWAY)
        names = (claims.get("sub", ""), claims.get("sid", ""))
        if not all(isinstance(name, str) and len(name) <= 255 for name in names):
            raise ValueError("sub or sid is no name")
    except (JoseError, ValueError, TypeError, KeyError, RecursionError) as error:
        log.warning("%s: a token is not believed (%s)", provider.id, error)
        raise IdentityRefused from None
    return claims


def _signed(token: str, keys: Keys) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token whose signature is right."""
    head = token.partition(".")[0]
    said = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    kid = said["kid"] if isinstance(said, dict) and isinstance(said.get("kid"), str) else None
    known = keys(kid)
    checked = jws.deserialize_compact(token, known, registry=_REGISTRY)
    claims = json.loads(checked.payload or b"")
    if not isinstance(claims, dict):
        raise ValueError("no claims")
    return checked.headers(), claims
