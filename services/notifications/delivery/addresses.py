"""Addresses that take no mail: marked when a server says so, and trusted again when there is reason to.

Codes are those of RFC 3463 (5.1.1) or, where a server gives none, of RFC 5321 (550).
"""

import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.notifications.models import Message, Person, Undeliverable
from services.runtime.dialects import upsert
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound

_marked = upsert(lambda insert: insert(Undeliverable).on_conflict_do_nothing())

CODE: Final = re.compile(r"(?<![\w.])(?:([245]\.\d{1,3}\.\d{1,3})|[245]\d\d)(?![\w.]*\d)")
DEAD: Final = re.compile(r"5\.1\.(?![78]$)\d+|5\.2\.1|5\.4\.\d+")  # 5.1.7 and 5.1.8 are about our own address
# Said to a recipient, but not about the address: our commands or rights, a full mailbox, the content or a policy.
SPARED: Final = re.compile(r"50\d|530|535|552|5\.1\.[78]|5\.2\.[2-4]|5\.[367]\.\d+|5\.5\.[124]")
WORDS: Final = (
    (re.compile(r"5\.2\.1"), "The mailbox at this address has been turned off."),
    (re.compile(r"5\.4\.\d+"), "No mail server could be found or reached for this address."),
    (re.compile(r"5\.1\.(2|10)|521|556"), "The part of the address after the @ takes no mail."),
    (re.compile(r"5\.1\.\d+|550|551|553"), "The mail server says that there is no such address."),
)
OTHERWISE: Final = "The mail server does not take mail for this address."


def code_in(answer: str) -> str:
    """Return the code in what a server said: the fuller one (5.1.1) before the short one (550); 5.0.0 without one."""
    found = list(CODE.finditer(answer))
    fuller = [code[0] for code in found if code[1]]
    return (fuller or [code[0] for code in found] or ["5.0.0"])[0]


def mark_refused(db: OrmSession, address: str, answer: str, message: str, now: datetime) -> None:
    """Mark the address that a server refused with a 5xx `answer`, unless the answer is about something else."""
    if not SPARED.fullmatch(code := code_in(answer)):
        _mark(db, address, code, message, now)


def mark_bounced(db: OrmSession, address: str, code: str, message: str, now: datetime) -> None:
    """Mark the address that a report gave up with this code, if that says that the address is dead."""
    if DEAD.fullmatch(code):
        _mark(db, address, code, message, now)


def mark_imported(db: OrmSession, address: str, code: str, since: datetime, event: str) -> None:
    """Mark the address as it was marked in another installation, `since` then; `event` is what told us."""
    _mark(db, address, code, event, since)


def _mark(db: OrmSession, address: str, code: str, message: str, now: datetime) -> None:
    """Mark the address, if somebody has it: that of nobody would only be kept, and never found again.

    They are not erased meanwhile; whoever is being erased, or changed, is passed by, as that waits for the message.
    """
    address = address.lower()
    owner = select(Person.id).where(Person.email == address).limit(1)
    if db.scalar(owner.with_for_update(read=True, skip_locked=True)) is not None:
        why = next((words for codes, words in WORDS if codes.fullmatch(code)), OTHERWISE)
        row = {"address": address, "since": now, "status": code[:12], "why": why, "message": message}
        db.connection().execute(_marked(db), row)


def unmark(db: OrmSession, address: str | None) -> None:
    """Take the mark off the address: nobody has it any more, or somebody says that it is good."""
    if address:
        db.execute(delete(Undeliverable).where(Undeliverable.address == address.lower()))


def unmark_delivered(db: OrmSession, address: str, delivered: Message) -> None:
    """Take the mark off the address that a message arrived at, unless it was written before the one that did not."""
    marking = aliased(Message)
    outdated = exists().where(marking.id == Undeliverable.message, marking.created_at > delivered.created_at)
    db.execute(delete(Undeliverable).where(Undeliverable.address == address.lower(), ~outdated))


def address_of(db: OrmSession, person: str) -> dict[str, Any]:
    """Return `{email, state: ok|undeliverable, since, why}` of a person's address. Raises NotFound."""
    email = _person(db, person).email
    mark = db.scalar(select(Undeliverable).where(Undeliverable.address == email))
    if mark is None:
        return {"email": email, "state": "ok", "since": None, "why": None}
    return {"email": email, "state": "undeliverable", "since": mark.since, "why": mark.why}


def held_on(db: OrmSession, person: str) -> list[dict[str, Any]]:
    """Return the marks of a person's address, for the export of all that is held on them: one, or none."""
    theirs = select(Undeliverable).join(Person, Person.email == Undeliverable.address).where(Person.id == person)
    return [
        {"address": mark.address, "since": mark.since, "status": mark.status, "why": mark.why}
        for mark in db.scalars(theirs)
    ]


def trust(db: OrmSession, person: str) -> dict[str, Any]:
    """Write to the person's address again, and return what `address_of` does. Raises NotFound."""
    unmark(db, _person(db, person).email)
    return address_of(db, person)


def page(db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of the people whom no mail reaches, the latest first: `{person, email, since, why}`."""
    query = select(Undeliverable, Person.id).join(Person, Person.email == Undeliverable.address)
    rows, after = page_of(db, query, Undeliverable.position, cursor, limit, latest_first=True)
    items = [{"person": id, "email": mark.address, "since": mark.since, "why": mark.why} for mark, id, _ in rows]
    return {"items": items, "next": after}


def _person(db: OrmSession, id: str) -> Person:
    person = db.get(Person, id)
    if person is None or person.email is None:
        raise NotFound("There is no such person.")
    return person
