"""Signing in: a code goes to an address; whoever sends it back owns the address.

What an asker learns is the same whether or not the address is known (OWASP Authentication Cheat Sheet).

Whoever guesses gets in with a chance of less than 1 in 100,000 in a year (docs/decisions/0027): after six codes that
were compared with a wrong one, an address gets codes of twelve digits, for a year. A guess is forgiven when the browser
that made it signs in.
"""

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, func, select, true, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import addresses, facilitators, second_factor, tokens, unused
from services.registration.accounts.people import ensure_account
from services.registration.audit import recording
from services.registration.errors import CodeWrong, SecondFactorRequired, TooManyCodes
from services.registration.events import sign_in_guessed, sign_in_requested
from services.registration.models import Guess, Person, SignInCode
from services.runtime.networks import is_in, network_of
from services.runtime.refusals import Refusal, seconds_until
from services.runtime.retention import period
from services.runtime.settings import Settings

CODE_LIFE: Final = timedelta(minutes=10)
AGAIN_WITHIN: Final = timedelta(minutes=1)  # whoever asks again so soon has pressed twice: they get the same code
MOST_OPEN: Final = 3  # codes of one address at a time: each more is one more that a guess may hit
TRIES: Final = 5  # of each code, by the browser that asked for it, and as many by all others
SHORT: Final = 6  # digits
LONG: Final = 12
GUESSES: Final = 6  # short codes of an address that may be compared with a wrong one
REMEMBERED_FOR: Final = period("sign_in_guesses")

UNKNOWN: Final = "unknown"  # what someone signed in with who does not say

WINDOW: Final = period("sign_in_codes")
CODES_PER_EMAIL_AND_NETWORK: Final = 5
CODES_PER_EMAIL: Final = 20
CODES_PER_NETWORK: Final = 1000  # a hospital has one address, and a thousand people on a shift


@dataclass(frozen=True)
class Origin:
    """Where a request comes from: its network address, and a hash of what the browser keeps; None for no browser."""

    address: str
    browser: str | None = None


@dataclass(frozen=True)
class _Asked:
    """A request for a code: from a keyed hash of its network, and for so many digits."""

    email: str
    network: str
    browser: str | None
    digits: int
    secret: str
    now: datetime


def request_code(db: OrmSession, email: str, origin: Origin, settings: Settings, now: datetime) -> None:
    """Have a code mailed. Those under way stay good; too many of them, or two in a minute, and one is mailed again.

    Raises TooManyCodes.
    """
    secret = settings.secret_key
    network = keyed(secret, "address", network_of(origin.address))
    if settings.limits:
        _check_limits(db, email, network, is_in(origin.address, settings.known_networks), settings.codes_per_hour, now)
    asked = _Asked(email, network, origin.browser, digits_for(db, email, secret, now), secret, now)
    row, code = _under_way(db, asked) or _new(db, asked)
    owner = addresses.owner(db, email)
    sign_in_requested(db, row.id, row.mailed, email, owner.name if owner else None, code, row.expires_at)


def confirm_code(
    db: OrmSession,
    email: str,
    code: str,
    settings: Settings,
    now: datetime,
    browser: str | None = None,
    factor: str | None = None,
) -> Person | Refusal:
    """Return the owner of the address, whose account is made now if there is none; or what is wrong with the codes.

    `factor` is the second factor, of those who have one; where it is missing or wrong, the code stays good. What is
    wrong counts, so the caller must commit also a refusal.
    """
    secret = settings.secret_key
    rows = sorted(_open(db, email, now), key=lambda row: not row.is_of(browser))
    tried = [row for row in rows if row.digits == len(code) and row.tries_of(browser) < TRIES][:MOST_OPEN]
    hashed = keyed(secret, email, code)
    for row in tried:
        if hmac.compare_digest(row.code_hash, hashed):
            owner = addresses.owner(db, email)
            given = second_factor.Given(factor, browser)
            refusal = second_factor.refuse(db, owner, given, settings, now) if owner else None
            if refusal is not None:
                if not isinstance(refusal, SecondFactorRequired):
                    record_refusal(db, email, now)
                return refusal
            row.closed_at = now
            if browser is not None:
                guessed = _kept_under(db, email, secret)
                db.execute(delete(Guess).where(Guess.whose.in_(guessed), Guess.browser == browser))
            return ensure_account(db, email, now)
    record_refusal(db, email, now)
    for row in tried:
        row.count_try(browser)
    if tried and len(code) == SHORT:
        remember_guess(db, email, secret, browser, len(tried), now)
    return CodeWrong()


