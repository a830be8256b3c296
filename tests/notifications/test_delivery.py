"""Delivery: sooner or later, at least once, in order, and never in another message's way."""

import uuid
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from services.notifications.delivery import leases, sending
from services.notifications.delivery.transports import PutOff, Refused, Unreachable
from services.notifications.models import Message
from tests.notifications.conftest import LETTERHEAD
from tests.sentences import says

pytestmark = pytest.mark.patient


def only(world) -> Message:
    (message,) = world.messages()
    return message


def ended(world) -> list[tuple[str, str, str | None]]:
    """What became of each message, and why."""
    return [(message.state, message.template, message.reason) for message in world.messages()]


def test_the_waits_grow_from_five_seconds_threefold_to_an_hour():
    waits = [sending.retry_after(attempts, 0.0).total_seconds() for attempts in range(1, 10)]
    assert waits == [5, 15, 45, 135, 405, 1215, 3600, 3600, 3600]


@pytest.mark.parametrize("attempts", [1, 2, 5, 7, 10_000])
def test_chance_adds_a_fifth_at_most_and_never_passes_the_hour(attempts):
    least, most = sending.retry_after(attempts, 0.0), sending.retry_after(attempts, 1.0)
    assert least <= most <= min(least * 1.2, timedelta(hours=1))


@pytest.mark.parametrize("failure", [PutOff("451 greylisted"), Unreachable("connection refused")])
def test_what_fails_for_now_is_tried_again_when_its_time_has_come(world, failure):
    world.booking()
    world.letterbox.failures = [failure]
    assert world.deliver() == []
    message = only(world)
    assert (message.state, message.attempts, message.error) == ("queued", 1, str(failure))
    world.later(seconds=4.9)
    assert world.deliver() == []
    world.later(seconds=0.1)
    assert len(world.deliver()) == 1
    assert ended(world) == [("sent", "booking_confirmed", None)]


def test_after_three_days_without_luck_it_is_given_up(world):
    world.booking()
    world.letterbox.failures = [Unreachable("connection refused")] * 1000
    begun = world.now
    while only(world).state == "queued":
        assert world.deliver() == []
        world.now = max(only(world).due_at, world.now)
    message = only(world)
    assert (message.state, message.reason, message.error) == ("failed", "gave_up", "connection refused")
    assert timedelta(hours=71) < message.finished_at - begun <= timedelta(hours=72)
    assert ended(world) == [("failed", "booking_confirmed", "gave_up")]


def test_what_is_refused_is_not_tried_again(world):
    world.booking()
    world.letterbox.failures = [Refused("550 no such user")]
    world.deliver()
    world.later(days=1)
    assert world.deliver() == []
    message = only(world)
    assert (message.state, message.reason, message.error) == ("failed", "refused", "550 no such user")
    assert ended(world) == [("failed", "booking_confirmed", "refused")]


def test_one_letter_that_is_put_off_holds_up_no_other(world):
    world.booking(reference="HR-1")
    world.booking(reference="HR-2")
    world.letterbox.failures = [PutOff("451 greylisted")]
    assert len(world.deliver()) == 1


def test_a_server_that_is_away_is_not_knocked_at_for_every_letter(world):
    world.booking(reference="HR-1")
    world.booking(reference="HR-2")
    world.letterbox.failures = [Unreachable("connection refused")]
    assert world.deliver_one() is False
    assert world.letterbox.letters == []


def test_a_letter_that_cannot_be_written_holds_up_no_other_and_is_given_another_chance(world):
    world.booking(reference="HR-1")
    world.booking(reference="HR-2")
    with world.begin() as db:
        broken = db.scalars(select(Message).order_by(Message.id)).first()
        facts, broken.facts = broken.facts, {"name": "Zoë"}
    assert len(world.deliver()) == 1
    with world.begin() as db:
        db.get(Message, broken.id).facts = facts
    world.later(seconds=5)
    assert len(world.deliver()) == 1


