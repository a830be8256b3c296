"""What anybody reads of the catalogue, and what only the team reads."""

import json
from datetime import datetime, timedelta
from xml.etree import ElementTree

import icalendar
import pytest

from gateway.web import response_cache
from services.runtime.refusals import Unavailable
from services.runtime.schemas import CITY
from tests.gateway import catalogue, fakes
from tests.gateway.conftest import NOW

SLUG = "maxims-in-practice"
STARTS = datetime.fromisoformat("2027-02-11T14:00:00+00:00")


def booking_of(world, **changes) -> str:
    world.tell("sessions", catalogue.session(version=2, **changes))
    return world.get(f"/sessions/{SLUG}").json["booking"]


def slugs(world, query: str) -> list[str]:
    return [row["slug"] for row in world.get(f"/sessions?{query}").json["items"]]


def test_a_session_shows_what_the_api_page_promises(world):
    session = world.get(f"/sessions/{SLUG}").json
    assert session["programme"] == "virtual-sessions"
    assert session["speakers"] == [{"slug": "myron-rogers", "name": "Myron Rogers"}]
    assert session["meetings"] == [{"starts_at": "2027-02-11T14:00:00+00:00", "ends_at": "2027-02-11T15:30:00+00:00"}]
    assert session["places"] == {"in_room": {"capacity": 0, "left": 0}, "online": {"capacity": 40, "left": 40}}
    assert (session["status"], session["booking"], session["waiting"]) == ("published", "open", 0)
    assert session["share"]["page"] == f"https://headrow.example/sessions/{SLUG}"


@pytest.mark.parametrize(
    "path", ["/sessions", f"/sessions/{SLUG}", f"/sessions/{SLUG}.ics", "/feed.atom", "/feed.json", "/feed.ics"]
)
@pytest.mark.parametrize("token", [None, "person-token"])
def test_the_link_to_join_is_never_shown(world, path, token):
    assert "secret-room" not in world.get(path, token).text


def test_booking_is_open_while_there_are_places(world):
    assert booking_of(world) == "open"


def test_booking_goes_to_the_waiting_list_when_places_have_gone(world):
    world.tell_places(catalogue.places(left=0, version=2))
    assert booking_of(world) == "waiting_list"


def test_booking_goes_to_the_waiting_list_while_no_place_is_open_to_everyone(world):
    world.tell_places(catalogue.places(left=1, waiting=2, version=2, open=catalogue.NONE_OPEN))
    assert booking_of(world) == "waiting_list"


def test_booking_is_open_to_whoever_comes_once_it_is_too_late_to_offer_a_place(world):
    world.tell_places(catalogue.places(left=1, waiting=2, version=2))
    assert booking_of(world, waiting_list="offer") == "open"


def test_until_registration_has_told_of_a_session_all_its_places_are_open(world):
    world.tell("sessions", catalogue.session("new", places_online=1))
    assert world.get("/sessions/new").json["booking"] == "open"
    world.tell("sessions", catalogue.session("empty", places_online=0))
    assert world.get("/sessions/empty").json["booking"] == "waiting_list"


def test_what_an_older_registration_tells_without_what_is_open_is_read(world):
    told = catalogue.places(left=1, version=2)
    del told["open"], told["held"]
    world.tell_places(told)
    assert booking_of(world) == "open"


def test_a_session_without_a_waiting_list_is_full(world):
    world.tell_places(catalogue.places(left=0, version=2))
    assert booking_of(world, waiting_list="none") == "full"


def test_a_hybrid_session_is_open_if_either_kind_of_place_is_left(world):
    world.tell_places(catalogue.places(left=1, waiting=3, version=2, in_room={"capacity": 24, "left": 0}))
    assert booking_of(world, delivery="hybrid", places_in_room=24) == "open"


def test_booking_has_not_opened_yet_until_it_does(world):
    opens = NOW + timedelta(days=1)
    assert booking_of(world, booking_opens_at=opens.isoformat()) == "not_yet"
    world.now = opens
    assert world.get(f"/sessions/{SLUG}").json["booking"] == "open"


