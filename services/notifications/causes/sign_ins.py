"""The code that lets someone sign in, word of those who guess at it, and of an account that nobody uses."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages
from services.notifications.models import Person


def send_code(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue the code, ahead of all else, and to be sent only while it is good."""
    asked = event.data
    draft = messages.Draft(
        template="sign_in",
        recipient=event.subject,
        address=asked["email"],
        facts=asked,
        expires_at=asked["expires_at"],
    )
    messages.queue(db, event, [draft], now)


def tell_of_guesses(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word that someone tried wrong codes, and what has changed by it. Raises NotYetKnown."""
    _tell(db, event, "sign_in_guessed", now)


def tell_of_factor_guesses(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word that someone tried wrong codes of an authenticator app, and what to do. Raises NotYetKnown."""
    _tell(db, event, "second_factor_guessed", now)


def tell_of_identity(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word that the person can sign in with an identity provider from now on. Raises NotYetKnown."""
    person = Person.known(db, event.data["person"])
    if person.email is not None:
        facts = {"name": person.name, "provider": event.data["provider"]}
        messages.queue(db, event, [messages.Draft.to_person(person, "identity_linked", facts)], now)


def _tell(db: OrmSession, event: Envelope, template: str, now: datetime) -> None:
    person = Person.current(db, event.data["person"])
    if person.email is not None:
        messages.queue(db, event, [messages.Draft.to_person(person, template, {"name": person.name})], now)


def tell_of_disuse(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue word of when the account is erased, and how to keep it. Raises NotYetKnown."""
    person, erased_on = Person.current(db, event.data["person"]), event.data["erased_on"]
    if person.email is not None:
        facts = {"name": person.name, "erased_on": erased_on}
        draft = messages.Draft.to_person(person, "account_unused", facts, expires_at=erased_on)
        messages.queue(db, event, [draft], now)
