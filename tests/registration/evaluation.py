"""Questions of an evaluation, and people who answer them."""

from datetime import timedelta

from services.registration.evaluation import answering, asking, moments, reporting
from services.registration.models import Booking, Session
from services.registration.places import bookings
from tests.registration.conftest import NOW, START

PLAIN = {"hint": None, "options": [], "low": None, "high": None}
TRUST = {**PLAIN, "kind": "scale", "text": "How sure are you?", "low": "Not sure", "high": "Sure"}
ROLE = {**PLAIN, "kind": "choice", "text": "Which part do you play?", "options": ["Lead", "Member"]}
HOPE = {**PLAIN, "kind": "text", "text": "Which hopes have you?"}
END = START + timedelta(hours=7)
BEFORE, DAY, QUARTER = "before", "on_the_day", "after_3_months"
WHEN = {
    BEFORE: NOW,
    DAY: END,
    QUARTER: END + moments.LATER[QUARTER],
}


def asked(db, *items, of="programmes", slug="slp", moments=(BEFORE, DAY, QUARTER)):
    """Have a programme that asked nothing ask these; return the ids of the questions."""
    there = asking.ask(db, of, slug, 0, items=list(items), moments=list(moments))
    return [question["id"] for question in there["items"]]


def came(db, who, *slugs):
    """Have someone book these sessions, and be there."""
    for slug in slugs or ("march",):
        bookings.book(db, who, NOW, slug)


def absent(db, who, slug="march"):
    """Have the list say that someone was not there."""
    db.query(Booking).filter_by(person_id=who.id, session_slug=slug).one().attendance = "absent"
    db.flush()


def answer(db, who, answers, moment=BEFORE, slug="march", now=None):
    """Have someone answer at a moment."""
    return answering.answer(db, who, slug, now or WHEN[moment], moment, answers)


def closed(db, moment, slug="march"):
    """Return when nobody of a session can answer at a moment any more."""
    return moments.window(db.get(Session, slug), moment)[1]


def report(db, now, of="programmes", slug="slp"):
    """Return what the team reads then."""
    return reporting.report(db, of, slug, now)


def at(told, moment, n=0):
    """Return what a report says of a question at a moment."""
    return next(row for row in told["items"][n]["moments"] if row["moment"] == moment)


def change(told, to, n=0):
    """Return what a report says of how answers to a question changed."""
    return next(row for row in told["items"][n]["changes"] if row["to"] == to)
