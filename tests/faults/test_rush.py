"""A rush for sixty places: exactly sixty people have one, the others wait in an order without a gap."""

import asyncio
import json
import re
from collections import Counter

import pytest
from sqlalchemy import select

from services.bus.database import Transactions, open_engine
from services.registration.models import Booking, Session
from tests.journeys.running import Caller

pytestmark = pytest.mark.slow
PEOPLE = 2000
SESSION = "slp-march-cohort"


async def rush(port, tokens):
    """Have everybody book at the same moment, each on a connection of their own, and insist until answered."""
    gate = asyncio.Event()

    async def book(number, token):
        await gate.wait()
        for _ in range(30):
            status, answer, pause = await request(port, number, token)
            if status == 201:
                return answer
            assert status == 503, (status, answer)
            await asyncio.sleep(pause)
        raise AssertionError("no answer in thirty tries")

    tasks = [asyncio.create_task(book(number, token)) for number, token in enumerate(tokens)]
    await asyncio.sleep(0)
    gate.set()
    return await asyncio.gather(*tasks)


async def request(port, number, token):
    """Send one POST /bookings; return status, answer and Retry-After. A broken connection counts as 503."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = json.dumps({"session": SESSION}).encode()
        head = (
            f"POST /api/v1/bookings HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Idempotency-Key: rush-{number}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "Connection: close\r\n\r\n"
        )
        writer.write(head.encode() + body)
        whole = await reader.read()
        writer.close()
        head, _, answer = whole.partition(b"\r\n\r\n")
        pause = re.search(rb"(?i)retry-after: *(\d+)", head)
        return int(head.split()[1]), json.loads(answer), int(pause[1]) if pause else 0
    except (OSError, IndexError, ValueError):
        return 503, None, 2


def test_two_thousand_people_at_once_for_sixty_places_through_two_registration_processes(distributed):
    system = distributed(registrations=2)
    system.start()
    people = system.crowd(PEOPLE)
    tokens = [person.http.headers["Authorization"].removeprefix("Bearer ") for person in people]
    answers = asyncio.run(rush(system.port, tokens))

    engine = open_engine(system.environment["HEADROW_DATABASE"], "registration")
    with Transactions(engine).begin() as db:
        rows = {row.reference: row for row in db.scalars(select(Booking).where(Booking.session_slug == SESSION))}
        session = db.get(Session, SESSION)
        figures = (session.taken_in_room, session.waiting_in_room)
    engine.dispose()

    assert Counter(row.state for row in rows.values()) == {"confirmed": 60, "waiting": PEOPLE - 60}
    assert figures == (60, PEOPLE - 60)
    assert {answer["reference"] for answer in answers} == set(rows), "every 201 exists, and nothing else does"
    positions = sorted(answer["position"] for answer in answers if answer["position"])
    assert positions == list(range(1, PEOPLE - 59)), "each position was given to one person"
    in_line = sorted((row for row in rows.values() if row.state == "waiting"), key=lambda row: row.line)
    told = {answer["reference"]: answer["position"] for answer in answers}
    assert [told[row.reference] for row in in_line] == list(range(1, PEOPLE - 59)), "the line stands as it was told"
    assert Caller(system.url).get(f"/sessions/{SESSION}").status_code == 200
