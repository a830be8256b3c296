"""Signing in with an identity provider: a browser goes there and comes back with a code, for which we ask who it is.

We ask ourselves, with the provider's keys in hand: no gateway can say who someone is (docs/decisions/0031). What is
asked over the network is asked outside of a transaction, so that a slow provider holds up nobody else.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import addresses, identities, second_factor, sign_in, tokens
from services.registration.accounts.people import ensure_account, lock
from services.registration.errors import (
    IdentityOver,
    IdentityUnconfirmed,
    IdentityWithoutAddress,
    SecondFactorRequired,
)
from services.registration.models import Identity, Person, ProviderSignIn
from services.registration.providers.said import Said
from services.runtime.database import Transactions
from services.runtime.identity_providers import IdentityProvider
from services.runtime.refusals import NotFound, Refusal
from services.runtime.settings import Settings

if TYPE_CHECKING:
    from services.registration.providers.client import Client

LIFE: Final = sign_in.CODE_LIFE


@dataclass(frozen=True)
class Way:
    """Where a browser is sent, and what it is to come back with."""

    state: str
    url: str


def provider_of(settings: Settings, id: str) -> IdentityProvider:
    """Return the provider of that id. Raises NotFound."""
    for provider in settings.identity_providers:
        if provider.id == id:
            return provider
    raise NotFound("You cannot sign in with this provider.")


@cache
def client_of(provider: IdentityProvider, public_url: str) -> "Client":
    """Return us as a client of the provider: one for as long as the process runs, as it keeps what was found out."""
    from services.registration.providers.client import Client  # what it stands on is loaded where it is needed

    return Client(provider, public_url)


def find_way(settings: Settings, provider: str) -> Way:
    """Return a new way to the provider, which nothing is kept of yet. Raises NotFound, IdentityProviderAway."""
    state = str(uuid.uuid4())
    nonce, verifier = _secrets(settings, state)
    return Way(state, _client(settings, provider).address(state, nonce, verifier))


def begin(db: OrmSession, way: Way, provider: str, browser: str, now: datetime, person: Person | None = None) -> Way:
    """Keep that this browser was sent there: to sign in, or so that a person can from then on."""
    if person is not None:
        lock(db, person)
    kept = ProviderSignIn(id=way.state, provider=provider, browser=browser, created_at=now)
    kept.person_id = person.id if person else None
    db.add(kept)
    db.flush()
    return way


def ask(transactions: Transactions, settings: Settings, given: dict[str, Any], now: datetime) -> Said:
    """Return what the provider says of whoever came back with a code, in the browser that was sent there.

    Raises IdentityOver, IdentityRefused, IdentityProviderAway, NotFound.
    """
    client, state = _client(settings, given["provider"]), given["state"]
    with transactions.look() as db:
        _unproven(db, given, now)
    return client.exchange(given["code"], given["iss"], *_secrets(settings, state), now)


def prove(db: OrmSession, said: Said, given: dict[str, Any], settings: Settings, now: datetime) -> bool:
    """Keep what the provider said, once; say whether that has added a way to sign in.

    Raises IdentityOver, IdentityTaken, NotSignedIn.
    """
    row = _unproven(db, given, now)
    if row.person_id is not None:
        person = db.get_one(Person, row.person_id)
        lock(db, person)
        identities.link(db, person, said.issuer, said.subject, settings, now)
        db.delete(row)
        return True
    row.proven_at, row.issuer, row.subject, row.email = now, said.issuer, said.subject, said.email
    row.factored, row.session = said.factored, said.session
    return False


def finish(
    db: OrmSession, given: dict[str, Any], settings: Settings, now: datetime, device: str | None
) -> dict[str, Any] | Refusal:
    """Sign in whoever has proven who they are; return a token, or what is wrong with a code.

    An account that is there already is theirs once a code that went to its address says so. What is wrong counts, so
    the caller must commit also a refusal. Raises IdentityOver, IdentityUnconfirmed, IdentityWithoutAddress, Invalid.
    """
    row = _proven(db, given, now)
    found = _owner(db, row, given, settings, now)
    if isinstance(found, Refusal):
        return found
    person, identity = found
    identity.last_used_at = now
    via = tokens.Via(identity.id, row.factored, row.session)
    db.delete(row)
    return sign_in.admit(db, person, now, device, needs_factor=settings.needs_second_factor, via=via)


def mail_code(db: OrmSession, given: dict[str, Any], address: str, settings: Settings, now: datetime) -> str:
    """Have a code mailed to the account that has the address which the provider told; return the address.

    Raises IdentityOver, TooManyCodes.
    """
    row = _proven(db, given, now)
    if row.email is None or identities.find(db, str(row.issuer), str(row.subject)):
        raise IdentityOver
    sign_in.request_code(db, row.email, sign_in.Origin(address, given["browser"]), settings, now)
    return row.email


def signed_out_with(settings: Settings, issuer: str | None) -> str | None:
    """Return the id of the provider by which someone had signed in; None where there is no such any more."""
    return next((provider.id for provider in settings.identity_providers if provider.issuer == issuer), None)


def look_up(settings: Settings, provider: str) -> None:
    """See that what the provider publishes can be used. Raises NotFound, IdentityProviderAway."""
    _client(settings, provider).look_up()


def way_out(settings: Settings, provider: str) -> str | None:
    """Return where someone signs out of the provider. Raises NotFound, IdentityProviderAway."""
    return _client(settings, provider).end_session()


def logged_out(settings: Settings, given: dict[str, Any], now: datetime) -> tuple[str, str | None, str | None]:
    """Return issuer, subject and session of whoever signed out at the provider, which says so itself.

    Raises NotFound, IdentityRefused, IdentityProviderAway.
    """
    provider = provider_of(settings, given["provider"])
    return provider.issuer, *_client(settings, provider.id).logged_out(given["logout_token"], now)


def over(since: datetime) -> Select[Any]:
    """Return the query of what was begun by then."""
    return select(ProviderSignIn.id).where(ProviderSignIn.created_at <= since)


def _client(settings: Settings, provider: str) -> "Client":
    return client_of(provider_of(settings, provider), settings.public_url)


def _secrets(settings: Settings, state: str) -> tuple[str, str]:
    """Return nonce and PKCE verifier of a way: kept nowhere, and known to nobody without the secret key."""
    nonce, verifier = (sign_in.keyed(settings.secret_key, f"provider {what}", state) for what in ("nonce", "verifier"))
    return nonce, verifier


def _owner(
    db: OrmSession, row: ProviderSignIn, given: dict[str, Any], settings: Settings, now: datetime
) -> tuple[Person, Identity] | Refusal:
    """Return whose account it is, and the identity, which is linked now if need be."""
    issuer, subject, browser = str(row.issuer), str(row.subject), given["browser"]
    identity = identities.find(db, issuer, subject)
    if identity is not None:
        person = db.get_one(Person, identity.person_id)
        factor = second_factor.Given(given["second_factor"], browser)
        refusal = None if row.factored else second_factor.refuse(db, person, factor, settings, now)
        if refusal is not None and not isinstance(refusal, SecondFactorRequired):
            sign_in.record_refusal(db, person.email, now)
        return refusal if refusal is not None else (person, identity)
    if row.email is None:
        raise IdentityWithoutAddress
    if given["code"]:
        codes = {"code": given["code"], "factor": given["second_factor"]}
        owner = sign_in.confirm_code(db, row.email, settings=settings, now=now, browser=browser, **codes)
        if isinstance(owner, Refusal):
            return owner
    elif addresses.owner(db, row.email) is not None:
        raise IdentityUnconfirmed(email=row.email)
    else:
        owner = ensure_account(db, row.email, now)
    return owner, identities.link(db, owner, issuer, subject, settings, now)


def _unproven(db: OrmSession, given: dict[str, Any], now: datetime) -> ProviderSignIn:
    row = _row(db, given, now)
    if row.proven_at is not None or row.provider != given["provider"]:
        raise IdentityOver
    return row


def _proven(db: OrmSession, given: dict[str, Any], now: datetime) -> ProviderSignIn:
    row = _row(db, given, now)
    if row.proven_at is None:
        raise IdentityOver
    return row


def _row(db: OrmSession, given: dict[str, Any], now: datetime) -> ProviderSignIn:
    """Return the way that the browser began, locked. Raises IdentityOver where there is none that is good."""
    row = db.get(ProviderSignIn, given["state"], with_for_update=True, populate_existing=True)
    if row is None or row.browser != given["browser"]:
        raise IdentityOver
    if (row.proven_at or row.created_at) <= now - LIFE:
        raise IdentityOver
    return row
