"""What registration says of a person, so that another service can trust it: signed, and good for a minute.

Whoever reaches the broker can send a call. What a service does in a person's name therefore carries a JSON Web Token
(RFC 7519) that registration signed with Ed25519 (RFC 8037) and that the service checks itself: the gateway passes it on
and cannot make one. Times are those of the databases, as everywhere: see `runtime/clock.py`.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.types import Options

from services.runtime import clock
from services.runtime.refusals import NotSignedIn
from services.runtime.settings import Settings

LIFE: Final = timedelta(minutes=1)
LEEWAY: Final = timedelta(seconds=30)  # services may have databases of their own, whose clocks differ a little
ISSUER: Final = "registration"
ALGORITHM: Final = "EdDSA"
TOLD: Final = ("id", "roles", "facilitates", "name", "sector", "organisation", "job_role", "created_at")


def signing_key(settings: Settings) -> Ed25519PrivateKey:
    """Return registration's key: the one that is set, or else one that follows from the secret key."""
    seed = key_of(settings.signing_key) if settings.signing_key else _seed(settings.secret_key)
    return Ed25519PrivateKey.from_private_bytes(seed)


def verifying_keys(settings: Settings) -> list[Ed25519PublicKey]:
    """Return the keys by which registration's is known: several while one takes over from another."""
    if settings.verifying_keys:
        return [Ed25519PublicKey.from_public_bytes(key_of(key)) for key in settings.verifying_keys]
    return [signing_key(settings).public_key()]


def key_of(text: str) -> bytes:
    """Return the 32 bytes of a key as it stands in a setting: base64url without padding. Raises ValueError."""
    key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    return key


def text_of(key: bytes) -> str:
    """Return a key as it stands in a setting."""
    return base64.urlsafe_b64encode(key).rstrip(b"=").decode()


def _seed(secret_key: str) -> bytes:
    return hashlib.sha256(f"headrow.assertions\0{secret_key}".encode()).digest()


def vouch(key: Ed25519PrivateKey, person: Mapping[str, Any], now: datetime) -> str:
    """Return an assertion of who the person is: {id, roles, facilitates, name, sector, …}, see TOLD."""
    told = {name: person[name] for name in TOLD}
    created_at = told["created_at"]
    if isinstance(created_at, datetime):
        told["created_at"] = created_at.isoformat()
    return jwt.encode({"iss": ISSUER, "iat": now, "exp": now + LIFE, "person": told}, key, ALGORITHM)


def person_of(keys: Sequence[Ed25519PublicKey], assertion: object, now: datetime) -> dict[str, Any]:
    """Return the person whom an assertion vouches for. Raises NotSignedIn: it is not registration's, or too old."""
    for key in keys:
        try:
            # The time is looked at below: ours is not this machine's.
            options: Options = {"require": ["iss", "iat", "exp"], "verify_exp": False, "verify_iat": False}
            claims = jwt.decode(str(assertion), key, [ALGORITHM], options=options, issuer=ISSUER)
            begins, ends = (datetime.fromtimestamp(claims[name], UTC) for name in ("iat", "exp"))
            person = claims["person"]
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError, OverflowError):
            continue
        if isinstance(person, dict) and begins - LEEWAY <= now < ends + LEEWAY:
            return person
    raise NotSignedIn


class Signer:
    """Signs what registration says of people."""

    def __init__(self, settings: Settings) -> None:
        self._key = signing_key(settings)

    def vouch(self, person: Mapping[str, Any]) -> str:
        """Return an assertion of who the person is."""
        return vouch(self._key, person, clock.now())


class Verifier:
    """Checks what registration said of people."""

    def __init__(self, settings: Settings) -> None:
        self._keys = verifying_keys(settings)

    def person_of(self, caller: Any) -> dict[str, Any] | None:
        """Return the person in whose name a call is made; None where it is in nobody's. Raises NotSignedIn."""
        if caller is None:
            return None
        return person_of(self._keys, caller.get("assertion") if isinstance(caller, Mapping) else None, clock.now())
