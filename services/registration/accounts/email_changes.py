"""Adding an address to sign in with, or changing one for another: whoever sends back the code that went there has it.

What the asker learns is the same whether or not the address has an account: it is said once the code came back, and so
to whoever has the address. Asked for in the place of another, an address that has an account gets no code, but word of
it. Guessing is limited as at signing in (docs/decisions/0027): wrong codes count together, for the address.
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
from services.registration.accounts import address_changes, addresses, sign_in, tokens
from services.registration.accounts.people import lock, reserved
from services.registration.errors import AddressHasAccount, CodeWrong, TooManyCodes
from services.registration.models import Address, EmailChange, Guess, Person, SignInCode
from services.runtime.refusals import Invalid, Refusal, seconds_until
from services.runtime.settings import Settings

CHANGED: Final = "changed"
ADDED: Final = "added"
ASKED_PER_PERSON: Final = 5  # in an hour, whatever the addresses
NO_CODE: Final = address_changes.NO_CODE
PURPOSES: Final = {CHANGED: "email change", ADDED: "address added"}  # a code is good for what it was asked for


def ask(
    db: OrmSession,
    person: Person,
    email: str,
    origin: sign_in.Origin,
    settings: Settings,
    now: datetime,
    what: str = CHANGED,
) -> None:
    """Have a code mailed to the address; or word of it, where it has an account and was to replace another.

    Another change of the kind that was under way ends. Raises Invalid, TooManyCodes, NotSignedIn.
    """
    lock(db, person)
    theirs = Address.all_of(db, person)
    if email == person.email or (what == ADDED and email in theirs):
        raise Invalid.field("email", "same-address")
    if what == ADDED and len(theirs) >= addresses.MOST:
        raise Invalid.field("email", "too-many-addresses", max=addresses.MOST)
    if settings.limits:
        _check_limit(db, person, now)
    sign_in.count_other_code(db, email, origin, settings, now)
    _end(db, person, now, EmailChange.what == what, EmailChange.email != email)
    taken = address_changes.is_taken(db, email, person, now)
    digits = sign_in.digits_for(db, email, settings.secret_key, now)
    row = EmailChange(
        person_id=person.id,
        what=what,
        email=email,
        code_hash=NO_CODE,
        digits=digits,
        created_at=now,
        expires_at=now + sign_in.CODE_LIFE,
    )
    db.add(row)
    db.flush()
    code = None if taken and what == CHANGED else sign_in.code_of(settings.secret_key, row.id, digits)
    if code is not None:
        row.code_hash = _hash(settings.secret_key, row, code)
    events.email_change_asked(db, person, row, code, now)


def under_way(db: OrmSession, person: Person, now: datetime, what: str = CHANGED) -> dict[str, Any]:
    """Return `{email, expires_at}` of the change that waits for its code; nulls where none does."""
    rows = _open(db, person, now, what)
    return {"email": rows[0].email, "expires_at": rows[0].expires_at} if rows else {"email": None, "expires_at": None}


def confirm(db: OrmSession, person: Person, code: str, settings: Settings, now: datetime) -> Person | None:
    """Give the person the address that the code went to, and return them; or None if the code will not do.

    All their other sign-ins end, and the old address is told. A wrong code counts, so the caller must commit also where
    the answer is None. Raises Invalid where someone made an account with it meanwhile, NotSignedIn.
    """
    row = _fitting(db, person, code, settings, now, CHANGED)
    if row is None:
        return None
    before = address_changes.as_it_is(db, person)
    taken = Invalid.field("code", "address-taken")  # whoever has the code has the address, and may know
    address_changes.replace(db, person, row, taken, now)
    _end(db, person, now, EmailChange.id != row.id)
    tokens.end_elsewhere(db, person)
    _forgive(db, person, row, settings.secret_key)
    address_changes.made(db, person, row, before, settings.secret_key, now)
    return person


def confirm_added(
    db: OrmSession, person: Person, code: str, settings: Settings, now: datetime
) -> dict[str, Any] | Refusal:
    """Add the address that the code went to, and return its view; or why not.

    What is refused counts, so the caller must commit that too: a wrong code, and one of an address that has an account.
    Raises NotSignedIn.
    """
    row = _fitting(db, person, code, settings, now, ADDED)
    if row is None:
        return CodeWrong()
    before = address_changes.as_it_is(db, person)
    row.expires_at = now  # whoever has the code has the address, and may know what of it; once
    _forgive(db, person, row, settings.secret_key)
    if reserved(db, row.email, now, but=person):
        return Invalid.field("code", "address-changed")
    if addresses.owner(db, row.email) is not None:
        return AddressHasAccount()
    if len(before["addresses"]) >= addresses.MOST:
        return Invalid.field("code", "too-many-addresses", max=addresses.MOST)
    try:
        with db.begin_nested():
            added = addresses.hold(db, person, email=row.email, at=now)
    except IntegrityError:  # someone else was given it at the same moment
        return AddressHasAccount()
    person.version += 1
    address_changes.made(db, person, row, before, settings.secret_key, now)
    return addresses.view(person, added)


def over(since: datetime) -> Select[Any]:
    """Return the query of those whose time to undo them began then, or that were not made in time."""
    now = since + address_changes.UNDO_FOR
    cannot_be_undone = or_(EmailChange.undo_until.is_(None), EmailChange.undo_until <= now)
    return select(EmailChange.id).where(EmailChange.created_at <= now - sign_in.WINDOW, cannot_be_undone)


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return the person's changes of address that are still known, as what is held on them."""
    theirs = select(EmailChange).where(EmailChange.person_id == person.id).order_by(EmailChange.created_at)
    names = ("what", "email", "old_email", "before", "created_at", "expires_at", "confirmed_at", "undo_until",
             "undone_at")  # fmt: skip
    return [{name: getattr(row, name) for name in names} for row in db.scalars(theirs)]


