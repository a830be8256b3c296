"""A RabbitMQ of three nodes loses the one that leads, while people book."""

import itertools
import threading
import time
from contextlib import ExitStack

import pytest

from services.bus import topology, wire
from tests.faults.audit import audit, insist
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Distributed, eventually
from tests.servers.private_cluster import private_cluster

pytestmark = pytest.mark.slow
PEOPLE = 40
PAUSE = 0.1  # seconds between two who book
SETTLED = 12.0  # seconds: see docs/faults.md on a broker that is killed just after a queue was made


@pytest.fixture
def clustered(postgresql_server, tmp_path):
    """A Headrow on a broker of three nodes."""
    with ExitStack() as afterwards:
        cluster = afterwards.enter_context(private_cluster())
        database = afterwards.enter_context(postgresql_server.fresh_database())
        system = afterwards.enter_context(killed_in_the_end(Distributed(tmp_path, cluster.url, database)))
        system.start()
        yield cluster, system
        system.stop()


def test_a_node_of_three_that_is_lost_costs_nobody_their_booking(clustered, figure):
    cluster, system = clustered
    people = system.crowd(2 * PEOPLE)
    time.sleep(SETTLED)
    for number, queue in enumerate((wire.queue_of("registration"), topology.queue_of("notifications"))):
        some = people[number * PEOPLE : (number + 1) * PEOPLE]
        leader, booked_at = cluster.leader_of(queue), [time.monotonic()]
        booking = threading.Thread(target=lambda some=some, at=booked_at: _book_one_after_the_other(some, at))
        booking.start()
        eventually(lambda at=booked_at: len(at) > 5)
        leader.kill()
        booking.join()
        longest = max(after - before for before, after in itertools.pairwise(booked_at))
        figure(f"the node that leads {queue} is killed: {longest:.1f} s at most between two bookings")
        audit(system)  # with two of three
        leader.start()
        eventually(cluster.is_whole)
    eventually(lambda: len({str(mail["To"]) for mail in system.mail()}) == 2 * PEOPLE)


def _book_one_after_the_other(people, booked_at):
    for number, person in enumerate(people):
        insist(person, f"key-{number}")
        booked_at.append(time.monotonic())
        time.sleep(PAUSE)
