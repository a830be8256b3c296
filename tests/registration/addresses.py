"""Adding, preferring and removing addresses, as their owner does it, and the links that take it back."""

from datetime import timedelta

from sqlalchemy import select

from services.registration.accounts import address_changes, addresses, email_changes, email_undo, sign_in
from services.registration.accounts.sign_in import Origin
from services.registration.models import Address
from tests.registration.conftest import NOW
from tests.registration.email_changes import SETTINGS, told

WORK, HOME = "amina@example.org", "amina@home.example"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SECRET = SETTINGS.secret_key


def ask(db, person, email=HOME, now=NOW, network="192.0.2.1"):
    """Ask for an address to be added, and return the code that was mailed there."""
    email_changes.ask(db, person, email, Origin(network), SETTINGS, now, email_changes.ADDED)
    db.flush()
    asked = told(db, "email_change_asked")
    assert (asked["email"], asked["adding"]) == (email, True)
    return asked["code"]


def confirm(db, person, code, now=NOW):
    answer = email_changes.confirm_added(db, person, code, SETTINGS, now)
    db.flush()
    return answer


def add(db, person, email=HOME, now=NOW):
    """Add an address, and return its id."""
    return confirm(db, person, ask(db, person, email, now), now)["id"]


def prefer(db, person, id, now=NOW):
    return address_changes.prefer(db, person, id, SECRET, now)


def remove(db, person, id, now=NOW, by=None):
    address_changes.remove(db, person, id, SECRET, now, by)
    db.flush()


def id_of(db, email):
    return db.scalar(select(Address.id).where(Address.email == email))


def shown(db, person):
    return [(item["email"], item["primary"]) for item in addresses.page(db, person)["items"]]


def link_to(db, email):
    """Return what the link holds that was last mailed to the address."""
    return {each["email"]: each["undo"] for each in told(db, "addresses_changed")["told"]}[email]


def undo(db, token, now=NOW):
    answer = email_undo.undo(db, token, SECRET, now)
    db.flush()
    return answer


def signs_in_as(db, email, now=NOW):
    sign_in.request_code(db, email, Origin("198.51.100.7"), SETTINGS, now)
    db.flush()
    asked = told(db, "sign_in_requested")
    assert asked["email"] == email, "the code goes to the address that was typed"
    return sign_in.confirm_code(db, email, asked["code"], SETTINGS, now)


def codes_of(refused):
    return [error["code"] for error in refused.errors]
