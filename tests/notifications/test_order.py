"""One recipient's messages go out in the order of their causes, and wait for nothing else."""

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event, insert, select, text

from services.notifications.delivery import leases, sending
from services.notifications.delivery.transports import PutOff, Unreachable
from services.notifications.models import Message
from tests.notifications.conftest import LETTERHEAD
from tests.sentences import says

pytestmark = pytest.mark.patient

BEN = str(uuid.UUID(int=99))


def kinds(mails) -> list[str]:
    return [mail["Subject"].split(":")[0] for mail in mails]


def states(world) -> dict[str, str]:
    return {message.booking: message.state for message in world.messages()}


def put_off(world, reference="HR-1", **changed):
    """Have a message that a server would not take just now."""
    world.booking(reference=reference, **changed)
    world.letterbox.failures = [PutOff("451 greylisted")]
    world.deliver()
    world.later(seconds=1)


def test_a_message_waits_for_an_older_one_that_was_put_off(world):
    put_off(world)
    world.booking(reference="HR-2")
    assert world.deliver() == []
    world.later(seconds=4)
    world.deliver()
    assert [message.booking for message in sorted(world.messages(), key=lambda message: message.finished_at)] == [
        "HR-1",
        "HR-2",
    ]
    assert states(world) == {"HR-1": "sent", "HR-2": "sent"}


def test_many_wait_in_a_line_and_go_in_its_order(world):
    put_off(world, "HR-0")
    for number in range(1, 6):
        world.booking(reference=f"HR-{number}")
        world.later(seconds=0.1)
        assert world.deliver() == []
    world.later(minutes=1)
    order = []
    send = world.letterbox.send
    world.letterbox.send = lambda letter: (order.append(letter.id), send(letter))
    world.deliver()
    booked = {message.id: message.booking for message in world.messages()}
    assert [booked[id_] for id_ in order] == [f"HR-{number}" for number in range(6)]


def test_whoever_comes_behind_one_that_waits_waits_too(world):
    """The one that waits has never been tried, and is not due: it is in the way all the same."""
    world.booking(reference="HR-1")
    world.later(seconds=0.1)
    world.booking(reference="HR-2")
    send, looked = world.letterbox.send, []

    def slowly(letter):
        world.letterbox.send = send
        looked.append(world.deliver_one())
        send(letter)

    world.letterbox.send = slowly
    world.deliver_one()
    world.later(seconds=0.1)
    world.booking(reference="HR-3")
    assert looked == [False]
    assert world.deliver() == []
    world.later(seconds=1)
    world.deliver()
    in_order = sorted(world.messages(), key=lambda message: message.created_at)
    letters = [letter.id for letter in world.letterbox.letters]
    assert letters == [message.id for message in in_order]


def test_nobody_waits_for_another_person_s_message(world):
    put_off(world)
    world.person(id_=BEN, email="ben@example.org", name="Ben")
    world.booking(reference="HR-BEN", person=BEN)
    assert [mail["To"].addresses[0].username for mail in world.deliver()] == ["ben"]


def test_a_code_to_sign_in_with_waits_for_nobody_and_holds_up_nobody(world):
    put_off(world)
    world.sign_in()
    assert kinds(world.deliver()) == [says("sign_in_email.subject", academy="Leeds Academy")]
    world.letterbox.failures = [PutOff("451 greylisted")]
    world.sign_in(id_=str(uuid.uuid4()))
    world.deliver()
    world.later(seconds=4)
    world.booking(reference="HR-2")
    world.later(seconds=1)
    assert says("booking_email.confirmed") in kinds(world.deliver())


def test_what_is_held_back_on_purpose_holds_up_nobody(world):
    world.booking(reference="HR-1")
    with world.begin() as db:
        db.scalars(select(Message)).one().due_at = world.now + timedelta(hours=9)
    world.later(seconds=1)
    world.booking(reference="HR-2")
    world.deliver()
    assert states(world) == {"HR-1": "queued", "HR-2": "sent"}


