"""Who was sent a link or an address hears of another one: once, at once where the session is within a day."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.notifications.conftest import ZOE, times
from tests.notifications.reading import has_invite, html, plain
from tests.sentences import says

pytestmark = pytest.mark.patient

START = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
OLD, NEW, NEWER = (f"https://example.org/meet/{name}" for name in ("old", "new", "newer"))
TOWN_HALL = {"name": "Town Hall", "address": "The Headrow", "access": "Lift at the side door"}
BEN, CAL = (str(uuid.UUID(int=number)) for number in (98, 99))
TWO = [times("2027-03-09T09:30:00+00:00", 7), times("2027-03-23T09:30:00+00:00", 7)]


class Hybrid:
    """A session that Zoë comes to online, Ben in the room, and Cal waits for."""

    def __init__(self, world):
        self.world, self.version, self.shown = world, 1, {"delivery": "hybrid", "join_url": OLD}
        self.change()
        for id_, name in ((BEN, "ben"), (CAL, "cal")):
            world.person(id_=id_, email=f"{name}@example.org", name=name.title())
        world.booking(mode="online")
        world.booking(reference="HR-BEN", person=BEN)
        world.booking("booking_waitlisted", reference="HR-CAL", person=CAL, mode="online")
        world.deliver()

    def change(self, **changed):
        self.version, self.shown = self.version + 1, {**self.shown, **changed}
        self.world.session(happened="changed", version=self.version, **self.shown)

    def at(self, **before):
        self.world.now = START - timedelta(**before)
        self.world.when_due()
        return self.mails()

    def mails(self):
        return [(mail["To"].addresses[0].addr_spec, mail["Subject"].partition(":")[0]) for mail in self.world.deliver()]

    @property
    def last(self):
        return self.world.letterbox.mails[-1]


@pytest.fixture
def hybrid(world):
    return Hybrid(world)


def test_who_was_sent_a_dead_link_is_sent_the_new_one_at_once(hybrid):
    """Reported elsewhere: the link changed after the reminder went out, and people stood before a dead link."""
    hybrid.at(hours=1)
    assert OLD in plain(hybrid.last)
    hybrid.change(join_url=NEW)
    assert hybrid.mails() == [("zoe@example.org", says("change_email.link"))]
    assert says("change_email.old_link_dead") in plain(hybrid.last)
    assert f'href="{NEW}"' in html(hybrid.last)
    assert OLD not in hybrid.last.as_string()
    assert not has_invite(hybrid.last)
    assert says("change_email.new_calendar") not in plain(hybrid.last)
    hybrid.change(title="Another title")
    assert says("change_email.link") not in dict(hybrid.mails()).values()


def test_nobody_who_was_not_sent_the_link_learns_of_it_early(hybrid):
    hybrid.at(hours=2)
    hybrid.change(join_url=NEW)
    assert hybrid.mails() == []
    hybrid.change(title="March group")
    assert len(hybrid.mails()) == 2
    assert all(NEW not in mail.as_string() for mail in hybrid.world.letterbox.mails)
    hybrid.at(hours=1)
    assert NEW in plain(hybrid.last)


def test_each_further_link_is_one_more_email_and_none_waits_for_the_other_changes(hybrid):
    hybrid.at(hours=1)
    for link in (NEW, NEWER):
        hybrid.change(join_url=link)
        assert hybrid.mails() == [("zoe@example.org", says("change_email.link"))]
        assert link in plain(hybrid.last)


def test_another_time_and_link_are_one_email(hybrid):
    hybrid.at(hours=1)
    hybrid.change(join_url=NEW, meetings=[times("2027-03-09T10:30:00+00:00", 6)])
    assert dict(hybrid.mails()) == {
        "zoe@example.org": says("change_email.time_and_link"),
        "ben@example.org": says("change_email.time"),
    }


def test_a_reminder_that_still_waits_goes_with_the_new_link_and_no_second_email(hybrid):
    hybrid.world.now = START - timedelta(hours=1)
    hybrid.world.when_due()
    hybrid.change(join_url=NEW)
    assert hybrid.mails() == [("zoe@example.org", says("reminder_email.hour", time="9"))]
    assert NEW in plain(hybrid.last)
    assert OLD not in hybrid.last.as_string()


def test_who_could_see_the_link_on_their_page_hears_of_the_new_one(hybrid):
    hybrid.at(hours=1)
    hybrid.world.booking(reference="HR-CAL", person=CAL, mode="online", version=2)
    hybrid.at(minutes=40)
    hybrid.change(join_url=NEW)
    assert hybrid.mails() == [("zoe@example.org", says("change_email.link"))]
    hybrid.at(minutes=20)
    hybrid.change(join_url=NEWER)
    assert {address for address, _ in hybrid.mails()} == {"zoe@example.org", "cal@example.org"}


def test_a_link_that_is_taken_away_is_said_to_be_dead_and_the_next_one_is_sent(hybrid):
    hybrid.at(hours=1)
    hybrid.change(join_url=None)
    assert hybrid.mails() == [("zoe@example.org", says("change_email.link"))]
    assert says("change_email.link_follows") in plain(hybrid.last)
    hybrid.change(join_url=NEW)
    assert hybrid.mails() == [("zoe@example.org", says("change_email.link"))]
    assert NEW in plain(hybrid.last)


def test_between_two_dates_the_link_of_the_next_is_sent_to_those_who_have_the_old_one(hybrid):
    hybrid.change(meetings=TWO)
    hybrid.mails()
    hybrid.at(hours=1)
    hybrid.world.now = START + timedelta(days=3)
    hybrid.world.when_due()
    hybrid.mails()
    hybrid.change(join_url=NEW)
    assert hybrid.mails() == [("zoe@example.org", says("change_email.link"))]


def test_who_now_comes_in_the_room_needs_no_link(hybrid):
    hybrid.at(hours=1)
    hybrid.world.booking("booking_confirmed", version=2, mode="in_room", cause="changed_mode")
    hybrid.mails()
    hybrid.change(join_url=NEW)
    assert hybrid.mails() == []


def test_another_venue_within_a_day_is_told_at_once_though_something_was_just_told(hybrid):
    hybrid.at(hours=20)
    hybrid.change(title="March group")
    hybrid.mails()
    hybrid.change(venue=TOWN_HALL)
    assert hybrid.mails() == [("ben@example.org", says("change_email.place"))]


def test_another_venue_within_a_day_is_told_at_night_and_after_what_still_waited(hybrid):
    hybrid.change(meetings=[times("2027-03-09T14:00:00+00:00", 2)])
    hybrid.mails()
    hybrid.world.now = datetime(2027, 3, 8, 22, 0, tzinfo=UTC)
    promoted = {"reference": "HR-CAL", "person": CAL, "version": 2, "cause": "promoted", "by": "system"}
    hybrid.world.booking("booking_confirmed", **promoted)
    assert hybrid.mails() == []
    hybrid.change(venue=TOWN_HALL)
    assert [subject for address, subject in hybrid.mails() if address == "cal@example.org"] == [
        says("booking_email.confirmed"),
        says("change_email.place"),
    ]


def test_a_venue_that_changes_long_before_waits_for_the_morning(hybrid):
    hybrid.world.now = datetime(2027, 3, 1, 22, 0, tzinfo=UTC)
    hybrid.change(venue=TOWN_HALL)
    assert hybrid.mails() == []


def test_a_reminder_that_waits_for_the_morning_says_where_the_session_is_by_then(hybrid):
    hybrid.change(meetings=[times("2027-03-09T23:00:00+00:00", 1)])
    hybrid.mails()
    hybrid.world.now = datetime(2027, 3, 8, 23, 0, tzinfo=UTC)
    hybrid.world.when_due()
    hybrid.change(venue=TOWN_HALL)
    assert [subject for address, subject in hybrid.mails() if address == "ben@example.org"] == [
        says("change_email.place")
    ]
    hybrid.world.now = datetime(2027, 3, 9, 7, 0, tzinfo=UTC)
    reminded = [mail for mail in hybrid.world.deliver() if mail["To"].addresses[0].addr_spec == "ben@example.org"]
    assert [mail["Subject"].partition(":")[0] for mail in reminded] == [says("reminder_email.day")]
    assert TOWN_HALL["address"] in plain(reminded[0])


def test_the_link_of_somebody_else_s_session_is_no_news(hybrid):
    hybrid.at(hours=1)
    hybrid.world.session("april", join_url=OLD, delivery="virtual")
    hybrid.world.session("april", happened="changed", version=2, join_url=NEW, delivery="virtual")
    assert hybrid.mails() == []
    assert hybrid.world.messages()[-1].recipient == ZOE