def test_booking_is_closed_when_the_first_meeting_starts_and_the_session_finished_when_the_last_ends(world):
    second = {"starts_at": "2027-02-18T14:00:00+00:00", "ends_at": "2027-02-18T15:30:00+00:00"}
    world.tell("sessions", catalogue.session(version=2, meetings=[*catalogue.session()["meetings"], second]))

    def seen(now: datetime) -> tuple[str, str]:
        world.now = now
        session = world.get(f"/sessions/{SLUG}").json
        return session["booking"], session["status"]

    end = STARTS + timedelta(days=7, hours=1, minutes=30)
    assert seen(STARTS - timedelta(microseconds=1)) == ("open", "published")
    assert seen(STARTS) == ("closed", "published")
    assert seen(end - timedelta(microseconds=1)) == ("closed", "published")
    assert seen(end) == ("closed", "finished")


def test_a_session_that_is_called_back_is_published_again_everywhere(world):
    world.tell("sessions", catalogue.session(version=2, status="cancelled", cancel_reason="Snow"))
    assert b"Cancelled:" in world.get("/feed.atom").data
    said = catalogue.told("sessions", catalogue.session(version=3))
    world.model.hear("catalogue.session_reinstated.v1", said["subject"], 3, said["data"])
    session = world.get(f"/sessions/{SLUG}").json
    assert (session["status"], session["cancel_reason"], session["booking"]) == ("published", None, "open")
    assert b"STATUS:CONFIRMED" in world.get(f"/sessions/{SLUG}.ics").data
    assert b"Cancelled:" not in world.get("/feed.atom").data


def test_a_cancelled_session_is_closed_and_says_why(world):
    assert booking_of(world, status="cancelled", cancel_reason="Snow") == "closed"
    session = world.get(f"/sessions/{SLUG}").json
    assert (session["status"], session["cancel_reason"]) == ("cancelled", "Snow")


def test_held_places_are_shown_until_they_are_let_go(world):
    until = NOW + timedelta(hours=1)
    held = [{"sector": "citizen", "places": 4, "until": until.isoformat()}]
    world.tell("sessions", catalogue.session(version=2, held_places=held))
    assert world.get(f"/sessions/{SLUG}").json["held_places"][0]["places"] == 4
    world.now = until
    assert world.get(f"/sessions/{SLUG}").json["held_places"] == []


@pytest.mark.parametrize(("is_open", "booking"), [(1, "open"), (0, "waiting_list")])
def test_how_many_of_the_places_that_are_left_are_held_is_shown_as_registration_tells_it(world, is_open, booking):
    held = [{"sector": "citizen", "places": 4, "until": (NOW + timedelta(hours=1)).isoformat()}]
    world.tell("sessions", catalogue.session(version=2, held_places=held))
    open_now = [catalogue.open_from(None, online=is_open)]
    world.tell_places(catalogue.places(left=3, version=9, held={"citizen": 2}, open=open_now))
    shown = world.get(f"/sessions/{SLUG}").json
    assert (shown["booking"], shown["places"]["online"]) == (booking, {"capacity": 40, "left": 3})
    assert shown["held_places"][0]["left"] == 2


def test_a_session_opens_by_the_clock_when_held_places_are_let_go(world):
    until = NOW + timedelta(hours=1)
    held = [{"sector": "citizen", "places": 4, "until": until.isoformat()}]
    world.tell("sessions", catalogue.session(version=2, held_places=held))
    steps = [*catalogue.NONE_OPEN, catalogue.open_from(until.isoformat(), online=4)]
    world.tell_places(catalogue.places(left=4, version=9, held={"citizen": 4}, open=steps))
    seen = []
    for world.now in (until - timedelta(seconds=1), until):
        seen.append(world.get(f"/sessions/{SLUG}").json["booking"])
    assert seen == ["waiting_list", "open"]


def test_a_tag_changes_with_the_session_with_its_places_and_with_the_clock(world):
    def tag() -> str:
        return world.get(f"/sessions/{SLUG}").headers["ETag"]

    tags = [tag()]
    world.tell("sessions", catalogue.session(version=2, title="New"))
    tags.append(tag())
    world.tell_places(catalogue.places(left=39, version=2))
    tags.append(tag())
    world.now = STARTS
    tags.append(tag())
    assert len(set(tags)) == 4
    assert tags[2].startswith('"2-2-')


def test_lists_are_upcoming_soonest_first_unless_asked_otherwise(world):
    for slug, starts in [
        ("later", "2027-03-01"),
        ("sooner", "2026-12-01"),
        ("long-ago", "2020-06-18"),
        ("ago", "2021-06-18"),
    ]:
        world.tell("sessions", catalogue.session(slug, f"{starts}T14:00:00+00:00"))
    assert slugs(world, "") == ["sooner", SLUG, "later"]
    assert slugs(world, "when=past") == ["ago", "long-ago"]
    assert slugs(world, "when=all") == ["long-ago", "ago", "sooner", SLUG, "later"]


