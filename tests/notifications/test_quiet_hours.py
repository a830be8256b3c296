"""No mail that can wait between nine in the evening and seven in the morning, by the city's clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications import quiet_hours
from services.notifications.quiet_hours import can_wait_for, end_of_quiet
from tests.notifications.conftest import times

pytestmark = pytest.mark.one_database


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2027-02-01T20:59:59", "2027-02-01T20:59:59"),
        ("2027-02-01T21:00:00", "2027-02-02T07:00:00"),
        ("2027-02-02T06:59:59", "2027-02-02T07:00:00"),
        ("2027-02-02T07:00:00", "2027-02-02T07:00:00"),
        ("2027-06-01T20:30:00", "2027-06-02T06:00:00"),  # summer: half past nine in the evening
        ("2027-03-27T23:30:00", "2027-03-28T06:00:00"),  # the night that is an hour shorter
        ("2027-10-30T23:30:00", "2027-10-31T07:00:00"),  # and the one that is longer
        ("2027-12-31T22:00:00", "2028-01-01T07:00:00"),
    ],
)
def test_the_morning_is_at_seven_by_local_time(now, then):
    assert end_of_quiet(utc(now)) == utc(then)


def test_what_begins_soon_after_the_morning_cannot_wait_for_it():
    night = utc("2027-02-01T23:00:00")
    assert not can_wait_for(utc("2027-02-02T12:59:00"), night)
    assert can_wait_for(utc("2027-02-02T13:00:00"), night)
    assert can_wait_for(None, night)


@pytest.fixture
def night(world):
    world.now = utc("2027-02-01T23:00:00")
    return world


def test_who_books_at_night_reads_so_at_night(night):
    night.booking()
    assert len(night.deliver()) == 1


def test_a_code_goes_out_at_night(night):
    night.sign_in()
    assert len(night.deliver()) == 1


def test_a_place_that_came_free_at_night_is_told_in_the_morning(night):
    night.booking("booking_confirmed", cause="promoted", by="system")
    assert night.deliver() == []
    night.later(hours=8)
    assert len(night.deliver()) == 1


def test_an_offer_that_ends_before_noon_is_told_at_once(night):
    night.booking("place_offered", offer_expires_at=night.now + timedelta(hours=10))
    assert len(night.deliver()) == 1


def test_an_offer_that_lasts_waits_for_the_morning(night):
    night.booking("place_offered", offer_expires_at=night.now + timedelta(hours=48))
    assert night.deliver() == []


def test_a_session_of_the_next_morning_that_is_off_is_told_of_at_night(night):
    night.session("early", meetings=[times("2027-02-02T09:00:00+00:00", 2)])
    night.booking(session="early")
    night.deliver()
    night.booking("booking_cancelled", version=2, session="early", cause="session_cancelled", by="team")
    assert len(night.deliver()) == 1


def test_what_was_put_off_into_the_night_waits_for_the_morning(world):
    world.now = utc("2027-02-01T20:59:58")
    world.booking("booking_confirmed", by="team")
    world.letterbox.failures = [OSError("no answer")]
    world.deliver_one()
    world.later(seconds=30)
    assert world.deliver() == []
    world.now = utc("2027-02-02T07:00:01")
    assert len(world.deliver()) == 1


def test_without_quiet_hours_nothing_waits_for_the_morning():
    at_night = datetime(2027, 3, 9, 23, 0, tzinfo=UTC)
    quiet_hours.keep(False)
    try:
        assert quiet_hours.end_of_quiet(at_night) == at_night
    finally:
        quiet_hours.keep(True)
    assert quiet_hours.end_of_quiet(at_night) > at_night
