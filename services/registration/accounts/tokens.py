"""Tokens: how a person is known again, where they are signed in, and when that ends.

Whoever has a role signs in again after 12 hours, or two hours after they were last there: what they can do is worth
more to someone who finds their computer open. A token that the command printed is for a script, and lasts its 30 days.
A role counts where its owner gave their second factor, or has none and needs none, or an identity provider vouched for
one; for a script it always does.

A gateway sends the hash of a token, and what is kept is the hash of that: who reads the database, or a backup of it,
has nothing that could be sent.
"""

import base64
import hashlib
import re
import secrets
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import unused
from services.registration.models import Identity, Person, SecondFactor, Token
from services.runtime.refusals import NotFound, NotSignedIn
from services.runtime.retention import period

LIFE: Final = period("sign_ins")
LIFE_WITH_A_ROLE: Final = timedelta(hours=12)
IDLE_WITH_A_ROLE: Final = timedelta(hours=2)
SEEN_EVERY: Final = timedelta(minutes=10)  # how exactly it is known when someone was last there
NAMES: Final = uuid.UUID("5a0c3a4e-6c0b-4d0e-9a53-0c1c5f9f6a57")  # an id is made of a token's hash, and hides it
_SIGNED_IN = (
    select(
        Person, Token.hash, Token.created_at, Token.seen_at, Token.device, Token.factored, Token.vouched,
        SecondFactor.since,
    )
    .join(Token, Token.person_id == Person.id)
    .outerjoin(SecondFactor, SecondFactor.person_id == Person.id)
    .where(Token.hash.in_(bindparam("hashes", expanding=True)), Token.expires_at > bindparam("now"))
    .where(Person.merged_into.is_(None))  # also where that came about while this waited for the row
)  # fmt: skip
_SIGNED_IN_AND_LOCKED = _SIGNED_IN.order_by(Person.id).with_for_update(of=Person, key_share=True)


def hash_of(token: str) -> str:
    """Return what a gateway sends for a token: it has 256 random bits, so that a plain hash gives nothing away."""
    return hashlib.sha256(token.encode()).hexdigest()


def kept_of(token_hash: str) -> str:
    """Return what is kept of a token, of whose hash that is the hash."""
    return base64.urlsafe_b64encode(hashlib.sha256(token_hash.encode()).digest()).rstrip(b"=").decode()


def _may_be_kept(token_hash: str) -> list[str]:
    """Return under which hashes a token may be kept: the older of them, itself, for 30 days after an upgrade."""
    return [kept_of(token_hash), *([token_hash] if re.fullmatch("[0-9a-f]{64}", token_hash) else [])]


def signed_in(
    db: OrmSession, token_hash: str | None, now: datetime, locked: bool = False, needs_factor: bool = False
) -> Person:
    """Return the person whom a token stands for; `locked` until the transaction ends. Raises NotSignedIn.

    With `needs_factor`, the roles of someone who has no second factor do not count.
    """
    query = _SIGNED_IN_AND_LOCKED if locked else _SIGNED_IN
    row = db.execute(query, {"hashes": _may_be_kept(token_hash), "now": now}).one_or_none() if token_hash else None
    if row is None or _is_over(row, now):
        raise NotSignedIn
    person, kept, since, seen_at, device, factored, vouched, factor_since = row
    db.info["token"] = kept
    person.withheld = device is not None and not (vouched or (factored if factor_since else not needs_factor))
    if (seen_at or since) <= now - SEEN_EVERY:
        db.info["seen_long_ago"] = True
    return person


def all_signed_in(db: OrmSession, token_hashes: Sequence[str | None], now: datetime) -> list[Person | None]:
    """Return the person whom each token stands for, all locked until the transaction ends; None where it is nobody's.

    For what anyone may do who is signed in: whether their roles count is not looked at.
    """
    kept = {hash: _may_be_kept(hash) for hash in token_hashes if hash}
    hashes = [one for several in kept.values() for one in several]
    rows = db.execute(_SIGNED_IN_AND_LOCKED, {"hashes": hashes, "now": now}).all() if hashes else []
    people = {row[1]: row[0] for row in rows if not _is_over(row, now)}
    return [next((people[one] for one in kept.get(hash or "", ()) if one in people), None) for hash in token_hashes]


def _is_over(row: Any, now: datetime) -> bool:
    """Tell whether someone of `_SIGNED_IN` is signed out by now, though their token has not expired."""
    person, _, since, seen_at, device, *_ = row
    return device is not None and now >= _ends(person, since, seen_at or since)


def see(db: OrmSession, person: Person, now: datetime) -> None:
    """Note that the person is there, and uses their account, unless that was noted a few minutes ago.

    Nobody is kept out where it cannot be noted: the disk may be full.
    """
    if db.info.pop("seen_long_ago", False):
        with suppress(OperationalError), db.begin_nested():
            unused.use(db, person, now)  # first: whoever erases them takes the rows in this order
            db.execute(update(Token).where(Token.hash == db.info["token"]).values(seen_at=now))


