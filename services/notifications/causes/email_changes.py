"""What is said of an account's address and details: to a new address, to an old one, and to whoever was corrected."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.models import Facts, Person


def tell_new_address(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue the code for whoever has the new address; or word to its owner that someone asked for it."""
    asked = event.data
    if asked["code"] is None:
        drafts = [_draft("email_change_taken", event, asked["email"], {"name": None})]
    else:
        facts = {"name": None, "code": asked["code"], "expires_at": asked["expires_at"]}
        drafts = [_draft("email_change_code", event, asked["email"], facts, asked["expires_at"])]
    messages.queue(db, event, drafts, now)


def tell_old_address(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of the change, with the way to take it back."""
    facts = {name: event.data[name] for name in ("name", "undo", "until")}
    draft = _draft("email_changed", event, event.data["email"], facts, event.data["until"])
    messages.queue(db, event, [draft], now)


def tell_both(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word for the address that is back, and for the one that was given up."""
    known, given_up = event.data["email"], event.data["given_up"]
    drafts = [_draft("email_change_undone", event, known, {"name": event.data["name"], "is_back": True})]
    if given_up != known:
        drafts.append(_draft("email_change_undone", event, given_up, {"name": None, "is_back": False}, part=1))
    messages.queue(db, event, drafts, now)


def tell_corrected(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of which details the team changed. Raises NotYetKnown."""
    person = Person.current(db, event.data["person"])
    if person.email is not None:
        facts = {"name": person.name, "changed": event.data["changed"]}
        messages.queue(db, event, [messages.Draft.to_person(person, "person_corrected", facts)], now)


def _draft(
    template: str, event: Envelope, address: str, facts: Facts, expires_at: datetime | None = None, part: int = 0
) -> messages.Draft:
    recipient = messages.recipient_at_addresses(event.data["person"])
    return messages.Draft(template, recipient, address, facts, expires_at=expires_at, part=part)
