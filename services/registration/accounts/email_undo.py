"""Taking back a change of address, by the link that went to the old one: its owner may not have made the change.

The link is signed, and good for seven days. Opening it changes nothing.
"""

import hashlib
from datetime import datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration import events
from services.registration.accounts import tokens
from services.registration.audit import recording
from services.registration.errors import EmailUndoOver
from services.registration.models import EmailChange, Person


def token_of(change: str, secret: str) -> str:
    """Return what the link holds that takes this change back."""
    return str(_serializer(secret).dumps(change))


def check(db: OrmSession, token: str, secret: str, now: datetime) -> dict[str, Any]:
    """Return `{email, until}`: the address that comes back, and until when it can. Raises EmailUndoOver."""
    row = _found(db, token, secret, now)
    return {"email": row.old_email, "until": row.undo_until}


def undo(db: OrmSession, token: str, secret: str, now: datetime) -> dict[str, Any]:
    """Put the old address back, sign the person out everywhere, and tell both; return `{email, until}`.

    Changes that were made after this one are taken back with it, and one that is under way ends. Raises EmailUndoOver.
    """
    person = db.get_one(Person, _found(db, token, secret, now).person_id)
    db.refresh(person, with_for_update=True)
    row = _found(db, token, secret, now)
    assert row.confirmed_at is not None
    given_up, person.email = person.email, row.old_email
    theirs = update(EmailChange).where(EmailChange.person_id == person.id)
    since = (EmailChange.confirmed_at >= row.confirmed_at, EmailChange.undone_at.is_(None))
    db.execute(theirs.where(*since).values(undone_at=now))
    db.execute(theirs.where(EmailChange.confirmed_at.is_(None), EmailChange.expires_at > now).values(expires_at=now))
    tokens.end_all(db, person)
    if given_up != person.email:
        person.version += 1
        db.flush()
        events.person_event(db, "registration.person_changed.v1", person)
    recording.record_of(db, recording.UNKNOWN, recording.ADDRESS_CHANGED, person, now)
    events.email_change_undone(db, person, given_up, now)
    return {"email": row.old_email, "until": row.undo_until}


def _found(db: OrmSession, token: str, secret: str, now: datetime) -> EmailChange:
    try:
        id = str(_serializer(secret).loads(token))
    except BadData as error:
        raise EmailUndoOver from error
    made = select(EmailChange).where(EmailChange.id == id, EmailChange.undone_at.is_(None))
    row = db.scalar(made.where(EmailChange.undo_until > now).execution_options(populate_existing=True))
    if row is None:
        raise EmailUndoOver
    return row


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret,
        salt="registration.email-undo",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
