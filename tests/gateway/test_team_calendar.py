"""The team's calendar: a month of all sessions, and the venues and speakers that clash in it."""

import pytest

from gateway.features.sessions.clashing import slots
from gateway.projection.read_model import as_session
from tests.gateway import catalogue
from tests.gateway.html import links, text_of
from tests.sentences import says

pytestmark = pytest.mark.patient

ROOM = {"name": "Civic  Rooms", "address": "", "access": ""}


def a_session(slug, hours=("14:00", "15:30"), day="2027-02-11", **changes):
    starts, ends = (f"{day}T{hour}:00+00:00" for hour in hours)
    plain = {"title": f"About {slug}", "speakers": [], "venue": None, "delivery": "hybrid", "places_in_room": 9}
    return {**catalogue.session(slug, starts, ends=ends), **plain, "materials": [], **changes}


FAY = {"id": "fay", "name": "Fay", "email": "fay@example.org"}


def facilitating(person, session):
    return {"id": f"{person['id']} {session}", "session": session, "person": person, "since": None, "named_by": FAY}


def clashing(*sessions):
    found = slots([as_session(session) for session in sessions])
    return {slot.session.data["slug"]: (slot.venue, slot.speakers) for slot in found}


@pytest.fixture
def team(world):
    world.catalogue.answers["drafts"] = {
        "items": [a_session("draft", ("15:00", "16:00"), status="draft", venue=ROOM)],
        "next": None,
    }
    world.tell("sessions", a_session("published", venue={**ROOM, "name": "civic rooms"}))
    world.registration.answers["all_facilitators"] = {"items": [facilitating(FAY, "published")], "next": None}
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def test_two_sessions_in_one_venue_at_once_clash_however_it_is_typed():
    found = clashing(
        a_session("one", venue=ROOM), a_session("two", ("15:00", "16:00"), venue={**ROOM, "name": "civic rooms"})
    )
    assert found == {"one": (["About two"], []), "two": (["About one"], [])}


def test_a_speaker_cannot_be_at_two_sessions_at_once():
    ada = catalogue.speaker("ada", "Ada")
    found = clashing(a_session("one", speakers=[ada]), a_session("two", speakers=[ada, catalogue.speaker()]))
    assert found == {"one": ([], [("Ada", "About two")]), "two": ([], [("Ada", "About one")])}


def test_a_facilitator_cannot_be_at_two_sessions_at_once():
    sessions = [as_session(a_session(slug)) for slug in ("one", "two", "three")]
    found = slots(sessions, {"one": {"fay": "Fay", "ben": "Ben"}, "two": {"fay": "Fay"}})
    assert {slot.session.data["slug"]: slot.facilitators for slot in found} == {
        "one": [("Fay", "About two")],
        "two": [("Fay", "About one")],
        "three": [],
    }


@pytest.mark.parametrize(
    "other",
    [
        a_session("two", ("15:30", "16:00"), venue=ROOM),
        a_session("two", day="2027-02-12", venue=ROOM),
        a_session("two", venue={**ROOM, "name": "Library"}),
        a_session("two", venue=ROOM, status="cancelled", cancel_reason="Ill"),
        a_session("two"),
    ],
    ids=["one after the other", "on another day", "elsewhere", "cancelled", "online"],
)
def test_what_is_not_at_once_in_one_place_does_not_clash(other):
    assert clashing(a_session("one", venue=ROOM), other) == {"one": ([], []), "two": ([], [])}


def test_venues_that_are_not_known_yet_do_not_clash():
    unknown = {**ROOM, "name": "To be confirmed"}
    assert clashing(a_session("one", venue=unknown), a_session("two", venue=unknown))["one"] == ([], [])


def test_a_long_session_clashes_with_all_that_begin_during_it():
    found = clashing(
        a_session("long", ("09:00", "17:00"), venue=ROOM),
        a_session("short", ("10:00", "11:00"), venue=ROOM),
        a_session("later", ("12:00", "13:00"), venue=ROOM),
    )
    assert found["long"][0] == ["About short", "About later"]
    assert found["later"][0] == ["About long"]


def test_the_calendar_shows_drafts_beside_what_is_published_and_their_clash(team):
    words = text_of(team.client.get("/team/calendar?month=2027-02"))
    for other in ("About draft", "About published"):
        assert says("calendar.clash", title=other) in words


def test_the_calendar_shows_one_month_and_leads_to_those_around_it(team):
    answer = team.client.get("/team/calendar?month=2027-01")
    assert "About draft" not in answer.text
    assert {"/team/calendar?month=2026-12", "/team/calendar?month=2027-02"} <= set(links(answer))


@pytest.mark.parametrize("month", ["", "2027-13", "next", "2027-02\n"])
def test_a_month_that_there_is_not_is_this_month(team, month):
    answer = team.client.get("/team/calendar", query_string={"month": month})
    assert answer.status_code == 200
    assert answer.text.count("<h1>") == 1


def test_the_calendar_ends_where_its_years_do(team):
    assert "/team/calendar?month=1999-12" not in links(team.client.get("/team/calendar?month=2000-01"))
    assert "/team/calendar?month=2100-01" not in links(team.client.get("/team/calendar?month=2099-12"))


def test_a_draft_that_was_published_meanwhile_stands_there_once(team):
    team.tell("sessions", a_session("draft", ("15:00", "16:00"), venue=ROOM))
    assert links(team.client.get("/team/calendar?month=2027-02")).count("/team/sessions/draft") == 1


def test_the_page_shows_who_facilitates_two_sessions_at_once(team):
    team.tell("sessions", a_session("beside"))
    rows = [facilitating(FAY, "published"), facilitating(FAY, "beside")]
    team.registration.answers["all_facilitators"] = {"items": rows, "next": None}
    shown = text_of(team.client.get("/team/calendar?month=2027-02"))
    for title in ("About published", "About beside"):
        assert says("calendar.facilitates_too", who="Fay", title=title) in shown