def admit(
    db: OrmSession,
    person: Person,
    now: datetime,
    device: str | None = None,
    *,
    needs_factor: bool = False,
    via: tokens.Via | None = None,
) -> dict[str, Any]:
    """Return a fresh token of the person, until when it works, and who they are with it."""
    unused.use(db, person, now)
    token, expires_at = tokens.issue(db, person, now, device or UNKNOWN, via)
    db.flush()
    tokens.signed_in(db, tokens.hash_of(token), now, needs_factor=needs_factor)
    recording.record_of(db, person.id, recording.SIGNED_IN, person, now)
    return {"token": token, "expires_at": expires_at, "person": facilitators.with_sessions(db, person, now)}


def count_other_code(db: OrmSession, email: str, origin: Origin, settings: Settings, now: datetime) -> None:
    """Count a code that is mailed for something else than signing in as one of those. Raises TooManyCodes."""
    network = keyed(settings.secret_key, "address", network_of(origin.address))
    if settings.limits:
        _check_limits(db, email, network, is_in(origin.address, settings.known_networks), settings.codes_per_hour, now)
    none = {"code_hash": "", "digits": LONG, "expires_at": now, "closed_at": now}
    db.add(SignInCode(email=email, address=network, browser=origin.browser, created_at=now, **none))
    db.flush()


def asked_lately(db: OrmSession, now: datetime) -> int:
    """Return how many codes were mailed in the last hour, to everyone together."""
    mailed = select(func.sum(SignInCode.mailed)).where(SignInCode.created_at > now - WINDOW)
    return db.scalar(mailed) or 0


def forget_guesses(db: OrmSession, emails: list[str], secret: str) -> None:
    """Forget the guesses at codes of these addresses."""
    db.execute(delete(Guess).where(Guess.whose.in_([whose(secret, email) for email in emails])))


def _check_limits(db: OrmSession, email: str, network: str, is_known: bool, in_all: int, now: datetime) -> None:
    """Raise TooManyCodes. First by address and network: nobody elsewhere keeps the owner from asking."""
    of_email, of_network = SignInCode.email == email, SignInCode.address == network
    _check_limit(db, of_email & of_network, CODES_PER_EMAIL_AND_NETWORK, now)
    _check_limit(db, of_email, CODES_PER_EMAIL, now)
    if not is_known:
        _check_limit(db, of_network, CODES_PER_NETWORK, now)
    _check_limit(db, true(), in_all, now)


def _check_limit(db: OrmSession, whose: ColumnElement[bool], most: int, now: datetime) -> None:
    asked = select(func.sum(SignInCode.mailed), func.min(SignInCode.created_at))
    count, first = db.execute(asked.where(whose, SignInCode.created_at > now - WINDOW)).one()
    if count is not None and count >= most:
        raise TooManyCodes(retry_after=seconds_until(first + WINDOW, now))


def _open(db: OrmSession, email: str, now: datetime) -> list[SignInCode]:
    """Return the codes of this address that are good now, the newest first, locked until the transaction ends."""
    good = (SignInCode.email == email, SignInCode.closed_at.is_(None), SignInCode.expires_at > now)
    rows = db.scalars(select(SignInCode).where(*good).order_by(SignInCode.id).with_for_update())
    return sorted(rows, key=lambda row: row.created_at, reverse=True)


