"""Whoever facilitates a session from now on reads which one, when it is, and where to find what they do there."""

import uuid

import icalendar
import pytest
from sqlalchemy import select

from services.bus.replica import NotYetKnown
from services.notifications.calendar import feeds
from services.notifications.models import Facilitator, FacilitatorInvite
from tests.notifications.calendar_client import CalendarClient
from tests.notifications.conftest import LETTERHEAD, ZOE, times
from tests.notifications.reading import calendar, has_invite, html, plain
from tests.sentences import says

pytestmark = pytest.mark.one_database


BEN = str(uuid.UUID(int=99))
TWO = [times("2027-03-09T09:30:00+00:00", 7), times("2027-03-30T09:30:00+01:00", 7)]


def name(world, person=ZOE, session="march", id_="1"):
    told = {"id": id_, "person": person, "session": session}
    return world.hear("registration.facilitator_named.v1", f"facilitators/{id_}", told)


def taken_back(world, id_="1"):
    world.hear("registration.facilitator_taken_back.v1", f"facilitators/{id_}", {"id": id_}, version=2)


def test_they_are_told_which_session_and_where_to_find_it(world):
    name(world)
    (mail,) = world.deliver()
    assert mail["To"].addresses[0].addr_spec == "zoe@example.org"
    assert mail["Subject"] == f"{says('facilitator_email.subject')}: System Leadership programme: March cohort"
    assert "Tuesday 9 March 2027" in plain(mail)
    assert "https://headrow.example.org/facilitating" in plain(mail)
    assert says("facilitator_email.ends") in plain(mail)
    assert "https://headrow.example.org/facilitating" in html(mail)
    assert mail["List-Unsubscribe"] is None, "it comes with what they were asked to do"


def test_whoever_has_no_name_yet_is_told_too(world):
    world.person(happened="changed", version=2, name=None)
    name(world)
    assert says("email.greeting_without_name") in plain(world.deliver()[0])


def test_for_a_session_that_is_over_there_is_still_attendance_to_note(world):
    world.later(days=200)
    name(world)
    assert len(world.deliver()) == 1


def test_at_night_it_waits_for_the_morning_unless_the_session_is_soon(world):
    world.now = world.now.replace(hour=23)
    name(world)
    assert world.deliver() == []
    world.later(hours=9)
    assert len(world.deliver()) == 1
    world.now = world.now.replace(month=3, day=8, hour=23)
    name(world, id_="2")
    assert len(world.deliver()) == 1


def test_of_a_session_that_is_cancelled_nobody_is_told(world):
    world.session(happened="cancelled", version=2, status="cancelled", cancel_reason="Ill")
    name(world)
    assert world.deliver() == []


def test_whoever_was_erased_is_told_nothing(world):
    world.see_off()
    name(world)
    assert world.deliver() == []


def test_what_is_not_known_yet_is_told_once_it_is(empty_world):
    with pytest.raises(NotYetKnown):
        name(empty_world)


VENUE = {"name": "Town Hall", "address": "The Headrow", "access": ""}


@pytest.fixture
def named(world):
    """Zoë facilitates the March session, and has been told so."""
    name(world)
    world.deliver()
    return world


def test_what_changes_within_five_minutes_is_told_in_one_email_with_what_was(named):
    named.session(happened="changed", version=2, venue=VENUE)
    named.session(happened="changed", version=3, venue=VENUE, title="The March cohort")
    assert named.deliver() == []
    named.later(minutes=5)
    named.when_due()
    (mail,) = named.deliver()
    assert mail["Subject"].startswith(says("facilitated_email.changed"))
    words = plain(mail)
    assert words.index("Civic meeting rooms") < words.index("Town Hall")
    named.later(minutes=30)
    named.when_due()
    assert named.deliver() == []


def test_what_they_cannot_see_or_was_put_back_is_told_to_nobody(named):
    named.session(happened="changed", version=2, summary="Another", join_url="https://example.org/other")
    named.session(happened="changed", version=3, venue=VENUE)
    named.session(happened="changed", version=4)
    named.later(minutes=6)
    named.when_due()
    assert named.deliver() == []


def test_a_session_that_is_called_off_and_back_is_told_at_once(named):
    named.session(happened="cancelled", version=2, status="cancelled", cancel_reason="The hall is flooded")
    (mail,) = named.deliver()
    assert mail["Subject"].startswith(says("facilitated_email.cancelled"))
    assert "The hall is flooded" in plain(mail)
    named.session(happened="reinstated", version=3)
    named.later(minutes=6)
    named.when_due()
    (mail,) = named.deliver()
    assert mail["Subject"].startswith(says("facilitated_email.called_back"))


def test_within_a_day_they_hear_at_once(named):
    named.now = named.now.replace(month=3, day=9, hour=7)
    named.session(happened="changed", version=2, venue=VENUE)
    assert len(named.deliver()) == 1


def test_once_it_is_taken_back_they_are_told_and_hear_no_more(named):
    taken_back(named)
    (mail,) = named.deliver()
    assert mail["Subject"].startswith(says("facilitated_email.taken_back"))
    assert "March cohort" in plain(mail)
    named.session(happened="cancelled", version=2, status="cancelled")
    assert named.deliver() == []


