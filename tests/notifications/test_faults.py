"""A mail server that does everything wrong: the letter is tried again or ends, others go, no connection stays."""

import re
import ssl
import threading
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest

from services.notifications.delivery.transports import Server
from services.runtime.database import open_engine
from tests.notifications import faulty_server

pytestmark = pytest.mark.patient

AMINA = "0b8c5f5e-4d0a-4f7b-9a53-5f7a0c1d2e3f"
WAIT = 10  # seconds for each of the two time-outs: longer than a busy machine needs for a letter
SOON = 2  # the same where a server hangs, and nothing but the time-out ends it


@pytest.fixture
def make_engine(sqlite_databases):
    """What a mail server does wrong is the same to either database."""
    with ExitStack() as afterwards:

        def make(*metadatas):
            engine = open_engine(afterwards.enter_context(sqlite_databases.fresh(metadatas)))
            afterwards.callback(engine.dispose)
            return engine

        yield make


@pytest.fixture(scope="module")
def tls(tmp_path_factory) -> ssl.SSLContext:
    return faulty_server.certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def start():
    """Start a server that errs, and a transport to it: `start(**options of aiosmtpd)`."""
    with ExitStack() as afterwards:

        def start(scheme="smtp", wait=WAIT, **options):
            faulty = afterwards.enter_context(faulty_server.running(**options))
            transport = Server(f"{scheme}://{faulty.address}", wait, wait)
            afterwards.callback(transport.rest)
            return faulty, transport

        yield start


def two_letters(world) -> None:
    """Have two messages queued, to Amina and then to Zoë."""
    world.person(AMINA, email="amina@example.org", name="Amina")
    world.booking(reference="HR-1", person=AMINA)
    world.later(seconds=0.001)
    world.booking(reference="HR-2")


def by_address(world) -> dict:
    return {message.address.partition("@")[0]: message for message in world.messages()}


def is_closed(faulty) -> bool:
    """Tell whether, soon, no connection is open."""
    for _ in range(100):
        if not faulty.open:
            return True
        time.sleep(0.02)
    return False


FOR_NOW = [
    ("greeting", "drop", "closed"),
    ("greeting", "hang", "timed out"),
    ("greeting", "421 Too busy", "421"),
    ("greeting", "554 Go away", "554"),
    ("greeting", "garbage", "nonsense"),
    ("EHLO", "drop", "closed|reset"),
    ("EHLO", "hang", "timed out"),
    ("MAIL", "421 Closing", "421"),
    ("MAIL", "451 Later", "451"),
    ("MAIL", "550 You are not known here", "550"),
    ("MAIL", "drop", "closed|reset"),
    ("MAIL", "hang", "timed out"),
    ("MAIL", "garbage", "nonsense"),
    ("RCPT", "421 Closing", "421"),
    ("RCPT", "451 Greylisted", "451"),
    ("RCPT", "451 Later\x00", "451 later"),
    ("RCPT", "drop", "closed|reset"),
    ("RCPT", "hang", "timed out"),
    ("RCPT", "garbage", "nonsense"),
    ("DATA", "421 Closing", "421"),
    ("DATA", "451 Disk full", "451"),
    ("DATA", "drop", "closed|reset"),
    ("DATA", "hang", "timed out"),
    ("DATA", "garbage", "nonsense"),
    ("END", "421 Closing", "421"),
    ("END", "451 Disk full", "451"),
    ("END", "drop", "closed|reset"),
    ("END", "hang", "timed out"),
    ("END", "garbage", "nonsense"),
]


@pytest.mark.parametrize(("step", "fault", "said"), FOR_NOW)
def test_what_fails_for_now_is_tried_after_five_seconds_and_others_go(world, start, step, fault, said):
    faulty, transport = start(wait=SOON if fault == "hang" else WAIT)
    two_letters(world)
    faulty.faults[step] = [fault]
    world.deliver(transport)
    first = by_address(world)["amina"]
    assert (first.state, first.attempts, first.reason) == ("queued", 1, None)
    assert first.due_at - world.now == timedelta(seconds=5)
    assert first.leased_until is None
    assert re.search(said, first.error, re.IGNORECASE)
    assert first.error.isprintable()
    assert "amina" not in first.error
    world.deliver(transport)
    assert by_address(world)["zoe"].state == "sent"
    world.later(seconds=5)
    world.deliver(transport)
    assert {message.state for message in world.messages()} == {"sent"}
    assert set(faulty.recipients) == {"amina@example.org", "zoe@example.org"}
    assert len(set(faulty.ids)) == 2
    assert len(faulty.ids) == (3 if step == "END" else 2)
    assert is_closed(faulty)


