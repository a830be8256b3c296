"""Questions to ask, and their answers in the database."""

from services.registration.models import Booking
from services.registration.places import bookings, questions
from tests.registration.conftest import NOW

PLAIN = {"hint": None, "required": False, "facilitators": False}
DIET = {"kind": "choice", "text": "Which food do you eat?", "options": ["Anything", "Vegan"], **PLAIN}
LUNCH = {"kind": "yes_no", "text": "Will you have lunch?", "options": [], **PLAIN}
LINE = {"kind": "line", "text": "Which seat suits you?", "options": [], **PLAIN}
PARTS = {"kind": "several", "text": "Which parts do you come to?", "options": ["Morning", "Lunch"], **PLAIN}


def asked(db, *items, slug="march", kept_days=30):
    """Have a session that asked nothing ask these."""
    return questions.ask(db, slug, 0, items=list(items), kept_days=kept_days)


def ids_of(there):
    """Return the ids of the questions, in their order."""
    return [question["id"] for question in there["items"]]


def booked(db, person, answers=None, slug="march"):
    """Book for the person, with these answers."""
    return bookings.book(db, person, NOW, slug, answers=answers)


def said_of(db, reference=None):
    """Return what is kept of the answers at a booking, or at the first that was made."""
    found = db.query(Booking).order_by(Booking.id)
    return (found.filter_by(reference=reference) if reference else found).first().answers
