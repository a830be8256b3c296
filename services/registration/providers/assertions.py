"""Who we are for a provider that takes no secret: what we sign with our private key (`private_key_jwt`, RFC 7523)."""

import uuid
from datetime import datetime
from typing import Any, Final, Literal

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key

from services.registration.errors import IdentityProviderAway

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE: Final = 60  # seconds
OF_KEYS: Final = {"RSA": ("RS512", "PS256", "RS256"), "EC": ("ES256", "ES384", "ES512")}
USUAL: Final = {"RSA": "RS256", "EC": "ES256"}  # where the provider does not say what it takes


def signed(client_id: str, pem: str, metadata: dict[str, Any], now: datetime) -> dict[str, str]:
    """Return the fields of the form that say who we are. Raises IdentityProviderAway where the key cannot be used."""
    issued = int(now.timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": metadata["token_endpoint"],
        "jti": str(uuid.uuid4()),
        "iat": issued,
        "exp": issued + LIFE,
    }
    taken = metadata.get("token_endpoint_auth_signing_alg_values_supported") or ()
    try:
        key = import_key(pem, _kind(pem))
        alg = next((alg for alg in OF_KEYS[key.key_type] if alg in taken), USUAL[key.key_type])
        token = jwt.encode({"alg": alg}, claims, key, algorithms=[alg])
    except (JoseError, ValueError, TypeError, KeyError):
        raise IdentityProviderAway from None
    return {"client_assertion_type": TYPE, "client_assertion": token}


def _kind(pem: str) -> Literal["RSA", "EC"]:
    """Return of which kind a private key is. Raises ValueError, TypeError."""
    key = load_pem_private_key(pem.encode(), None)
    if isinstance(key, RSAPrivateKey):
        return "RSA"
    if isinstance(key, EllipticCurvePrivateKey):
        return "EC"
    raise ValueError("a key of another kind")
