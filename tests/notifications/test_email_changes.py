"""What emails about addresses protect: the right mailbox is told, and nothing of it is kept once it is sent."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.models import Person
from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says

pytestmark = pytest.mark.one_database

OLD, NEW = "zoe@example.org", "zoe@new.example"


def meeting_on(day, hours=0):
    starts_at = datetime(2027, 4, day, 9, tzinfo=UTC) + timedelta(hours=hours)
    return {"starts_at": starts_at.isoformat(), "ends_at": (starts_at + timedelta(hours=2)).isoformat()}


def lines_of(calendar, name):
    return [line.removeprefix(f"{name}:") for line in calendar.splitlines() if line.startswith(f"{name}:")]


def uids_of(calendars):
    return [uid for calendar in calendars for uid in lines_of(calendar, "UID")]


def asked(world, code="042042", email=NEW):
    world.email_change("email_change_asked", email=email, code=code, expires_at=world.now + timedelta(minutes=10))


def method_of(mail):
    """Return what the email asks of a calendar: nothing, where it has no invite."""
    found = [line for line in calendar_of(mail).splitlines() if line.startswith("METHOD:")]
    return found[0].removeprefix("METHOD:") if found else None


def calendar_of(mail):
    parts = [part.get_content() for part in mail.walk() if part.get_content_type() == "text/calendar"]
    return parts[0].replace("\r\n ", "").replace("\n ", "") if parts else ""


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


@pytest.mark.parametrize(
    ("what", "subject"),
    [
        ("added", says("addresses_changed.added")),
        ("removed", says("addresses_changed.removed")),
        ("preferred", says("addresses_changed.preferred")),
        ("changed", says("addresses_changed.changed")),
    ],
)
def test_every_address_that_there_was_gets_its_own_link_to_undo_it(world, what, subject):
    told = [{"email": OLD, "undo": "abc.def"}, {"email": "zoe@home.example", "undo": "ghi.jkl"}]
    until = world.now + timedelta(days=7)
    world.email_change("addresses_changed", name="Zoë Okafor", what=what, told=told, until=until)
    first, second = world.deliver()
    assert [mail["To"].addresses[0].addr_spec for mail in (first, second)] == [OLD, "zoe@home.example"]
    assert first["Subject"] == second["Subject"] == subject
    assert "https://headrow.example.org/account/email/undo/abc.def" in plain(first).splitlines()
    assert "https://headrow.example.org/account/email/undo/ghi.jkl" in plain(second).splitlines()
    assert {(message.address, message.facts) for message in world.messages()} == {(None, None)}


def test_a_code_to_add_an_address_says_what_it_is_for(world):
    world.email_change("email_change_asked", email=NEW, code="042042", expires_at=world.now, adding=True)
    assert world.deliver() == [], "it is worth nothing by now"
    later = world.now + timedelta(minutes=10)
    world.email_change("email_change_asked", version=2, email=NEW, code="042042", expires_at=later, adding=True)
    [mail] = world.deliver()
    assert (mail["To"], mail["Subject"]) == (NEW, says("addresses_changed.code"))


def test_all_addresses_are_told_that_it_was_undone(world):
    more = {"others": ["zoe@home.example"], "given_up": NEW, "also_given_up": ["stranger@example.net"]}
    world.email_change("email_change_undone", name="Zoë Okafor", **more)
    told = {mail["To"].addresses[0].addr_spec: says("email_change.back") in plain(mail) for mail in world.deliver()}
    assert told == {OLD: True, "zoe@home.example": True, NEW: False, "stranger@example.net": False}


def test_the_new_address_gets_an_invite_for_each_meeting_to_come_under_a_higher_sequence(world):
    world.booking()
    world.session("april", meetings=[meeting_on(13), meeting_on(20)])
    world.booking(reference="HR-2", session="april")
    world.session("over", meetings=[meeting_on(1, hours=-1000)])
    before = [calendar_of(mail) for mail in world.deliver()]
    world.person(happened="changed", version=2, email=NEW)
    mails = world.deliver()
    assert {mail["To"] for mail in mails} == {"Zoë Okafor <zoe@new.example>"}
    assert [mail["Subject"] for mail in mails].count(says("addresses_changed.invites")) == 1
    again = [calendar_of(mail) for mail in mails]
    uids = [uid for uid in uids_of(before) if uid]
    assert sorted(uids_of(again)) == sorted(uids), "each entry of the calendar once, and none besides"
    assert {sequence for calendar in again for sequence in lines_of(calendar, "SEQUENCE")} == {"1"}
    assert all("METHOD:REQUEST" in calendar for calendar in again)


def test_who_has_nothing_to_come_gets_no_invites(world):
    world.booking()
    world.booking("booking_cancelled", version=2)
    world.deliver()
    world.person(happened="changed", version=2, email=NEW)
    assert world.deliver() == []


def test_a_new_name_sends_no_invites(world):
    world.booking()
    world.deliver()
    world.person(happened="changed", version=2, name="Zoë Adeyemi")
    assert world.deliver() == []


@pytest.mark.parametrize("happened", ["booking_confirmed", "booking_waitlisted"])
def test_who_shares_a_mailbox_reads_whose_booking_it_is_and_what_to_do(world, happened):
    world.booking(happened, by="team", meant_for="Ben Carter")
    [mail] = world.deliver()
    assert says("shared_mailbox.whose", name="Zoë Okafor", meant_for="Ben Carter") in plain(mail)
    assert says("shared_mailbox.not_you", name="Zoë Okafor") in plain(mail)


def test_who_shares_a_mailbox_reads_whose_account_a_code_opens(world):
    world.sign_in(name="Zoë Okafor")
    [mail] = world.deliver()
    assert says("shared_mailbox.sign_in", name="Zoë Okafor") in plain(mail)


def test_a_booking_for_whoever_has_the_account_says_nothing_of_others(world):
    world.booking(by="team")
    [mail] = world.deliver()
    assert says("shared_mailbox.heading").upper() not in plain(mail)


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
    mails = world.deliver()
    assert [method_of(mail) for mail in mails if mail["To"] == "Zoë Okafor <zoe@example.org>"] == [None]
    assert [method_of(mail) for mail in mails if mail["To"] == "Zoë Okafor <zoe@new.example>"] == ["REQUEST"]
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
