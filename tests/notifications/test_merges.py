"""What emails and calendars of merged accounts protect: both addresses know, one person is written to once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.notifications import messages, preferences
from services.notifications.calendar import feeds
from services.notifications.models import Booking, Facilitator, Interest, Invite, MergeMove, Message, Person, Unwanted
from tests.notifications.conftest import INTEREST, LETTERHEAD, NOW, ZOE
from tests.notifications.reading import calendar, has_invite, plain
from tests.sentences import says

pytestmark = pytest.mark.one_database

OTHER = "0c3f6a52-2a5e-4c55-9d5b-8a8b5d4a1a10"
OLD = "zoe@old.example"


@pytest.fixture
def world(world):
    """Zoë has another account, by an older address."""
    world.person(OTHER, email=OLD)
    return world


def rows(world, kind):
    with world.begin() as db:
        return db.scalars(select(kind)).all()


def to(world, mails, address):
    return [mail for mail in mails if address in mail["To"]]


class TestMails:
    def test_a_code_goes_to_the_other_address_at_once_and_names_nobody(self, world):
        data = {"person": ZOE, "email": OLD, "code": "042042", "expires_at": NOW + timedelta(minutes=10)}
        world.hear("registration.merge_asked.v1", f"merges/{ZOE}", data)
        [mail] = world.deliver()
        assert (mail["To"], mail["Subject"]) == (OLD, says("merge_email.code"))
        assert ("042042" in plain(mail), "Zoë" in plain(mail)) == (True, False)

    @pytest.mark.parametrize("by", ["person", "team"])
    def test_both_addresses_are_told_and_how_to_undo_it(self, world, by):
        world.merge(OTHER, by=by)
        mails = world.deliver()
        assert {mail["Subject"] for mail in mails} == {says("merge_email.merged")}
        assert [len(to(world, mails, address)) for address in (OLD, "zoe@example.org")] == [1, 1]
        assert all(f"{LETTERHEAD.public_url}/account/merges" in plain(mail) for mail in mails)
        assert all(says("merge_email.button") in plain(mail) for mail in mails)
        assert (says("merge_email.by_team") in plain(mails[0])) == (by == "team")
        assert [says("merge_email.still") in plain(mail) for mail in mails] == [OLD in mail["To"] for mail in mails]

    def test_both_addresses_are_told_that_it_is_undone(self, world):
        world.merge(OTHER), world.deliver()
        world.part(OTHER, email=OLD, name="Zoë Okafor")
        mails = world.deliver()
        assert [mail["Subject"] for mail in mails] == [says("merge_email.parted")] * 2
        assert {OLD in mail["To"] for mail in mails} == {True, False}

    def test_nobody_is_told_twice_or_of_what_is_announced_again(self, world):
        world.merge(OTHER)
        world.merge(OTHER)
        world.merge(OTHER, version=3, told_before=True)
        assert len(world.deliver()) == 2

    def test_neither_address_is_kept_once_it_is_sent(self, world):
        world.merge(OTHER), world.deliver()
        assert {(row.address, row.facts) for row in rows(world, Message)} == {(None, None)}


class TestCalendars:
    def test_the_better_booking_comes_into_the_calendar_and_the_other_goes_from_its_own_once(self, world):
        world.booking(person=OTHER, reference="HR-STAYS")
        world.booking(reference="HR-GOES")
        world.deliver()
        world.booking("booking_cancelled", 2, reference="HR-GOES", cause="merged")
        world.merge(OTHER)
        world.reassign(ZOE, reference="HR-STAYS"), world.reassign(ZOE, 3, reference="HR-GOES", state="cancelled")
        mails = [mail for mail in world.deliver() if mail["Subject"] != says("merge_email.merged")]
        said = {str(calendar(mail)["METHOD"]): mail["Subject"] for mail in mails}
        assert (len(mails), sorted(said)) == (2, ["CANCEL", "REQUEST"])
        assert says("merge_email.one_booking") in said["CANCEL"]
        assert says("merge_email.place") in said["REQUEST"]
        assert all("zoe@example.org" in mail["To"] for mail in mails)

    def test_the_invite_keeps_its_uid_and_its_sequence_goes_on(self, world):
        world.booking(person=OTHER)
        [first] = world.deliver()
        world.merge(OTHER), world.reassign(ZOE)
        [again] = to(
            world, [m for m in world.deliver() if says("merge_email.place") in m["Subject"]], "zoe@example.org"
        )
        before, after = (calendar(mail).walk("VEVENT")[0] for mail in (first, again))
        assert (before["UID"], int(before["SEQUENCE"]) + 1) == (after["UID"], int(after["SEQUENCE"]))
        assert "zoe@example.org" in after["ATTENDEE"]

    def test_the_cancellation_of_a_booking_of_the_other_account_goes_to_its_address_even_late(self, world):
        world.booking(person=OTHER)
        world.deliver(), world.merge(OTHER)
        world.booking("booking_cancelled", 2, person=OTHER, cause="merged")
        assert any(OLD in mail["To"] and has_invite(mail) for mail in world.deliver())

    def test_the_calendar_at_the_old_address_is_the_kept_account_s(self, world):
        world.booking(), world.merge(OTHER)
        with world.begin() as db:
            assert "HR-7K2M9Q" in feeds.written(db, OTHER, 0, LETTERHEAD, NOW)["ics"]

    def test_what_is_still_queued_of_a_booking_goes_out(self, world):
        world.booking(person=OTHER)
        world.merge(OTHER), world.reassign(ZOE)
        world.later(minutes=5)
        assert sum(has_invite(mail) for mail in world.deliver()) == 2


class TestWhatIsTheirs:
    def test_what_came_late_for_the_old_account_is_for_the_kept_one(self, world):
        world.merge(OTHER)
        world.interest(person=OTHER, programme="slp")
        data = {"id": INTEREST, "person": OTHER, "session": "march"}
        world.hear("registration.facilitator_named.v1", f"facilitators/{INTEREST}", data)
        assert [row.person for row in (*rows(world, Interest), *rows(world, Facilitator))] == [ZOE, ZOE]

    def test_a_late_word_of_the_old_account_changes_nothing(self, world):
        world.merge(OTHER)
        world.person(OTHER, "changed", 2, email="late@example.org")
        world.booking(person=OTHER, version=1), world.reassign(ZOE, 2), world.booking(person=OTHER, version=1)
        [booking] = rows(world, Booking)
        assert booking.person == ZOE

    def test_what_was_merged_late_or_undone_before_is_undone(self, world):
        world.part(OTHER, version=4, email=OLD, name="Zoë Okafor")
        world.merge(OTHER, version=3)
        with world.begin() as db:
            assert db.get_one(Person, OTHER).merged_into is None

    def test_what_they_did_not_want_by_either_they_do_not_get(self, world):
        with world.begin() as db:
            preferences.choose(db, ZOE, {"reminders": False}, NOW)
            preferences.choose(db, OTHER, {"materials": False, "reminders": False}, NOW)
        world.merge(OTHER)
        with world.begin() as db:
            assert [topic for topic, wanted in preferences.view(db, ZOE).items() if not wanted] == [
                *("reminders", "materials")
            ]
        world.part(OTHER, email=OLD, name="Zoë Okafor")
        with world.begin() as db:
            unwanted = db.execute(select(Unwanted.person, Unwanted.topic)).all()
        assert {*unwanted} == {(ZOE, "reminders"), (OTHER, "reminders"), (OTHER, "materials")}

    def test_links_in_old_emails_choose_for_the_kept_account(self, world):
        token = LETTERHEAD.signer.dumps([OTHER, None])
        world.merge(OTHER)
        with world.begin() as db:
            preferences.stop_by_link(db, LETTERHEAD, token, NOW)
            assert not any(preferences.view(db, ZOE).values())

    def test_undone_each_has_theirs_again(self, world):
        world.interest(person=OTHER, programme="slp")
        world.merge(OTHER), world.reassign(ZOE)
        world.part(OTHER, email=OLD, name="Zoë Okafor"), world.reassign(OTHER, 3)
        assert [row.person for row in (*rows(world, Interest), *rows(world, Booking))] == [OTHER, OTHER]
        assert rows(world, MergeMove) == []

    def test_messages_of_both_accounts_are_exported(self, world):
        world.booking(person=OTHER), world.deliver(), world.merge(OTHER)
        with world.begin() as db:
            assert OLD in {row["address"] for row in messages.messages_of(db, ZOE)}


class TestAfterwards:
    def test_once_it_cannot_be_undone_neither_name_nor_address_is_kept(self, world):
        world.interest(person=OTHER, programme="slp")
        world.merge(OTHER)
        world.merge(OTHER, version=3, undo_until=None, told_before=True)
        with world.begin() as db:
            other = db.get_one(Person, OTHER)
            assert (other.email, other.name, other.merged_into) == (None, None, ZOE)
        assert rows(world, MergeMove) == []

    @pytest.mark.parametrize("first", [OTHER, ZOE])
    def test_erasure_of_both_leaves_nothing_whichever_comes_first(self, world, first):
        world.interest(person=OTHER, programme="slp"), world.booking(person=OTHER)
        world.merge(OTHER), world.reassign(ZOE), world.deliver()
        for person in (first, OTHER if first == ZOE else ZOE):
            world.see_off(person)
        for kind in (Interest, Booking, Invite, MergeMove, Unwanted):
            assert rows(world, kind) == [], kind
        assert {(row.email, row.name) for row in rows(world, Person)} == {(None, None)}
        assert {row.address for row in rows(world, Message)} == {None}
