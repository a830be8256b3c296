"""What happens around a session that is over by the day of the demonstration: who came, and what they say of it."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import select

from services.demo import arranging
from services.demo.cast import ASHA, FACILITATOR, NEXT, PLEDGES, TEAM
from services.demo.town import A_DAY, Beat, Town, at, confirmed
from services.registration.attendance import recording
from services.registration.models import Booking, Feedback, Person
from services.registration.voices import feedback, pledges

LAST = "response-across-the-city"
SESSIONS = {  # how many strangers book, and how many of ten of them come
    "people-systems-psychology": (32, 8),
    "myrons-maxims": (28, 9),
    "organisational-flexibility": (24, 7),
    LAST: (26, 9),
}
WITH_ASHA = ("people-systems-psychology", "myrons-maxims", LAST)
WAVES = (28, 20, 13, 7, 3)  # days before, on which people book
ANSWER_AT_ONCE, ANSWER_LATER = 0.35, 0.25  # of those who came
STILL_TO_RECORD = 3  # people of the last session whose attendance is not taken yet


def beats(town: Town) -> Iterator[Beat]:
    """Yield what happens around all of them."""
    for slug in SESSIONS:
        yield from _before(town, slug)
        yield from _after(town, slug)


def _before(town: Town, slug: str) -> Iterator[Beat]:
    day, number = town.day_of(slug), SESSIONS[slug][0]
    if slug in WITH_ASHA:
        yield Beat(at(day - 30 * A_DAY, 12), partial(town.book_as, ASHA, slug))
    for n, before in enumerate(WAVES):
        share = len(range(n, number, len(WAVES)))
        yield Beat(at(day - before * A_DAY, 11), partial(town.book, slug, share))
    yield Beat(at(day - 5 * A_DAY, 15), lambda: town.cancel(slug, town.strangers, number=2))
    if slug == LAST:
        yield Beat(at(day - 10 * A_DAY, 9), partial(arranging.name_facilitator, town, slug))
        yield Beat(at(day - A_DAY, 15), partial(arranging.seat, town, slug, size=6))


def _after(town: Town, slug: str) -> Iterator[Beat]:
    day = town.day_of(slug)
    yield Beat(town.end_of(slug) + timedelta(minutes=20), partial(_take_attendance, town, slug))
    yield Beat(at(day + A_DAY, 10), partial(_give_feedback, town, slug, ANSWER_AT_ONCE))
    yield Beat(at(day + 3 * A_DAY, 13), partial(_give_feedback, town, slug, ANSWER_LATER))
    yield Beat(at(day + 5 * A_DAY, 11), partial(arranging.import_programme_file, town))
    yield Beat(at(day + 44 * A_DAY, 16), partial(_answer_pledges, town, slug))


def _take_attendance(town: Town, slug: str) -> None:
    with town.database("registration").begin() as db:
        recorder = town.person(db, FACILITATOR if slug == LAST else TEAM)
        there = confirmed(db, slug)
        records = [
            {"reference": booking.reference, "meeting": 1, "present": _comes(town, booking, slug)}
            for booking in (there[:-STILL_TO_RECORD] if slug == LAST else there)
        ]
        recording.record(db, recorder, slug, records, "list", town.stage.now())


def _comes(town: Town, booking: Booking, slug: str) -> bool:
    return booking.person_id == town.ids[ASHA] or town.chance.random() * 10 < SESSIONS[slug][1]


def _give_feedback(town: Town, slug: str, share: float) -> None:
    with town.database("registration").begin() as db:
        given = set(db.scalars(select(Feedback.booking_id).where(Feedback.session_slug == slug)))
        for booking in confirmed(db, slug):
            came = booking.attendance == "attended" and booking.id not in given
            if came and _says_something(town, booking, slug, share):
                person = db.get_one(Person, booking.person_id)
                feedback.give(db, person, booking.reference, town.stage.now(), **_opinion(town, person))


def _says_something(town: Town, booking: Booking, slug: str, share: float) -> bool:
    """Asha has said what she thinks of all but the last: that is left to whoever signs in as her."""
    return slug != LAST if booking.person_id == town.ids[ASHA] else town.chance.random() < share


def _opinion(town: Town, person: Person) -> dict[str, Any]:
    pledge, more = town.chance.choice(PLEDGES), town.chance.choice(NEXT)
    return {
        "useful": town.chance.choices((2, 3, 4, 5), (1, 3, 8, 6))[0],
        "differently": pledge if person.id == town.ids[ASHA] or town.chance.random() < 0.7 else None,
        "next": more if town.chance.random() < 0.4 else None,
    }


def _answer_pledges(town: Town, slug: str) -> None:
    with town.database("registration").begin() as db:
        made = select(Booking).join(Feedback, Feedback.booking_id == Booking.id).order_by(Booking.id)
        for booking in db.scalars(made.where(Feedback.session_slug == slug, Feedback.pledged)):
            if town.chance.random() < 0.7:
                did = town.chance.choice(("yes", "yes", "partly", "not_yet"))
                person = db.get_one(Person, booking.person_id)
                pledges.answer(db, person, booking.reference, town.stage.now(), did, None)
