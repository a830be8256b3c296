"""kill -9 of a sender at each step, and two of them that share the work: every mail arrives, and which come twice."""

import os
import signal
import subprocess
import sys
import uuid
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from services.bus.models import metadata as bus_tables
from services.notifications.delivery import leases
from services.notifications.models import Base, Message
from services.runtime.database import Transactions, open_engine
from tests.faults import sender
from tests.journeys.running import ROOT, eventually
from tests.notifications import faulty_server
from tests.notifications.conftest import World
from tests.servers import mail_sink

pytestmark = pytest.mark.slow
SHARED = 1000


class Post:
    """The queue, the mail server, and the processes that deliver from the one to the other."""

    def __init__(self, database, server) -> None:
        self.database = database
        self.server = server
        self.world = World(Transactions(open_engine(database)).begin)
        self.world.now = datetime.now(UTC)
        for tables in (Base.metadata, bus_tables):
            tables.create_all(self.world.begin.__self__.engine)
        self.world.person()
        self.world.session()

    def queue(self, number: int) -> None:
        """Queue as many messages, each about another booking."""
        with self.world.begin() as db:
            for n in range(number):
                self.world.booking(reference=f"HR-{n}", id_=str(uuid.uuid4()), within=db)

    def start(self, step: str = "", port: int | None = None) -> "subprocess.Popen[bytes]":
        """Start a process that delivers; without a step it ends when nothing is due."""
        url = f"smtp://127.0.0.1:{port or self.server.port}"
        return subprocess.Popen([sys.executable, "-m", sender.__name__, self.database, url, step], cwd=ROOT)

    def states(self) -> Counter:
        """How many messages are in which state."""
        with self.world.begin() as db:
            return Counter(db.scalars(select(Message.state)))

    def expected_ids(self) -> set[str]:
        """The Message-IDs of all messages."""
        with self.world.begin() as db:
            return {f"<{id_}@mail.example.org>" for id_ in db.scalars(select(Message.id))}

    def finish(self, port: int | None = None) -> None:
        """Deliver what is left once all leases are over."""
        self.world.now = datetime.now(UTC) + leases.LEASE
        self.world.deliver(sender.Server(f"smtp://127.0.0.1:{port or self.server.port}", 30, 30))
        assert set(self.states()) == {"sent"}


@pytest.fixture
def post(postgresql_server):
    with postgresql_server.fresh_database() as database, faulty_server.running() as server:
        post = Post(database, server)
        yield post
        post.world.begin.__self__.engine.dispose()


@pytest.mark.parametrize(
    ("step", "times"),
    [
        ("before the lease", 1),
        ("before sending", 1),
        ("before the commit", 2),
        ("after the commit", 1),
    ],
)
def test_a_sender_killed_at_any_step_loses_nothing(post, step, times):
    post.queue(2)
    assert post.start(step).wait(30) == -signal.SIGKILL
    post.finish()
    arrived = Counter(post.server.ids)
    assert set(arrived) == post.expected_ids()
    assert sorted(arrived.values()) == sorted([1, times]), "only what could not be written down comes twice"


@pytest.mark.parametrize(("step", "times"), [("greeting", 1), ("RCPT", 1), ("DATA", 1), ("END", 2)])
def test_a_sender_killed_while_it_talks_to_the_server_loses_nothing(post, step, times):
    """At END the server has the letter and nobody has been told: the one moment at which mail can come twice."""
    post.queue(2)
    running = []
    post.server.faults[step] = [lambda: os.kill(running[0].pid, signal.SIGKILL)]
    running.append(post.start("talking"))
    assert running[0].wait(30) == -signal.SIGKILL
    post.finish()
    arrived = Counter(post.server.ids)
    assert set(arrived) == post.expected_ids()
    assert sorted(arrived.values()) == sorted([1, times])


def test_two_processes_share_a_thousand_messages_without_a_double(post):
    post.queue(SHARED)
    with mail_sink.running() as server:
        processes = [post.start(port=server.port) for _ in range(2)]
        assert [process.wait(60) for process in processes] == [0, 0]
        assert post.states() == {"sent": SHARED}
        assert Counter(server.finish()) == dict.fromkeys(post.expected_ids(), 1)


def test_one_of_two_processes_dies_in_the_middle_and_the_other_takes_over(post):
    post.queue(SHARED // 2)
    with mail_sink.running() as server:
        dies, lives = post.start(port=server.port), post.start(port=server.port)
        eventually(lambda: post.states()["sent"] > 50)
        dies.kill()
        dies.wait()
        assert lives.wait(60) == 0
        post.finish(server.port)
        arrived = Counter(server.finish())
    assert set(arrived) == post.expected_ids()
    assert max(arrived.values()) <= 2
    twice = [id_ for id_, times in arrived.items() if times > 1]
    assert len(twice) <= sender.SENDERS, "at most what each of its senders had in hand"


def test_senders_wait_out_a_server_that_is_away(post):
    post.queue(20)
    post.server.faults["greeting"] = ["421 Too busy"] * sender.SENDERS
    assert post.start().wait(30) == 0
    assert post.server.connections <= 2 * sender.SENDERS, "it was knocked at again and again"
    post.finish()
    assert Counter(post.server.ids) == dict.fromkeys(post.expected_ids(), 1)
