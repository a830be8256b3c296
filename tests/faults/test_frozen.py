"""A process that stands still, as under a debugger or on a machine that swaps: others do its work meanwhile."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from services.registration.models import Session
from tests.faults.audit import LETTERS, SESSION, audit, insist, opened, post, rows
from tests.journeys.running import eventually

pytestmark = pytest.mark.slow
PEOPLE = 6
CROWD = 24  # more than a process has workers, twice over, and fewer than the calls that a gateway has under way
HELD = "slp-march-cohort"
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


def test_what_was_booked_is_announced_although_the_process_whose_turn_it_is_stands_still(distributed, figure):
    system = distributed(registrations=2)
    system.start()
    people = system.crowd(2 * PEOPLE)
    holder = int(eventually(lambda: rows(system, "registration", text(HOLDER)))[0][0])
    os.kill(holder, signal.SIGSTOP)
    began = time.monotonic()
    try:
        all_book(people[:PEOPLE])
        eventually(lambda: len(system.mail()) >= PEOPLE * LETTERS, WITHIN)
        figure(f"{time.monotonic() - began:.1f} s until all who booked have their emails")
    finally:
        os.kill(holder, signal.SIGCONT)
    all_book(people[PEOPLE:])
    eventually(lambda: len(system.mail()) >= 2 * PEOPLE * LETTERS, WITHIN)
    audit(system)
    assert len(system.mail()) == 2 * PEOPLE * LETTERS


def test_a_session_whose_row_is_held_holds_up_no_other_session_and_not_for_long(distributed):
    """As by a process that stands still in the middle of a booking, or by a statement that somebody typed."""
    system = distributed()
    system.start()
    people = system.crowd(2 * CROWD)
    with opened(system, "registration") as db:
        db.execute(select(Session).where(Session.slug == HELD).with_for_update())
        with ThreadPoolExecutor(2 * CROWD) as threads:
            held = [threads.submit(post, person, "the-key", HELD) for person in people[:CROWD]]
            others = [*threads.map(lambda person: post(person, "the-key", SESSION), people[CROWD:])]
        assert {answer.status_code for answer in others} == {201}
        assert {future.result().status_code for future in held} <= {201, 503}
        assert insist(people[0], "the-key", HELD).status_code == 201
        with pytest.raises(DBAPIError):
            db.execute(select(Session))
        db.rollback()
    audit(system)
