"""The second factor: codes of an authenticator app (TOTP, RFC 6238) for people who have a role, and recovery codes.

Each code is good once, for the half minute that it is of and half a minute before and after. Whoever guesses gets in
with a chance of less than 1 in 100,000 in a year (docs/decisions/0029): after three codes that were wrong, two codes in
a row are asked for, for a year. A wrong code is forgiven when what tried it, a browser or a token, gets it right.
"""

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pyotp
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import addresses, tokens
from services.registration.accounts.people import lock
from services.registration.audit import recording
from services.registration.errors import (
    SecondFactorNotBegun,
    SecondFactorOff,
    SecondFactorRequired,
    SecondFactorWrong,
    TooManyTries,
)
from services.registration.events import second_factor_guessed
from services.registration.models import FactorTry, Person, RecoveryCode, SecondFactor
from services.runtime.refusals import NotAllowed, NotFound, Refusal, seconds_until
from services.runtime.retention import period
from services.runtime.settings import Settings

STEP: Final = 30  # seconds
DRIFT: Final = 1  # steps that a phone's clock may be ahead or behind
SHORT: Final = 6  # digits: one code
LONG: Final = 12  # two codes in a row
RECOVERY: Final = 16  # letters and numbers of a recovery code: 80 random bits, so that a plain hash gives nothing away
RECOVERY_CODES: Final = 10
SHORT_TRIES: Final = 3  # codes of six digits that may be wrong
TRIES: Final = 5  # of any kind, within the window
WINDOW: Final = timedelta(minutes=15)
REMEMBERED_FOR: Final = period("second_factor_guesses")
TO_SET_UP: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Given:
    """A code that someone gives as second factor, and what gives it: a hash of a browser or of a token, if known."""

    code: str | None
    by: str | None = None


def refuse(db: OrmSession, person: Person, given: Given, settings: Settings, now: datetime) -> Refusal | None:
    """Return what keeps the person from signing in; None where this is their second factor, or they have none.

    A wrong code counts, so the caller must commit also what is returned.
    """
    factor = _locked(db, person)
    if factor is None or factor.seed is None:
        return None
    refusal = _check(db, person, factor, given, settings, now)
    if refusal is None:
        db.info["factored"] = True
    return refusal


def view(db: OrmSession, person: Person, settings: Settings) -> dict[str, Any]:
    """Return whether there is a second factor, since when, how many recovery codes are left, and whether it must be."""
    factor = _of(db, person)
    return {
        "on": factor is not None,
        "since": factor.since if factor else None,
        "recovery_codes_left": _codes_left(db, person),
        "required": settings.needs_second_factor and bool(person.granted),
    }


def begin(
    db: OrmSession, person: Person, code: str | None, settings: Settings, now: datetime
) -> dict[str, Any] | Refusal:
    """Return what an authenticator app is set up with, for an hour. Where there is one already, its code is needed.

    Raises NotAllowed to whoever has no role.
    """
    if not person.granted:
        raise NotAllowed("An authenticator app is for people who have a role.")
    lock(db, person)  # so that two who begin at once do so one after the other
    factor = _locked(db, person)
    if factor is None:
        factor = SecondFactor(person_id=person.id)
        db.add(factor)
    elif factor.seed is not None:
        refusal = _check(db, person, factor, Given(code, _token(db)), settings, now)
        if refusal is not None:
            return refusal
    factor.next_seed, factor.begun_at, factor.begun_by = str(uuid.uuid4()), now, _token(db)
    db.flush()
    return _shown(person, factor, settings)


def begun(db: OrmSession, person: Person, settings: Settings, now: datetime) -> dict[str, Any]:
    """Return again what an app is set up with, to whoever began that. Raises SecondFactorNotBegun."""
    factor = db.get(SecondFactor, person.id)
    if factor is None or not _is_begun(db, factor, now):
        raise SecondFactorNotBegun
    return _shown(person, factor, settings)


