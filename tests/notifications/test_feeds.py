"""A person's calendar as a feed: what they hold and are offered, under the UIDs of their invites, until it ends."""

import uuid
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from services.notifications.calendar import feeds
from services.runtime.refusals import NotFound
from tests.notifications.calendar_client import properties
from tests.notifications.conftest import LETTERHEAD, ZOE, times
from tests.notifications.reading import calendar, sequences, uids
from tests.sentences import says

BEN = str(uuid.UUID(int=99))
TWO = [times("2027-03-09T09:30:00+00:00", 7), times("2027-03-30T09:30:00+01:00", 7)]


def text(world, person=ZOE, generation=0) -> str:
    with world.begin() as db:
        return feeds.written(db, person, generation, LETTERHEAD, world.now)["ics"]


def feed(world, person=ZOE, generation=0) -> icalendar.Calendar:
    return icalendar.Calendar.from_ical(text(world, person, generation))


def events(world) -> list[icalendar.Event]:
    return feed(world).walk("VEVENT")


def test_it_holds_what_the_invites_put_there_under_the_same_uids_and_sequences(world):
    world.session(version=2, happened="changed", meetings=TWO)
    world.booking()
    world.later(seconds=1)
    world.session(version=3, happened="changed", meetings=TWO, venue=None)
    invites = [calendar(mail) for mail in world.deliver()][-2:]
    assert [uids(one)[0] for one in invites] == uids(feed(world))
    assert sequences(feed(world)) == {1} == sequences(invites[0]) | sequences(invites[1])
    for invited, followed in zip(invites, events(world), strict=True):
        [event] = invited.walk("VEVENT")
        for name in ("DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS", "URL", "ORGANIZER"):
            assert event[name].to_ical() == followed[name].to_ical(), name


def test_it_is_published_and_names_no_attendee(world):
    """RFC 5546, 3.2.1."""
    world.booking()
    assert feed(world)["METHOD"] == "PUBLISH"
    [names] = properties(text(world), "VEVENT")
    assert "ATTENDEE" not in names
    assert names.count("ORGANIZER") == 1
    assert "zoe" not in text(world).lower()


def test_it_says_its_name_and_how_often_to_look(world):
    """RFC 7986, 5.1 and 5.7; the older names for the same beside them."""
    lines = text(world).split("\r\n")
    assert {f"{field}:{says('calendar.name')}" for field in ("NAME", "X-WR-CALNAME")} <= {*lines}
    assert {"REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H"} <= {*lines}


def test_an_empty_one_is_a_calendar_too(world):
    """RFC 5545, 3.6: a calendar holds at least one component."""
    assert events(world) == []
    assert len(feed(world).walk("VTIMEZONE")) == 1


def test_what_is_offered_is_tentative_and_says_until_when_to_answer(world):
    world.booking("place_offered")
    [offered] = events(world)
    assert offered["STATUS"] == "TENTATIVE"
    until = says("calendar.offer", time="Wednesday 3 February 2027, 10am")
    assert str(offered["SUMMARY"]) == f"{until}: System Leadership programme: March cohort"
    assert until in str(offered["DESCRIPTION"])
    world.later(seconds=1)
    world.booking(version=2)
    [held] = events(world)
    assert (held["UID"], held["STATUS"]) == (offered["UID"], "CONFIRMED")
    assert (held["SEQUENCE"], held["DTSTAMP"].dt) > (offered["SEQUENCE"], offered["DTSTAMP"].dt)


def test_an_offer_that_has_run_out_is_not_in_it(world):
    world.booking("place_offered")
    world.later(hours=48)
    assert events(world) == []


def test_who_waits_has_nothing_in_it(world):
    world.booking("booking_waitlisted")
    assert events(world) == []


def test_what_is_cancelled_is_gone_and_what_is_past_stays(world):
    world.booking()
    world.later(days=365)
    assert len(events(world)) == 1
    world.booking("booking_cancelled", version=2)
    assert events(world) == []


def test_a_place_that_comes_back_is_under_a_higher_sequence_in_the_feed_as_well(world):
    for version, happened in enumerate(("booking_confirmed", "booking_cancelled", "place_offered"), start=1):
        world.booking(happened, version=version)
        world.deliver()
        world.later(seconds=1)
    [offered] = events(world)
    assert int(offered["SEQUENCE"]) == 1
    world.booking(version=4)
    assert sequences(feed(world)) == {2}


def test_it_is_the_same_to_the_last_byte_until_something_happens(world):
    world.booking()
    before = text(world)
    world.later(minutes=5)
    assert text(world) == before
    world.session(version=2, happened="changed", title="March group")
    assert text(world) != before


def test_it_is_nobody_else_s(world):
    world.person(BEN, email="ben@example.org", name="Ben")
    world.booking()
    world.booking(reference="HR-BEN", person=BEN)
    assert uids(feed(world, BEN)) == ["HR-BEN-1@headrow.example.org"]


def test_an_address_that_was_ended_is_dead_and_the_next_one_lives(world):
    for generation in range(3):
        assert feed(world, generation=generation)
        with world.begin() as db:
            feeds.end_address(db, ZOE)
            assert feeds.generation_of(db, ZOE) == generation + 1
        for ended in range(generation + 1):
            with pytest.raises(NotFound):
                text(world, generation=ended)


def test_one_person_s_end_leaves_the_others_alone(world):
    world.person(BEN, email="ben@example.org", name="Ben")
    with world.begin() as db:
        feeds.end_address(db, ZOE)
    assert feed(world, BEN)


def test_whoever_is_not_known_or_erased_has_none(world):
    with pytest.raises(NotFound):
        text(world, BEN)
    with world.begin() as db:
        feeds.end_address(db, ZOE)
    world.booking()
    world.erase()
    for generation in (0, 1):
        with pytest.raises(NotFound):
            text(world, generation=generation)
    with world.begin() as db:
        assert feeds.generation_of(db, ZOE) == 0, "of the one who is erased, nothing is kept"


def test_times_stay_local_over_both_changes_of_the_clock(world):
    days = [*TWO, times("2027-10-26T09:30:00+01:00", 7), times("2027-11-02T09:30:00+00:00", 7)]
    world.session(version=2, happened="changed", meetings=days)
    world.booking()
    starts = [event["DTSTART"].dt for event in events(world)]
    assert {(start.hour, start.minute) for start in starts} == {(9, 30)}
    assert [start.utcoffset() for start in starts] == [timedelta(hours=hours) for hours in (0, 1, 1, 0)]
    assert starts[1].astimezone(UTC) == datetime(2027, 3, 30, 8, 30, tzinfo=UTC)
