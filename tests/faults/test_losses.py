"""What the broker loses reaches its readers all the same: what is lost is found, and published again."""

import time
from typing import Any

import pytest
from kombu.connection import Connection
from sqlalchemy import select

from services.bus.models import compared, outbox
from services.bus.topology import queue_of
from tests.faults.audit import LETTERS, SESSION, audit, rows
from tests.journeys.running import eventually

pytestmark = pytest.mark.slow
PEOPLE = 4
WITHIN = 150  # seconds, on a machine that does much else: it takes 45


def test_a_queue_that_is_lost_with_all_that_it_held_costs_nobody_an_email(distributed, figure):
    """As when the disk of the broker is lost, or a backup of the databases is restored beside an empty broker."""
    system = distributed()
    system.start()
    people = system.crowd(PEOPLE)
    system.kill("notifications")
    for person in people:
        person.book(SESSION)
    unpublished = select(outbox.c.position).where(outbox.c.published_at.is_(None))
    eventually(lambda: not rows(system, "registration", unpublished))
    connect: Any = Connection
    with connect(system.environment["HEADROW_BUS"]) as connection:
        assert connection.channel().queue_delete(queue_of("notifications")) >= PEOPLE

    system.serve("notifications")
    began = time.monotonic()
    eventually(lambda: len(system.mail()) >= PEOPLE * LETTERS, WITHIN)
    figure(f"{time.monotonic() - began:.1f} s until all have their emails")
    assert sorted({mail["To"].rpartition("<")[2].rstrip(">") for mail in system.mail()}) == [
        f"p{n}@example.org" for n in range(PEOPLE)
    ]
    assert len(system.mail()) == PEOPLE * LETTERS
    audit(system)
    whole = select(compared.c.source).where(compared.c.missing == 0)
    eventually(lambda: len(rows(system, "notifications", whole)) == 3, WITHIN)
    assert system.run("doctor").returncode == 0