def erase(db: OrmSession, person: Person) -> list[str]:
    """Forget the person's changes of address, and what they were counted by; return the addresses in them."""
    rows = db.scalars(select(EmailChange).where(EmailChange.person_id == person.id)).all()
    known = {email for row in rows for email in (row.email, row.old_email, *(row.before or {}).get("addresses", ()))}
    gone = sorted(email for email in known if email)
    db.execute(delete(EmailChange).where(EmailChange.person_id == person.id))
    db.execute(delete(SignInCode).where(SignInCode.email.in_(gone)))
    return gone


def _fitting(
    db: OrmSession, person: Person, code: str, settings: Settings, now: datetime, what: str
) -> EmailChange | None:
    """Return the change that the code is for; or None, in which case the try is counted."""
    lock(db, person, wholly=True)
    rows = [row for row in _open(db, person, now, what) if row.digits == len(code) and row.tries < sign_in.TRIES]
    for row in rows[: sign_in.MOST_OPEN]:
        if hmac.compare_digest(row.code_hash, _hash(settings.secret_key, row, code)):
            return row
    _count(db, person, rows[: sign_in.MOST_OPEN], settings.secret_key, now)
    return None


def _open(db: OrmSession, person: Person, now: datetime, what: str) -> Sequence[EmailChange]:
    """Return the changes whose codes are good now, the newest first."""
    theirs = (EmailChange.person_id == person.id, EmailChange.what == what, EmailChange.confirmed_at.is_(None))
    rows = select(EmailChange).where(*theirs, EmailChange.expires_at > now)
    return db.scalars(rows.order_by(EmailChange.created_at.desc())).all()


def _end(db: OrmSession, person: Person, now: datetime, *which: Any) -> None:
    theirs = (EmailChange.person_id == person.id, EmailChange.confirmed_at.is_(None), EmailChange.expires_at > now)
    db.execute(update(EmailChange).where(*theirs, *which).values(expires_at=now))


def _forgive(db: OrmSession, person: Person, row: EmailChange, secret: str) -> None:
    guesses = (Guess.whose == sign_in.whose(secret, row.email), Guess.browser == _guesser(person))
    db.execute(delete(Guess).where(*guesses))


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
    codes = (EmailChange.what.in_(PURPOSES), EmailChange.created_at > now - sign_in.WINDOW)
    count, first = db.execute(asked.where(EmailChange.person_id == person.id, *codes)).one()
    if count >= ASKED_PER_PERSON:
        raise TooManyCodes(retry_after=seconds_until(first + sign_in.WINDOW, now))


def _hash(secret: str, row: EmailChange, code: str) -> str:
    return sign_in.keyed(secret, PURPOSES[row.what], row.email, code)
