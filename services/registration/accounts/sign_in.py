"""Signing in: a six-digit code goes to an address; whoever sends it back owns the address.

What an asker learns is the same whether or not the address is known (OWASP Authentication Cheat Sheet).
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import facilitators
from services.registration.accounts.people import ensure_account, issue_token
from services.registration.errors import TooManyCodes
from services.registration.events import sign_in_requested
from services.registration.models import Person, SignInCode

CODE_LIFE = timedelta(minutes=10)
TRIES = 5
WINDOW = timedelta(hours=1)
CODES_PER_EMAIL = 5
CODES_PER_ADDRESS = 30


def request_code(db: OrmSession, email: str, address: str, secret: str, now: datetime, limits: bool = True) -> None:
    """Have a code mailed; an earlier code of that address is worthless from here on. Raises TooManyCodes."""
    origin = _keyed(secret, "address", address)
    if limits:
        _check_limit(db, SignInCode.email == email, CODES_PER_EMAIL, now)
        _check_limit(db, SignInCode.address == origin, CODES_PER_ADDRESS, now)
    open_codes = update(SignInCode).where(SignInCode.email == email, SignInCode.closed_at.is_(None))
    db.execute(open_codes.values(closed_at=now))
    code = f"{secrets.randbelow(1_000_000):06d}"
    row = SignInCode(
        email=email, address=origin, code_hash=_keyed(secret, email, code), created_at=now, expires_at=now + CODE_LIFE
    )
    db.add(row)
    db.flush()
    name = db.scalar(select(Person.name).where(Person.email == email))
    sign_in_requested(db, row.id, email, name, code, row.expires_at)


def confirm_code(db: OrmSession, email: str, code: str, secret: str, now: datetime) -> Person | None:
    """Return the owner of the address, whose account is made now if there is none; or None if the code will not do.

    A wrong code counts, so the caller must commit also where the answer is None.
    """
    newest = select(SignInCode).where(SignInCode.email == email, SignInCode.closed_at.is_(None))
    row = db.scalar(newest.order_by(SignInCode.created_at.desc()).limit(1).with_for_update())
    if row is None or row.expires_at <= now or row.tries >= TRIES:
        return None
    if not hmac.compare_digest(row.code_hash, _keyed(secret, email, code)):
        row.tries += 1
        return None
    row.closed_at = now
    return ensure_account(db, email, now)


def admit(db: OrmSession, person: Person, now: datetime) -> dict[str, Any]:
    """Return a fresh token of the person, until when it works, and who they are."""
    token, expires_at = issue_token(db, person, now)
    return {"token": token, "expires_at": expires_at, "person": facilitators.with_sessions(db, person, now)}


def forget_old_codes(db: OrmSession, now: datetime) -> None:
    """Drop codes that count for no limit any more."""
    db.execute(delete(SignInCode).where(SignInCode.created_at <= now - WINDOW))


def _check_limit(db: OrmSession, whose: ColumnElement[bool], most: int, now: datetime) -> None:
    asked = select(func.count(), func.min(SignInCode.created_at)).where(whose, SignInCode.created_at > now - WINDOW)
    count, first = db.execute(asked).one()
    if count >= most:
        raise TooManyCodes(retry_after=max(1, int((first + WINDOW - now).total_seconds()) + 1))


def _keyed(secret: str, *parts: str) -> str:
    """Return a hash that nobody can make without the secret: six digits alone would be found in a moment."""
    return hmac.new(secret.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()
