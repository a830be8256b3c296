"""What emails about addresses protect: the right mailbox is told, and nothing of it is kept once it is sent."""

from datetime import timedelta

import pytest

from services.notifications.models import Person
from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says

pytestmark = pytest.mark.one_database

OLD, NEW = "zoe@example.org", "zoe@new.example"


def asked(world, code="042042", email=NEW):
    world.email_change("email_change_asked", email=email, code=code, expires_at=world.now + timedelta(minutes=10))


def changed(world):
    """Have the address changed, as registration tells it: the person, and then the old address."""
    world.person(happened="changed", version=2, email=NEW)
    world.email_change("email_changed", name="Zoë Okafor", undo="abc.def", until=world.now + timedelta(days=7))


def test_the_code_goes_to_the_new_address_at_once(world):
    asked(world)
    [mail] = world.deliver()
    assert (mail["To"], mail["Subject"]) == (NEW, says("email_change.code"))
    assert "042042" in plain(mail).splitlines()
    assert "Zoë" not in plain(mail), "a stranger may read it, and the name is what someone wrote"


def test_the_code_is_not_sent_once_it_is_worth_nothing(world):
    asked(world)
    world.later(minutes=10)
    assert world.deliver() == []


def test_who_has_the_address_already_is_told_and_gets_no_code(world):
    asked(world, code=None)
    [mail] = world.deliver()
    assert (mail["To"], says("email_change.taken") in plain(mail)) == (NEW, True)


def test_the_old_address_gets_a_link_to_undo_it(world):
    changed(world)
    [mail] = world.deliver()
    assert (mail["To"], mail["Subject"]) == ("Zoë Okafor <zoe@example.org>", says("email_change.changed"))
    assert "https://headrow.example.org/account/email/undo/abc.def" in plain(mail).splitlines()
    assert says("email_change.undo") in html(mail)
    assert NEW not in plain(mail)


def test_it_goes_to_the_old_address_whatever_is_heard_first(world):
    world.email_change("email_changed", name="Zoë Okafor", undo="abc.def", until=world.now + timedelta(days=7))
    world.person(happened="changed", version=2, email=NEW)
    assert [mail["To"] for mail in world.deliver()] == ["Zoë Okafor <zoe@example.org>"]


def test_both_are_told_that_it_was_undone(world):
    world.email_change("email_change_undone", name="Zoë Okafor", given_up=NEW)
    back, given_up = world.deliver()
    assert back["Subject"] == given_up["Subject"] == says("email_change.undone")
    assert (back["To"], says("email_change.back") in plain(back)) == ("Zoë Okafor <zoe@example.org>", True)
    assert (given_up["To"], says("email_change.given_up") in plain(given_up)) == (NEW, True)
    assert "Zoë" not in plain(given_up)


def test_one_address_is_told_once(world):
    world.email_change("email_change_undone", name=None, given_up=OLD)
    assert len(world.deliver()) == 1


def test_nothing_of_it_is_kept_once_it_is_sent(world):
    asked(world)
    changed(world)
    world.email_change("email_change_undone", version=2, name="Zoë Okafor", given_up=NEW)
    world.deliver()
    assert {(message.address, message.facts) for message in world.messages()} == {(None, None)}


def test_erasure_drops_what_is_still_to_be_sent(world):
    asked(world)
    changed(world)
    world.erase()
    assert [message.template for message in world.messages()] == ["account_erased"]
    assert len(world.deliver()) == 1


def test_what_is_booked_stays_in_the_calendar_and_is_told_to_the_new_address(world):
    world.booking()
    world.deliver()
    changed(world)
    sent = [mail for mail in world.deliver() if mail["To"] != "Zoë Okafor <zoe@example.org>"]
    assert sent == [], "no calendar is told to take anything out"
    world.booking("booking_cancelled", version=2)
    [mail] = world.deliver()
    assert mail["To"] == "Zoë Okafor <zoe@new.example>"
    [calendar] = [part for part in mail.walk() if part.get_content_type() == "text/calendar"][:1]
    assert "mailto:zoe@new.example" in calendar.get_content().replace("\r\n ", "").replace("\n ", "")


def test_whoever_was_corrected_reads_which_details_and_by_which_team(world):
    data = {"person": ZOE, "changed": ["name", "organisation"]}
    world.hear("registration.person_corrected.v1", f"corrections/{ZOE}", data)
    [mail] = world.deliver()
    assert mail["Subject"] == says("correction.heading")
    lines = plain(mail).splitlines()
    assert says("correction.by", academy="Leeds Academy") in lines
    assert f"- {says('correction.name')}" in lines
    assert f"- {says('correction.organisation')}" in lines


def test_a_guest_who_was_corrected_is_written_to_by_nobody(world):
    with world.begin() as db:
        db.add(Person(id="guest", email=None, name="Pat", version=1))
    world.hear("registration.person_corrected.v1", "corrections/guest", {"person": "guest", "changed": ["name"]})
    assert world.deliver() == []
