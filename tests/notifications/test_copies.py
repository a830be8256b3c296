"""Copies of people and sessions: a late event changes nothing, and nobody is written to from half a picture."""

import pytest

from services.bus.replica import NotYetKnown
from services.notifications.models import Booking, Person, Session
from tests.notifications.conftest import ZOE


def get(world, kind, key):
    with world.begin() as db:
        return db.get(kind, key)


def test_a_person_is_kept_as_last_told(world):
    world.person(happened="changed", version=2, email="zoe.o@example.org", name="Zoë O’Hara")
    copy = get(world, Person, ZOE)
    assert (copy.email, copy.name, copy.version) == ("zoe.o@example.org", "Zoë O’Hara", 2)


def test_a_stale_event_does_not_bring_back_an_old_address(world):
    world.person(happened="changed", version=3, email="new@example.org")
    world.person(happened="changed", version=2, email="old@example.org")
    assert get(world, Person, ZOE).email == "new@example.org"


def test_every_field_of_a_session_is_kept(world):
    world.session(version=2, happened="changed", title="April", join_url="https://example.org/meet")
    copy = get(world, Session, "march")
    assert (copy.title, copy.status, copy.cancel_reason) == ("April", "published", None)
    assert copy.programme == "slp"
    assert copy.meetings == [{"starts_at": "2027-03-09T09:30:00+00:00", "ends_at": "2027-03-09T16:30:00+00:00"}]
    assert copy.venue == {
        "name": "Civic meeting rooms",
        "address": "Leeds city centre",
        "access": "Step-free, hearing loop",
    }
    assert (copy.join_url, copy.version) == ("https://example.org/meet", 2)


def test_a_stale_event_does_not_bring_back_a_session_that_is_off(world):
    world.session(version=3, happened="cancelled", status="cancelled", cancel_reason="Snow")
    world.session(version=2, happened="changed")
    assert get(world, Session, "march").status == "cancelled"


@pytest.mark.parametrize("told", ["person", "session"])
def test_a_booking_that_comes_before_its_person_or_session_waits_for_the_rest(empty_world, told):
    getattr(empty_world, told)()
    with pytest.raises(NotYetKnown):
        empty_world.booking()
    assert get(empty_world, Booking, "HR-7K2M9Q") is None
    empty_world.person()
    empty_world.session()
    empty_world.booking()
    assert len(empty_world.deliver()) == 1
