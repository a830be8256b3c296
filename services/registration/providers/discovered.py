"""What a provider publishes of itself: where to ask it what, and the keys that it signs with. It is kept for a while.

A key that nobody has seen has the keys fetched again, but not for each token that names one: whoever makes tokens up
could have us ask all day.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from services.registration.errors import IdentityProviderAway, IdentityRefused
from services.runtime.identity_providers import is_safe

log = logging.getLogger(__name__)
Get = Callable[[str], dict[str, Any]]
FRESH: Final = 3600.0  # seconds
STALE: Final = 24 * 3600.0  # while the provider does not answer, what is so old does
KEYS_AGAIN: Final = 60.0  # seconds between two looks for a key that is not known
NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ENDPOINTS: Final = (*NEEDED, "userinfo_endpoint", "end_session_endpoint")


class Discovered:
    """What one issuer publishes. `ticks` is a steady counter of seconds."""

    def __init__(self, issuer: str, get: Get, ticks: Callable[[], float] = time.monotonic) -> None:
        self._issuer, self._get, self._ticks = issuer, get, ticks
        self._metadata: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def metadata(self) -> dict[str, Any]:
        """Return what the issuer says of itself. Raises IdentityProviderAway."""
        self._metadata = self._kept(self._metadata, self._read_metadata)
        return self._metadata[1]

    def keys(self, kid: str | None) -> KeySet:
        """Return the issuer's keys, with one of that name if there is such. Raises IdentityProviderAway."""
        self._keys = self._kept(self._keys, self._read_keys)
        at, keys = self._keys
        if not _is_there(kid, keys) and self._ticks() - at >= KEYS_AGAIN:
            self._keys = (self._ticks(), self._read_keys())
        return self._keys[1]

    def _kept(self, kept: tuple[float, Any] | None, read: Callable[[], Any]) -> tuple[float, Any]:
        age = self._ticks() - kept[0] if kept else STALE
        if kept and age < FRESH:
            return kept
        try:
            return (self._ticks(), read())
        except IdentityProviderAway:
            if kept and age < STALE:
                return kept
            raise

    def _read_metadata(self) -> dict[str, Any]:
        found = self._asked(get_well_known_url(self._issuer, external=True))
        if found.get("issuer") != self._issuer:
            log.warning("%s says that its issuer is another", self._issuer)
            raise IdentityProviderAway
        there = [name for name in ENDPOINTS if name in NEEDED or found.get(name)]
        if unsafe := [name for name in there if not is_safe(found.get(name))]:
            log.warning("%s has no %s that can be used", self._issuer, unsafe[0])
            raise IdentityProviderAway
        return found

    def _read_keys(self) -> KeySet:
        found = self._asked(self.metadata()["jwks_uri"])
        try:
            keys = [key for key in found["keys"] if isinstance(key, dict) and key.get("use", "sig") == "sig"]
            return _imported([key for key in keys if key.get("kty") != "oct"])
        except (KeyError, TypeError, ValueError, JoseError):
            log.warning("%s has no keys that can be used", self._issuer)
            raise IdentityProviderAway from None

    def _asked(self, url: str) -> dict[str, Any]:
        """Return what stands there; what is refused is as good as away, as it is there for everyone."""
        try:
            return self._get(url)
        except IdentityRefused:
            raise IdentityProviderAway from None


def _imported(keys: list[dict[str, Any]]) -> KeySet:
    """Return those keys that we can use: a provider may have others, of kinds that are newer than we are."""
    good = []
    for key in keys:
        try:
            good += KeySet.import_key_set({"keys": [key]}).keys
        except (KeyError, TypeError, ValueError, JoseError):
            continue
    return KeySet(good)


def _is_there(kid: str | None, keys: KeySet) -> bool:
    return kid is None or any(key.kid == kid for key in keys)