def test_a_session_under_way_is_still_upcoming(world):
    world.now = STARTS + timedelta(minutes=10)
    assert slugs(world, "") == [SLUG]
    world.now = STARTS + timedelta(minutes=90)
    assert (slugs(world, ""), slugs(world, "when=past")) == ([], [SLUG])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("topic=systems-thinking", True),
        ("topic=systems", False),
        ("programme=virtual-sessions", True),
        ("programme=other", False),
        ("delivery=virtual", True),
        ("delivery=hybrid", False),
        ("speaker=myron-rogers", True),
        ("speaker=myron", False),
        ("topic=systems-thinking&delivery=hybrid", False),
        ("q=maxim", True),
        ("q=MAXIMS+myron%27s", True),
        ("q=myrons", True),
        ("q=rogers+real", True),
        ("q=systems", True),
        ("q=axims", False),
        ("q=maxims+nonsense", False),
        ("q=", True),
        ("q=%21%3F", True),
    ],
)
def test_lists_are_filtered_and_searched(world, query, found):
    assert slugs(world, query) == ([SLUG] if found else [])


@pytest.mark.parametrize("query", ["q=elodie", "q=E%CC%81lodie", "q=creme", "q=STRASSE", "q=stra%C3%9Fe"])
def test_searches_know_no_accents_and_no_capitals(world, query):
    session = catalogue.session(
        version=2, title="Crème brûlée", summary="In der Straße", speakers=[catalogue.speaker("e", "Élodie")]
    )
    world.tell("sessions", session)
    assert slugs(world, query) == [SLUG]


def test_the_next_page_begins_where_the_last_one_ended(world):
    for n in range(1, 5):
        world.tell("sessions", catalogue.session(f"s{n}", f"2027-03-0{n}T14:00:00+00:00"))
    first = world.get("/sessions?limit=3").json
    second = world.get(f"/sessions?limit=3&cursor={first['next']}").json
    assert [row["slug"] for row in first["items"] + second["items"]] == [SLUG, "s1", "s2", "s3", "s4"]
    assert second["next"] is None


def test_programmes_and_speakers_come_in_the_order_of_their_names(world):
    world.tell("programmes", catalogue.programme("a", "Zebra crossing"))
    world.tell("speakers", catalogue.speaker("z", "adele"))
    assert [row["slug"] for row in world.get("/programmes").json["items"]] == ["virtual-sessions", "a"]
    assert [row["slug"] for row in world.get("/speakers").json["items"]] == ["z", "myron-rogers"]


def test_a_speaker_shows_their_sessions(world):
    assert world.get("/speakers/myron-rogers").json["sessions"][0]["slug"] == SLUG


def test_materials_are_shown_to_those_whom_they_are_meant_for(world):
    for n, audience in enumerate(("community", "attendees")):
        world.tell("materials", catalogue.material(f"0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a2{n}", audience=audience))
    for token, seen in [(None, 1), ("person-token", 1), ("team-token", 3), ("made-up", 1)]:
        assert len(world.get("/materials", token).json["items"]) == seen, token
    world.catalogue.answers["material"] = fakes.refused("not-found")
    assert world.get("/materials/0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a20", "person-token").status_code == 404


def test_what_the_team_sees_is_not_shown_to_others_from_the_cache(world):
    world.tell("materials", catalogue.material("0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a20", audience="attendees"))
    team = world.get("/materials", "team-token")
    assert team.headers["Cache-Control"] == "private, no-store"
    assert len(world.get("/materials").json["items"]) == 1


@pytest.mark.parametrize(
    "query", ["kind=recording", "topic=systems-thinking", f"session={SLUG}", "q=recording", "q=myron"]
)
def test_materials_are_filtered_and_searched(world, query):
    assert len(world.get(f"/materials?{query}").json["items"]) == 1


@pytest.mark.parametrize("query", ["kind=slides", "topic=other", "session=other", "q=nonsense"])
def test_materials_that_are_not_asked_for_are_left_out(world, query):
    assert world.get(f"/materials?{query}").json["items"] == []


def test_a_withdrawn_material_is_gone(world):
    world.model.hear("catalogue.material_withdrawn.v1", "materials/" + catalogue.material()["id"], 2,
                     catalogue.material(status="withdrawn", version=2))  # fmt: skip
    assert world.get("/materials").json["items"] == []
    assert world.get(f"/materials/{catalogue.material()['id']}").status_code == 404


