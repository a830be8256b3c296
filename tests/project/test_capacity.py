"""The simulation of capacity: it books as the services do, it gives what was measured, and docs/scaling.md has it."""

from collections import Counter

import pytest
from simpy import Environment

from benchmarks.capacity import AMOUNTS, measure
from benchmarks.capacity.calls import BUSY, CONFIRMED, LATE, WAITING
from benchmarks.capacity.costs import MEASURED_RUNS, Costs
from benchmarks.capacity.machine import TURN, Disk, Machine, Process
from benchmarks.capacity.runs import Run, closed, rush, steady
from benchmarks.capacity.site import Layout
from tests.project.documents import page, rows

OFF = 0.15  # by how much of what was measured a simulated rate or median may be off
SLOWEST = 0.45  # of the measured p99, what is simulated at least: docs/scaling.md says what it leaves out
SLOW = {**Costs().cpu, "registration": 200.0}  # ms: 32 who are ahead take longer than anyone waits


@pytest.fixture
def env() -> Environment:
    return Environment()


def test_threads_share_a_core_in_turns(env):
    machine = Machine(env, 1)
    one, other = Process(machine), Process(machine)
    short, long = one.use(10 * TURN), other.use(30 * TURN)
    env.run(short)
    assert env.now == pytest.approx(20 * TURN, abs=TURN)
    env.run(long)
    assert env.now == machine.busy == 40 * TURN


def test_a_thread_uses_one_core_at_most(env):
    one = Process(Machine(env, 4))
    env.run(env.all_of([one.use(5), one.use(7)]))
    assert env.now == 12


def test_a_process_of_more_threads_uses_more_cores(env):
    one = Process(Machine(env, 4), threads=2)
    env.run(env.all_of([one.use(5), one.use(7)]))
    assert env.now == 7


def test_who_gives_way_has_less_and_is_not_starved(env):
    machine = Machine(env, 1)
    polite, other = Process(machine, niceness=9), Process(machine)
    begun = [polite.use(TURN) for _ in range(100)], [other.use(TURN) for _ in range(900)]
    env.run(env.all_of(begun[1]))
    assert 90 <= sum(event.triggered for event in begun[0]) <= 101


def test_commits_that_wait_for_the_disk_are_written_together(env):
    disk = Disk(env, 10)
    env.run(env.all_of([disk.flush() for _ in range(5)]))
    assert (env.now, disk.writes, disk.commits) == (20, 2, 5)


def test_nobody_gets_a_place_that_is_not_there():
    outcome = rush(Layout(), people=300, mean=1.0, places=20, pages=1)
    assert (outcome.answers[CONFIRMED], outcome.answers[WAITING]) == (20, 280)


def test_everyone_who_asks_is_answered_once():
    run = Run(Layout(), 3, places=10)
    outcome = run.finish([run.book(run.sessions[n % 3]) for n in range(100)])
    assert outcome.answers[CONFIRMED] + outcome.answers[WAITING] == len(outcome.took) == run.site.bookings == 100
    assert Counter(answer for one in run.sessions for answer in one.answers.values())[CONFIRMED] == 30


def test_those_who_are_sent_away_or_answered_too_late_ask_again_and_book_once():
    run = Run(Layout(cores=1), 1, places=30, costs=Costs(SLOW))
    outcome = run.finish([run.book(run.sessions[0]) for _ in range(60)])
    assert outcome.answers[BUSY]
    assert outcome.answers[LATE]
    assert (outcome.answers[CONFIRMED], outcome.answers[WAITING]) == (30, 30)
    assert run.site.bookings == 60


def test_every_booking_is_heard_of_and_mailed():
    run = Run(Layout(), 2)
    run.finish([run.book(run.sessions[n % 2]) for n in range(50)])
    relay = run.site.relay
    assert relay.notifications.handled == relay.notifications.mailed == relay.community.handled == 50


def test_the_cores_do_no_more_than_there_are():
    outcome = closed(Layout(), 100, 200)
    assert 0.9 < outcome.busy <= 1
    assert sum(outcome.cpu.values()) == pytest.approx(2 * outcome.seconds * outcome.busy)


def test_in_calm_a_booking_waits_for_nothing():
    outcome = steady(Layout(cores=4), 100, rate=5, seconds=20, pages=1)
    assert outcome.within(0.5) < 25


def test_what_one_session_can_take_does_not_grow_with_the_processes():
    few, many = (closed(Layout(16, 2, processes, 2, 4), 1, 300).rate for processes in (4, 8))
    assert many < 1.3 * few


@pytest.mark.parametrize("measured", MEASURED_RUNS, ids=lambda measured: measured.where)
def test_the_simulation_gives_what_was_measured(measured):
    costs = Costs(measured.cpu)
    outcome = closed(Layout(), measured.sessions, measured.bookings, costs=costs, others=measured.others)
    assert outcome.rate == pytest.approx(measured.rate, rel=OFF)
    assert measured.p50 is None or outcome.within(0.5) == pytest.approx(measured.p50, rel=OFF)
    assert SLOWEST * measured.p99 < outcome.within(0.99) <= measured.p99


@pytest.mark.slow
def test_the_page_on_scaling_has_what_the_simulation_prints():
    printed = [list(row) for table in measure(AMOUNTS["full"]) for row in table.rows]
    assert rows(page("docs/scaling.md")) == printed


def test_each_table_says_what_it_is_about_and_has_a_title():
    tables = list(measure(AMOUNTS["tiny"]))
    assert all(table.title.startswith("Capacity: ") for table in tables)
    assert [row for table in tables for row in table.rows if len(row) < 2 or not row[0]] == []
