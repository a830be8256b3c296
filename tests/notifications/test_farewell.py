"""The last emails: calendars are put right, the person hears that it is done, and then their address is forgotten."""

from datetime import timedelta

import pytest

from services.notifications.delivery import sending
from services.notifications.delivery.transports import Refused, Unreachable
from tests.notifications.conftest import ZOE
from tests.notifications.reading import calendar, has_invite, plain
from tests.notifications.traces import everything
from tests.sentences import says

TWO = [
    {"starts_at": "2027-03-09T09:30:00+00:00", "ends_at": "2027-03-09T16:30:00+00:00"},
    {"starts_at": "2027-03-30T08:30:00+00:00", "ends_at": "2027-03-30T15:30:00+00:00"},
]


def methods(mails):
    return [str(calendar(mail)["METHOD"]) if has_invite(mail) else None for mail in mails]


def test_each_date_to_come_is_called_off_and_then_they_hear_that_it_is_done(world):
    world.session(happened="changed", version=2, meetings=TWO)
    world.booking()
    world.deliver()
    mails = world.see_off()
    assert methods(mails) == ["CANCEL", "CANCEL", None]
    assert mails[-1]["Subject"] == says("erased_email.subject")
    assert says("erased_email.cancelled") in plain(mails[-1])


def test_a_cancellation_is_of_the_entry_that_they_have_under_a_later_sequence(world):
    world.booking()
    (asked,) = [calendar(mail).walk("VEVENT")[0] for mail in world.deliver()]
    called_off = calendar(world.see_off()[0]).walk("VEVENT")[0]
    assert called_off["UID"] == asked["UID"]
    assert called_off["SEQUENCE"] > asked["SEQUENCE"]
    assert called_off["STATUS"] == "CANCELLED"


@pytest.mark.parametrize("order", ["booking first", "person first"])
def test_they_are_told_once_in_whatever_order_it_is_heard(world, order):
    world.booking()
    world.deliver()
    hear = [lambda: world.booking("booking_cancelled", version=2, cause="erased"), world.erase]
    for heard in hear if order == "booking first" else reversed(hear):
        heard()
    assert methods(world.deliver()) == ["CANCEL", None]
    world.erase(version=10)
    assert world.deliver() == []


def test_what_has_taken_place_stays_in_their_calendar(world):
    world.booking()
    world.deliver()
    world.later(days=365)
    assert methods(world.see_off()) == [None]


def test_they_hear_of_it_in_quiet_hours_and_without_emails_that_they_did_not_want(world):
    world.booking()
    world.deliver()
    world.now = world.now.replace(hour=23)
    assert methods(world.see_off()) == ["CANCEL", None]


def test_nothing_in_the_last_emails_names_them_but_the_address(world):
    world.booking()
    world.deliver()
    for mail in world.see_off():
        assert "okafor" not in mail.as_string().lower()
        assert mail["To"] == "zoe@example.org"


def test_until_they_are_handed_over_only_the_last_emails_know_the_address(world):
    world.booking()
    world.deliver()
    world.erase()
    text = everything(world)
    assert text.count("zoe@example.org") == 2
    assert ZOE not in text
    world.letterbox.failures = [Unreachable("no")]
    world.deliver_one()
    world.later(minutes=1)
    world.deliver()
    assert "zoe" not in everything(world)


@pytest.mark.parametrize("failure", [Unreachable("no"), Refused("550 5.1.1 no", recipient=True)])
def test_the_address_is_gone_as_well_where_they_cannot_be_handed_over(world, failure):
    world.booking()
    world.deliver()
    world.erase()
    for _ in range(200):
        world.letterbox.failures = [failure]
        world.deliver_one()
        world.later(hours=1)
    assert {message.state for message in world.messages() if message.template == "account_erased"} == {"failed"}
    assert "zoe" not in everything(world)
    assert timedelta(hours=200) > sending.GIVE_UP_AFTER


def test_whoever_was_told_before_is_not_told_again(world):
    world.booking()
    world.deliver()
    world.erase(told_before=True)
    assert world.deliver() == []


def test_whose_account_was_not_used_reads_that_it_was_not(world):
    world.erase(unused=True)
    (mail,) = world.deliver()
    assert says("erased_email.unused") in plain(mail)