def test_the_team_reads_a_draft_and_nobody_else_does(world):
    world.catalogue.answers["session"] = {**catalogue.session("draft", status="draft"), "materials": []}
    answer = world.get("/sessions/draft", "team-token")
    assert (answer.json["status"], answer.json["booking"]) == ("draft", "not_yet")
    assert answer.json["join_url"] == "https://example.org/meet/secret-room"
    assert answer.headers["Cache-Control"] == "private, no-store"
    for token in (None, "person-token", "operator-token"):
        assert world.get("/sessions/draft", token).status_code == 404


def test_the_team_reads_their_own_writes(world):
    world.catalogue.answers["session"] = {**catalogue.session(title="Just changed", version=2), "materials": []}
    assert world.get(f"/sessions/{SLUG}", "team-token").json["title"] == "Just changed"


def test_what_the_team_read_can_be_changed_under_its_tag(world):
    world.catalogue.answers["session"] = {**catalogue.session(version=7), "materials": []}
    world.catalogue.answers["change_session"] = {**catalogue.session(version=8), "materials": []}
    etag = world.get(f"/sessions/{SLUG}", "team-token").headers["ETag"]
    answer = world.ask("PATCH", f"/sessions/{SLUG}", "team-token", {"title": "B"}, If_Match=etag)
    assert world.catalogue.last("change_session")["version"] == 7
    assert answer.headers["ETag"].startswith('"8-')


def test_somebody_with_a_token_reads_the_catalogue_even_while_it_cannot_be_checked(world):
    world.registration.answers["who"] = Unavailable()
    assert world.get(f"/sessions/{SLUG}", "team-token").status_code == 200


def test_the_calendar_has_an_event_for_each_meeting_in_the_city_s_time(world):
    summer = {"starts_at": "2027-06-08T08:30:00+00:00", "ends_at": "2027-06-08T11:30:00+00:00"}
    world.tell("sessions", catalogue.session(version=2, meetings=[*catalogue.session()["meetings"], summer]))
    answer = world.get(f"/sessions/{SLUG}.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.data)
    winter, summer = calendar.walk("VEVENT")
    assert winter["DTSTART"].dt == datetime(2027, 2, 11, 14, 0, tzinfo=CITY)
    assert summer["DTSTART"].to_ical() == b"20270608T093000"
    assert summer["DTSTART"].params["TZID"] == "Europe/London"
    assert winter["UID"] != summer["UID"]
    assert "(1 of 2)" in winter["SUMMARY"]
    assert len(calendar.walk("VTIMEZONE")) == 1


def test_a_cancelled_session_is_cancelled_in_the_calendar(world):
    world.tell("sessions", catalogue.session(version=2, status="cancelled"))
    assert b"STATUS:CANCELLED" in world.get(f"/sessions/{SLUG}.ics").data


def test_the_atom_feed_is_one(world):
    world.tell("sessions", catalogue.session(version=2, title="A & B <c> \x0b", summary="ü"))
    feed = ElementTree.fromstring(world.get("/feed.atom").data)
    ns = "{http://www.w3.org/2005/Atom}"
    assert [e.tag for e in feed][:3] == [f"{ns}title", f"{ns}id", f"{ns}updated"]
    entry = feed.find(f"{ns}entry")
    assert entry.find(f"{ns}title").text == "A & B <c> "
    assert entry.find(f"{ns}link").get("href") == f"https://headrow.example/sessions/{SLUG}"
    assert datetime.fromisoformat(entry.find(f"{ns}updated").text) == NOW


def test_the_json_feed_is_one(world):
    answer = world.get("/feed.json")
    feed = json.loads(answer.text)
    assert answer.content_type == "application/feed+json"
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["items"][0]["url"] == f"https://headrow.example/sessions/{SLUG}"
    assert "14:00" not in feed["items"][0]["content_text"]
    assert feed["items"][0]["content_text"].startswith("Thursday 11 February 2027, 2pm.")


def test_an_answer_is_written_out_once(world):
    first = world.application.cache.get(("session", SLUG), NOW, lambda: b"a")
    assert world.application.cache.get(("session", SLUG), NOW, lambda: b"b") is first


def test_the_cache_does_not_grow_without_end(world, monkeypatch):
    monkeypatch.setattr(response_cache, "MOST", 10)
    for n in range(100):
        world.get(f"/sessions?q={n}")
    assert len(world.application.cache._kept) <= 10