def test_nobody_holds_a_transaction_while_a_letter_is_on_its_way(world):
    world.booking()
    begin, under_way = world.begin, []

    @contextmanager
    def watched():
        under_way.append("a transaction")
        with begin() as db:
            yield db
        under_way.pop()

    send, seen = world.letterbox.send, []
    world.begin = watched
    world.letterbox.send = lambda letter: (seen.append(list(under_way)), send(letter))
    world.deliver()
    assert seen == [[]]


def test_what_one_sender_has_taken_no_other_takes(world):
    world.booking()
    counts = []
    send = world.letterbox.send
    world.letterbox.send = lambda letter: (counts.append(world.deliver_one()), send(letter))
    world.deliver()
    assert counts == [False]
    assert len(world.letterbox.letters) == 1


def die(letter):
    raise SystemExit("killed")


def test_what_a_dead_sender_had_taken_is_sent_when_its_lease_is_over(world):
    world.booking()
    send, world.letterbox.send = world.letterbox.send, die
    with pytest.raises(SystemExit):
        world.deliver()
    world.letterbox.send = send
    world.later(seconds=11)
    assert world.deliver() == []
    world.later(seconds=1)
    assert len(world.deliver()) == 1
    assert only(world).attempts == 2


def several(world, number: int) -> None:
    """Queue as many messages, each to another person."""
    for one in range(number):
        world.person(id_=str(uuid.UUID(int=one + 1)), email=f"p{one}@example.org", name="P")
        world.booking(reference=f"HR-{one}", person=str(uuid.UUID(int=one + 1)))


def deliver_many(world) -> bool:
    """Let a sender send up to fifty, several at a time."""
    return sending.deliver_next(world.begin, world.letterbox, LETTERHEAD, lambda: world.now, lambda: 0.0, most=50)


def test_one_letter_of_a_batch_that_fails_changes_nothing_for_the_others(world):
    world.letterbox.doubles = False
    several(world, 7)
    send, tried = world.letterbox.send, []

    def fails_twice(letter):
        tried.append(letter.id)
        if len(tried) == 4:
            raise Refused("550 no such user")
        if len(tried) == 6:
            raise PutOff("451 greylisted")
        send(letter)

    world.letterbox.send = fails_twice
    deliver_many(world)
    assert len(world.letterbox.letters) == 5
    by_id = {message.id: message for message in world.messages()}
    assert [by_id[id_].state for id_ in tried] == ["sent"] * 3 + ["failed", "sent", "queued", "sent"]
    assert by_id[tried[5]].leased_until is None


def test_a_batch_that_finds_the_server_away_is_given_back_untouched(world):
    several(world, 7)
    send, tried = world.letterbox.send, []

    def goes_away(letter):
        tried.append(letter.id)
        if len(tried) == 4:
            raise Unreachable("connection refused")
        send(letter)

    world.letterbox.send = goes_away
    assert deliver_many(world) is False
    assert len(tried) == 4
    untried = [message for message in world.messages() if message.id not in tried]
    assert {(message.state, message.attempts, message.leased_until) for message in untried} == {("queued", 0, None)}
    world.letterbox.send = send
    deliver_many(world)
    assert len(world.letterbox.letters) == 6


def test_what_is_behind_a_letter_that_takes_long_is_left_to_others(world):
    several(world, 7)
    send, tried = world.letterbox.send, []

    def hangs_once(letter):
        tried.append(letter.id)
        if len(tried) == 4:
            world.later(seconds=7)
            world.letterbox.send = send
            deliver_many(world)  # the others have run out by now, or do so in the next seconds
        send(letter)

    world.letterbox.send = hangs_once
    deliver_many(world)
    world.later(seconds=12)
    deliver_many(world)
    assert {message.state for message in world.messages()} == {"sent"}
    assert len(world.letterbox.letters) == len({letter.id for letter in world.letterbox.letters}) == 7


