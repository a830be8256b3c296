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
        template = "address_code" if asked["adding"] else "email_change_code"
        drafts = [_draft(template, event, asked["email"], facts, asked["expires_at"])]
    messages.queue(db, event, drafts, now)


def tell_old_address(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of the change, with the way to take it back."""
    facts = {name: event.data[name] for name in ("name", "undo", "until")}
    draft = _draft("email_changed", event, event.data["email"], facts, event.data["until"])
    messages.queue(db, event, [draft], now)


def tell_addresses(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word, for each address that there was, of what became of them, with the way to take it back."""
    drafts = []
    for part, told in enumerate(event.data["told"]):
        facts = {**{name: event.data[name] for name in ("name", "what", "until")}, "undo": told["undo"]}
        drafts.append(_draft("addresses_changed", event, told["email"], facts, event.data["until"], part))
    messages.queue(db, event, drafts, now)


def tell_both(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word for the addresses that there are again, and for those that were given up."""
    told = event.data
    known = [told["email"], *told["others"]]
    gone = [email for email in (told["given_up"], *told["also_given_up"]) if email not in known]
    facts = [{"name": told["name"], "is_back": True}] * len(known) + [{"name": None, "is_back": False}] * len(gone)
    drafts = [
        _draft("email_change_undone", event, email, said, part=part)
        for part, (email, said) in enumerate(zip([*known, *gone], facts, strict=True))
    ]
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
