"""Us, as the client of one identity provider: the authorization code flow with PKCE (RFC 7636), and signing out."""

import base64
import hmac
import logging
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from services.registration.errors import IdentityProviderAway, IdentityRefused
from services.registration.providers import asking, assertions, checking
from services.registration.providers.discovered import Discovered
from services.registration.providers.said import Said
from services.registration.schemas import SignIn
from services.runtime.identity_providers import IdentityProvider, WrongProvider
from services.runtime.refusals import Invalid
from services.runtime.schemas import load

log = logging.getLogger(__name__)


class Client:
    """`public_url` is the address that people know us by; the provider leads back to below it."""

    def __init__(self, provider: IdentityProvider, public_url: str) -> None:
        self._provider, self._site = provider, public_url.rstrip("/")
        self._redirect = f"{self._site}/sign-in/providers/{provider.id}/callback"
        self._known = Discovered(provider.issuer, asking.get)

    def address(self, state: str, nonce: str, verifier: str) -> str:
        """Return where someone signs in. Raises IdentityProviderAway."""
        provider = self._provider
        address: str = prepare_grant_uri(
            self._known.metadata()["authorization_endpoint"],
            provider.client_id,
            "code",
            self._redirect,
            list(provider.scopes),
            state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            acr_values=" ".join(provider.acr) or None,
        )
        return address

    def exchange(self, code: str, issuer: str | None, nonce: str, verifier: str, now: datetime) -> Said:
        """Return who someone is who came back with that code; `issuer` is whom it came back from, if that was said.

        Raises IdentityProviderAway, IdentityRefused.
        """
        metadata = self._known.metadata()
        says_issuer = metadata.get("authorization_response_iss_parameter_supported") is True
        if issuer != self._provider.issuer and (issuer is not None or says_issuer):  # RFC 9207
            raise IdentityRefused
        told = self._token(metadata, code, verifier, now)
        claims = checking.id_token(self._provider, str(told.get("id_token")), self._known.keys, nonce, now)
        about = claims if "email" in claims else self._userinfo(metadata, told, claims)
        return self._said(claims, about)

    def logged_out(self, token: str, now: datetime) -> tuple[str | None, str | None]:
        """Return whom a logout token names, and which sign-in. Raises IdentityProviderAway, IdentityRefused."""
        claims = checking.logout_token(self._provider, token, self._known.keys, now)
        return claims.get("sub"), claims.get("sid")

    def look_up(self) -> None:
        """Find out what is needed to know the provider. Raises IdentityProviderAway."""
        self._known.keys(None)

    def end_session(self) -> str | None:
        """Return where someone signs out of the provider, which leads back to us; None where there is no such page.

        Raises IdentityProviderAway.
        """
        there = self._known.metadata().get("end_session_endpoint")
        if not there:
            return None
        separator = "&" if "?" in there else "?"
        back = quote_plus(f"{self._site}/signed-out")
        return f"{there}{separator}client_id={quote_plus(self._provider.client_id)}&post_logout_redirect_uri={back}"

    def _token(self, metadata: dict[str, Any], code: str, verifier: str, now: datetime) -> dict[str, Any]:
        provider = self._provider
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect,
            "code_verifier": verifier,
            "client_id": provider.client_id,
        }
        try:
            secret, key = provider.secret(), provider.key()
        except WrongProvider as error:
            log.warning("%s", error)
            raise IdentityProviderAway from None
        if key is not None:
            form |= assertions.signed(provider.client_id, key, metadata, now)
        headers: dict[str, str] = {}
        if secret is not None and "client_secret_post" in metadata.get("token_endpoint_auth_methods_supported", ()):
            form["client_secret"] = secret
        elif secret is not None:
            both = f"{quote_plus(provider.client_id)}:{quote_plus(secret)}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        return asking.post(metadata["token_endpoint"], form, headers)

    def _userinfo(self, metadata: dict[str, Any], told: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
        """Return what the provider says of the same person elsewhere, where it says nothing of an address."""
        there, bearer = metadata.get("userinfo_endpoint"), told.get("access_token")
        if not there or not isinstance(bearer, str) or not bearer.isascii() or not bearer.isprintable():
            return {}
        about = asking.get(there, bearer)
        if not hmac.compare_digest(str(about.get("sub")).encode(), str(claims["sub"]).encode()):
            raise IdentityRefused
        return about

    def _said(self, claims: dict[str, Any], about: dict[str, Any]) -> Said:
        provider, email = self._provider, _address(about.get("email"))
        is_owned = provider.owns(email) and "email_verified" not in about
        is_theirs = bool(email) and (about.get("email_verified") is True or is_owned)
        amr = claims.get("amr") or []
        factored = claims.get("acr") in provider.acr or any(method in provider.amr for method in amr)
        return Said(provider.issuer, claims["sub"], email if is_theirs else None, factored, claims.get("sid"))


def _address(email: object) -> str:
    """Return an address as we write it; nothing for what is none."""
    try:
        return str(load(SignIn(), {"email": email})["email"])
    except Invalid:
        return ""