def confirm(db: OrmSession, person: Person, code: str, settings: Settings, now: datetime) -> dict[str, Any] | Refusal:
    """Turn the app on that was set up, by a code of it, and return new recovery codes.

    The person is signed out everywhere else, but for the tokens of scripts. Raises SecondFactorNotBegun.
    """
    factor = _locked(db, person)
    if factor is None or factor.next_seed is None or not _is_begun(db, factor, now):
        raise SecondFactorNotBegun
    step = _matching(_app(settings, factor.next_seed), code, None, now) if len(code) == SHORT else None
    if step is None:
        return SecondFactorWrong(digits=SHORT)
    factor.seed, factor.since, factor.last_step = factor.next_seed, now, step
    factor.next_seed = factor.begun_at = factor.begun_by = None
    db.execute(delete(FactorTry).where(FactorTry.person_id == person.id))
    tokens.note_factor(db)
    tokens.end_elsewhere(db, person, scripts=False)
    return _new_codes(db, person, now)


def renew_codes(
    db: OrmSession, person: Person, code: str, settings: Settings, now: datetime
) -> dict[str, Any] | Refusal:
    """Return new recovery codes, which take the place of those before. Raises SecondFactorOff."""
    refusal = _check_own(db, person, code, settings, now)
    return refusal if refusal is not None else _new_codes(db, person, now)


def remove(db: OrmSession, person: Person, code: str, settings: Settings, now: datetime) -> Refusal | None:
    """Turn the second factor off. Raises SecondFactorOff."""
    refusal = _check_own(db, person, code, settings, now)
    if refusal is None:
        erase(db, person)
        recording.record_of(db, person.id, recording.SECOND_FACTOR_REMOVED, person, now)
    return refusal


def remove_for(db: OrmSession, email: str, now: datetime) -> None:
    """Turn it off for whoever has that address, by the command; they are signed out, but for the tokens of scripts.

    Raises NotFound.
    """
    person = addresses.owner(db, email)
    if person is None or _locked(db, person) is None:
        raise NotFound("Nobody with this address has a second factor.")
    erase(db, person)
    tokens.end_elsewhere(db, person, scripts=False)
    recording.record_of(db, recording.COMMAND, recording.SECOND_FACTOR_REMOVED, person, now)


def erase(db: OrmSession, person: Person) -> None:
    """Forget all of it."""
    for kind in (SecondFactor, RecoveryCode, FactorTry):
        db.execute(delete(kind).where(kind.person_id == person.id))