def test_what_cannot_be_written_holds_up_nobody_ever(world):
    world.booking(reference="HR-1")
    with world.begin() as db:
        message = db.scalars(select(Message)).one()
        facts, message.facts = message.facts, {"name": "Zoë"}
    assert world.deliver() == []
    assert world.messages()[0].reason == "defect"
    world.later(seconds=1)
    world.booking(reference="HR-2")
    assert len(world.deliver()) == 1
    world.later(seconds=4)
    world.booking(reference="HR-3")  # now the other is due again as well
    assert len(world.deliver()) == 1
    with world.begin() as db:
        db.get(Message, message.id).facts = facts
    world.later(hours=1)
    world.deliver()
    assert set(states(world).values()) == {"sent"}
    assert {message.reason for message in world.messages()} == {None}


def test_what_has_been_mended_and_is_then_put_off_is_waited_for_again(world):
    world.booking(reference="HR-1")
    with world.begin() as db:
        message = db.scalars(select(Message)).one()
        facts, message.facts = message.facts, {"name": "Zoë"}
    world.deliver()
    with world.begin() as db:
        db.get(Message, message.id).facts = facts
    world.later(seconds=5)
    world.letterbox.failures = [PutOff("451 greylisted")]
    world.deliver()
    world.booking(reference="HR-2")
    assert world.deliver() == []


def test_newer_word_of_a_booking_does_not_wait_for_word_that_it_has_overtaken(world):
    put_off(world, happened="booking_waitlisted")
    world.later(minutes=2)
    world.letterbox.failures = [PutOff("451 greylisted")] * 5
    with world.begin() as db:
        db.scalars(select(Message)).one().due_at = world.now + timedelta(minutes=50)
    world.booking(reference="HR-1", version=2)
    world.letterbox.failures = []
    assert kinds(world.deliver()) == [says("booking_email.confirmed")]
    assert [message.reason for message in world.messages()] == ["overtaken", None]


def test_what_is_waited_for_is_hurried(world):
    """A letter to one of many must not hold up what a person waits for until all the others have had theirs."""
    for number in range(30):
        id_ = str(uuid.UUID(int=number + 100))
        world.person(id_=id_, email=f"p{number}@example.org", name="P")
        world.interest(id_=str(uuid.UUID(int=number + 500)), person=id_, programme="slp")
    world.interest(programme="slp")
    world.session("april")
    world.later(seconds=1)
    world.booking()
    world.deliver()
    to_zoe = [number for number, letter in enumerate(world.letterbox.letters) if letter.recipient == "zoe@example.org"]
    assert to_zoe == [0, 1]
    assert kinds(world.letterbox.mails[:2]) == [says("interest_email.subject"), says("booking_email.confirmed")]


def test_whoever_waits_is_looked_at_seldom(world):
    put_off(world)
    with world.begin() as db:
        db.scalars(select(Message)).one().due_at = world.now + timedelta(minutes=40)
    world.booking(reference="HR-2")
    assert world.deliver() == []
    waiting = next(message for message in world.messages() if message.booking == "HR-2")
    assert waiting.leased_until == waiting.due_at == world.now + timedelta(minutes=1)
    assert waiting.attempts == 0
    assert [world.deliver_one() for _ in range(3)] == [False] * 3


def test_a_clock_that_jumps_ahead_has_nothing_given_up_that_was_hardly_tried(world):
    world.booking()
    world.letterbox.failures = [Unreachable("connection refused")]
    world.later(hours=100)
    world.deliver()
    assert world.messages()[0].state == "queued"
    world.later(seconds=5)
    assert len(world.deliver()) == 1


def test_a_clock_that_is_put_back_loses_and_doubles_nothing(world):
    put_off(world, "HR-1")
    world.later(minutes=-30)
    world.booking(reference="HR-2")
    world.deliver()
    world.later(minutes=31)
    world.deliver()
    world.later(hours=1)
    assert world.deliver() == []
    assert len(world.letterbox.letters) == len({letter.id for letter in world.letterbox.letters}) == 2


