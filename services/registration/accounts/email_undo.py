"""Taking back a change of addresses, by a link that went to one of the account: its reader may not have made it.

The link is signed, and good for seven days. Opening it changes nothing.
"""

import hashlib
from datetime import datetime
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration import events
from services.registration.accounts import addresses, tokens
from services.registration.audit import recording
from services.registration.errors import EmailUndoOver
from services.registration.models import Address, EmailChange, Person


def token_of(change: str, secret: str, email: str | None = None) -> str:
    """Return what the link holds that takes this change back; `email` is where it goes, if not to the one that went.

    The release before takes a link with an address for one of nobody's, and so changes nothing by it.
    """
    return str(_serializer(secret).dumps([change, email] if email else change))


def check(db: OrmSession, token: str, secret: str, now: datetime) -> dict[str, Any]:
    """Return `{email, what, until}`: whose link it is, what was changed, and until when it can be taken back.

    Raises EmailUndoOver.
    """
    row, email = _found(db, token, secret, now)
    return {"email": email, "what": row.what, "until": row.undo_until}


def undo(db: OrmSession, token: str, secret: str, now: datetime) -> dict[str, Any]:
    """Give the account the addresses that it had before, sign the person out everywhere, and tell all of them.

    Changes that were made after this one are taken back with it, and those under way end. Returns what `check` does.
    Raises EmailUndoOver.
    """
    person = db.get_one(Person, _found(db, token, secret, now)[0].person_id)
    db.refresh(person, with_for_update=True)
    row, email = _found(db, token, secret, now)
    assert row.confirmed_at is not None
    known, primary = Address.all_of(db, person), person.email
    before = row.before or _by_the_release_before(row, known)
    _restore(db, person, before)
    theirs = update(EmailChange).where(EmailChange.person_id == person.id)
    since = (EmailChange.confirmed_at >= row.confirmed_at, EmailChange.undone_at.is_(None))
    db.execute(theirs.where(*since).values(undone_at=now))
    db.execute(theirs.where(EmailChange.confirmed_at.is_(None), EmailChange.expires_at > now).values(expires_at=now))
    tokens.end_all(db, person)
    restored = Address.all_of(db, person)
    if (primary, {*known}) != (person.email, {*restored}):
        person.version += 1
        db.flush()
        events.person_event(db, "registration.person_changed.v1", person)
    recording.record_of(db, recording.UNKNOWN, recording.ADDRESS_CHANGED, person, now)
    given_up = [other for other in known if other not in restored]
    events.email_change_undone(db, person, restored, given_up, now)
    return {"email": email, "what": row.what, "until": row.undo_until}


def _by_the_release_before(row: EmailChange, known: list[str]) -> dict[str, Any]:
    """Return what the account had before a change of which only the old address is known."""
    others = [email for email in known[1:] if email not in (row.email, row.old_email)]
    return {"email": row.old_email, "addresses": [row.old_email, *others]}


def _restore(db: OrmSession, person: Person, before: dict[str, Any]) -> None:
    """Raises EmailUndoOver where another account has the address that emails went to.

    Another one that it has by now stays there: a merge that was undone took it along.
    """
    wanted = [email for email in before["addresses"] if addresses.owner(db, email) in (None, person)]
    if before["email"] not in wanted:
        raise EmailUndoOver
    db.execute(delete(Address).where(Address.person_id == person.id, Address.email.not_in(wanted)))
    person.email = before["email"]
    for email in wanted:
        addresses.hold(db, person, email=email)
    db.flush()


def _found(db: OrmSession, token: str, secret: str, now: datetime) -> tuple[EmailChange, str]:
    """Return the change, and the address that the link went to."""
    try:
        held = _serializer(secret).loads(token)
    except BadData as error:
        raise EmailUndoOver from error
    id, email = held if isinstance(held, list) and len(held) == 2 else (held, None)
    made = select(EmailChange).where(EmailChange.id == str(id), EmailChange.undone_at.is_(None))
    row = db.scalar(made.where(EmailChange.undo_until > now).execution_options(populate_existing=True))
    if row is None:
        raise EmailUndoOver
    return row, str(email or row.old_email)


def _serializer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(
        secret,
        salt="registration.email-undo",
        signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
    )