def of_person(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return what is held on the person, without what makes codes."""
    factor = _of(db, person)
    tries = select(FactorTry.at).where(FactorTry.person_id == person.id).order_by(FactorTry.id)
    return {
        "on_since": factor.since if factor else None,
        "recovery_codes_left": _codes_left(db, person),
        "wrong_codes": list(db.scalars(tries)),
    }


def _of(db: OrmSession, person: Person) -> SecondFactor | None:
    factor = db.get(SecondFactor, person.id)
    return factor if factor is not None and factor.seed is not None else None


def _locked(db: OrmSession, person: Person) -> SecondFactor | None:
    """Return the row of the person, locked until the transaction ends: of two who try the same code, one is late."""
    whose = select(SecondFactor).where(SecondFactor.person_id == person.id)
    return db.scalar(whose.with_for_update().execution_options(populate_existing=True))


def _check_own(db: OrmSession, person: Person, code: str, settings: Settings, now: datetime) -> Refusal | None:
    factor = _locked(db, person)
    if factor is None or factor.seed is None:
        raise SecondFactorOff
    return _check(db, person, factor, Given(code, _token(db)), settings, now)


def _check(
    db: OrmSession, person: Person, factor: SecondFactor, given: Given, settings: Settings, now: datetime
) -> Refusal | None:
    is_guarded = _short_tries(db, person, now) >= SHORT_TRIES
    digits = LONG if is_guarded else SHORT
    if given.code is None:
        return SecondFactorRequired(digits=digits)
    wait = _seconds_to_wait(db, person, now)
    if wait:
        return TooManyTries(retry_after=wait)
    if is_guarded and len(given.code) == SHORT:  # not even looked at: it tells nothing, and costs nothing
        return SecondFactorWrong(digits=digits)
    if _takes(db, person, factor, given.code, settings, now):
        if given.by is not None:
            db.execute(delete(FactorTry).where(FactorTry.person_id == person.id, FactorTry.by == given.by))
        return None
    return SecondFactorWrong(digits=_count(db, person, given, now))


def _takes(db: OrmSession, person: Person, factor: SecondFactor, code: str, settings: Settings, now: datetime) -> bool:
    """Say whether the code is right, which uses it up."""
    if len(code) == RECOVERY:
        used = delete(RecoveryCode).where(RecoveryCode.person_id == person.id, RecoveryCode.hash == _hash(code))
        return bool(db.execute(used).rowcount)  # type: ignore[attr-defined]
    step = _matching(_app(settings, str(factor.seed)), code, factor.last_step, now)
    if step is None:
        return False
    factor.last_step = step
    db.flush()
    return True


def _matching(app: pyotp.TOTP, code: str, last_step: int | None, now: datetime) -> int | None:
    """Return the step of which the code is, of two in a row the later one; None where it is of none after the last."""
    codes = [code[at : at + SHORT] for at in range(0, len(code), SHORT)]
    current = app.timecode(now)
    for end in range(current - DRIFT, current + DRIFT + 1):
        steps = range(end - len(codes) + 1, end + 1)
        if (last_step is None or steps[0] > last_step) and _are_of(app, codes, steps):
            return end
    return None


def _are_of(app: pyotp.TOTP, codes: Sequence[str], steps: Sequence[int]) -> bool:
    return hmac.compare_digest("".join(codes), "".join(app.generate_otp(step) for step in steps))


def _short_tries(db: OrmSession, person: Person, now: datetime) -> int:
    theirs = (FactorTry.person_id == person.id, FactorTry.short.is_(True), FactorTry.at > now - REMEMBERED_FOR)
    return db.scalar(select(func.count()).select_from(FactorTry).where(*theirs)) or 0


def _seconds_to_wait(db: OrmSession, person: Person, now: datetime) -> int:
    lately = select(FactorTry.at).where(FactorTry.person_id == person.id, FactorTry.at > now - WINDOW)
    tries = db.scalars(lately.order_by(FactorTry.at.desc(), FactorTry.id.desc()).limit(TRIES)).all()
    return seconds_until(tries[-1] + WINDOW, now) if len(tries) == TRIES else 0


def _count(db: OrmSession, person: Person, given: Given, now: datetime) -> int:
    """Note a wrong code; at the last short one that is allowed tell the owner. Return how many digits do from now."""
    is_short = len(str(given.code)) == SHORT
    db.add(FactorTry(person_id=person.id, short=is_short, by=given.by, at=now))
    db.flush()
    is_guarded = _short_tries(db, person, now) >= SHORT_TRIES
    if is_short and is_guarded:
        second_factor_guessed(db, person, now)
    return LONG if is_guarded else SHORT


def _is_begun(db: OrmSession, factor: SecondFactor, now: datetime) -> bool:
    """Say whether an app is being set up from here: whoever is signed in elsewhere must not learn its secret."""
    return factor.begun_at is not None and factor.begun_at > now - TO_SET_UP and factor.begun_by == _token(db)


def _token(db: OrmSession) -> str | None:
    return db.info.get("token")


def _shown(person: Person, factor: SecondFactor, settings: Settings) -> dict[str, Any]:
    assert factor.begun_at is not None
    app = _app(settings, str(factor.next_seed))
    address = app.provisioning_uri(name=person.email or "", issuer_name=settings.name)
    return {"otpauth_uri": address, "secret": app.secret, "expires_at": factor.begun_at + TO_SET_UP}


def _app(settings: Settings, seed: str) -> pyotp.TOTP:
    """Return what makes the codes. Its secret is kept nowhere: whoever has the database alone can make no code."""
    made = hmac.new(settings.secret_key.encode(), f"second-factor\0{seed}".encode(), hashlib.sha256).digest()
    return pyotp.TOTP(base64.b32encode(made[:20]).decode(), interval=STEP)


def _new_codes(db: OrmSession, person: Person, now: datetime) -> dict[str, Any]:
    db.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES)]
    db.add_all(RecoveryCode(hash=_hash(code), person_id=person.id) for code in codes)
    db.flush()
    recording.record_of(db, person.id, recording.SECOND_FACTOR_SET, person, now)
    return {"recovery_codes": ["-".join(code[at : at + 4] for at in range(0, RECOVERY, 4)) for code in codes]}


def _codes_left(db: OrmSession, person: Person) -> int:
    theirs = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == person.id)
    return db.scalar(theirs) or 0


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
