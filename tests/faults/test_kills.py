"""kill -9 at the worst moments: nothing is lost, nothing is doubled (invariants 4 and 5)."""

import threading
import time
from collections import Counter
from itertools import islice

import pytest
import requests
from sqlalchemy import select

from gateway.projection import kept_snapshot
from services.registration.models import Booking
from tests.faults.audit import LETTERS, SESSION, audit, insist, post, rows
from tests.faults.conftest import killed_in_the_end
from tests.faults.dying import DIES_AT, GROUP, STEPS
from tests.faults.lines import Line, Mute
from tests.journeys.running import Caller, Embedded, eventually

pytestmark = pytest.mark.slow


def bookings_in(system):
    """Return all bookings as registration's database has them."""
    return rows(system, "registration", select(Booking.reference, Booking.state, Booking.mode, Booking.session_slug))


def test_registration_killed_between_commit_and_reply_has_booked_once(distributed, figure):
    system = distributed()
    line = Line(system.environment["HEADROW_BUS"])
    broker = system.environment["HEADROW_BUS"]
    system.start()
    system.kill("registration")
    system.serve("registration", HEADROW_BUS=line.url)
    amina = system.crowd(1)[0]
    eventually(lambda: amina.get("/bookings").status_code == 200)

    line.hold()
    answers = []
    asking = threading.Thread(target=lambda: answers.append(post(amina, "the-key")))
    asking.start()
    eventually(lambda: len(bookings_in(system)) == 1)  # committed, and the reply is held in the line
    system.kill("registration")
    asking.join()
    assert answers[0].status_code == 503
    assert answers[0].headers["Retry-After"]

    system.serve("registration", HEADROW_BUS=broker)
    began = time.monotonic()
    booked = insist(amina, "the-key").json()
    figure(f"{time.monotonic() - began:.1f} s from the start of registration to its answer")
    assert [row.reference for row in bookings_in(system)] == [booked["reference"]]
    eventually(lambda: len(system.mail("p0@example.org")) >= LETTERS)
    audit(system)
    assert len(system.mail("p0@example.org")) == LETTERS
    line.close()


def test_a_service_killed_at_any_step_of_a_booking_loses_and_doubles_nothing(distributed):
    system = distributed()
    system.start()
    sizes = [5 if step.startswith(GROUP) else 1 for step in STEPS]
    everyone = iter(system.crowd(sum(sizes)))
    for step, size in zip(STEPS, sizes, strict=True):
        service = STEPS[step][0]
        system.processes.pop(service).stop()
        people = list(islice(everyone, size))
        booking = [threading.Thread(target=insist, args=(person, "the-key")) for person in people]
        for each in booking if size > 1 else ():
            each.start()  # while nobody answers, so that they are all taken at once
        dies = system.launch(service, "serve", service, **{DIES_AT: step})
        for each in booking if size == 1 else ():
            each.start()
        eventually(lambda process=dies: not process.running)
        system.serve(service)
        for each in booking:
            each.join()
    assert len(bookings_in(system)) == sum(sizes)
    eventually(lambda: len(system.mail()) >= sum(sizes) * LETTERS)
    audit(system)
    assert len(system.mail()) == sum(sizes) * LETTERS


def test_notifications_killed_between_inbox_and_send_sends_once(distributed):
    system = distributed()
    mute = Mute()
    mail = system.environment["HEADROW_MAIL"]
    system.environment["HEADROW_MAIL"] = mute.url
    system.start()
    amina, *others = system.crowd(6)
    amina.book(SESSION)
    assert mute.taken.wait(20), "the mail server was never called"
    assert system.mail() == []
    for person in others:  # more than there are senders: all of them hang, and nothing else does
        reference = person.book(SESSION)["reference"]
        eventually(lambda who=person, ref=reference: who.get(f"/bookings/{ref}/invite.ics").status_code == 200, 10)
    system.kill("notifications")

    system.serve("notifications", HEADROW_MAIL=mail)
    eventually(lambda: len(system.mail()) >= 6 * LETTERS, 90)
    audit(system)
    assert len(system.mail()) == 6 * LETTERS
    mute.close()


@pytest.mark.timeout(900)
def test_notifications_killed_again_and_again_tells_everybody_once(distributed):
    system = distributed()
    system.start()
    people = system.crowd(60)
    booking = threading.Thread(target=lambda: [person.book(SESSION) for person in people])
    booking.start()
    for _ in range(4):
        time.sleep(0.7)
        system.kill("notifications")
        system.serve("notifications")
    booking.join()
    eventually(lambda: len(system.mail()) >= 60 * LETTERS, 400)
    audit(system)
    assert len(system.mail()) == 60 * LETTERS


def test_one_process_killed_under_load_keeps_every_booking_that_it_answered(tmp_path):
    with killed_in_the_end(Embedded(tmp_path)) as system:
        system.start()
        people = system.crowd(120, sectors=("hospital", "social_care", "citizen"))  # places are held for some
        answered = []
        stop = threading.Event()

        def book_some(part):
            for number in part:
                if stop.is_set():
                    return
                answer = post(people[number], f"key-{number}", "slp-march-cohort")
                if answer is not None and answer.status_code == 201:
                    answered.append(answer.json())

        hands = [threading.Thread(target=book_some, args=(range(first, 120, 4),)) for first in range(4)]
        for hand in hands:
            hand.start()
        eventually(lambda: len(answered) > 40)
        system.kill("up")
        stop.set()
        for hand in hands:
            hand.join()
        kept = {row.reference: row.state for row in bookings_in(system)}
        assert {booking["reference"] for booking in answered} <= set(kept)

        system.start()
        for number, person in enumerate(people):
            insist(person, f"key-{number}", "slp-march-cohort")
        assert Counter(row.state for row in bookings_in(system)) == {"confirmed": 60, "waiting": 60}
        positions = [person.get("/bookings").json()["items"][0]["position"] for person in people]
        assert sorted(position for position in positions if position) == list(range(1, 61))
        mails = 60 * 2 + 60  # whoever has a place hears of each of the two meetings
        eventually(lambda: len(system.mail()) >= mails, 60)
        audit(system)
        assert len({mail["To"] for mail in system.mail()}) == 120
        assert len(system.mail()) == mails
        assert system.stop() == {"up": 0}


def test_the_catalogue_is_readable_while_everything_behind_the_gateway_is_dead(distributed):
    system = distributed()
    system.start()
    for name in ("catalogue", "registration", "notifications", "community"):
        system.kill(name)
    nobody = Caller(system.url)
    assert nobody.get("/sessions").status_code == 200
    assert requests.get(f"{system.url}/health/ready", timeout=10).status_code == 200
    unwell = requests.get(f"{system.url}/health/all", timeout=10)
    assert unwell.status_code == 503
    assert requests.get(f"{system.url}/health/live", timeout=10).status_code == 200
    asked = nobody.post("/sign-in", {"email": "amina@example.org"})
    assert (asked.status_code, asked.json()["type"]) == (503, "/problems/unavailable")

    eventually(lambda: (system.folder / kept_snapshot.NAME).exists())
    system.kill("gateway")
    system.serve_gateway()
    eventually(lambda: answers(system))
    assert nobody.get("/sessions/" + SESSION).status_code == 200, "also by one that started when all of them were dead"


def answers(system):
    try:
        return requests.get(f"{system.url}/health/ready", timeout=10).status_code == 200
    except requests.RequestException:
        return False
