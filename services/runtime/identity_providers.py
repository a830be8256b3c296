"""The identity providers that people can sign in with, as the operator's file describes them.

The file is TOML, with a table for each. It holds no secret: it names the file that does, which registration alone
reads, each time that it needs it.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

MOST: Final = 20
ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
DOMAIN: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+")
LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class WrongProvider(ValueError):
    """The file cannot be used; the message says what is wrong, and quotes no secret."""


@dataclass(frozen=True)
class IdentityProvider:
    """One of them. `id` is its part of our addresses, `name` what people read on the button.

    We show who we are by a secret, or by a private key; without either we are a public client, by PKCE alone. It
    vouches for a second factor where `amr` or `acr` of its token hold one of those. Addresses of its `domains` are
    believed without `email_verified`.
    """

    id: str
    name: str
    issuer: str
    client_id: str
    secret_file: Path | None = None
    key_file: Path | None = None
    scopes: tuple[str, ...] = ("openid", "email")
    domains: tuple[str, ...] = ()
    amr: tuple[str, ...] = ()
    acr: tuple[str, ...] = ()

    def secret(self) -> str | None:
        """Return the client's secret; None for a public client. Raises WrongProvider."""
        if self.secret_file is None:
            return None
        secret = self._read(self.secret_file).rstrip("\r\n")
        if not secret or not secret.isprintable():
            raise WrongProvider(f"{self.id}: {self.secret_file} must hold one line of text and nothing else.")
        return secret

    def key(self) -> str | None:
        """Return the private key, as PEM, that our requests are signed with; None without. Raises WrongProvider."""
        if self.key_file is None:
            return None
        key = self._read(self.key_file)
        if "PRIVATE KEY" not in key:
            raise WrongProvider(f"{self.id}: {self.key_file} must hold a private key (PEM).")
        return key

    def _read(self, file: Path) -> str:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            raise WrongProvider(f"{self.id}: {file} cannot be read.") from None

    def owns(self, email: str) -> bool:
        """Say whether an address is of a domain that is the provider's own."""
        return email.rpartition("@")[2].lower() in self.domains


def read_providers(file: Path) -> tuple[IdentityProvider, ...]:
    """Return the providers that the file describes, in its order. Raises WrongProvider."""
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise WrongProvider(f"{file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise WrongProvider(f"{file} is not TOML: {error}") from None
    if len(tables) > MOST:
        raise WrongProvider(f"there are more than {MOST}")
    providers = tuple(_provider(id, table, file.parent) for id, table in tables.items())
    for field in ("name", "issuer"):
        values = [getattr(provider, field) for provider in providers]
        if len({*values}) < len(values):
            raise WrongProvider(f"two providers have the same {field}")
    return providers


def is_safe(url: object) -> bool:
    """Say whether what is sent there is read by nobody on the way: it is https, or this machine."""
    try:
        parts = urlsplit(str(url))
        there = bool(parts.hostname) and not parts.username and parts.port is not False
    except ValueError:
        return False
    is_plain = parts.scheme == "http" and parts.hostname in LOOPBACK
    return there and str(url).isprintable() and " " not in str(url) and (parts.scheme == "https" or is_plain)


def _provider(id: str, table: object, folder: Path) -> IdentityProvider:
    if not ID.fullmatch(id) or not isinstance(table, Mapping):
        raise WrongProvider(f"[{id}] must be a table, named by up to 40 of a-z, 0-9 and hyphens")
    if "client_secret" in table:
        raise WrongProvider(f"{id}: the secret goes into a file of its own, which client_secret_file names")
    known = {"name", "issuer", "client_id", "client_secret_file", "client_key_file", "scopes", "domains"}
    if unknown := sorted({*table} - known - {"second_factor_amr", "second_factor_acr"}):
        raise WrongProvider(f"{id}: there is no {unknown[0]}")
    secret, key = (_text(id, table, f"client_{what}_file", "") for what in ("secret", "key"))
    if secret and key:
        raise WrongProvider(f"{id}: there is client_secret_file and client_key_file; leave one of them out")
    provider = IdentityProvider(
        id=id,
        name=_text(id, table, "name"),
        issuer=_text(id, table, "issuer"),
        client_id=_text(id, table, "client_id"),
        secret_file=folder / secret if secret else None,
        key_file=folder / key if key else None,
        scopes=_texts(id, table, "scopes") or ("openid", "email"),
        domains=tuple(domain.lower() for domain in _texts(id, table, "domains")),
        amr=_texts(id, table, "second_factor_amr"),
        acr=_texts(id, table, "second_factor_acr"),
    )
    _check(provider)
    return provider


def _check(provider: IdentityProvider) -> None:
    id, issuer = provider.id, provider.issuer
    if len(provider.name) > 60:
        raise WrongProvider(f"{id}: name may have up to 60 characters")
    if not is_safe(issuer) or set("?#") & {*issuer} or len(issuer) > 255:
        raise WrongProvider(f"{id}: issuer must be an https address, without ? or #")
    if "openid" not in provider.scopes:
        raise WrongProvider(f"{id}: scopes must have openid")
    if wrong := [domain for domain in provider.domains if not DOMAIN.fullmatch(domain)]:
        raise WrongProvider(f"{id}: {wrong[0]!r} in domains is not one, such as example.nhs.uk")


def _text(id: str, table: Mapping[str, Any], field: str, default: str | None = None) -> str:
    value = table.get(field, default)
    if not isinstance(value, str) or not value.isprintable() or (not value.strip() and default is None):
        raise WrongProvider(f"{id}: {field} must be text")
    return value.strip()


def _texts(id: str, table: Mapping[str, Any], field: str) -> tuple[str, ...]:
    values = table.get(field, [])
    if not isinstance(values, list) or not all(isinstance(v, str) and v.isprintable() and v.strip() for v in values):
        raise WrongProvider(f"{id}: {field} must be a list of texts")
    return tuple(values)
