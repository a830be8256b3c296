"""What the team looks up across sessions: whom it finds, and what it is not told of them."""

import pytest

from services.registration import my_data, schemas
from services.registration.places import bookings, lookup, overview
from services.runtime.refusals import Invalid, NotFound
from tests.registration.conftest import NOW


def found(db, q, cursor=None, limit=20):
    page = schemas.PeoplePage().dump(overview.find_people(db, q, cursor, limit))
    return [one["name"] for one in page["items"]], page["next"]


def test_people_are_found_by_words_of_their_name_and_address(db, person):
    person("amina", name="Amina Khan")
    person("ben", name="Ben Khan")
    person("nobody", name=None)
    assert found(db, "KHAN") == (["Amina Khan", "Ben Khan"], None)
    assert found(db, "khan ben@example") == (["Ben Khan"], None)
    assert found(db, "nobody@") == ([None], None)
    assert found(db, "carol") == ([], None)


@pytest.mark.parametrize("q", ["zoe", "ZOË", "o'neil", "oneil", "zoe o’neil"])
def test_accents_and_apostrophes_make_no_difference(db, person, q):
    person("zoe", name="Zoë O’Neil")
    assert found(db, q) == (["Zoë O’Neil"], None)


def test_an_erased_person_leaves_no_name_to_find(db, person):
    zoe = person("zoe", name="Zoë O’Neil")
    my_data.erase(db, zoe, NOW)
    assert zoe.search_key is None


@pytest.mark.parametrize("q", ["%", "_", "\\", "a%n"])
def test_what_a_database_takes_for_a_pattern_is_text(db, person, q):
    person("amina", name="Amina Khan")
    assert found(db, q) == ([], None)


def test_pages_follow_one_another_by_address(db, person):
    for name in ("cem", "amina", "ben"):
        person(name)
    first, after = found(db, "", limit=2)
    assert (first, found(db, "", after, 2)) == (["Amina", "Ben"], (["Cem"], None))
    with pytest.raises(Invalid):
        found(db, "", "forged")


def test_a_list_of_people_never_says_what_they_need(db, told, person):
    told()
    amina = person(access_needs="A hearing loop")
    bookings.book(db, amina, NOW, "march", access_needs="A hearing loop")
    people = schemas.PeoplePage().dumps(overview.find_people(db, "amina", None, 20))
    whole = schemas.PersonAndBookings().dumps(overview.bookings_of(db, amina.id, NOW, None, 20))
    assert "hearing" not in people + whole
    assert schemas.PersonAndBookings().loads(whole)["items"][0]["session"] == "march"


def test_who_was_erased_is_not_found(db, person):
    amina = person()
    my_data.erase(db, amina, NOW)
    assert found(db, "") == ([], None)
    with pytest.raises(NotFound):
        overview.bookings_of(db, amina.id, NOW, None, 20)
    with pytest.raises(NotFound):
        overview.bookings_of(db, "nobody", NOW, None, 20)


def test_the_team_sees_whose_a_booking_is(db, told, person):
    told()
    amina, team = person(), person("team", granted=["team"])
    booked = bookings.book(db, amina, NOW, "march", access_needs="A hearing loop")
    seen = schemas.BookingOfPerson().dump(lookup.one_of_person(db, team, booked["reference"].lower(), NOW))
    assert (seen["person"]["email"], seen["access_needs"]) == ("amina@example.org", "A hearing loop")
    with pytest.raises(NotFound):
        lookup.one_of_person(db, team, "NOTHI-NGxxx", NOW)


def test_sectors_are_counted_of_those_who_have_a_place(db, told, person):
    told(places_in_room=2)
    told("april", meetings=[{"starts_at": NOW.replace(month=4), "ends_at": NOW.replace(month=4, hour=9)}])
    for name, sector in (("amina", "hospital"), ("ben", "citizen"), ("waits", "hospital")):
        bookings.book(db, person(name, sector=sector), NOW, "march")
    bookings.book(db, person("cem", sector="citizen"), NOW, "april")
    bookings.book(db, person("dee", sector="citizen"), NOW, "april")
    counted = schemas.SectorCounts().dump(overview.sectors_of(db, ["march", "april"]))["items"]
    assert [tuple(row.values()) for row in counted] == [
        ("april", "citizen", 2),
        ("march", "citizen", 1),
        ("march", "hospital", 1),
    ]
    assert overview.sectors_of(db, []) == {"items": []}
    with pytest.raises(Invalid):
        overview.sectors_of(db, ["x"] * 501)
