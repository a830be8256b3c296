"""Whoever facilitates a session from now on reads which one, when it is, and where to find what they do there."""

import pytest
from sqlalchemy import select

from services.bus.replica import NotYetKnown
from services.notifications.models import Facilitator
from tests.notifications.conftest import ZOE
from tests.notifications.reading import html, plain
from tests.sentences import says

pytestmark = pytest.mark.one_database


def name(world, person=ZOE, session="march", id_="1"):
    told = {"id": id_, "person": person, "session": session}
    return world.hear("registration.facilitator_named.v1", f"facilitators/{id_}", told)


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


def test_once_it_is_taken_back_they_hear_no_more(named):
    named.hear("registration.facilitator_taken_back.v1", "facilitators/1", {"id": "1"}, version=2)
    named.session(happened="cancelled", version=2, status="cancelled")
    assert named.deliver() == []


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
