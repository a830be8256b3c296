"""What a booking protects: nobody is overbooked, nobody is booked twice, nobody else's booking can be seen."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.bus.models import outbox
from services.registration import schemas
from services.registration.errors import (
    AlreadyBooked,
    BookingClosed,
    ProfileIncomplete,
    SessionCancelled,
    SessionFull,
)
from services.registration.models import Session
from services.registration.places import bookings, lookup
from services.runtime.refusals import Invalid, NotFound
from tests.registration.conftest import NOW, START


def test_a_free_place_is_confirmed_at_once(db, told, person):
    told()
    booked = bookings.book(db, person(), NOW, "march")
    assert (booked["state"], booked["position"], booked["mode"]) == ("confirmed", None, "in_room")
    assert Session.locked(db, "march").left("in_room") == 1


def test_the_next_after_the_last_place_waits_with_a_position(db, told, person):
    told(places_in_room=60)
    booked = [bookings.book(db, person(f"p{n}"), NOW, "march") for n in range(62)]
    assert [b["state"] for b in booked] == ["confirmed"] * 60 + ["waiting"] * 2
    assert [b["position"] for b in booked[60:]] == [1, 2]


def test_who_does_not_want_to_wait_is_refused(db, told, person):
    told(places_in_room=1)
    bookings.book(db, person("first"), NOW, "march")
    with pytest.raises(SessionFull):
        bookings.book(db, person("second"), NOW, "march", if_full="refuse")


def test_without_a_waiting_list_nobody_waits(db, told, person):
    told(places_in_room=1, waiting_list="none")
    bookings.book(db, person("first"), NOW, "march")
    with pytest.raises(SessionFull):
        bookings.book(db, person("second"), NOW, "march")


def test_nobody_books_the_same_session_twice(db, told, person):
    told()
    amina = person()
    first = bookings.book(db, amina, NOW, "march")
    with pytest.raises(AlreadyBooked) as refused:
        bookings.book(db, amina, NOW, "march")
    assert refused.value.facts == {"reference": first["reference"]}


def test_after_cancelling_one_may_book_again_under_a_new_reference(db, told, person):
    told()
    amina = person()
    first = bookings.book(db, amina, NOW, "march")
    bookings.cancel(db, amina, first["reference"], NOW)
    again = bookings.book(db, amina, NOW, "march")
    assert again["state"] == "confirmed"
    assert again["reference"] != first["reference"]


@pytest.mark.parametrize("missing", ["name", "sector"])
def test_without_a_name_and_a_sector_there_is_no_booking(db, told, person, missing):
    told()
    with pytest.raises(ProfileIncomplete) as refused:
        bookings.book(db, person(**{missing: None}), NOW, "march")
    assert refused.value.facts == {"missing": [missing]}


def test_a_session_that_nobody_told_of_is_not_found(db, person):
    with pytest.raises(NotFound):
        bookings.book(db, person(), NOW, "april")


def test_booking_is_open_until_the_session_starts(db, told, person):
    told()
    bookings.book(db, person("early"), START - timedelta(seconds=1), "march")
    with pytest.raises(BookingClosed):
        bookings.book(db, person("late"), START, "march")


def test_booking_is_closed_until_it_opens(db, told, person):
    told(booking_opens_at=NOW)
    with pytest.raises(BookingClosed):
        bookings.book(db, person("early"), NOW - timedelta(seconds=1), "march")
    bookings.book(db, person("in time"), NOW, "march")


def test_a_cancelled_session_takes_no_bookings(db, told, person):
    told()
    told(status="cancelled", cancel_reason="ill")
    with pytest.raises(SessionCancelled):
        bookings.book(db, person(), NOW, "march")


def test_a_hybrid_session_needs_to_know_how_one_comes(db, told, person):
    told(places_in_room=1, places_online=1)
    with pytest.raises(Invalid) as refused:
        bookings.book(db, person(), NOW, "march")
    assert refused.value.errors[0]["field"] == "mode"


def test_each_mode_of_a_hybrid_session_has_its_own_places_and_line(db, told, person):
    told(places_in_room=1, places_online=1)
    in_room = [bookings.book(db, person(f"r{n}"), NOW, "march", mode="in_room") for n in range(2)]
    online = [bookings.book(db, person(f"o{n}"), NOW, "march", mode="online") for n in range(3)]
    assert [b["position"] for b in in_room] == [None, 1]
    assert [b["position"] for b in online] == [None, 1, 2]


def test_a_session_in_a_room_has_no_places_online(db, told, person):
    told()
    with pytest.raises(Invalid):
        bookings.book(db, person(), NOW, "march", mode="online")


def test_the_database_itself_refuses_one_place_too_many(db, told):
    session = told(places_in_room=1)
    session.taken_in_room = 2
    with pytest.raises(IntegrityError):
        db.flush()
    db.rollback()


def test_the_link_to_join_is_shown_from_half_an_hour_before_to_those_who_have_a_place_online(db, told, person):
    told(places_in_room=0, places_online=1)
    amina, ben = person("amina"), person("ben")
    booked = bookings.book(db, amina, NOW, "march")
    waits = bookings.book(db, ben, NOW, "march")
    early, in_time = START - timedelta(minutes=31), START - timedelta(minutes=30)
    assert "join_url" not in lookup.one(db, amina, booked["reference"], early)
    assert lookup.one(db, amina, booked["reference"], in_time)["join_url"] == "https://example.org/meet"
    assert "join_url" not in lookup.one(db, ben, waits["reference"], in_time)


def test_somebody_elses_booking_is_not_there(db, told, person):
    told()
    booked = bookings.book(db, person("amina"), NOW, "march")
    for verb in (lookup.one, bookings.cancel, bookings.accept, bookings.decline):
        with pytest.raises(NotFound):
            verb(db, person(verb.__name__), booked["reference"], NOW)


def test_the_team_sees_and_cancels_any_booking(db, told, person):
    told()
    team = person("team", granted=["team"])
    booked = bookings.book(db, person("amina"), NOW, "march")
    assert lookup.one(db, team, booked["reference"], NOW)["state"] == "confirmed"
    for verb in (lookup.one, bookings.cancel):
        with pytest.raises(NotFound):
            verb(db, team, booked["reference"], NOW, own=True)
    assert bookings.cancel(db, team, booked["reference"], NOW)["state"] == "cancelled"


def test_a_reference_is_read_in_either_case(db, told, person):
    told()
    amina = person()
    booked = bookings.book(db, amina, NOW, "march")
    assert lookup.one(db, amina, booked["reference"].lower(), NOW)["reference"] == booked["reference"]


def test_cancelling_twice_is_once(db, told, person):
    told()
    amina = person()
    booked = bookings.book(db, amina, NOW, "march")
    first = bookings.cancel(db, amina, booked["reference"], NOW, reason="ill")
    assert bookings.cancel(db, amina, booked["reference"], NOW) == first
    assert Session.locked(db, "march").left("in_room") == 2


def test_what_somebody_said_as_they_cancelled_is_not_kept_once_it_is_told(db, told, person):
    told()
    amina = person()
    for reason in (None, "My daughter Zoë is ill"):
        booked = bookings.book(db, amina, NOW, "march")
        bookings.cancel(db, amina, booked["reference"], NOW, reason=reason)
    events = select(outbox.c.sensitive).where(outbox.c.type == "registration.booking_cancelled.v1")
    assert db.scalars(events.order_by(outbox.c.position)).all() == [False, True]


def test_a_session_that_is_over_cannot_be_cancelled_any_more(db, told, person):
    told()
    amina = person()
    booked = bookings.book(db, amina, NOW, "march")
    with pytest.raises(BookingClosed):
        bookings.cancel(db, amina, booked["reference"], START + timedelta(days=1))


def test_paging_through_ones_bookings_neither_skips_nor_repeats_while_more_come(db, told, person):
    amina = person()
    for n in range(5):
        told(f"s{n}")
        bookings.book(db, amina, NOW, f"s{n}", allow_clash=True)
    first = lookup.page(db, amina, NOW, None, 2)
    told("s9")
    bookings.book(db, amina, NOW, "s9", allow_clash=True)
    second = lookup.page(db, amina, NOW, first["next"], 2)
    third = lookup.page(db, amina, NOW, second["next"], 2)
    seen = [b["session"] for page in (first, second, third) for b in page["items"]]
    assert seen == ["s4", "s3", "s2", "s1", "s0"]
    assert third["next"] is None


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "WzFd!!", "W10", "WzEsMl0", "W3RydWVd", "WzFlMzAwXQ"])
def test_a_forged_cursor_is_refused_by_name(db, person, cursor):
    with pytest.raises(Invalid) as refused:
        lookup.page(db, person(), NOW, cursor, 2)
    assert refused.value.errors[0]["field"] == "cursor"


def test_the_team_reads_a_sessions_bookings_with_their_people(db, told, person):
    told(places_in_room=1)
    for name in ("amina", "ben"):
        bookings.book(db, person(name), NOW, "march")
    page = lookup.page_of_session(db, "march", NOW, None, 10)
    assert [(b["person"].name, b["state"]) for b in page["items"]] == [("Amina", "confirmed"), ("Ben", "waiting")]
    waiting = lookup.page_of_session(db, "march", NOW, None, 10, "waiting")
    assert [b["person"].name for b in waiting["items"]] == ["Ben"]


def test_one_sees_what_one_has_of_a_session(db, told, person):
    told(places_in_room=1)
    told("april", meetings=[{"starts_at": NOW.replace(month=4), "ends_at": NOW.replace(month=4, hour=9)}])
    amina, ben = person(), person("ben")

    def own(who, slug="march"):
        return schemas.OwnBooking().dump(lookup.own_of_session(db, who, slug, NOW))["booking"]

    assert own(amina) is None
    bookings.book(db, amina, NOW, "april")
    first, second = (bookings.book(db, who, NOW, "march") for who in (amina, ben))
    assert (own(amina)["reference"], own(amina)["state"]) == (first["reference"], "confirmed")
    assert (own(ben)["state"], own(ben)["position"]) == ("waiting", 1)
    bookings.cancel(db, ben, second["reference"], NOW)
    assert own(ben) is None
    assert own(ben, "nothing") is None
