"""What becomes of the addresses of an account, once it is decided: each change is told, and can be taken back.

Every address that the account had before a change is told of it, with a link that takes it back for seven days
(`email_undo.py`): whoever got into an account cannot shut its owner out unseen, whichever address they take away.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.registration import events
from services.registration.accounts import addresses, email_undo, tokens
from services.registration.accounts.people import lock, reserved
from services.registration.audit import recording
from services.registration.errors import AddressFixed, PrimaryAddress
from services.registration.models import Address, EmailChange, Person, SignInCode
from services.runtime.refusals import Invalid, NotAllowed
from services.runtime.retention import period

UNDO_FOR: Final = period("address_changes")
REMOVED: Final = "removed"
PREFERRED: Final = "preferred"
NO_CODE: Final = ""  # a hash that no code has


def prefer(db: OrmSession, person: Person, id: str, secret: str, now: datetime) -> dict[str, Any]:
    """Have emails and invites go to another of the person's addresses, and return its view.

    Raises NotFound, AddressFixed.
    """
    row = _changeable(db, person, id)
    if row.email != person.email:
        before = as_it_is(db, person)
        addresses.hold(db, person)
        person.email, person.version = row.email, person.version + 1
        made(db, person, _row(db, person, PREFERRED, row.email, now), before, secret, now)
    return addresses.view(person, row)


def remove(db: OrmSession, person: Person, id: str, secret: str, now: datetime, by: Person | None = None) -> None:
    """Take an address away from the person, `by` whom if not by themselves; all their other sign-ins end.

    Raises NotFound, AddressFixed, PrimaryAddress, NotAllowed: for an account with a role, which does so itself.
    """
    row = _changeable(db, person, id)
    if by is not None and person.granted:
        raise NotAllowed("Someone with a role removes their addresses themselves.")
    if row.email == person.email:
        raise PrimaryAddress
    before = as_it_is(db, person)
    db.execute(delete(Address).where(Address.id == row.id))
    close_codes(db, row.email, now)
    person.version += 1
    change = _row(db, person, REMOVED, row.email, now)
    change.old_email = row.email
    if by is None:
        tokens.end_elsewhere(db, person)
    else:
        tokens.end_all(db, person)
    made(db, person, change, before, secret, now, by)


def correct(db: OrmSession, corrector: Person, person: Person, email: str, secret: str, now: datetime) -> None:
    """Give the person another address in the place of the one that emails go to, for the team; they are signed out.

    Raises Invalid: for an account with a role, too, which changes its address itself.
    """
    if person.granted:
        raise Invalid.field("email", "has-a-role")
    before, change = as_it_is(db, person), _row(db, person, "changed", email, now)
    replace(db, person, change, Invalid.field("email", "address-in-use"), now)
    tokens.end_all(db, person)
    made(db, person, change, before, secret, now, corrector)


def replace(db: OrmSession, person: Person, change: EmailChange, refusal: Invalid, now: datetime) -> None:
    """Have the new address of a change be in the place of the one that emails go to.

    Raises `refusal` where someone else has it, has got it at this moment, or may take it back.
    """
    if is_taken(db, change.email, person, now):
        raise refusal
    old = person.email
    try:
        with db.begin_nested():
            person.email, person.version = change.email, person.version + 1
            addresses.hold(db, person, at=now)
            db.execute(delete(Address).where(Address.person_id == person.id, Address.email == old))
            db.flush()
    except IntegrityError as error:
        raise refusal from error
    change.old_email = old


def is_taken(db: OrmSession, email: str, person: Person, now: datetime) -> bool:
    """Say whether someone else has an account with that address, or may take it back."""
    return addresses.owner(db, email) not in (None, person) or reserved(db, email, now, but=person)


def made(
    db: OrmSession,
    person: Person,
    change: EmailChange,
    before: dict[str, Any],
    secret: str,
    now: datetime,
    by: Person | None = None,
) -> None:
    """Write down that the change is made, and tell of it each address that there was `before`."""
    change.before, change.confirmed_at, change.undo_until = before, now, now + UNDO_FOR
    db.flush()
    events.person_event(db, "registration.person_changed.v1", person)
    recording.record_of(db, by.id if by else person.id, recording.ADDRESS_CHANGED, person, now)
    told = [email for email in before["addresses"] if email != change.old_email or change.what == REMOVED]
    if change.what == "changed":
        events.email_changed(db, person, change, email_undo.token_of(change.id, secret), now)
    if told:
        links = [{"email": email, "undo": email_undo.token_of(change.id, secret, email)} for email in told]
        events.addresses_changed(db, person, change, links, now)


def as_it_is(db: OrmSession, person: Person) -> dict[str, Any]:
    """Return which addresses the person has, and to which emails go, as undoing brings them back."""
    return {"email": person.email, "addresses": Address.all_of(db, person)}


def close_codes(db: OrmSession, email: str, now: datetime) -> None:
    """End the codes that were mailed to an address to sign in."""
    theirs = update(SignInCode).where(SignInCode.email == email, SignInCode.closed_at.is_(None))
    db.execute(theirs.values(closed_at=now))


def _changeable(db: OrmSession, person: Person, id: str) -> Address:
    """Return an address of the person's, who stays as they are until the transaction ends."""
    lock(db, person, wholly=True)
    row = addresses.one(db, person, id)
    if until := addresses.settled(db, person).get(row.id):
        raise AddressFixed(until=until.isoformat())
    return row


def _row(db: OrmSession, person: Person, what: str, email: str, now: datetime) -> EmailChange:
    row = EmailChange(
        person_id=person.id, what=what, email=email, code_hash=NO_CODE, digits=0, created_at=now, expires_at=now
    )
    db.add(row)
    return row
