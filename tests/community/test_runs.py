"""Bookings that are told of in a run: all is read and written once, and comes to what one by one comes to."""

import uuid
from contextlib import contextmanager

import pytest
from sqlalchemy import event, select

from services.bus.envelope import Envelope
from services.bus.replica import NotYetKnown
from services.community.models import Booking, Reached
from services.community.service import Community
from tests.community.conftest import id_of, reference_of

PEOPLE = [f"person-{n}" for n in range(20)]


def told(world, who, session="march", state="confirmed", version=1):
    reference = reference_of(who, session)
    data = {"reference": reference, "person": id_of(who), "session": session, "mode": "in_room", "state": state}
    type_, subject = "registration.booking_confirmed.v1", f"bookings/{reference}"
    return Envelope(str(uuid.uuid4()), type_, "registration", subject, version, world.now, None, data)


@contextmanager
def statements(db):
    """Yield the statements that are sent, as they are."""
    sent, engine = [], db.get_bind()

    def note(_connection, _cursor, statement, *_):
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def handle(db, events):
    return Community.keep_booking.handle(Community(), db, events)


@pytest.fixture
def full(world):
    world.city(hospital=100)
    world.session("march")
    for who in PEOPLE:
        world.person(who)
    return world


def test_a_run_of_twenty_asks_no_more_often_than_one_of_two(full, db):
    counted = []
    for run in (PEOPLE[:2], PEOPLE[2:]):
        with statements(db) as sent:
            assert handle(db, [told(full, who) for who in run]) is None
        counted.append(len(sent))
    assert counted[1] == counted[0]
    assert {row.booking for row in db.scalars(select(Reached))} == {reference_of(who, "march") for who in PEOPLE}


def test_who_is_not_known_yet_is_named_as_what_failed(full, db):
    good, early = told(full, PEOPLE[0]), told(full, "nobody-yet")
    failed = handle(db, [good, early])
    assert failed.event is early
    assert isinstance(failed.error, NotYetKnown)


def test_a_run_passes_over_what_is_stale_and_takes_over_what_is_new(full, db):
    full.booking(PEOPLE[0], state="confirmed", version=5)
    handle(db, [told(full, PEOPLE[0], state="cancelled", version=4), told(full, PEOPLE[1], state="waiting")])
    states = {booking.person: booking.state for booking in db.scalars(select(Booking))}
    assert states == {id_of(PEOPLE[0]): "confirmed", id_of(PEOPLE[1]): "waiting"}
    assert [row.person for row in db.scalars(select(Reached))] == [id_of(PEOPLE[0])]
