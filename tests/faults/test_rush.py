"""A rush for sixty places: exactly sixty people have one, the others wait in an order without a gap."""

from collections import Counter

import pytest
from sqlalchemy import select

from services.registration.models import Booking, Session
from tests.faults.audit import opened
from tests.faults.crowds import all_at_once, asked_by
from tests.journeys.running import Caller

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # on a busy machine most are told 503 at first, and ask again
PEOPLE = 600
SESSION = "slp-march-cohort"
SECTORS = ("hospital", "social_care", "citizen")  # some of its sixty places are held for the last two of them


def test_six_hundred_people_at_once_for_sixty_places_through_two_registration_processes(distributed):
    system = distributed(registrations=2)
    system.start()
    people = system.crowd(PEOPLE, sectors=SECTORS)
    asked = [asked_by(person, "/bookings", f"rush-{n}", session=SESSION) for n, person in enumerate(people)]
    answered = all_at_once(system.port, asked)
    assert {status for status, _ in answered} == {201}
    answers = [answer for _, answer in answered]

    with opened(system, "registration") as db:
        rows = {row.reference: row for row in db.scalars(select(Booking).where(Booking.session_slug == SESSION))}
        session = db.get(Session, SESSION)
        figures = (session.taken_in_room, session.waiting_in_room)

    assert Counter(row.state for row in rows.values()) == {"confirmed": 60, "waiting": PEOPLE - 60}
    assert figures == (60, PEOPLE - 60)
    assert {answer["reference"] for answer in answers} == set(rows), "every 201 exists, and nothing else does"
    positions = sorted(answer["position"] for answer in answers if answer["position"])
    assert positions == list(range(1, PEOPLE - 59)), "each position was given to one person"
    waiting = sorted((row for row in rows.values() if row.state == "waiting"), key=lambda row: row.waiting_number)
    told = {answer["reference"]: answer["position"] for answer in answers}
    assert [told[row.reference] for row in waiting] == list(range(1, PEOPLE - 59)), (
        "the waiting list stands as people were told"
    )
    assert Caller(system.url).get(f"/sessions/{SESSION}").status_code == 200
