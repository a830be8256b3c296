"""Once, and nothing stale: whatever comes twice, at once, in another order, late, or by a clock that jumps."""

import threading
import uuid
from collections import Counter
from contextlib import ExitStack
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.event import listen
from sqlalchemy.exc import SQLAlchemyError

from services.bus.models import metadata as bus_tables
from services.notifications.delivery.transports import PutOff, Unreachable
from services.notifications.models import Base
from services.runtime.database import Transactions, open_engine
from tests.contracts.announced import check_outbox
from tests.examples import examples
from tests.notifications.conftest import NOW, World
from tests.sentences import says

HISTORY = [
    ("booking_waitlisted", {}),
    ("place_offered", {"offer_expires_at": NOW + timedelta(days=5)}),
    ("booking_confirmed", {"cause": "accepted"}),
    ("booking_confirmed", {"cause": "converted", "mode": "online", "by": "team", "was_confirmed": True}),
    ("booking_cancelled", {}),
]
LAST = f"{says('booking_email.cancelled')}: System Leadership programme: March cohort"


def event_id(number: int) -> str:
    return str(uuid.UUID(int=1000 + number))  # the world counts its own from 1


def hear_at_once(tasks) -> None:
    """Have everything heard at the same moment, each as the inbox does it: what fails is tried again."""
    ready = threading.Barrier(len(tasks))

    def insist(task):
        ready.wait()
        for _ in range(len(tasks)):
            try:
                return task()
            except SQLAlchemyError:
                continue
        raise AssertionError("it never went through")

    threads = [threading.Thread(target=insist, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


@pytest.mark.parametrize("ids", [[1, 1, 1], [1, 2, 3]], ids=["the same event", "told three times"])
@pytest.mark.parametrize("happened", ["booking_waitlisted", "booking_confirmed", "booking_cancelled"])
def test_what_is_delivered_three_times_at_once_is_told_once(world, happened, ids):
    hear_at_once([lambda id_=id_: world.booking(happened, id_=event_id(id_)) for id_ in ids])
    assert len(world.messages()) == 1
    assert len(world.deliver()) == 1


def test_a_change_that_is_delivered_three_times_at_once_is_told_once(world):
    world.booking()
    world.deliver()
    changed = {"venue": {"name": "Town hall", "address": None, "access": None}, "version": 2, "happened": "changed"}
    hear_at_once([lambda: world.session(**changed)] * 3)
    assert len(world.deliver()) == 1


def test_a_sign_in_that_is_delivered_three_times_at_once_sends_one_code(world):
    hear_at_once([lambda: world.sign_in(id_=event_id(5))] * 3)
    assert len(world.deliver()) == 1


def tell(world, version: int) -> None:
    happened, more = HISTORY[version - 1]
    world.booking(happened, version=version, id_=event_id(version), **more)


def finish(world) -> None:
    """Let time pass until nothing is queued."""
    world.letterbox.failures = []
    for _ in range(3):
        world.deliver()
        world.later(hours=2)
    assert {message.state for message in world.messages()} <= {"sent", "failed"}


def sent_versions(world) -> list[int]:
    versions = {message.id: message.booking_version for message in world.messages()}
    return [versions[letter.id] for letter in world.letterbox.letters]


VERSIONS = range(1, len(HISTORY) + 1)
PAUSES = st.sampled_from([0.0, 0.001, 2.0, 7.0, 90.0, 3600.0])
FAILURES = st.sampled_from([None, None, PutOff("451 greylisted"), Unreachable("connection refused")])
STEPS = st.lists(st.tuples(st.sampled_from(VERSIONS), PAUSES, st.booleans(), FAILURES), max_size=8)


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(order=st.permutations(VERSIONS), steps=STEPS, pauses=st.lists(PAUSES, min_size=5, max_size=5))
def test_in_whatever_order_events_come_what_is_sent_rises_to_the_last_state(sqlite_databases, order, steps, pauses):
    """Some come twice, some deliveries fail, and time passes between: no letter is older than one before it."""
    with ExitStack() as afterwards:
        engine = open_engine(afterwards.enter_context(sqlite_databases.fresh((Base.metadata, bus_tables))))
        afterwards.callback(engine.dispose)
        listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))  # for haste
        world = World(Transactions(engine).begin)
        world.person()
        world.session()
        heard = [(version, pause, True, None) for version, pause in zip(order, pauses, strict=True)]
        mixed = [step for pair in zip(heard, steps, strict=False) for step in pair]
        for version, pause, deliver, failure in mixed + heard[len(steps) :]:
            tell(world, version)
            world.later(seconds=pause)
            world.letterbox.failures = [failure] if failure else []
            if deliver:
                world.deliver()
        finish(world)
        versions = sent_versions(world)
        assert versions == sorted(set(versions)), "something stale was sent, or something twice"
        assert versions[-1] == len(HISTORY)
        assert world.letterbox.mails[-1]["Subject"] == LAST
        with world.begin() as db:
            check_outbox(db)


def test_a_message_that_was_put_off_is_not_sent_after_newer_word(world):
    tell(world, 1)
    world.letterbox.failures = [PutOff("451 greylisted")]
    world.deliver()
    world.later(seconds=1)
    tell(world, 3)
    world.deliver()
    finish(world)
    assert sent_versions(world) == [3]


def test_a_clock_that_goes_back_an_hour_sends_nothing_stale_nothing_twice_and_loses_nothing(world):
    tell(world, 1)
    world.letterbox.failures = [Unreachable("connection refused")]
    world.deliver()
    world.booking(reference="HR-2")
    world.later(hours=-1)
    tell(world, 3)
    world.booking(reference="HR-3")
    assert len(world.deliver()) == 2
    world.later(hours=1, seconds=5)
    world.deliver()
    assert Counter(message.state for message in world.messages()) == {"sent": 3, "failed": 1}
    assert [message.reason for message in world.messages() if message.reason] == ["overtaken"]
    world.later(hours=5)
    assert world.deliver() == []


def test_a_clock_that_jumps_a_year_ahead_sends_each_once_and_at_once(world):
    for number in range(20):
        world.booking(reference=f"HR-{number}")
    world.letterbox.failures = [PutOff("451 greylisted")] * 10
    world.deliver()
    world.later(days=365)
    world.deliver()
    assert {message.state for message in world.messages()} == {"sent"}
    assert len({letter.id for letter in world.letterbox.letters}) == len(world.letterbox.letters) == 20
    world.later(days=-365)
    assert world.deliver() == []
    world.booking(reference="HR-after")
    assert len(world.deliver()) == 1


def test_a_clock_that_jumps_while_a_letter_is_on_its_way_sends_it_once(world):
    world.booking()
    send = world.letterbox.send

    def send_while_the_clock_jumps(letter):
        world.later(days=-1)
        send(letter)

    world.letterbox.send = send_while_the_clock_jumps
    world.deliver()
    world.later(days=2)
    assert world.deliver() == []
    assert [message.state for message in world.messages()] == ["sent"]