# What it costs


def statements(world, work) -> list[str]:
    """Return the statements that `work()` runs."""
    ran = []
    with world.begin() as db:
        engine = db.get_bind()
    listen = lambda _c, _cursor, statement, *_: ran.append(" ".join(statement.split()))  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return ran


@pytest.mark.parametrize(("doubles", "cost"), [(False, 2 * 5 + 1), (True, 5 + 20 + 1)])
def test_letters_that_go_quickly_share_their_statements(world, doubles, cost):
    """They are leased 1, 2, 4, 8 and 5 at a time; the last look finds nothing. What could come twice ends alone."""
    world.letterbox.doubles = doubles
    for number in range(20):
        id_ = str(uuid.UUID(int=number + 100))
        world.person(id_=id_, email=f"p{number}@example.org", name="P")
        world.booking(reference=f"HR-{number}", person=id_)
    ran = statements(
        world,
        lambda: sending.deliver_next(world.begin, world.letterbox, LETTERHEAD, lambda: world.now, most=21),
    )
    assert len(world.letterbox.letters) == 20
    work = [statement for statement in ran if not statement.startswith("BEGIN")]
    assert len(work) == cost


@pytest.mark.parametrize("doubles", [False, True])
def test_one_recipient_s_letters_keep_their_order_in_a_batch(world, doubles):
    world.letterbox.doubles = doubles
    for number in range(20):
        world.booking(reference=f"HR-{number}")
        world.later(seconds=0.01)
    sending.deliver_next(world.begin, world.letterbox, LETTERHEAD, lambda: world.now, most=50)
    assert set(states(world).values()) == {"sent"}
    in_order = sorted(world.messages(), key=lambda message: message.created_at)
    assert [letter.id for letter in world.letterbox.letters] == [message.id for message in in_order]
    assert {message.attempts for message in in_order} == {1}


def test_the_queue_and_the_order_are_read_by_their_indexes(world):
    world.booking()
    row = {column.key: getattr(world.messages()[0], column.key) for column in Message.__table__.columns}
    found = []
    with world.begin() as db:
        postgresql = db.get_bind().dialect.name == "postgresql"
        for state, number in (("sent", 3000), ("queued", 1000)):
            same = {**row, "state": state}
            rows = [{**same, "id": str(uuid.uuid4()), "recipient": f"{state} {one // 3}", "template": str(one),
                     "booking": f"HR-{one // 3}"}
                    for one in range(number)]  # fmt: skip
            db.execute(insert(Message.__table__), rows)
        db.execute(text("ANALYZE"))
        connection = db.connection()

        def explain(_connection, cursor, statement, parameters, *_):
            cursor.execute(f"EXPLAIN {'' if postgresql else 'QUERY PLAN '}{statement}", parameters)
            found.extend(str(row) for row in cursor.fetchall())

        event.listen(connection, "before_cursor_execute", explain)
        db.execute(leases._LEASE, {"now": world.now, "until": world.now + leases.LEASE, "most": 1})
        event.remove(connection, "before_cursor_execute", explain)
    plan = "\n".join(found)
    assert "ix_messages_queue" in plan, plan
    assert "ix_messages_order" in plan, plan
    assert "Seq Scan on messages" not in plan, plan
    assert "SCAN earlier" not in plan, plan


@pytest.mark.parametrize("waiting", [True, False])
def test_the_order_is_found_among_the_queued_alone(world, waiting):
    world.booking(reference="HR-1")
    world.deliver() if not waiting else None
    world.later(seconds=1)
    world.booking(reference="HR-2")
    with world.begin() as db:
        first = db.execute(leases._LEASE, {"now": world.now, "until": world.now + leases.LEASE, "most": 1}).first()
        second = db.execute(leases._LEASE, {"now": world.now, "until": world.now + leases.LEASE, "most": 1}).first()
    assert first[3] is None
    assert (second is not None and second[3] == first[0].id) == waiting
