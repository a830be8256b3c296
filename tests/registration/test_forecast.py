"""What the team is told of a conversion, or of another number of places, is what then happens; and nothing happens."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.models import outbox
from services.registration.models import Booking, Change, Session
from services.registration.places import bookings, forecast
from services.runtime.refusals import NotFound
from tests.registration.conftest import NOW


def by_mode(in_room=0, online=0):
    return {"in_room": in_room, "online": online}


@pytest.fixture
def crowd(db, told, person):
    """Have people book one after the other: in the room, online, or either of them but in the room first."""

    def crowd(*ways, **places):
        told(**places)
        for n, way in enumerate(ways):
            said = {"mode": "in_room", "either": True} if way == "either" else {"mode": way}
            both = places.get("places_in_room", 2) and places.get("places_online")
            bookings.book(db, person(f"p{n}"), NOW + timedelta(minutes=n), "march", **(said if both else {}))

    return crowd


def foresee(db, **places):
    return forecast.of_change(db, "march", NOW, **places)


def test_a_conversion_tells_who_comes_along_who_waits_again_and_what_is_left_over(db, crowd):
    crowd(*["in_room"] * 5, places_in_room=4)
    seen = foresee(db, places_in_room=0, places_online=3)
    assert seen["live"] == {"confirmed": 4, "offered": 0, "waiting": 1}
    assert (seen["moved"], seen["moved_waiting"]) == (by_mode(online=4), by_mode(online=1))
    assert (seen["stay"], seen["wait_again"], seen["free"]) == (by_mode(online=3), by_mode(online=1), by_mode())


def test_places_left_over_are_told_before_those_who_wait_have_had_them(db, crowd):
    crowd(*["in_room"] * 5, places_in_room=3)
    seen = foresee(db, places_in_room=0, places_online=9)
    assert (seen["stay"], seen["free"], seen["moved_waiting"]) == (by_mode(online=3), by_mode(online=6), by_mode())


def test_places_beyond_the_capacity_keep_theirs(db, crowd, person):
    crowd("in_room", places_in_room=1)
    bookings.book_for(db, person("t", granted=["team"]), NOW, "march", "x@y.org", over_capacity=True, reason="Speaks.")
    seen = foresee(db, places_in_room=0, places_online=1)
    assert (seen["stay"], seen["wait_again"], seen["free"]) == (by_mode(online=2), by_mode(), by_mode())
    assert (seen["over"], seen["over_then"]) == (by_mode(in_room=1), by_mode(online=1))
    assert foresee(db, places_in_room=2)["over_then"] == by_mode(), "a place that is added takes them in"


def test_in_a_hybrid_session_each_kind_of_place_is_counted_for_itself(db, crowd):
    crowd("in_room", "in_room", "online", places_in_room=2, places_online=3)
    seen = foresee(db, places_in_room=1)
    assert (seen["stay"], seen["wait_again"]) == (by_mode(1, 2), by_mode())
    assert (seen["moved"], seen["free"]) == (by_mode(online=1), by_mode(online=1))


def test_whoever_would_take_either_keeps_a_place_of_the_other_kind(db, crowd):
    crowd("either", "either", places_in_room=2, places_online=3)
    seen = foresee(db, places_in_room=1)
    assert (seen["stay"], seen["wait_again"]) == (by_mode(1, 1), by_mode())
    assert (seen["moved"], seen["free"]) == (by_mode(online=1), by_mode(online=2))


def test_the_plan_names_all_for_whom_something_changes(db, crowd):
    crowd("in_room", "in_room", "in_room", "in_room", "in_room", "in_room", places_in_room=5, waiting_list="offer")
    plan = foresee(db, places_in_room=2, places_online=2)["plan"]
    assert [plan[name] for name in ("stay", "change_mode", "wait", "offered")] == [2, 2, 1, 0]
    in_room, online = ({"mode": mode, "state": "confirmed"} for mode in ("in_room", "online"))
    assert [(one["name"], one["from"], one["to"]) for one in plan["people"]] == [
        ("P2", in_room, online),
        ("P3", in_room, online),
        ("P4", in_room, {"mode": "in_room", "state": "waiting"}),
    ]


def test_those_who_wait_are_offered_the_mode_that_is_new(db, crowd):
    crowd("in_room", "in_room", "in_room", places_in_room=1)
    plan = foresee(db, places_in_room=1, places_online=1)["plan"]
    assert [plan[name] for name in ("stay", "change_mode", "wait", "offered")] == [1, 0, 0, 1]
    assert plan["people"][0]["to"] == {"mode": "online", "state": "offered"}


def test_an_offer_comes_along_like_a_place(db, crowd, person, told):
    crowd("in_room", "in_room", places_in_room=1, waiting_list="offer")
    told(places_in_room=2, waiting_list="offer")
    seen = foresee(db, places_in_room=0, places_online=2)
    assert seen["live"] == {"confirmed": 1, "offered": 1, "waiting": 0}
    assert (seen["moved"], seen["stay"], seen["free"]) == (by_mode(online=2), by_mode(online=2), by_mode())
    assert foresee(db, places_in_room=1)["wait_again"] == by_mode(in_room=1)


def test_if_nothing_changes_everybody_keeps_what_they_have(db, crowd):
    crowd("in_room", "online", "in_room", places_in_room=1, places_online=1)
    seen = foresee(db)
    assert (seen["live"], seen["stay"]) == ({"confirmed": 2, "offered": 0, "waiting": 1}, by_mode(1, 1))
    assert [seen[name] for name in ("wait_again", "moved", "moved_waiting", "free")] == [by_mode()] * 4


def test_nothing_of_it_has_happened_and_nobody_hears_of_it(db, crowd):
    crowd(*["in_room"] * 3, places_in_room=2)
    db.commit()
    db.info.clear()

    def everything():
        tables = (Session.__table__, Booking.__table__, Change.__table__, outbox)
        return [db.execute(select(table)).all() for table in tables]

    before = everything()
    foresee(db, places_in_room=0, places_online=1)
    db.commit()
    assert (everything(), db.info) == (before, {})


def test_what_was_announced_before_in_the_same_transaction_stays(db, crowd, person):
    crowd(places_in_room=2)
    bookings.book(db, person("amina"), NOW, "march")
    said = dict(db.info)
    foresee(db, places_in_room=0, places_online=1)
    assert db.info == said


def test_what_is_foreseen_is_what_the_conversion_then_does(db, told, crowd):
    crowd(*("in_room", "either", "online") * 3, places_in_room=3, places_online=3, waiting_list="automatic")
    seen = foresee(db, places_in_room=1, places_online=4)
    had = {b.id for b in db.scalars(select(Booking)) if b.state == "confirmed"}
    told(places_in_room=1, places_online=4)
    rows = db.scalars(select(Booking).where(Booking.id.in_(had))).all()
    for mode in ("in_room", "online"):
        assert seen["stay"][mode] == sum((b.mode, b.state) == (mode, "confirmed") for b in rows)
        assert seen["wait_again"][mode] == sum((b.mode, b.state) == (mode, "waiting") for b in rows)


def test_a_session_that_nobody_could_book_yet_is_not_known(db):
    with pytest.raises(NotFound):
        foresee(db, places_online=1)