@dataclass(frozen=True)
class Via:
    """By which identity someone signed in, whether its provider vouched for a second factor, and what it calls that."""

    identity: str
    vouched: bool
    session: str | None


def issue(
    db: OrmSession, person: Person, now: datetime, device: str | None = None, via: Via | None = None
) -> tuple[str, datetime]:
    """Return a fresh token of the person, which is shown this once, and when it expires.

    `device` is what someone signed in with; None for a script.
    """
    life = LIFE_WITH_A_ROLE if person.granted and device is not None else LIFE
    token, expires_at = secrets.token_urlsafe(32), now + life
    row = Token(hash=kept_of(hash_of(token)), person_id=person.id, created_at=now, expires_at=expires_at, device=device)
    row.factored = db.info.get("factored", False)
    if via is not None:
        row.identity_id, row.vouched, row.provider_session = via.identity, via.vouched, via.session
    db.add(row)
    return token, expires_at


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return where the person is signed in, as what is held on them."""
    theirs = select(Token).where(Token.person_id == person.id).order_by(Token.created_at)
    names = {"at": "created_at", "until": "expires_at", "device": "device", "last_used_at": "seen_at"}
    return [{told: getattr(row, name) for told, name in names.items()} for row in db.scalars(theirs)]


def sign_ins(db: OrmSession, person: Person, now: datetime) -> dict[str, Any]:
    """Return where the person is signed in, the latest first; `current` is where they ask from. It is one page."""
    theirs = select(Token).where(Token.person_id == person.id, Token.expires_at > now)
    rows = db.scalars(theirs.order_by(Token.created_at.desc(), Token.hash)).all()
    ends = {row.hash: _ends_of(person, row) for row in rows}
    return {
        "items": [
            {
                "id": _id(row.hash),
                "device": row.device,
                "signed_in_at": row.created_at,
                "last_used_at": row.seen_at or row.created_at,
                "expires_at": ends[row.hash],
                "current": row.hash == db.info.get("token"),
            }
            for row in rows
            if now < ends[row.hash]
        ],
        "next": None,
    }


def end(db: OrmSession, person: Person, id: str) -> None:
    """Sign the person out there. Raises NotFound."""
    theirs = db.scalars(select(Token.hash).where(Token.person_id == person.id))
    found = next((hash for hash in theirs if _id(hash) == id), None)
    if found is None:
        raise NotFound("You are not signed in there any more.")
    db.execute(delete(Token).where(Token.hash == found))


def end_all(db: OrmSession, person: Person) -> None:
    """Sign the person out everywhere."""
    db.execute(delete(Token).where(Token.person_id == person.id))


def end_elsewhere(db: OrmSession, person: Person, *, scripts: bool = True) -> None:
    """Sign the person out everywhere but where they ask from; without `scripts`, the tokens of those go on."""
    others = delete(Token).where(Token.person_id == person.id, Token.hash.is_distinct_from(db.info.get("token")))
    db.execute(others if scripts else others.where(Token.device.is_not(None)))


def note_factor(db: OrmSession) -> None:
    """Note that the second factor was given where the person asks from, so that their roles count there."""
    db.execute(update(Token).where(Token.hash == db.info.get("token")).values(factored=True))


def end_of(db: OrmSession, identity: str, session: str | None = None) -> int:
    """End the sign-ins by an identity, or those of one session at its provider; return how many."""
    theirs = delete(Token).where(Token.identity_id == identity)
    ended = db.execute(theirs.where(Token.provider_session == session) if session else theirs)
    return int(ended.rowcount)  # type: ignore[attr-defined]


def identities_of(session: str) -> Select[Any]:
    """Return the query of the identities by which someone is signed in, in that session at their provider."""
    return select(Token.identity_id).where(Token.provider_session == session, Token.identity_id.is_not(None))


def part_from(db: OrmSession, identity: str) -> None:
    """End the sign-ins by an identity, but where the person asks from: there nobody vouches for them any more."""
    here = update(Token).where(Token.identity_id == identity, Token.hash == db.info.get("token"))
    db.execute(here.values(identity_id=None, provider_session=None, vouched=False))
    end_of(db, identity)


def sign_out(db: OrmSession, token_hash: str) -> str | None:
    """Make the token worthless, at once and everywhere; return the issuer by which someone had signed in with it."""
    came_by = select(Identity.issuer).join(Token, Token.identity_id == Identity.id)
    issuer = db.scalar(came_by.where(Token.hash.in_(_may_be_kept(token_hash))))
    db.execute(delete(Token).where(Token.hash.in_(_may_be_kept(token_hash))))
    return issuer


def _ends_of(person: Person, row: Token) -> datetime:
    if row.device is None:
        return row.expires_at
    return min(row.expires_at, _ends(person, row.created_at, row.seen_at or row.created_at))


def _ends(person: Person, since: datetime, seen_at: datetime) -> datetime:
    """Return when someone is signed out who signed in then, and was last there then."""
    return min(since + LIFE_WITH_A_ROLE, seen_at + IDLE_WITH_A_ROLE) if person.granted else since + LIFE


def _id(token_hash: str) -> str:
    return str(uuid.uuid5(NAMES, token_hash))