def test_of_a_session_that_is_over_or_off_they_are_not_told_that_it_is_taken_back(world):
    world.person(BEN, email="ben@example.org")
    name(world)
    name(world, person=BEN, id_="2")
    world.session(happened="cancelled", version=2, status="cancelled")
    world.deliver()
    taken_back(world)
    world.later(days=200)
    taken_back(world, "2")
    assert world.deliver() == []


def taken_in(mails):
    """Return the calendar of someone who opens these emails."""
    client = CalendarClient()
    for mail in mails:
        if has_invite(mail):
            client.take_in(calendar(mail))
    return client


def test_their_calendar_gets_each_date_and_says_that_they_facilitate_it(world):
    world.session(happened="changed", version=2, meetings=TWO)
    name(world)
    mails = world.deliver()
    assert [shown.location for shown in taken_in(mails).shows] == ["Civic meeting rooms, Leeds city centre"] * 2
    (event,) = calendar(mails[0]).walk("VEVENT")
    assert str(event["URL"]) == "https://headrow.example.org/facilitating"
    assert says("facilitator_email.in_calendar") in str(event["DESCRIPTION"])
    assert says("facilitator_email.with_invite") in plain(mails[0])
    assert all("/bookings/" not in plain(mail) for mail in mails), "they have no booking"


def test_their_calendar_follows_what_changes_and_is_emptied_when_it_is_called_off(world):
    world.session(happened="changed", version=2, meetings=TWO)
    name(world)
    mails = world.deliver()
    world.session(happened="changed", version=3, meetings=TWO[:1], venue=VENUE)
    world.later(minutes=6)
    world.when_due()
    mails += world.deliver()
    assert [shown.location for shown in taken_in(mails).shows] == ["Town Hall, The Headrow"]
    world.session(happened="cancelled", version=4, meetings=TWO[:1], status="cancelled")
    mails += world.deliver()
    assert taken_in(mails).shows == []
    world.session(happened="reinstated", version=5, meetings=TWO)
    world.later(minutes=6)
    world.when_due()
    mails += world.deliver()
    assert len(taken_in(mails).shows) == len(TWO)
    assert len(taken_in(reversed(mails)).shows) == len(TWO), "in whatever order they are opened"


def test_their_calendar_is_emptied_when_it_is_taken_back(world):
    world.session(happened="changed", version=2, meetings=TWO)
    name(world)
    mails = world.deliver()
    taken_back(world)
    mails += world.deliver()
    assert taken_in(mails).shows == []


def test_whoever_was_named_before_they_had_invites_gets_them_with_the_next_change(world):
    told = {"id": "1", "person": ZOE, "session": "march", "new": False}
    world.hear("registration.facilitator_named.v1", "facilitators/1", told)
    world.session(happened="changed", version=2, venue=VENUE)
    world.later(minutes=6)
    world.when_due()
    assert len(taken_in(world.deliver()).shows) == 1


def test_what_they_facilitate_is_in_the_calendar_that_they_follow(named):
    with named.begin() as db:
        followed = icalendar.Calendar.from_ical(feeds.written(db, ZOE, 0, LETTERHEAD, named.now)["ics"])
    assert [str(event["URL"]) for event in followed.walk("VEVENT")] == ["https://headrow.example.org/facilitating"]


def test_their_calendar_goes_to_their_new_address(named):
    named.person(happened="changed", version=2, email="zoe@new.example")
    (mail,) = named.deliver()
    assert mail["To"].addresses[0].addr_spec == "zoe@new.example"
    assert len(taken_in([mail]).shows) == 1


def test_erasure_empties_their_calendar_first(world):
    name(world)
    mails = world.deliver()
    mails += world.see_off()
    assert taken_in(mails).shows == []
    with world.begin() as db:
        assert db.scalars(select(FacilitatorInvite)).all() == []


def test_who_is_announced_again_is_known_and_not_written_to(world):
    told = {"id": "1", "person": ZOE, "session": "march", "new": False}
    world.hear("registration.facilitator_named.v1", "facilitators/1", told)
    assert world.deliver() == []
    world.session(happened="cancelled", version=2, status="cancelled")
    assert len(world.deliver()) == 1


def test_erasure_forgets_what_they_facilitate(named):
    named.erase()
    with named.begin() as db:
        assert db.scalars(select(Facilitator)).all() == []


def test_they_are_not_told_that_a_topic_was_renamed_be_the_session_on_or_off(named):
    named.session(happened="changed", version=2, topics=["social-care"])
    named.later(minutes=30)
    assert named.deliver() == []
    named.session(happened="cancelled", version=3, status="cancelled", cancel_reason="Snow")
    named.later(minutes=30)
    assert len(named.deliver()) == 1
    named.session(happened="cancelled", version=4, status="cancelled", cancel_reason="Snow", topics=["trust"])
    named.later(minutes=30)
    assert named.deliver() == []
