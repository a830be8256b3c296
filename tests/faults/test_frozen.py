"""A process that stands still, as under a debugger or on a machine that swaps: others do its work meanwhile."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from tests.faults.audit import LETTERS, audit, insist, rows
from tests.journeys.running import eventually

pytestmark = pytest.mark.slow
PEOPLE = 6
WITHIN = 120  # seconds, on a machine that does much else: it takes 12
HOLDER = """
    SELECT split_part(activity.application_name, ' ', 3)
    FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
    WHERE lock.locktype = 'advisory' AND lock.granted AND activity.application_name LIKE 'headrow registration %'
        AND activity.datname = current_database() AND activity.state = 'idle'
"""


def all_book(people):
    with ThreadPoolExecutor(len(people)) as threads:
        assert all(threads.map(lambda person: insist(person, "the-key"), people))


def test_what_was_booked_is_announced_although_the_process_whose_turn_it_is_stands_still(distributed):
    system = distributed(registrations=2)
    system.start()
    people = system.crowd(2 * PEOPLE)
    holder = int(eventually(lambda: rows(system, "registration", text(HOLDER)))[0][0])
    os.kill(holder, signal.SIGSTOP)
    try:
        all_book(people[:PEOPLE])
        eventually(lambda: len(system.mail()) >= PEOPLE * LETTERS, WITHIN)
    finally:
        os.kill(holder, signal.SIGCONT)
    all_book(people[PEOPLE:])
    eventually(lambda: len(system.mail()) >= 2 * PEOPLE * LETTERS, WITHIN)
    audit(system)
    assert len(system.mail()) == 2 * PEOPLE * LETTERS
