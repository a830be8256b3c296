"""Several processes at once: nothing is sent twice, and nobody is left with what a change has overtaken."""

import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from services.notifications.causes import due
from services.notifications.delivery import bounces
from services.notifications.delivery.transports import PutOff
from services.notifications.models import Session, Undeliverable
from tests.notifications.conftest import times
from tests.notifications.reading import plain
from tests.notifications.reports import report
from tests.sentences import says

pytestmark = pytest.mark.patient

LATER = [times("2027-03-10T13:00:00+00:00", 3)]


def test_four_senders_send_each_message_once(world):
    for number in range(40):
        world.booking(reference=f"HR-{number}")
    with ThreadPoolExecutor(4) as senders:
        for done in [senders.submit(world.deliver) for _ in range(4)]:
            done.result()
    assert len({letter.id for letter in world.letterbox.letters}) == len(world.letterbox.letters) == 40
    assert {message.state for message in world.messages()} == {"sent"}


def test_a_place_that_is_confirmed_while_the_session_changes_is_told_of_the_change(world):
    """The change waits for the booking that is being written down, and then finds it."""
    changing = threading.Thread(target=world.session, kwargs={"happened": "changed", "version": 2, "meetings": LATER})
    with world.begin() as db:
        Session.known(db, "march")
        changing.start()
        changing.join(0.2)
        assert changing.is_alive()
        world.booking(within=db)
    changing.join(10)
    first, second = world.deliver()
    assert "Tuesday 9 March 2027" in plain(first)
    assert f"{says('email.when').upper()}\nWednesday 10 March 2027" in plain(second)


def test_a_place_that_is_confirmed_after_a_change_has_begun_is_confirmed_with_it(world):
    """The booking waits for the change, and reads what came of it."""
    booking = threading.Thread(target=world.booking)
    with world.begin() as db:
        copy = Session.locked(db, "march")
        booking.start()
        booking.join(0.2)
        assert booking.is_alive()
        copy.meetings, copy.version = LATER, 2
    booking.join(10)
    (mail,) = world.deliver()
    assert "Wednesday 10 March 2027" in plain(mail)


def test_somebody_who_is_erased_while_a_change_is_told_is_not_written_to(world):
    """The erasure waits for the change, and takes its message away again."""
    world.booking()
    world.deliver()
    erasing = threading.Thread(target=world.erase, kwargs={"told_before": True})
    with world.begin() as db:
        world.session(happened="changed", version=2, meetings=LATER, within=db)
        erasing.start()
        erasing.join(0.2)
        assert erasing.is_alive()
    erasing.join(10)
    assert world.deliver() == []
    assert {message.state for message in world.messages()} == {"sent"}


@pytest.mark.parametrize("what", ["reminder_week", "materials"])
def test_somebody_who_is_erased_while_it_is_told_what_is_due_is_not_written_to(world, what):
    world.booking()
    world.deliver()
    if what == "materials":
        world.material()
    world.now = world.now + timedelta(minutes=6) if what == "materials" else datetime(2027, 3, 2, 9, 30, tzinfo=UTC)
    erasing = threading.Thread(target=world.erase, kwargs={"told_before": True})
    with world.begin() as db:
        due.tell(db, world.now)
        db.flush()
        erasing.start()
        erasing.join(0.2)
        assert erasing.is_alive()
    erasing.join(10)
    assert world.deliver() == []
    assert [message.template for message in world.messages()] == ["booking_confirmed"]


def test_four_senders_keep_everybody_s_order_however_often_letters_are_put_off(world):
    dice, lock, sent = random.Random(72), threading.Lock(), []
    for number in range(6):
        world.person(id_=str(uuid.UUID(int=number)), email=f"p{number}@example.org", name="P")
    for number in range(60):
        world.later(seconds=0.01)
        world.booking(reference=f"HR-{number}", person=str(uuid.UUID(int=number % 6)))

    under_way = set()

    class Moody:
        doubles = True

        def send(self, letter):
            with lock:
                under_way.add(threading.get_ident())
                if dice.random() < 0.3:
                    raise PutOff("451 not in the mood")
                sent.append(letter)

        def rest(self):
            pass

    def work():
        while len(sent) < 60:
            found = world.deliver_one(Moody())
            with lock:
                under_way.discard(threading.get_ident())
                if not found and not under_way:  # a lease is not to run out while its letter is on its way
                    world.later(seconds=0.5)

    with ThreadPoolExecutor(4) as senders:
        for done in [senders.submit(work) for _ in range(4)]:
            done.result()
    assert {message.state for message in world.messages()} == {"sent"}
    assert len(sent) == len({letter.id for letter in sent}) == 60
    for recipient in {letter.recipient for letter in sent}:
        theirs = [letter.written_at for letter in sent if letter.recipient == recipient]
        assert theirs == sorted(theirs)


def test_a_bounce_and_an_erasure_at_once_leave_no_mark_and_no_deadlock(world):
    world.booking()
    world.deliver()
    (message,) = world.messages()
    erasing = threading.Thread(target=world.erase, kwargs={"told_before": True})
    with world.begin() as db:
        bounces.take(db, report(message.id), world.now)
        erasing.start()
        erasing.join(0.2)
        assert erasing.is_alive()
    erasing.join(10)
    with world.begin() as db:
        assert db.scalars(select(Undeliverable)).all() == []
    assert world.messages()[0].error is None
