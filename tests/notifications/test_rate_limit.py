"""The limit: never more letters in any minute than it says, for all senders together and whatever the clock does."""

import itertools
import subprocess
import sys
import threading
from datetime import datetime, timedelta

import pytest

from services.bus.models import metadata as bus_tables
from services.notifications.delivery import rate_limit, sending
from services.notifications.delivery.transports import PutOff
from services.notifications.models import Base, RateLimit
from tests.notifications.conftest import LETTERHEAD, NOW
from tests.sentences import says

pytestmark = pytest.mark.patient

MINUTE = timedelta(minutes=1)


class Paced:
    """A sender with a limit, whose pauses are passed on the test's clock. `sent` is when each letter went."""

    def __init__(self, world, per_minute: int) -> None:
        self.world, self.per_minute = world, per_minute
        self.sent, self.pauses = [], []
        send = world.letterbox.send
        world.letterbox.send = lambda letter: (self.sent.append(world.now), send(letter))

    def turn(self) -> bool:
        return sending.deliver_next(
            self.world.begin,
            self.world.letterbox,
            LETTERHEAD,
            lambda: self.world.now,
            most=50,
            per_minute=self.per_minute,
            pause=self.pause,
        )

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.world.later(seconds=seconds)

    def work(self) -> None:
        while self.turn():
            assert len(self.pauses) < 10_000


def most_in_a_minute(moments) -> int:
    return max(sum(begin <= moment < begin + MINUTE for moment in moments) for begin in moments)


def book(world, number) -> None:
    for one in range(number):
        world.booking(reference=f"HR-{one}")


@pytest.mark.parametrize("limit", [1, 7, 30])
def test_no_minute_has_more_letters_than_the_limit(world, limit):
    book(world, 3 * limit)
    paced = Paced(world, limit)
    paced.work()
    assert len(paced.sent) == 3 * limit
    assert most_in_a_minute(paced.sent) <= limit
    assert world.now - NOW < 3 * MINUTE + timedelta(seconds=2), "and it is used"


def test_without_a_limit_nothing_is_kept_of_the_pace(world):
    book(world, 5)
    world.deliver()
    with world.begin() as db:
        assert db.get(RateLimit, 1) is None


def test_a_pause_is_short_and_nothing_is_held_in_it(world):
    book(world, 2)
    paced = Paced(world, 1)
    seen = []

    def look(seconds):
        with world.begin() as db:  # on SQLite there could be no other transaction
            assert db.get(RateLimit, 1)
        seen.append((seconds, {message.leased_until for message in world.messages()}))

    paced.pause = look
    assert paced.turn() is True
    assert seen == [(1.0, {None})]


def test_a_code_to_sign_in_with_goes_first_and_counts(world):
    book(world, 5)
    paced = Paced(world, 6)
    assert paced.turn() is True
    world.sign_in()
    paced.work()
    assert [letter.recipient for letter in world.letterbox.letters].count("zoe@example.org") == 6
    order = [mail["Subject"].split(":")[0] for mail in world.letterbox.mails]
    assert order[0] == says("booking_email.confirmed")
    assert order[1] != says("booking_email.confirmed")
    assert most_in_a_minute(paced.sent) <= 6


def test_a_letter_that_is_put_off_counts_as_well(world):
    book(world, 1)
    world.letterbox.failures = [PutOff("451 greylisted")]
    paced = Paced(world, 1)
    paced.turn()
    world.later(seconds=10)
    assert paced.turn() is True
    assert len(paced.pauses) == 2
    assert world.letterbox.letters == []


def test_an_empty_queue_uses_nothing_up(world):
    paced = Paced(world, 1)
    assert paced.turn() is False
    book(world, 1)
    paced.turn()
    assert len(world.letterbox.letters) == 1


def test_a_clock_that_is_put_back_far_stops_the_mail_for_one_distance_at_most(world):
    book(world, 2)
    paced = Paced(world, 4)
    paced.turn()
    world.later(hours=-5)
    with world.begin() as db:
        assert rate_limit.take(db, 4, world.now) == timedelta(seconds=15)
        assert rate_limit.take(db, 4, world.now + timedelta(seconds=14)) == timedelta(seconds=1)
        assert rate_limit.take(db, 4, world.now + timedelta(seconds=15)) == timedelta()


def test_a_clock_that_jumps_ahead_lets_one_letter_go_and_no_burst(world):
    book(world, 10)
    paced = Paced(world, 4)
    paced.turn()
    world.later(days=3)
    begun = world.now
    paced.work()
    assert most_in_a_minute([moment for moment in paced.sent if moment >= begun]) <= 4


@pytest.mark.parametrize("limit", [1, 60, 6000])
def test_two_whose_clocks_differ_keep_the_limit_by_the_clock_that_is_ahead(world, limit):
    taken = []
    with world.begin() as db:
        for tick in range(400):
            now = NOW + tick * MINUTE / limit / 4
            for clock in (now, now - timedelta(seconds=50)):
                if not rate_limit.take(db, limit, clock):
                    taken.append(now)
    assert len(taken) == 100
    assert most_in_a_minute(taken) <= limit


def test_a_thousand_letters_at_the_largest_limit_are_never_one_too_many(world):
    taken, now = [], NOW
    with world.begin() as db:
        while len(taken) < 200:
            if wait := rate_limit.take(db, 7_001, now):
                now += wait
            else:
                taken.append(now)
    distances = [after - before for before, after in itertools.pairwise(taken)]
    assert min(distances) * 7_001 >= MINUTE


def test_senders_share_one_limit(world):
    """Each in a thread of its own, as in a process of its own: they know each other by the database alone."""
    got, lock, step_together = [], threading.Lock(), threading.Barrier(4)

    def sender():
        for step in range(100):
            step_together.wait(30)
            now = NOW + timedelta(seconds=step)
            with world.begin() as db:
                wait = rate_limit.take(db, 20, now)
            if not wait:
                with lock:
                    got.append(now)

    threads = [threading.Thread(target=sender) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) > 20
    assert most_in_a_minute(got) <= 20


TAKE = """
import sys, time
from datetime import UTC, datetime
from services.runtime.database import Transactions, open_engine
from services.notifications.delivery import rate_limit
transactions = Transactions(open_engine(sys.argv[1]))
end = time.monotonic() + 2
while time.monotonic() < end:
    now = datetime.now(UTC)
    with transactions.begin() as db:
        wait = rate_limit.take(db, 600, now)
    print(now.isoformat()) if not wait else time.sleep(wait.total_seconds())
"""


@pytest.mark.slow
def test_two_processes_share_one_limit(make_engine):
    engine = make_engine(Base.metadata, bus_tables)
    url = engine.url.render_as_string(hide_password=False)
    running = [subprocess.Popen([sys.executable, "-c", TAKE, url], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    moments = [line.split() for process in running for line in process.communicate(timeout=60)[0].splitlines()]
    assert all(process.returncode == 0 for process in running)
    times = sorted(datetime.fromisoformat(moment) for [moment] in moments)
    assert 10 <= len(times) <= 60
    assert min(after - before for before, after in itertools.pairwise(times)) >= timedelta(seconds=0.1)
