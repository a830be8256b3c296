"""How a session filled: told for each day of the city's, from what became of its bookings, whoever is gone since."""

from datetime import UTC, datetime, timedelta

import pytest

from services.bus import models as bus
from services.registration import moves, my_data, schemas
from services.registration.models import Base, Booking
from services.registration.places import bookings, figures, filling, history, waiting_list
from services.runtime.refusals import Invalid
from tests.registration.calls import World
from tests.registration.conftest import NOW, START

DAY = timedelta(days=1)


def filled(db, slug="march"):
    """Return `(day, confirmed, offered, waiting)` of each day that is told, as it crosses the bus."""
    (told,) = schemas.Fillings().dump(filling.fillings(db, [slug]))["items"]
    return [tuple(day.values()) for day in told["days"]]


def test_each_day_tells_how_it_ended_and_a_quiet_day_is_left_out(db, told, person):
    told(places_in_room=2)
    amina = person("amina")
    first = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.book(db, person("ben"), NOW + 2 * DAY, "march")
    bookings.book(db, person("cem"), NOW + 2 * DAY, "march")
    bookings.book(db, person("dee"), NOW + 2 * DAY, "march")
    bookings.cancel(db, amina, first, NOW + 5 * DAY)
    assert filled(db) == [("2027-01-12", 1, 0, 0), ("2027-01-14", 2, 0, 2), ("2027-01-17", 2, 0, 1)]


def test_a_session_tells_its_places_and_one_without_bookings_no_days(db, told):
    told(places_in_room=2, places_online=30)
    assert filling.fillings(db, ["march", "unknown"])["items"] == [
        {"session": "march", "places": 32, "over": 0, "days": []}
    ]
    assert filling.fillings(db, []) == {"items": []}
    with pytest.raises(Invalid):
        filling.fillings(db, ["x"] * 501)


def test_a_day_ends_at_midnight_in_the_city(db, told, person):
    summer = datetime(2027, 7, 1, 22, 59, tzinfo=UTC)
    told(meetings=[{"starts_at": summer + 30 * DAY, "ends_at": summer + 31 * DAY}])
    bookings.book(db, person("amina"), summer, "march")
    bookings.book(db, person("ben"), summer + timedelta(minutes=1), "march")
    assert filled(db) == [("2027-07-01", 1, 0, 0), ("2027-07-02", 2, 0, 0)]


def test_who_moved_is_counted_where_they_were_and_then_where_they_are(db, told, person):
    told(places_in_room=1), told("april", meetings=[{"starts_at": START + 7 * DAY, "ends_at": START + 8 * DAY}])
    amina = person("amina")
    moved = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.book(db, person("ben"), NOW, "march")
    moves.move(db, amina, moved, NOW + DAY, "april")
    assert filled(db) == [("2027-01-12", 1, 0, 1), ("2027-01-13", 1, 0, 0)]
    assert filled(db, "april") == [("2027-01-13", 1, 0, 0)]
    assert [told["session"] for told in filling.fillings(db, ["march", "april"])["items"]] == ["april", "march"]


def test_a_place_on_offer_is_neither_taken_nor_waited_for(db, told, person):
    told(places_in_room=1, waiting_list="offer")
    amina, ben = person("amina"), person("ben")
    first = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.book(db, ben, NOW, "march")
    bookings.cancel(db, amina, first, NOW + DAY)
    waiting_list.pass_on_expired(db, NOW + 10 * DAY)
    waiting_list.pass_on_expired(db, NOW + 20 * DAY)
    assert filled(db) == [
        ("2027-01-12", 1, 0, 1),
        ("2027-01-13", 0, 1, 0),
        ("2027-01-22", 0, 1, 0),  # the offer ran out, and the next was made at once
        ("2027-02-01", 0, 0, 0),
    ]


def test_the_team_may_give_more_places_than_there_are(db, told, person):
    told(places_in_room=1)
    bookings.book(db, person("amina"), NOW, "march")
    tess = person("tess", granted=["team"])
    bookings.book_for(db, tess, NOW, "march", "guest@example.org", over_capacity=True, reason="She speaks.")
    (filling_,) = filling.fillings(db, ["march"])["items"]
    assert (filling_["places"], filling_["days"][-1]["confirmed"]) == (1, 2)


def test_what_the_catalogue_does_to_bookings_is_told_too(db, told, person):
    told(places_in_room=2)
    bookings.book(db, person("amina"), NOW, "march")
    bookings.book(db, person("ben"), NOW, "march")
    told(places_in_room=1, now=NOW + DAY)
    told(status="cancelled", cancel_reason="Snow", now=NOW + 2 * DAY)
    assert filled(db) == [("2027-01-12", 2, 0, 0), ("2027-01-13", 1, 0, 1), ("2027-01-14", 0, 0, 0)]


def test_erasing_a_person_leaves_the_counts_of_every_day_before(db, told, person):
    told()
    amina = person("amina")
    bookings.book(db, amina, NOW, "march")
    history.note(db, db.query(Booking).one(), "Needs a quiet corner.", NOW + DAY, person("tess", granted=["team"]))
    db.flush()
    before = filled(db)
    my_data.erase(db, amina, NOW + 3 * DAY)
    assert filled(db) == [*before, ("2027-01-15", 0, 0, 0)]


def test_who_is_erased_after_the_session_stays_counted(db, told, person):
    told()
    amina = person("amina")
    bookings.book(db, amina, NOW, "march")
    my_data.erase(db, amina, START + DAY)
    assert filled(db) == [("2027-01-12", 1, 0, 0)]


def test_a_clock_that_was_set_back_makes_no_day_end_below_nothing(db, told, person):
    told()
    amina = person("amina")
    reference = bookings.book(db, amina, NOW, "march")["reference"]
    bookings.cancel(db, amina, reference, NOW - DAY)
    assert filled(db) == [("2027-01-12", 0, 0, 0)]


def test_the_figures_of_now_are_those_that_are_announced(db, told, person):
    told(places_in_room=2)
    for name in ("amina", "ben", "cem"):
        bookings.book(db, person(name), NOW, "march")
    told_now = figures.page(db, None, NOW)["items"][0]
    assert filled(db)[-1][1:] == (2, 0, told_now["waiting"])


def test_who_has_a_place_over_capacity_is_counted_apart(db, told, person):
    told(places_in_room=1, places_online=1)
    tess = person("tess", granted=["team"])
    for n, mode in enumerate(["in_room", "in_room", "online", "online", "online"]):
        said = {"mode": mode, "over_capacity": True, "reason": "They speak."}
        bookings.book_for(db, tess, NOW, "march", f"p{n}@example.org", **said)
    (told_now,) = schemas.Fillings().dump(filling.fillings(db, ["march"]))["items"]
    assert (told_now["places"], told_now["over"], told_now["days"][-1]["confirmed"]) == (2, 3, 5)


def test_the_team_alone_is_told(make_engine):
    world = World(make_engine(Base.metadata, bus.metadata))
    assert world.ask("fillings", "amina", slugs=["now"]).refusal.code == "not-allowed"
    assert world.ask("fillings", slugs=["now"]).refusal.code == "not-signed-in"
    (told,) = world.ask("fillings", "team", slugs=["now"]).value["items"]
    assert [told["places"], *[(day["confirmed"], day["waiting"]) for day in told["days"]]] == [5, (1, 0)]
