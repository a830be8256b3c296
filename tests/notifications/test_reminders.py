"""Reminders: one week, one day and one hour before, once, only where they make sense, and never a stale one."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from services.notifications.models import ScheduledNotice
from tests.notifications.conftest import times
from tests.notifications.reading import has_invite, html, plain
from tests.sentences import says

START = datetime(2027, 3, 9, 9, 30, tzinfo=UTC)
BEN = str(uuid.UUID(int=99))
LINK = "https://example.org/meet/march"


def at(world, **before):
    """Let it be so long before the session. Returns the mails of then."""
    world.now = START - timedelta(**before)
    world.when_due()
    return world.deliver()


def subjects(mails):
    """Return what each is about, without the session's title."""
    return [mail["Subject"].partition(": ")[0] for mail in mails]


@pytest.fixture
def booked(world):
    world.session(version=2, happened="changed", join_url=LINK)
    world.booking()
    world.deliver()
    return world


@pytest.fixture
def online(world):
    world.session(version=2, happened="changed", delivery="virtual", venue=None, join_url=LINK)
    world.booking(mode="online")
    world.deliver()
    return world


def test_a_week_and_a_day_before(booked):
    assert at(booked, days=7, minutes=1) == []
    (week,) = at(booked, days=7)
    assert week["Subject"] == f"{says('reminder_email.week')}: System Leadership programme: March cohort"
    (day,) = at(booked, days=1)
    assert day["Subject"] == f"{says('reminder_email.day')}: System Leadership programme: March cohort"
    for mail in (week, day):
        assert "Civic meeting rooms" in plain(mail)
        assert LINK not in mail.as_string()
        assert not has_invite(mail)


def test_an_hour_before_those_online_get_the_link(online):
    at(online, days=7)
    at(online, days=1)
    assert at(online, hours=1, seconds=1) == []
    (hour,) = at(online, hours=1)
    assert hour["Subject"].startswith(f"{says('reminder_email.hour', time='9:30am')}: ")
    assert LINK in plain(hour)
    assert f'href="{LINK}"' in html(hour)


def test_an_hour_before_those_in_the_room_are_on_their_way(booked):
    at(booked, days=1)
    assert at(booked, hours=1) == []


def test_each_is_told_once(booked):
    assert len(at(booked, days=7)) == 1
    booked.when_due()
    booked.session(happened="changed", version=3, title="Another title")
    booked.when_due()
    booked.deliver()
    assert [message.template for message in booked.messages()].count("reminder_week") == 1


def on(world, moment):
    """Let it be that moment. Returns what the mails of then are about."""
    world.now = datetime.fromisoformat(moment)
    world.when_due()
    return subjects(world.deliver())


APRIL = times("2027-04-13T09:30:00+01:00", 7)


def test_a_meeting_that_is_moved_is_not_reminded_of_twice(booked):
    assert len(at(booked, days=7)) == 1
    booked.session(happened="changed", version=3, meetings=[APRIL])
    booked.deliver()
    assert on(booked, "2027-04-06T09:30:00+01:00") == []
    assert on(booked, "2027-04-12T09:30:00+01:00") == [says("reminder_email.day")]


def test_who_books_after_a_meeting_was_moved_is_reminded_once_as_well(booked):
    at(booked, days=7)
    booked.session(happened="changed", version=3, meetings=[APRIL])
    booked.person(id_=BEN, email="ben@example.org", name="Ben")
    booked.booking(reference="HR-BEN", person=BEN)
    booked.deliver()
    booked.now = datetime.fromisoformat("2027-04-06T09:30:00+01:00")
    booked.when_due()
    assert [mail["To"].addresses[0].addr_spec for mail in booked.deliver()] == ["ben@example.org"]


def test_a_reminder_that_was_dropped_because_the_time_changed_comes_at_the_new_time(booked):
    booked.now = START - timedelta(days=7)
    booked.when_due()
    booked.session(happened="changed", version=3, meetings=[APRIL])
    assert subjects(booked.deliver()) == [says("change_email.time")]
    assert on(booked, "2027-04-06T09:30:00+01:00") == [says("reminder_email.week")]


