"""What a new thing must be like: every wrong field is named, all of them at once. No database is needed to say so."""

from datetime import UTC, datetime, timedelta

import pytest

from services.catalogue import schemas
from services.runtime.refusals import Invalid
from services.runtime.schemas import load
from tests.catalogue.given import (
    a_hybrid_session,
    a_meeting,
    a_programme,
    a_recording,
    a_session_in_a_room,
    a_speaker,
    a_virtual_session,
)

UNTIL = "2027-02-23T17:00:00Z"


def wrong_in(schema, given) -> set[str]:
    try:
        load(schema(), given)
    except Invalid as refused:
        return {error["field"] for error in refused.errors}
    return set()


def held(*places: int, sectors=("social_care", "citizen")):
    return [{"sector": sector, "places": n, "until": UNTIL} for sector, n in zip(sectors, places, strict=False)]


def days(count: int):
    first = datetime(2027, 1, 1, 9, tzinfo=UTC)
    starts = [first + timedelta(days=n) for n in range(count)]
    return [{"starts_at": s.isoformat(), "ends_at": (s + timedelta(hours=1)).isoformat()} for s in starts]


# Delivery


@pytest.mark.parametrize("session", [a_virtual_session(), a_session_in_a_room(), a_hybrid_session()])
def test_each_delivery_is_accepted_with_what_it_needs(session):
    assert wrong_in(schemas.NewSession, session) == set()


@pytest.mark.parametrize(
    ("session", "wrong"),
    [
        (a_session_in_a_room(venue=None), {"venue"}),
        (a_session_in_a_room(places_in_room=0), {"places_in_room"}),
        (a_session_in_a_room(places_online=1), {"places_online"}),
        (a_session_in_a_room(join_url="https://example.org"), {"join_url"}),
        (a_virtual_session(places_online=0), {"places_online"}),
        (a_virtual_session(places_in_room=1), {"places_in_room"}),
        (a_virtual_session(venue={"name": "Library"}), {"venue"}),
        ({**a_hybrid_session(), "places_online": 0}, {"places_online"}),
        ({**a_hybrid_session(), "places_in_room": 0}, {"places_in_room"}),
        ({**a_hybrid_session(), "venue": None}, {"venue"}),
        (a_virtual_session(delivery="by_post"), {"delivery"}),
        (a_virtual_session(delivery=["virtual"]), {"delivery"}),
    ],
)
def test_each_delivery_has_its_own_needs(session, wrong):
    assert wrong_in(schemas.NewSession, session) == wrong


# Meetings


@pytest.mark.parametrize(
    "meetings",
    [
        [a_meeting(9, 10, 11), a_meeting(9, 11, 12)],  # one begins as the other ends
        [a_meeting(9, 10, 11), a_meeting(10, 9, 10)],
        days(60),
    ],
)
def test_meetings_follow_one_another(meetings):
    assert wrong_in(schemas.NewSession, a_virtual_session(meetings=meetings)) == set()


@pytest.mark.parametrize(
    ("meetings", "wrong"),
    [
        ([], {"meetings"}),
        (None, {"meetings"}),
        ({}, {"meetings"}),
        (days(61), {"meetings"}),
        ([a_meeting(9, 12, 12)], {"meetings.0.ends_at"}),
        ([a_meeting(9, 12, 10)], {"meetings.0.ends_at"}),
        ([a_meeting(10), a_meeting(9)], {"meetings.1.starts_at"}),
        ([a_meeting(9, 10, 12), a_meeting(9, 11, 13)], {"meetings.1.starts_at"}),
        ([a_meeting(9, 8, 20), a_meeting(9, 9, 10), a_meeting(10)], {"meetings.1.starts_at"}),
        ([a_meeting(9, 8, 20), a_meeting(8), a_meeting(9, 11, 12)], {"meetings.1.starts_at", "meetings.2.starts_at"}),
        ([{"starts_at": "soon"}, "never"], {"meetings.0.starts_at", "meetings.0.ends_at", "meetings.1"}),
        ([{**a_meeting(), "room": "2"}], {"meetings.0.room"}),
        ([a_meeting(year=207)], {"meetings.0.starts_at", "meetings.0.ends_at"}),
        ([a_meeting(year=9999)], {"meetings.0.starts_at", "meetings.0.ends_at"}),
        ([{"starts_at": 1804586400, "ends_at": True}], {"meetings.0.starts_at", "meetings.0.ends_at"}),
    ],
)  # fmt: skip
def test_meetings_are_in_order_and_apart_and_between_one_and_sixty(meetings, wrong):
    assert wrong_in(schemas.NewSession, a_virtual_session(meetings=meetings)) == wrong


# Places


@pytest.mark.parametrize("places", [-1, 100_001, 1.0, 1.5, "40", True, None, [], 10**30])
def test_places_are_a_whole_number_of_at_most_a_hundred_thousand(places):
    assert wrong_in(schemas.NewSession, a_virtual_session(places_online=places)) == {"places_online"}


def test_a_hundred_thousand_places_are_accepted():
    assert wrong_in(schemas.NewSession, a_virtual_session(places_online=100_000)) == set()


def test_no_more_places_are_held_than_there_are():
    assert wrong_in(schemas.NewSession, a_session_in_a_room(held_places=held(15, 5))) == set()
    assert wrong_in(schemas.NewSession, a_session_in_a_room(held_places=held(15, 6))) == {"held_places"}
    assert wrong_in(schemas.NewSession, a_hybrid_session(held_places=held(40, 10))) == set()


