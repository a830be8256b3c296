"""What registration lets go of by itself, and when: each rule is a period of `services/runtime/retention.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.keeping import Rule
from services.registration import imported, my_data
from services.registration.accounts import email_changes, provider_sign_in, tokens, unused
from services.registration.audit import recording
from services.registration.evaluation import answering
from services.registration.merging import lasting, proving
from services.registration.models import (
    Booking,
    EmailChange,
    EvaluationLink,
    FactorTry,
    Guess,
    Import,
    Merge,
    MergeCode,
    Nomination,
    Person,
    ProviderSignIn,
    Session,
    SignInCode,
    Token,
)
from services.runtime.retention import period


def _access_needs(since: datetime) -> Select[Any]:
    over = select(Booking.id).join(Session).where(Booking.access_needs.is_not(None), Session.ends_at <= since)
    return over.order_by(Booking.id)


def _forget_access_needs(db: OrmSession, ids: Sequence[int], now: datetime) -> None:
    db.execute(update(Booking).where(Booking.id.in_(ids)).values(access_needs=None))


def _erase_guests(db: OrmSession, ids: Sequence[str], now: datetime) -> None:
    for id in ids:
        my_data.erase(db, db.get_one(Person, id), now, recording.SYSTEM)


def _erase_unused(db: OrmSession, ids: Sequence[str], now: datetime) -> None:
    for id in ids:
        my_data.erase(db, db.get_one(Person, id), now, recording.SYSTEM, unused=True)


def _answers(since: datetime) -> Select[Any]:
    now = since + period("session_answers")  # each session has a moment of its own, which comes no later
    over = select(Booking.id).join(Session).where(Booking.answers.is_not(None), Session.answers_until <= now)
    return over.order_by(Booking.id)


def _forget_answers(db: OrmSession, ids: Sequence[int], now: datetime) -> None:
    db.execute(update(Booking).where(Booking.id.in_(ids)).values(answers=None))


def _evaluation_links(since: datetime) -> Select[Any]:
    now = since + period("evaluation_links")  # each has a moment of its own, which comes that long after the session
    return select(EvaluationLink.key).where(EvaluationLink.linked_until <= now).order_by(EvaluationLink.key)


def _unlink(db: OrmSession, keys: Sequence[str], now: datetime) -> None:
    answering.unlink(db, keys)


def _nominations(since: datetime) -> Select[Any]:
    over = select(Nomination.position).join(Session, Session.slug == Nomination.session)
    return over.where(Session.ends_at <= since).order_by(Nomination.position)


RULES: Final = (
    Rule("access_needs", Booking, _access_needs, _forget_access_needs),
    Rule("session_answers", Booking, _answers, _forget_answers),
    Rule("evaluation_links", EvaluationLink, _evaluation_links, _unlink),
    Rule("sign_in_codes", SignInCode, lambda since: select(SignInCode.id).where(SignInCode.created_at <= since)),
    Rule("provider_sign_ins", ProviderSignIn, provider_sign_in.over),
    Rule("sign_in_guesses", Guess, lambda since: select(Guess.id).where(Guess.at <= since)),
    Rule("second_factor_guesses", FactorTry, lambda since: select(FactorTry.id).where(FactorTry.at <= since)),
    Rule("address_changes", EmailChange, email_changes.over),
    Rule("merge_codes", MergeCode, proving.over),
    Rule("merges", Merge, lasting.over, lasting.settle, batch=20),
    Rule("imports", Import, imported.over, imported.drop, batch=20),
    Rule("nominations", Nomination, _nominations),
    Rule("sign_ins", Token, lambda since: select(Token.hash).where(Token.expires_at <= since + tokens.LIFE)),
    Rule("guests", Person, my_data.guests_since, _erase_guests, batch=50),
    Rule("unused_warned", Person, unused.to_warn, unused.warn, batch=50),
    Rule("unused_erased", Person, unused.to_erase, _erase_unused, batch=20),
)
