"""Changing the address that one signs in with: a code goes to the new one, and whoever sends it back has it.

What the asker learns is the same whether or not the address has an account: a code that never came is never right, and
whoever has the address is told. Guessing is limited as at signing in (docs/decisions/0027): wrong codes count together,
for the address.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.registration import events
from services.registration.accounts import email_undo, sign_in, tokens
from services.registration.accounts.people import lock, reserved
from services.registration.audit import recording
from services.registration.errors import TooManyCodes
from services.registration.models import EmailChange, Guess, Person, SignInCode
from services.runtime.refusals import Invalid, seconds_until
from services.runtime.retention import period
from services.runtime.settings import Settings

UNDO_FOR: Final = period("address_changes")
ASKED_PER_PERSON: Final = 5  # in an hour, whatever the addresses
NO_CODE: Final = ""  # a hash that no code has


def ask(db: OrmSession, person: Person, email: str, origin: sign_in.Origin, settings: Settings, now: datetime) -> None:
    """Have a code mailed to the address; or, where that has an account, word of it to its owner.

    A change to another address that was under way ends. Raises Invalid, TooManyCodes, NotSignedIn.
    """
    lock(db, person)
    if email == person.email:
        raise Invalid.field("email", "same-address")
    if settings.limits:
        _check_limit(db, person, now)
    sign_in.count_other_code(db, email, origin, settings, now)
    _end(db, person, now, EmailChange.email != email)
    taken = _is_taken(db, email, person, now)
    digits = sign_in.digits_for(db, email, settings.secret_key, now)
    row = EmailChange(
        person_id=person.id,
        email=email,
        code_hash=NO_CODE,
        digits=digits,
        created_at=now,
        expires_at=now + sign_in.CODE_LIFE,
    )
    db.add(row)
    db.flush()
    code = None if taken else sign_in.code_of(settings.secret_key, row.id, digits)
    if code is not None:
        row.code_hash = _hash(settings.secret_key, email, code)
    events.email_change_asked(db, person, row, code, now)


def under_way(db: OrmSession, person: Person, now: datetime) -> dict[str, Any]:
    """Return `{email, expires_at}` of the change that waits for its code; nulls where none does."""
    rows = _open(db, person, now)
    return {"email": rows[0].email, "expires_at": rows[0].expires_at} if rows else {"email": None, "expires_at": None}


def confirm(db: OrmSession, person: Person, code: str, settings: Settings, now: datetime) -> Person | None:
    """Give the person the address that the code went to, and return them; or None if the code will not do.

    All their other sign-ins end, and the old address is told. A wrong code counts, so the caller must commit also where
    the answer is None. Raises Invalid where someone made an account with it meanwhile, NotSignedIn.
    """
    lock(db, person, wholly=True)
    rows = [row for row in _open(db, person, now) if row.digits == len(code) and row.tries < sign_in.TRIES]
    for row in rows[: sign_in.MOST_OPEN]:
        if hmac.compare_digest(row.code_hash, _hash(settings.secret_key, row.email, code)):
            _change(db, person, row, settings.secret_key, now)
            return person
    _count(db, person, rows[: sign_in.MOST_OPEN], settings.secret_key, now)
    return None


def over(since: datetime) -> Select[Any]:
    """Return the query of those whose time to undo them began then, or that were not made in time."""
    now = since + UNDO_FOR
    cannot_be_undone = or_(EmailChange.undo_until.is_(None), EmailChange.undo_until <= now)
    return select(EmailChange.id).where(EmailChange.created_at <= now - sign_in.WINDOW, cannot_be_undone)


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return the person's changes of address that are still known, as what is held on them."""
    theirs = select(EmailChange).where(EmailChange.person_id == person.id).order_by(EmailChange.created_at)
    names = ("email", "old_email", "created_at", "expires_at", "confirmed_at", "undo_until", "undone_at")
    return [{name: getattr(row, name) for name in names} for row in db.scalars(theirs)]


