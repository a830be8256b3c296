"""Somebody who is erased is nowhere any more: what is left of them are counts (invariant 8)."""

import uuid

import pytest
from sqlalchemy import insert, select

from services.bus.models import outbox
from services.notifications import messages
from services.notifications.calendar import invites
from services.notifications.errors import NoInvite
from services.notifications.models import Person
from tests.notifications.conftest import LETTERHEAD, NOW, ZOE
from tests.notifications.traces import TRACES, everything, store_in_inbox
from tests.sentences import says


def test_nothing_names_them_any_more_and_the_counts_stay(world):
    world.booking()
    world.deliver()
    world.sign_in()
    world.booking("place_offered", version=2)
    store_in_inbox(world, f"people/{ZOE}")
    world.see_off()
    text = everything(world).replace(f"people/{ZOE}", "")  # the inbox keeps whose event it was, as an id
    assert [trace for trace in TRACES if trace in text] == []
    ended = {(message.template, message.state) for message in world.messages()}
    assert ended == {(template, "sent") for template in ("meeting_cancelled", "account_erased", "booking_confirmed")}


def test_what_an_earlier_version_announced_of_messages_to_them_is_blanked(world):
    row = {"event_id": "1", "type": "x", "erase_key": ZOE, "sensitive": False, "announced_at": NOW}
    with world.begin() as db:
        db.execute(insert(outbox).values({**row, "envelope": ZOE.encode(), "published_at": NOW}))
    world.erase()
    with world.begin() as db:
        assert db.scalars(select(outbox.c.envelope)).all() == [None]


def test_what_was_queued_for_them_is_not_sent(world):
    world.booking()
    world.sign_in()
    left = [message.id for message in world.messages()]
    world.see_off()
    assert not {letter.id for letter in world.letterbox.letters} & {*left}


def test_what_was_under_way_while_they_were_erased_leaves_no_trace(world):
    world.booking()
    send = world.letterbox.send
    world.letterbox.send = lambda letter: (send(letter), world.erase())
    world.deliver()
    assert {message.template for message in world.messages()} == {"meeting_cancelled", "account_erased"}


def test_their_invites_are_gone(world):
    world.booking()
    world.erase()
    with world.begin() as db, pytest.raises(NoInvite):
        invites.last_issued(db, "HR-7K2M9Q", LETTERHEAD)


def test_an_event_that_comes_late_does_not_bring_them_back(world):
    world.see_off()
    world.person(happened="changed", version=12)
    world.booking(version=12)
    assert [message.template for message in world.messages()] == ["account_erased"]
    assert "zoë" not in everything(world)


def test_they_can_be_erased_before_they_were_ever_told_of(empty_world):
    empty_world.erase()
    empty_world.person()
    empty_world.session()
    empty_world.booking()
    assert empty_world.messages() == []


def test_two_people_who_heard_of_the_same_thing_can_both_be_erased(world):
    ben = str(uuid.UUID(int=99))
    world.person(id_=ben, email="ben@example.org", name="Ben")
    world.booking()
    world.booking(reference="HR-BEN", person=ben)
    world.deliver()
    world.session(happened="changed", version=2, venue=None)
    world.deliver()
    world.see_off()
    world.see_off(ben)
    assert len([message for message in world.messages() if message.subject is None]) == 4


def test_others_keep_what_is_theirs(world):
    ben = str(uuid.UUID(int=99))
    world.person(id_=ben, email="ben@example.org", name="Ben")
    world.booking(reference="HR-BEN", person=ben)
    assert {mail["To"] for mail in world.see_off()} == {"zoe@example.org", "Ben <ben@example.org>"}


def test_a_person_can_see_what_was_written_to_them(world):
    world.booking()
    world.deliver()
    world.later(minutes=1)
    world.booking("booking_cancelled", version=2)
    with world.begin() as db:
        first, second = messages.messages_of(db, ZOE)
    assert first == {
        "template": "booking_confirmed",
        "address": "zoe@example.org",
        "subject": f"{says('booking_email.confirmed')}: System Leadership programme: March cohort",
        "booking": "HR-7K2M9Q",
        "state": "sent",
        "queued_at": NOW,
        "finished_at": NOW,
        "reason": None,
        "facts": first["facts"],
        "sent_again": False,
    }
    assert first["facts"]["title"] == "System Leadership programme: March cohort"
    assert (second["template"], second["state"]) == ("booking_cancelled", "queued")


def test_what_is_queued_follows_them_to_their_new_address(world):
    world.booking()
    world.sign_in()
    world.person(happened="changed", version=2, email="new@example.org")
    addresses = {message.template: message.address for message in world.messages()}
    new = dict.fromkeys(("booking_confirmed", "invites_again"), "new@example.org")
    assert addresses == {**new, "sign_in": "zoe@example.org"}


def test_a_code_that_went_to_another_address_of_theirs_is_erased_with_them(world):
    world.person(happened="changed", version=2, addresses=["zoe@example.org", "zoe@home.example"])
    world.person(happened="changed", version=3, addresses=["zoe@example.org"])
    world.sign_in(email="zoe@home.example")
    world.erase()
    with world.begin() as db:
        assert db.get(Person, ZOE).known_addresses == []
    assert [message.template for message in world.messages()] == ["account_erased"]


def test_a_code_of_whoever_has_their_old_address_by_now_is_left_alone(world):
    world.person(happened="changed", version=2, addresses=["zoe@example.org", "desk@example.org"])
    world.person(happened="changed", version=3, addresses=["zoe@example.org"])
    world.person("b7e23ec2-9af6-4a11-8a6f-5a0f4c1d2e33", email="desk@example.org", name="Ben")
    world.sign_in(email="desk@example.org")
    world.erase()
    assert {message.template for message in world.messages()} == {"account_erased", "sign_in"}