def _under_way(db: OrmSession, asked: _Asked) -> tuple[SignInCode, str] | None:
    """Return the code that is mailed again, good for ten minutes more; None where a new one is due."""
    rows = [row for row in _open(db, asked.email, asked.now) if row.digits == asked.digits]
    rows = [row for row in rows if row.tries_of(asked.browser) < TRIES]  # others have used up the rest
    same = [row for row in rows if (row.browser, row.address) == (asked.browser, asked.network)]
    if same and same[0].created_at > asked.now - AGAIN_WITHIN:
        row = same[0]
    elif len(rows) >= MOST_OPEN:
        row = rows[0]
    else:
        return None
    code = code_of(asked.secret, row.id, asked.digits)
    if row.code_hash != keyed(asked.secret, asked.email, code):  # the release before drew its codes by lot
        return None
    row.mailed += 1
    row.created_at, row.expires_at = asked.now, asked.now + CODE_LIFE
    db.flush()
    return row, code


def _new(db: OrmSession, asked: _Asked) -> tuple[SignInCode, str]:
    id = str(uuid.uuid4())
    code = code_of(asked.secret, id, asked.digits)
    row = SignInCode(
        id=id,
        email=asked.email,
        address=asked.network,
        browser=asked.browser,
        code_hash=keyed(asked.secret, asked.email, code),
        digits=asked.digits,
        created_at=asked.now,
        expires_at=asked.now + CODE_LIFE,
    )
    db.add(row)
    db.flush()
    return row, code


def digits_for(db: OrmSession, email: str, secret: str, now: datetime) -> int:
    """Return how long a code for the address is: longer, once so many short ones were guessed at.

    Those of all addresses of an account count together: more of them are no more chances.
    """
    return LONG if _guesses(db, _kept_under(db, email, secret), now) >= GUESSES else SHORT


def _kept_under(db: OrmSession, email: str, secret: str) -> list[str]:
    """Return what guesses at the address are kept under, and those at the others of its account."""
    return [whose(secret, each) for each in addresses.beside(db, email)]


def _guesses(db: OrmSession, kept_under: list[str], now: datetime) -> int:
    made = select(func.sum(Guess.codes)).where(Guess.whose.in_(kept_under), Guess.at > now - REMEMBERED_FOR)
    return db.scalar(made) or 0


def remember_guess(db: OrmSession, email: str, secret: str, browser: str | None, codes: int, now: datetime) -> bool:
    """Note a wrong guess at so many short codes, and return whether it was the last that is allowed.

    Then what short codes there are to sign in with are closed, and the owner is told.
    """
    db.add(Guess(whose=whose(secret, email), browser=browser, codes=codes, at=now))
    db.flush()
    if _guesses(db, _kept_under(db, email, secret), now) < GUESSES:
        return False
    short = update(SignInCode).where(SignInCode.email.in_(addresses.beside(db, email)), SignInCode.digits == SHORT)
    db.execute(short.where(SignInCode.closed_at.is_(None)).values(closed_at=now))
    owner = addresses.owner(db, email)
    if owner is not None:
        sign_in_guessed(db, owner, now)
    return True


def record_refusal(db: OrmSession, email: str | None, now: datetime) -> None:
    """Write down that a code was wrong; whose it was is said where there is an account, and else not at all."""
    owner = addresses.owner(db, email) if email else None
    what = f"people/{owner.id}" if owner else "sign-ins"
    recording.record(db, recording.UNKNOWN, recording.SIGN_IN_REFUSED, what, now, person=owner.id if owner else None)


def whose(secret: str, email: str) -> str:
    """Return what guesses at the address are kept under."""
    return keyed(secret, "guesses", email)


def code_of(secret: str, id: str, digits: int) -> str:
    """Return the code of this id: it is kept nowhere, and yet it can be mailed again."""
    return f"{int(keyed(secret, 'code', id), 16) % 10**digits:0{digits}d}"


def keyed(secret: str, *parts: str) -> str:
    """Return a hash that nobody can make without the secret: six digits alone would be found in a moment."""
    return hmac.new(secret.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()