def erase(db: OrmSession, person: Person) -> list[str]:
    """Forget the person's changes of address, and what they were counted by; return the addresses in them."""
    theirs = select(EmailChange.email, EmailChange.old_email).where(EmailChange.person_id == person.id)
    addresses = [email for row in db.execute(theirs) for email in row if email]
    db.execute(delete(EmailChange).where(EmailChange.person_id == person.id))
    db.execute(delete(SignInCode).where(SignInCode.email.in_(addresses)))
    return addresses


def _change(db: OrmSession, person: Person, row: EmailChange, secret: str, now: datetime) -> None:
    if _is_taken(db, row.email, person, now):
        raise _taken()
    old = person.email
    try:
        with db.begin_nested():
            person.email, person.version = row.email, person.version + 1
            db.flush()
    except IntegrityError as error:  # an account was made with it at the same moment
        raise _taken() from error
    row.old_email, row.confirmed_at, row.undo_until = old, now, now + UNDO_FOR
    _end(db, person, now)
    tokens.end_elsewhere(db, person)
    whose = sign_in.whose(secret, row.email)
    db.execute(delete(Guess).where(Guess.whose == whose, Guess.browser == _guesser(person)))
    db.flush()
    events.person_event(db, "registration.person_changed.v1", person)
    recording.record_of(db, person.id, recording.ADDRESS_CHANGED, person, now)
    events.email_changed(db, person, row, email_undo.token_of(row.id, secret), now)


def _taken() -> Invalid:
    """Return the refusal; whoever has the code has the address, and may know."""
    return Invalid.field("code", "address-taken")


def _open(db: OrmSession, person: Person, now: datetime) -> Sequence[EmailChange]:
    """Return the changes whose codes are good now, the newest first."""
    theirs = select(EmailChange).where(EmailChange.person_id == person.id, EmailChange.confirmed_at.is_(None))
    return db.scalars(theirs.where(EmailChange.expires_at > now).order_by(EmailChange.created_at.desc())).all()


def _end(db: OrmSession, person: Person, now: datetime, *which: Any) -> None:
    theirs = (EmailChange.person_id == person.id, EmailChange.confirmed_at.is_(None), EmailChange.expires_at > now)
    db.execute(update(EmailChange).where(*theirs, *which).values(expires_at=now))


def _is_taken(db: OrmSession, email: str, person: Person, now: datetime) -> bool:
    """Say whether someone else has an account with that address, or may take it back."""
    other = select(Person.id).where(Person.email == email, Person.id != person.id)
    return db.scalar(other) is not None or reserved(db, email, now, but=person)


def _count(db: OrmSession, person: Person, tried: Sequence[EmailChange], secret: str, now: datetime) -> None:
    """Count a wrong code. At the last guess that is allowed at an address all short codes for it end."""
    for row in tried:
        row.tries += 1
    guessed = {row.email for row in tried if row.digits == sign_in.SHORT and row.code_hash != NO_CODE}
    for email in guessed:
        codes = sum(row.email == email and row.code_hash != NO_CODE for row in tried)
        if sign_in.remember_guess(db, email, secret, _guesser(person), codes, now):
            short = (EmailChange.email == email, EmailChange.digits == sign_in.SHORT, EmailChange.expires_at > now)
            db.execute(update(EmailChange).where(*short, EmailChange.confirmed_at.is_(None)).values(expires_at=now))


def _guesser(person: Person) -> str:
    """Return what the person's guesses are known by: they are forgiven once they get it right."""
    return hashlib.sha256(person.id.encode()).hexdigest()


def _check_limit(db: OrmSession, person: Person, now: datetime) -> None:
    asked = select(func.count(), func.min(EmailChange.created_at))
    theirs = (EmailChange.person_id == person.id, EmailChange.created_at > now - sign_in.WINDOW)
    count, first = db.execute(asked.where(*theirs)).one()
    if count >= ASKED_PER_PERSON:
        raise TooManyCodes(retry_after=seconds_until(first + sign_in.WINDOW, now))


def _hash(secret: str, email: str, code: str) -> str:
    return sign_in.keyed(secret, "email change", email, code)
