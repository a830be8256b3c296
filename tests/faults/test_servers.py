"""The broker and the database killed (SIGKILL) while people book, and started again with what they have on disk."""

import threading
import time
from contextlib import ExitStack

import pytest

from tests.faults.audit import audit, insist, post
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Distributed, eventually
from tests.servers import PrivatePostgreSQL, PrivateRabbitMQ

pytestmark = pytest.mark.slow
PEOPLE = 20
DOWN = 3.0  # seconds
SETTLED = 12.0  # seconds: see docs/faults.md on a broker that is killed just after a queue was made


@pytest.fixture(params=[PrivateRabbitMQ, PrivatePostgreSQL], ids=["RabbitMQ", "PostgreSQL"])
def broken(request, rabbitmq_server, postgresql_server, tmp_path):
    """A server of our own that can be killed, and a Headrow that uses it and otherwise the servers of this run."""
    with ExitStack() as afterwards:
        server = afterwards.enter_context(request.param.running())
        ours = {type(server): server}
        broker = ours.get(PrivateRabbitMQ, rabbitmq_server)
        database = ours.get(PrivatePostgreSQL, postgresql_server)
        urls = [afterwards.enter_context(context) for context in (broker.fresh_vhost(), database.fresh_database())]
        system = afterwards.enter_context(killed_in_the_end(Distributed(tmp_path, *urls)))
        system.start()
        yield server, system
        system.stop()


def test_a_server_that_is_killed_costs_nobody_their_booking(broken, figure):
    server, system = broken
    people = system.crowd(PEOPLE)
    time.sleep(SETTLED)
    booking = threading.Thread(target=lambda: [insist(person, "the-key") for person in people[1:]])
    booking.start()
    server.kill()
    assert post(people[0], "the-key").status_code == 503
    time.sleep(DOWN)
    server.start()
    back = time.monotonic()
    eventually(lambda: (a := post(people[0], "the-key")) is not None and a.status_code == 201)
    figure(f"{server.name} answers again: {time.monotonic() - back:.1f} s until a place is booked")
    booking.join()
    audit(system)
    eventually(lambda: len({str(mail["To"]) for mail in system.mail()}) == PEOPLE)
