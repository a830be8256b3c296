"""Proving that another account is one's own: a code goes to its address, and its second factor counts if it has one.

What the asker learns is the same whether or not the address has an account. Guessing is limited as at signing in
(docs/decisions/0027): wrong codes count together, for the address.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration import events
from services.registration.accounts import addresses, second_factor, sign_in
from services.registration.accounts.people import lock
from services.registration.errors import CodeWrong, NothingProven, SecondFactorRequired, TooManyCodes
from services.registration.models import MergeCode, Person, SecondFactor, SignInCode, Token
from services.runtime.refusals import Invalid, Refusal, seconds_until
from services.runtime.settings import Settings

ASKED_PER_PERSON: Final = 5  # in an hour, whatever the addresses
PROVEN_FOR: Final = timedelta(minutes=30)
NO_CODE: Final = ""  # a hash that no code has


def ask(db: OrmSession, person: Person, email: str, origin: sign_in.Origin, settings: Settings, now: datetime) -> None:
    """Have a code mailed to the address, where it has another account. What was asked for before ends.

    Raises Invalid where it is the person's own, TooManyCodes, NotSignedIn.
    """
    lock(db, person)
    other = addresses.owner(db, email)
    if email == person.email or other is person:
        raise Invalid.field("email", "same-address")
    if settings.limits:
        _check_limit(db, person, now)
    sign_in.count_other_code(db, email, origin, settings, now)
    _end(db, person, now)
    digits = sign_in.digits_for(db, email, settings.secret_key, now)
    row = MergeCode(person_id=person.id, email=email, code_hash=NO_CODE, digits=digits, created_at=now)
    row.other_id, row.expires_at = other.id if other else None, now + sign_in.CODE_LIFE
    db.add(row)
    db.flush()
    if other is not None:
        code = sign_in.code_of(settings.secret_key, row.id, digits)
        row.code_hash = _hash(settings.secret_key, email, code)
        db.flush()
        events.merge_asked(db, person, row, code, now)


def prove(
    db: OrmSession, person: Person, code: str, factor: str | None, settings: Settings, now: datetime
) -> Person | Refusal:
    """Return the other account, which is proven for half an hour; or what is wrong with the codes.

    `factor` is the second factor of the other account. What is wrong counts, so the caller must commit also a refusal.
    Raises SecondFactorRequired where the person's own was not given here, NotSignedIn.
    """
    lock(db, person)
    _check_own_factor(db, person)
    rows = [row for row in _open(db, person, now) if row.digits == len(code) and row.tries < sign_in.TRIES]
    for row in rows[:1]:
        if row.other_id and hmac.compare_digest(row.code_hash, _hash(settings.secret_key, row.email, code)):
            other = db.get_one(Person, row.other_id)
            refusal = second_factor.refuse(db, other, second_factor.Given(factor, _guesser(person)), settings, now)
            db.info.pop("factored", None)  # there, and not here
            if refusal is None:
                row.proven_at, row.expires_at = now, now
                db.flush()
            return other if refusal is None else refusal
        _count(db, person, row, settings.secret_key, now)
    return CodeWrong()


def proven(db: OrmSession, person: Person, now: datetime) -> Person:
    """Return the account that the person has proven to be theirs. Raises NothingProven."""
    row = _latest(db, person, now)
    other = db.get(Person, row.other_id) if row is not None and row.other_id else None
    if other is None or other.merged_into is not None or other.erased_at is not None:
        raise NothingProven
    return other


def use(db: OrmSession, person: Person, now: datetime) -> None:
    """Use up what was proven."""
    theirs = (MergeCode.person_id == person.id, MergeCode.proven_at.is_not(None))
    db.execute(update(MergeCode).where(*theirs).values(used=True))


def over(since: datetime) -> Select[Any]:
    """Return the query of the codes whose time is over."""
    return select(MergeCode.id).where(MergeCode.created_at <= since)


def erase(db: OrmSession, person: Person) -> list[str]:
    """Forget what was asked for by or of the person, and what that was counted by; return the addresses in it."""
    theirs = or_(MergeCode.person_id == person.id, MergeCode.other_id == person.id)
    emails = list(db.scalars(select(MergeCode.email).where(MergeCode.person_id == person.id)))
    db.execute(delete(MergeCode).where(theirs))
    db.execute(delete(SignInCode).where(SignInCode.email.in_(emails)))
    return emails


def _latest(db: OrmSession, person: Person, now: datetime) -> MergeCode | None:
    theirs = select(MergeCode).where(MergeCode.person_id == person.id, MergeCode.used.is_(False))
    return db.scalar(theirs.where(MergeCode.proven_at > now - PROVEN_FOR).order_by(MergeCode.proven_at.desc()).limit(1))


def _check_own_factor(db: OrmSession, person: Person) -> None:
    """Raise SecondFactorRequired where the person has a second factor, and did not give it where they are."""
    factor = db.get(SecondFactor, person.id)
    token = db.get(Token, db.info["token"]) if db.info.get("token") else None
    if factor is not None and factor.seed is not None and not (token and token.factored):
        raise SecondFactorRequired("Sign in with your authenticator app first.")


def _open(db: OrmSession, person: Person, now: datetime) -> Sequence[MergeCode]:
    theirs = select(MergeCode).where(MergeCode.person_id == person.id, MergeCode.proven_at.is_(None))
    return db.scalars(theirs.where(MergeCode.expires_at > now).order_by(MergeCode.created_at.desc())).all()


def _end(db: OrmSession, person: Person, now: datetime) -> None:
    theirs = (MergeCode.person_id == person.id, MergeCode.used.is_(False))
    db.execute(update(MergeCode).where(*theirs, MergeCode.expires_at > now).values(expires_at=now))
    db.execute(update(MergeCode).where(*theirs).values(used=True))


def _count(db: OrmSession, person: Person, row: MergeCode, secret: str, now: datetime) -> None:
    """Count a wrong code. At the last guess that is allowed at an address all short codes for it end."""
    row.tries += 1
    if row.digits != sign_in.SHORT or row.code_hash == NO_CODE:
        return
    if sign_in.remember_guess(db, row.email, secret, _guesser(person), 1, now):
        short = (MergeCode.email == row.email, MergeCode.digits == sign_in.SHORT, MergeCode.proven_at.is_(None))
        db.execute(update(MergeCode).where(*short, MergeCode.expires_at > now).values(expires_at=now))


def _guesser(person: Person) -> str:
    return hashlib.sha256(person.id.encode()).hexdigest()


def _check_limit(db: OrmSession, person: Person, now: datetime) -> None:
    asked = select(func.count(), func.min(MergeCode.created_at))
    theirs = (MergeCode.person_id == person.id, MergeCode.created_at > now - sign_in.WINDOW)
    count, first = db.execute(asked.where(*theirs)).one()
    if count >= ASKED_PER_PERSON:
        raise TooManyCodes(retry_after=seconds_until(first + sign_in.WINDOW, now))


def _hash(secret: str, email: str, code: str) -> str:
    return sign_in.keyed(secret, "merge", email, code)
