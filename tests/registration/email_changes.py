"""Changes of address as tests ask for them and make them."""

from sqlalchemy import select

from services.bus.envelope import Envelope
from services.bus.models import outbox
from services.registration.accounts import email_changes
from services.registration.accounts.sign_in import Origin
from services.runtime.settings import Settings
from tests.registration.conftest import NOW

SETTINGS = Settings(secret_key="a secret of at least thirty-two characters")
NEW = "amina@new.example"


def told(db, what):
    """Return the data of the last event of that name."""
    of_type = select(outbox.c.envelope).where(outbox.c.type == f"registration.{what}.v1")
    envelope = db.scalar(of_type.order_by(outbox.c.position.desc()))
    return Envelope.from_json(envelope).data if envelope else None


def ask(db, person, email=NEW, now=NOW, address="192.0.2.1", settings=SETTINGS):
    """Ask for the change, and return the code that was mailed; None where its owner was told instead."""
    email_changes.ask(db, person, email, Origin(address), settings, now)
    db.flush()
    return told(db, "email_change_asked")["code"]


def confirm(db, person, code, now=NOW):
    changed = email_changes.confirm(db, person, code, SETTINGS, now)
    db.flush()
    return changed


def change(db, person, email=NEW, now=NOW):
    """Change the address; return what the link holds that takes it back."""
    assert confirm(db, person, ask(db, person, email, now), now) is person
    return told(db, "email_changed")["undo"]
