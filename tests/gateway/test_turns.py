"""A rush for one session leaves room for everything else, and whoever is sent away is told when to come, in turn."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from gateway.web import turns
from gateway.web.turns import FEWEST, OF_ALL, OF_ONE, Lane, Turns
from services.runtime.refusals import Unavailable
from tests.gateway import fakes

WANTED, OTHER = "power-of-story", "another"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lane(clock) -> Lane:
    return Lane(OF_ONE, clock)


@pytest.fixture
def crowd() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(300) as threads:
        yield threads


def book(world, slug):
    world.registration.answers["book"] = fakes.booking()
    return world.ask("POST", "/bookings", "person-token", {"session": slug}, Idempotency_Key="a-key")


def fill(lane: Lane) -> None:
    for _ in range(OF_ONE):
        lane.enter(None)


def wait_behind(lane: Lane, crowd: ThreadPoolExecutor, number: int) -> list[Future[None]]:
    """Have so many wait for their turn, and return them once they do."""
    waiting = len(lane._waiting) + number
    come = [crowd.submit(lane.enter, None) for _ in range(number)]
    until = time.monotonic() + 5
    while len(lane._waiting) < waiting and time.monotonic() < until:
        time.sleep(0.001)
    return come


def sent_away(lane: Lane, key: str | None = None) -> int:
    """Return after how many seconds whoever comes now is to come again."""
    with pytest.raises(Unavailable) as refused:
        lane.enter(key)
    return int(refused.value.facts["retry_after"])


def let_out(lane: Lane, clock: Clock, number: int, every: float) -> None:
    for _ in range(number):
        clock.now += every
        lane.leave()


def test_whoever_waits_has_their_turn_when_one_is_answered(lane, crowd):
    fill(lane)
    [first] = wait_behind(lane, crowd, 1)
    assert not first.done()
    lane.leave()
    assert first.result(1) is None


def test_nobody_waits_who_would_wait_in_vain(lane, crowd):
    fill(lane)
    come = wait_behind(lane, crowd, 101)  # what is taken to be two seconds, until it is known
    assert [sent_away(lane) for _ in range(3)] == [2, 2, 2]
    for _ in come:
        lane.leave()


def test_whoever_waited_too_long_is_sent_away_and_leaves_no_gap(lane, monkeypatch):
    monkeypatch.setattr(turns, "LONGEST", 0.01)
    fill(lane)
    assert sent_away(lane, "a-key") >= 1
    lane.leave()
    lane.enter("a-key")


def test_each_is_told_a_moment_of_their_own_as_far_apart_as_the_lane_can_take(lane, clock, crowd):
    fill(lane)
    come = wait_behind(lane, crowd, 90)
    let_out(lane, clock, 30, every=0.1)
    told = [sent_away(lane, f"key-{number}") for number in range(100)]
    assert told == sorted(told)
    assert told[-1] - told[0] == pytest.approx(100 / 10, abs=1.1)
    for _ in come[30:]:
        lane.leave()


def test_whoever_comes_back_at_their_moment_goes_before_who_comes_for_the_first_time(lane, clock, crowd):
    fill(lane)
    come = wait_behind(lane, crowd, 101)
    after = sent_away(lane, "a-key")
    clock.now += after
    for _ in range(70):
        lane.leave()
    assert sent_away(lane, "a-new-key") >= 1
    back = crowd.submit(lane.enter, "a-key")
    for _ in come[70:]:
        lane.leave()
    lane.leave()
    assert back.result(1) is None


def test_nobody_is_kept_waiting_for_those_who_stay_away(lane, clock, crowd):
    fill(lane)
    come = wait_behind(lane, crowd, 101)
    clock.now += sent_away(lane, "who stays away") + turns.GRACE + 1
    for _ in range(60):
        lane.leave()
    come += wait_behind(lane, crowd, 1)
    for _ in come[60:]:
        lane.leave()
    assert [one.result(1) for one in come] == [None] * len(come)


def test_where_little_is_answered_little_is_under_way(lane, clock, crowd):
    fill(lane)
    wait_behind(lane, crowd, 60)
    let_out(lane, clock, 60, every=1.0)
    assert lane._inside == FEWEST
    for _ in range(60):
        lane.leave()


def test_a_rush_leaves_room_for_other_things_and_is_forgotten_when_it_is_over(clock):
    everything = Turns(clock)
    with ExitStack() as under_way:
        for _ in range(OF_ONE):
            under_way.enter_context(everything.taken(WANTED, None))
        for _ in range(OF_ALL - OF_ONE):
            under_way.enter_context(everything.taken(OTHER, None))
    assert everything._lanes == {}


@pytest.mark.parametrize("slug", ["", 7, None])
def test_a_booking_of_nothing_has_its_turn_too(asha, slug):
    assert book(asha, slug).status_code == 201


def test_in_a_rush_some_are_sent_away_at_once_and_others_book_other_sessions(asha, monkeypatch):
    monkeypatch.setattr(turns, "SOON", -1)
    with ExitStack() as rush:
        for _ in range(OF_ONE):
            rush.enter_context(asha.application.turns.taken(WANTED, None))
        answer = book(asha, WANTED)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert book(asha, OTHER).status_code == 201
    assert book(asha, WANTED).status_code == 201