@pytest.mark.parametrize(("step", "recipient"), [("RCPT", True), ("DATA", False), ("END", False)])
def test_what_is_refused_for_good_ends_and_the_next_goes_over_the_same_connection(world, start, step, recipient):
    faulty, transport = start()
    two_letters(world)
    faulty.faults[step] = ["550 5.1.1 Not here"]
    world.deliver(transport)
    assert {name: message.state for name, message in by_address(world).items()} == {"amina": "failed", "zoe": "sent"}
    first = by_address(world)["amina"]
    assert (first.reason, first.error) == ("refused", "550 5.1.1 Not here")
    assert faulty.connections == 1
    assert is_closed(faulty)


@pytest.mark.parametrize("step", ["greeting", "EHLO", "MAIL", "RCPT", "DATA", "END"])
def test_a_slow_server_is_waited_for(world, start, step):
    faulty, transport = start()
    two_letters(world)
    faulty.faults[step] = ["slow"]
    world.deliver(transport)
    assert faulty.recipients == ["amina@example.org", "zoe@example.org"]
    assert faulty.connections == 1


def test_while_one_letter_hangs_another_sender_sends_the_next(world, start):
    faulty, transport = start(wait=5)  # the second letter has that long to go out
    two_letters(world)
    hangs = threading.Event()
    faulty.faults["RCPT"] = [lambda: (faulty.faults["DATA"].append("hang"), hangs.set())]
    stuck = threading.Thread(target=world.deliver_one, args=(transport,))
    stuck.start()
    assert hangs.wait(5)
    world.deliver_one(transport)
    assert stuck.is_alive()
    assert faulty.recipients == ["zoe@example.org"]
    stuck.join()
    assert by_address(world)["amina"].state == "queued"


def test_a_server_that_is_ill_at_every_step_is_spared_after_each(world, start):
    """Each time the wait is longer, and in the end the letter arrives all the same."""
    faulty, transport = start(wait=SOON)
    world.booking()
    for step, fault in (("greeting", "drop"), ("RCPT", "451 Later"), ("DATA", "drop"), ("greeting", "hang")):
        faulty.faults[step].append(fault)
        world.deliver(transport)
        (message,) = world.messages()
        assert message.state == "queued"
        waits = (message.due_at - world.now).total_seconds()
        assert waits == 5 * 3 ** (message.attempts - 1)
        world.deliver(transport)
        assert world.messages()[0].attempts == message.attempts, "it was tried before its time"
        world.later(seconds=waits)
    world.deliver(transport)
    assert len(faulty.taken) == 1
    assert is_closed(faulty)


@pytest.mark.parametrize(
    ("step", "fault"),
    [("STARTTLS", "drop"), ("STARTTLS", "454 TLS not available"), ("STARTTLS", "garbage"), ("handshake", "half")],
)
def test_encryption_that_fails_half_way_is_never_gone_without(world, start, tls, step, fault):
    faulty, transport = start(tls_context=tls)
    two_letters(world)
    faulty.faults[step] = [fault]
    world.deliver(transport)
    assert by_address(world)["amina"].state == "queued"
    assert faulty.taken == []
    world.later(seconds=5)
    world.deliver(transport)
    assert len(faulty.taken) == 2
    assert is_closed(faulty)


def test_a_wrong_certificate_where_tls_was_asked_for_leaves_the_letter_queued(world, start, tls):
    faulty, transport = start("smtps", ssl_context=tls)
    world.booking()
    world.deliver(transport)
    (message,) = world.messages()
    assert message.state == "queued"
    assert "certificate" in message.error.lower()
    assert faulty.taken == []
    assert is_closed(faulty)