@pytest.mark.parametrize(
    ("places", "wrong"),
    [
        (held(1, 1, sectors=("citizen", "citizen")), {"held_places.1.sector"}),
        (held(0), {"held_places.0.places"}),
        (held(1, sectors=("Social Care",)), {"held_places.0.sector"}),
        ([{}], {"held_places.0.sector", "held_places.0.places", "held_places.0.until"}),
        ([5], {"held_places.0"}),
        (None, {"held_places"}),
    ],
)
def test_held_places_name_a_sector_a_number_and_a_moment(places, wrong):
    assert wrong_in(schemas.NewSession, a_session_in_a_room(held_places=places)) == wrong


# Words


@pytest.mark.parametrize("slug", ["", "A", "a b", "-a", "a-", "a--b", "ä", "a\n", "a" * 81, 5, None, "a/b"])
def test_a_slug_is_lower_case_words_joined_by_hyphens(slug):
    assert wrong_in(schemas.NewSession, a_virtual_session(slug=slug)) == {"slug"}
    assert wrong_in(schemas.NewSpeaker, a_speaker(slug=slug)) == {"slug"}
    assert wrong_in(schemas.NewProgramme, a_programme(slug=slug)) == {"slug"}


@pytest.mark.parametrize("slug", ["a", "0", "a-1-b", "a" * 80])
def test_a_slug_may_be_short_or_long(slug):
    assert wrong_in(schemas.NewSession, a_virtual_session(slug=slug)) == set()


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "ftp://example.org", "//example.org", "example.org", "https://", "https://a b", "", 5,
     "https://example.org/\x00", "https://example.org/a b", "https://example.org/" + "a" * 2000],
)  # fmt: skip
def test_an_address_is_http_or_https(address):
    assert wrong_in(schemas.NewSession, a_virtual_session(join_url=address)) == {"join_url"}
    assert wrong_in(schemas.NewMaterial, a_recording(url=address)) == {"url"}


@pytest.mark.parametrize("address", ["http://example.org", "https://meet.example.org:8443/a%20b?x=1&y=ü#z"])
def test_an_address_may_have_a_port_and_a_query(address):
    assert wrong_in(schemas.NewSession, a_virtual_session(join_url=address)) == set()


@pytest.mark.parametrize("title", ["", "  ", "a\nb", "a\x00", "a\x7f", "x" * 201, None, 5, {}, "\ud800"])
def test_a_title_is_one_line_of_text(title):
    assert wrong_in(schemas.NewSession, a_virtual_session(title=title)) == {"title"}


def test_topics_and_speakers_are_named_once_each_by_their_place_in_the_list():
    session = a_virtual_session(topics=["a", 5, "B", "a"], speakers="ada")
    assert wrong_in(schemas.NewSession, session) == {"topics.1", "topics.2", "topics.3", "speakers"}
    assert wrong_in(schemas.NewProgramme, a_programme(topics=["a", "a"])) == {"topics.1"}


def test_all_that_is_wrong_is_said_at_once():
    wrong = wrong_in(
        schemas.NewSession,
        a_session_in_a_room(
            title="",
            programme=None,
            venue={"access": 5},
            meetings=[a_meeting(9, 12, 10), {"starts_at": "2027-03-09T11:00:00Z"}],
            held_places=held(10, 20),
            waiting_list="first come",
            booking_opens_at="yesterday",
            colour="red",
        ),
    )
    assert wrong == {
        "title", "programme", "venue.name", "venue.access", "meetings.0.ends_at", "meetings.1.ends_at", "held_places",
        "waiting_list", "booking_opens_at", "colour",
    }  # fmt: skip


@pytest.mark.parametrize("given", [None, [], "session", 5])
def test_what_is_no_object_is_refused(given):
    assert wrong_in(schemas.NewSession, given) == {""}


# The other things


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"kind": "film"}, {"kind"}),
        ({"minutes": 0}, {"minutes"}),
        ({"minutes": "84"}, {"minutes"}),
        ({"captions": "yes"}, {"captions"}),
        ({"captions": 1}, {"captions"}),
        ({"audience": "nobody"}, {"audience"}),
        ({"published": True}, {"published"}),
    ],
)
def test_a_material_has_its_own_words(changed, wrong):
    assert wrong_in(schemas.NewMaterial, a_recording(**changed)) == wrong


@pytest.mark.parametrize("check", ["speaker_consents", "captions_checked", "attendee_voices_checked"])
@pytest.mark.parametrize("answer", ["true", 1, None, "on"])
def test_a_check_is_true_or_false_and_no_word_for_it(check, answer):
    assert wrong_in(schemas.PublicationChecks, {check: answer}) == {check}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        ({"format": "course"}, {"format"}),
        ({"outcomes": ["", 5, "See the whole"]}, {"outcomes.0", "outcomes.1"}),
        ({"outcomes": ["x"] * 51}, {"outcomes"}),
        ({"sessions": []}, {"sessions"}),
    ],
)
def test_a_programme_has_its_own_words(changed, wrong):
    assert wrong_in(schemas.NewProgramme, a_programme(**changed)) == wrong


def test_a_speaker_has_a_name():
    assert wrong_in(schemas.NewSpeaker, {"bio": None, "affiliation": ""}) == {"name", "bio", "affiliation"}