def test_somebody_who_is_erased_while_a_batch_is_sent_has_no_letter_left(world):
    world.letterbox.doubles = False
    several(world, 3)
    send, sent = world.letterbox.send, []

    def erases(letter):
        send(letter)
        sent.append(letter)
        if len(sent) == 2:
            person = next(message.person for message in world.messages() if message.id == letter.id)
            world.erase(person)

    world.letterbox.send = erases
    deliver_many(world)
    kept = {letter.id for letter in world.letterbox.letters}
    assert kept == {letter.id for letter in sent} - {sent[1].id}
    assert sent[1].recipient not in {message.address for message in world.messages()}


def test_a_lease_is_held_for_as_long_as_the_sending_takes(world):
    world.booking()
    send, found = world.letterbox.send, []

    def slowly(letter):
        for _ in range(60):
            world.later(seconds=5)
            with world.begin() as db:
                leases.hold(db, world.now)
            found.append(world.deliver_one())
        send(letter)

    world.letterbox.send = slowly
    world.deliver()
    assert not any(found)
    assert len(world.letterbox.letters) == 1
    with world.begin() as db:
        leases.hold(db, world.now)
    assert only(world).leased_until is None


def test_a_sender_whose_lease_ran_out_does_not_undo_what_the_next_one_did(world):
    world.booking()
    send = world.letterbox.send

    def hang_and_fail(letter):
        world.later(minutes=7)
        world.letterbox.send = send
        world.deliver()
        raise Refused("550 no such user")

    world.letterbox.send = hang_and_fail
    world.deliver()
    assert only(world).state == "sent"
    assert ended(world) == [("sent", "booking_confirmed", None)]


def test_a_sender_whose_lease_ran_out_does_not_end_what_another_is_sending(world):
    world.booking()

    def hang_and_fail(letter):
        world.later(minutes=7)
        world.letterbox.send = die  # so the other one has it still
        with pytest.raises(SystemExit):
            world.deliver()
        raise Refused("550 no such user")

    world.letterbox.send = hang_and_fail
    world.deliver_one()
    message = only(world)
    assert (message.state, message.attempts) == ("queued", 2)
    assert message.leased_until > world.now


def test_messages_about_one_booking_go_out_in_the_order_of_their_causes(world):
    world.booking("booking_waitlisted")
    world.later(seconds=1)
    world.booking("booking_confirmed", version=2, cause="promoted")
    send, counts = world.letterbox.send, []

    def slowly(letter):
        world.letterbox.send = send
        counts.append(world.deliver_one())  # a second sender looks for work meanwhile
        send(letter)

    world.letterbox.send = slowly
    assert [mail["Subject"].split(":")[0] for mail in world.deliver()] == [says("booking.waiting")]
    assert counts == [False]
    world.later(seconds=1)
    assert [mail["Subject"].split(":")[0] for mail in world.deliver()] == [says("booking_email.confirmed")]


def test_after_an_outage_only_the_newest_word_of_a_booking_goes_out(world):
    world.letterbox.failures = [Unreachable("connection refused")] * 3
    world.booking("booking_waitlisted")
    world.deliver()
    world.later(minutes=10)
    world.booking("booking_confirmed", version=2)
    world.deliver()
    world.later(minutes=10)
    world.booking("booking_cancelled", version=3)
    world.letterbox.failures = []
    assert [mail["Subject"].split(":")[0] for mail in world.deliver()] == [says("booking_email.cancelled")]
    assert [reason for state, _, reason in ended(world) if state == "failed"] == ["overtaken", "overtaken"]


def test_an_offer_is_not_sent_once_its_time_is_up(world):
    world.booking("place_offered", offer_expires_at=world.now + timedelta(hours=2))
    world.later(hours=2)
    assert world.deliver() == []
    assert ended(world) == [("failed", "place_offered", "expired")]


def test_with_nothing_to_do_the_connections_are_let_go(world):
    world.booking()
    world.deliver()
    assert world.letterbox.at_rest


def test_no_two_messages_can_have_the_same_cause_recipient_and_template(world):
    world.booking()
    row = {column.key: getattr(only(world), column.key) for column in Message.__table__.columns}
    with world.begin() as db:
        with pytest.raises(IntegrityError):
            db.execute(insert(Message.__table__).values({**row, "id": "another"}))
        db.rollback()