@pytest.mark.parametrize("left", [[1], [0, 1]], ids=["the first is removed", "another comes before"])
def test_each_meeting_keeps_its_own_reminders_whatever_becomes_of_the_others(world, left):
    second = times("2027-03-23T09:30:00+00:00", 7)
    both = [times("2027-03-09T09:30:00+00:00", 7), second]
    world.session(version=2, happened="changed", meetings=both)
    world.booking()
    world.deliver()
    assert on(world, "2027-03-16T09:30:00+00:00") == [says("reminder_email.week")]
    earlier = [times("2027-03-05T09:30:00+00:00", 7)] if len(left) > 1 else []
    world.session(version=3, happened="changed", meetings=[*earlier, *(both[n] for n in left)])
    world.deliver()
    world.session(version=4, happened="changed", meetings=[*earlier, *(both[n] for n in left[:-1]), APRIL])
    world.deliver()
    assert on(world, "2027-04-06T09:30:00+01:00") == []


def test_a_date_that_is_added_is_reminded_of_though_another_was_removed_before(world):
    world.session(version=2, happened="changed", meetings=[times("2027-03-09T09:30:00+00:00", 7), APRIL])
    world.booking()
    world.deliver()
    assert on(world, "2027-03-02T09:30:00+00:00") == [says("reminder_email.week")]
    world.session(version=3, happened="changed", meetings=[APRIL])
    world.deliver()
    world.session(version=4, happened="changed", meetings=[times("2027-03-30T09:30:00+01:00", 7), APRIL])
    world.deliver()
    assert says("reminder_email.week") in on(world, "2027-03-23T09:30:00+00:00")


def test_who_has_just_booked_is_not_reminded(world):
    world.now = START - timedelta(days=8)
    world.booking()
    world.deliver()
    assert at(world, days=7) == []
    assert len(at(world, days=1)) == 1


def test_who_gave_the_place_back_is_not_reminded(booked):
    booked.booking("booking_cancelled", version=2)
    booked.deliver()
    assert at(booked, days=7) == []


def test_a_reminder_that_waits_is_dropped_with_the_place(booked):
    booked.now = START - timedelta(days=7)
    booked.when_due()
    booked.booking("booking_cancelled", version=2)
    assert says("reminder_email.week") not in subjects(booked.deliver())
    assert {message.template: message.reason for message in booked.messages()}["reminder_week"] == "overtaken"


def test_a_reminder_that_waits_is_dropped_when_the_time_changes(booked):
    booked.now = START - timedelta(days=7)
    booked.when_due()
    booked.session(happened="changed", version=3, meetings=[times("2027-03-16T09:30:00+00:00", 7)])
    assert subjects(booked.deliver()) == [says("change_email.time")]


def test_a_session_that_is_off_reminds_nobody(booked):
    booked.session(happened="cancelled", version=3, status="cancelled")
    booked.deliver()
    assert at(booked, days=7) == []
    with booked.begin() as db:
        assert db.scalars(select(ScheduledNotice)).all() == []


def test_a_service_that_was_away_does_not_say_in_one_week_a_day_before(booked):
    assert subjects(at(booked, hours=20)) == [says("reminder_email.day")]
    assert at(booked, hours=19) == []


def test_the_second_of_two_days_together_needs_no_reminder(world):
    days = [times("2027-03-09T09:30:00+00:00", 7), times("2027-03-10T09:30:00+00:00", 7)]
    world.session(version=2, happened="changed", meetings=days)
    world.booking()
    world.deliver()
    with world.begin() as db:
        planned = db.execute(
            select(ScheduledNotice.what, ScheduledNotice.meeting).order_by(ScheduledNotice.due_at)
        ).all()
    assert [tuple(row) for row in planned if row.what in ("reminder_week", "reminder_day")] == [
        ("reminder_week", 1),
        ("reminder_day", 1),
    ]


def test_an_early_start_is_told_of_at_night_with_its_link(online):
    online.session(happened="changed", version=3, delivery="virtual", venue=None, join_url=LINK,
                   meetings=[times("2027-03-10T07:30:00+00:00", 1)])  # fmt: skip
    online.deliver()
    online.now = datetime(2027, 3, 10, 6, 30, tzinfo=UTC)
    online.when_due()
    assert subjects(online.deliver())[-1] == says("reminder_email.hour", time="7:30am")
