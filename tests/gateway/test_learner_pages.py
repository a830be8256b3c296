"""The pages on which people find out: what there is, when and where, and what to watch or read afterwards."""

import json
import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.runtime.refusals import Unavailable
from tests.examples import examples
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page
from tests.sentences import says

SESSION = "/sessions/maxims-in-practice"
VENUE = {"name": "Civic rooms", "address": "Calverley Street", "access": "Step-free"}
AFTER = "2027-02-12T10:00:00+00:00"
PAGES = f"""/ /sessions /sessions?q=maxims&topic=systems-thinking&month=2027-02&delivery=virtual /sessions?q=nothing
    /sessions?when=past /sessions?programme=virtual-sessions {SESSION} {SESSION}?told=yes /recordings
    /recordings?kind=slides&q=nothing /speakers /speakers/myron-rogers /topics /topics/systems-thinking
    /programmes /programmes/virtual-sessions"""
ON_SYSTEMS_THINKING = says("session_list.on_topic", topic="Systems thinking")
IN_FEBRUARY = says("session_list.in_month", month="February 2027")
PEOPLE_WAIT = says("waiting_list.people_wait", number=2)
INTEREST = "5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c21"


def text_of(answer):
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


def links(answer):
    return [link["href"] for link in Page(answer.text).all("a")]


def tell(world, slug="maxims-in-practice", starts="2027-02-11T14:00:00+00:00", **changes):
    world.tell("sessions", catalogue.session(slug, starts, **{"version": 2, **changes}))


def many(world, count):
    for number in range(count):
        tell(world, f"session-{number:02}", starts=f"2027-03-{1 + number:02}T14:00:00+00:00", title=f"Number {number}")


def at(world, moment):
    world.now = type(world.now).fromisoformat(moment)


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in."""
    world.registration.answers["register_interest"] = {"id": INTEREST}
    world.client.set_cookie("__Host-headrow_session", "person-token")
    return world


@pytest.mark.parametrize("path", PAGES.split())
@pytest.mark.parametrize("token", [None, "person-token", "team-token"])
def test_each_page_can_be_used_without_seeing_it(world, path, token):
    tell(world, held_places=[{"sector": "citizen", "places": 4, "until": "2027-02-01T17:00:00+00:00"}])
    if token:
        world.client.set_cookie("__Host-headrow_session", token)
    answer = world.client.get(path)
    assert answer.status_code == 200
    page = Page(answer.text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    labelled = {label["for"] for label in page.all("label")}
    fields = [*page.all("select"), *(field for field in page.all("input") if field["type"] != "hidden")]
    assert all(field.get("id") in labelled for field in fields)
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(next_ - level <= 1 for level, next_ in pairwise(levels))
    assert all("src" in script or script["type"] == "application/ld+json" for script in page.all("script"))
    assert not any("style" in attributes for _, attributes in page.elements)


def test_the_menu_leads_to_all_of_them_and_says_where_one_is(world):
    page = Page(world.client.get(SESSION).text)
    links_there = [link for link in page.all("a") if "navigation-link" in link.get("class", "")]
    menu = {link["href"]: link.get("aria-current") for link in links_there}
    assert menu == {"/sessions": "true", "/recordings": None, "/speakers": None, "/topics": None, "/community": None}
    assert 'href="/recordings" aria-current="page"' in world.client.get("/recordings").text


# Home


def test_home_shows_the_next_three_sessions_and_the_way_to_all(world):
    many(world, 5)
    answer = world.client.get("/")
    of_the_recording = SESSION
    shown = [link for link in links(answer) if link.startswith("/sessions/")]
    assert shown == [SESSION, "/sessions/session-00", "/sessions/session-01", of_the_recording]
    assert says("home.see_all") in answer.text
    assert "Suggest a theme Tell the team." in text_of(answer)


def test_home_leads_to_nothing_that_was_cancelled(world):
    tell(world, status="cancelled")
    assert says("home.nothing_planned") in text_of(world.client.get("/"))


def test_home_has_something_to_say_where_nothing_is_planned(world):
    at(world, AFTER)
    assert says("home.nothing_planned") in text_of(world.client.get("/"))


# All sessions


def test_each_session_is_told_with_its_day_length_place_and_places(world):
    tell(world, delivery="face_to_face", venue=VENUE)
    text = text_of(world.client.get("/sessions"))
    assert f"{says('session_list.one_upcoming')} " in text
    for words in (
        f"Thursday 11 February 2027, 2pm to 3:30pm 1 hour 30 minutes, {says('session.in_person', venue='Civic rooms')}",
        says("places.left", left=40, places=40),
    ):
        assert words in text


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("topic=systems-thinking", ON_SYSTEMS_THINKING),
        ("delivery=virtual", "online"),
        ("month=2027-02", IN_FEBRUARY),
        ("q=MAXIM%27S", says("session_list.with_words", words="MAXIM'S")),
        ("programme=virtual-sessions", says("session_list.of_programme", title="System leadership sessions")),
        ("speaker=myron-rogers", says("session_list.with_speaker", who="Myron Rogers")),
        ("topic=systems-thinking&month=2027-02&delivery=&q=", f"{ON_SYSTEMS_THINKING}, {IN_FEBRUARY}"),
    ],
)
def test_the_list_is_narrowed_down_by_its_address_and_says_so(world, query, told):
    changes = {"topics": ["psychology"], "delivery": "hybrid", "title": "Another", "speakers": [], "programme": "other"}
    tell(world, "another", "2027-05-11T14:00:00+00:00", **changes)
    assert world.client.get("/sessions").text.count("nhsuk-card__link") == 2
    answer = world.client.get(f"/sessions?{query}")
    assert f"{says('session_list.one_upcoming')} {told} " in text_of(answer).replace("&#39;", "'")
    assert SESSION in links(answer)
    assert "/sessions/another" not in links(answer)
    assert "/sessions" in links(answer)


def test_a_month_is_that_of_the_city_s_calendar(world):
    tell(world, "late", "2027-05-31T23:30:00+00:00", ends="2027-06-01T00:30:00+00:00")
    assert "/sessions/late" in links(world.client.get("/sessions?month=2027-06"))
    assert "/sessions/late" not in links(world.client.get("/sessions?month=2027-05"))


def test_what_was_chosen_stays_chosen(world):
    page = Page(world.client.get("/sessions?q=maxims&topic=gone&month=2027-02&programme=virtual-sessions").text)
    assert page.form == {"programme": "virtual-sessions", "q": "maxims"}
    assert {choice["value"] for choice in page.all("option") if "selected" in choice} >= {"gone", "2027-02"}
    assert [details for details in page.all("details") if "open" in details]


def test_nothing_found_is_said_kindly_with_what_to_do(world):
    answer = world.client.get("/sessions?topic=systems-thinking&month=2031-01&q=none")
    text = text_of(answer)
    month, words = says("session_list.in_month", month="January 2031"), says("session_list.with_words", words="none")
    assert says("session_list.none_upcoming", told=f"{ON_SYSTEMS_THINKING}, {month}, {words}") in text
    assert says("session_list.choose_another_month") in text
    assert {"/sessions", "/recordings", "/topics/systems-thinking"} <= set(links(answer))


def test_nothing_leads_to_the_page_of_a_topic_or_programme_that_is_not_there(world):
    answer = world.client.get("/sessions?topic=gone&programme=gone")
    assert not [link for link in links(answer) if link.startswith(("/topics/", "/programmes/"))]


@pytest.mark.parametrize("query", ["month=2027-13", "month=x", "delivery=post", "when=never", "cursor=x"])
def test_an_address_that_makes_no_sense_is_refused(world, query):
    assert world.client.get(f"/sessions?{query}").status_code == 422


def test_the_pages_of_a_long_list_follow_one_another(world):
    many(world, 25)
    first = world.client.get("/sessions?topic=systems-thinking")
    [later] = [link for link in links(first) if "cursor=" in link]
    assert "topic=systems-thinking" in later
    second = world.client.get(later.replace("&amp;", "&"))
    assert len(re.findall("nhsuk-card__link", first.text)) == 20
    assert len(re.findall("nhsuk-card__link", second.text)) == 6
    assert "/sessions?topic=systems-thinking" in links(second)
    assert not set(re.findall(r"Number \d+", first.text)) & set(re.findall(r"Number \d+", second.text))


def test_past_sessions_are_a_list_of_their_own(world):
    assert "/sessions?when=past" in links(world.client.get("/sessions"))
    at(world, AFTER)
    answer = world.client.get("/sessions?when=past")
    assert f"{says('session_list.one_past')} " in text_of(answer)
    assert SESSION in links(answer)
    assert says("places.words_left") not in answer.text


@pytest.mark.parametrize(
    ("changes", "left", "words"),
    [
        ({}, 0, f"{says('places.none_left')} {PEOPLE_WAIT} {says('waiting_list.tag')}"),
        ({"waiting_list": "none"}, 0, f"{says('places.none_left')} {says('places.full')}"),
        (
            {"booking_opens_at": "2027-01-04T09:00:00+00:00"},
            40,
            says("book.opens_on", when="Monday 4 January 2027, 9am"),
        ),
        (
            {"status": "cancelled", "cancel_reason": "The hall is flooded"},
            40,
            f"The hall is flooded {says('pages.cancelled')}",
        ),
        (
            {"held_places": [{"sector": "citizen", "places": 4, "until": "2027-02-01T17:00:00+00:00"}]},
            4,
            f"{says('places.last_held', number=4)} {PEOPLE_WAIT}",
        ),
    ],
)
def test_how_it_stands_with_places_is_told(world, changes, left, words):
    tell(world, **changes)
    opened = {"open": catalogue.NONE_OPEN, "held": {"citizen": 4}} if "held_places" in changes else {}
    world.tell_places(catalogue.places(left=left, waiting=2, version=2, **opened))
    assert words in text_of(world.client.get("/sessions"))


# One session


@pytest.mark.parametrize(
    ("changes", "left", "button"),
    [
        ({}, 40, says("book.button")),
        ({}, 0, says("waiting_list.join")),
        ({"waiting_list": "none"}, 0, None),
        (
            {"waiting_list": "none", "held_places": [{"sector": "citizen", "places": 4, "until": AFTER}]},
            4,
            says("book.button"),
        ),
        ({"booking_opens_at": "2027-01-04T09:00:00+00:00"}, 40, None),
        ({"status": "cancelled"}, 40, None),
    ],
)
def test_there_is_a_button_where_one_can_book(world, changes, left, button):
    tell(world, **changes)
    opened = {"open": catalogue.NONE_OPEN, "held": {"citizen": 4}} if "held_places" in changes else {}
    world.tell_places(catalogue.places(left=left, version=2, **opened))
    answer = world.client.get(SESSION)
    assert (f"{SESSION}/book" in links(answer)) == bool(button)
    assert button is None or button in text_of(answer)


def test_a_session_that_has_begun_says_that_booking_is_closed(world):
    at(world, "2027-02-11T14:10:00+00:00")
    answer = world.client.get(SESSION)
    assert says("session.started") in text_of(answer)
    assert f"{SESSION}/book" not in links(answer)


def test_a_full_session_and_a_cancelled_one_lead_to_others_of_the_programme_first(world):
    tell(world, "sooner", "2027-01-11T14:00:00+00:00", programme="other")
    tell(world, "later", "2027-03-11T14:00:00+00:00")
    tell(world, "off", "2027-03-12T14:00:00+00:00", status="cancelled")
    tell(world, status="cancelled", cancel_reason="The hall\nis <b>flooded</b>")
    answer = world.client.get(SESSION)
    assert says("session.has_been_cancelled") in answer.text
    assert "The hall\nis &lt;b&gt;flooded&lt;/b&gt;" in answer.text
    named = ("/sessions/later", "/sessions/sooner", "/sessions/off")
    assert [link for link in links(answer) if link in named] == ["/sessions/later", "/sessions/sooner"]
    tell(world, version=3, waiting_list="none")
    world.tell_places(catalogue.places(left=0, version=2))
    answer = world.client.get(SESSION)
    assert f"{says('session.full')}." in answer.text
    assert "/sessions/later" in links(answer)


def test_a_past_session_leads_to_its_recording(world):
    at(world, AFTER)
    answer = world.client.get(SESSION)
    assert f'<a href="https://example.org/recordings/maxims">{says("session.watch_recording")}</a>' in answer.text
    world.tell("materials", catalogue.material(version=2, status="withdrawn"))
    assert says("session.nothing_to_watch") in world.client.get(SESSION).text


def test_what_who_when_and_where_are_told(world):
    meetings = [
        {"starts_at": "2027-03-09T09:30:00+00:00", "ends_at": "2027-03-09T16:30:00+00:00"},
        {"starts_at": "2027-06-08T08:30:00+00:00", "ends_at": "2027-06-08T15:30:00+00:00"},
    ]
    tell(world, delivery="hybrid", venue=VENUE, meetings=meetings)
    answer = world.client.get(SESSION)
    text = text_of(answer)
    for words in (
        "Bring some real work along.",
        f"{says('session.meetings', number=2, hours=7)} Tuesday 9 March 2027, 9:30am to 4:30pm "
        "Tuesday 8 June 2027, 9:30am to 4:30pm",
        says("session.in_person_and_online", venue="Civic rooms, Calverley Street"),
        says("session.access", told="Step-free"),
        says("session.join_from"),
    ):
        assert words in text
    assert "secret-room" not in answer.text
    there = ["/speakers/myron-rogers", "/topics/systems-thinking", "/programmes/virtual-sessions"]
    assert {*there, "/api/v1/sessions/maxims-in-practice.ics"} <= set(links(answer))


def test_it_can_be_passed_on(world):
    answer = world.client.get(SESSION)
    sites = " ".join(links(answer))
    for site in ("facebook.com", "x.com", "linkedin.com", "mailto:"):
        assert site in sites
    [button] = [button for button in Page(answer.text).all("button") if "data-copy" in button]
    assert button["data-copy"] == f"https://headrow.example{SESSION}"
    assert "hidden" in button
    told = {meta["property"]: meta["content"] for meta in Page(answer.text).all("meta") if "property" in meta}
    assert told["og:title"] == "Myron’s Maxims in practice"
    assert told["og:url"] == f"https://headrow.example{SESSION}"
    assert "Thursday 11 February 2027, 2pm" in told["og:description"]


def event_of(answer):
    return json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', answer.text, re.DOTALL)[1])


def test_search_engines_read_it_as_an_event(world):
    tell(world, delivery="hybrid", venue=VENUE)
    event = event_of(world.client.get(SESSION))
    assert event["@type"] == "Event"
    assert event["startDate"] == "2027-02-11T14:00:00+00:00"
    assert event["eventStatus"] == "https://schema.org/EventScheduled"
    assert event["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert [place["@type"] for place in event["location"]] == ["Place", "VirtualLocation"]
    assert event["remainingAttendeeCapacity"] == 40
    tell(world, version=3, status="cancelled")
    assert event_of(world.client.get(SESSION))["eventStatus"] == "https://schema.org/EventCancelled"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=examples(25), deadline=None)
@given(said=st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40))
@example(said="</script><script>alert(1)</script>")
@example(said="<!--<script>")
@example(said='"><img src=x onerror=alert(1)>')
@example(said="{{ 7 * 7 }}")
@example(said="\u2028&lt;")
def test_what_people_wrote_never_becomes_markup(world, said):
    plain = Page(world.client.get(SESSION).text)
    world.application.cache._kept.clear()
    version = world.model.get("sessions", "maxims-in-practice").version + 1
    speaker = catalogue.speaker(name=said, bio=said, affiliation=said, version=version)
    world.tell("speakers", speaker)
    world.tell("materials", catalogue.material(title=said, version=version))
    tell(world, version=version, title=said, summary=said, speakers=[speaker], cancel_reason=said, venue=None)
    answer = world.client.get(SESSION)
    assert event_of(answer)["name"] == said
    shape = [tag for tag, _ in Page(answer.text).elements]
    assert [tag for tag in shape if tag != "p"] == [tag for tag, _ in plain.elements if tag != "p"]
    for path in ("/", "/sessions", "/recordings", "/speakers", "/speakers/myron-rogers", "/topics/systems-thinking"):
        tags = {tag for tag, _ in Page(world.client.get(path).text).elements}
        assert not tags & {"img", "b"}
    found = Page(world.client.get("/sessions", query_string={"q": said, "speaker": said, "programme": said}).text)
    assert len(found.all("script")) == 1


# Recordings


def test_recordings_are_told_with_length_captions_and_transcript(world):
    beside = {"kind": "document", "title": "The transcript", "url": "https://example.org/t.pdf"}
    world.tell("materials", catalogue.material("0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a11", **beside))
    answer = world.client.get("/recordings?kind=recording")
    assert f"{says('recordings.one')} " in text_of(answer)
    assert says("recordings.told", title="Session recording", minutes=88) in text_of(answer)
    assert {"https://example.org/recordings/maxims", "https://example.org/t.pdf", SESSION} <= set(links(answer))
    world.tell("materials", catalogue.material(version=2, captions=False))
    assert says("recordings.no_captions") in world.client.get("/recordings").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("kind=recording", True),
        ("kind=slides", False),
        ("topic=systems-thinking", True),
        ("topic=psychology", False),
        ("q=myron", True),
        ("q=nothing", False),
        ("kind=&topic=&q=", True),
    ],
)
def test_recordings_are_narrowed_down(world, query, found):
    answer = world.client.get(f"/recordings?{query}")
    assert ("https://example.org/recordings/maxims" in links(answer)) == found
    assert found or says("recordings.nothing_found") in answer.text


def test_what_is_for_those_who_were_there_is_shown_to_nobody_else(asha):
    world = asha
    world.tell("materials", catalogue.material(version=2, audience="attendees"))
    bookings = {"items": [fakes.booking(state="confirmed"), fakes.booking(session="x", state="attended")], "next": None}
    world.registration.answers["bookings"] = bookings
    secret = "https://example.org/recordings/maxims"
    assert secret not in world.client.get(SESSION).text
    bookings["items"].append(fakes.booking(state="attended"))
    assert secret in world.client.get(SESSION).text
    for path in ("/", "/recordings", "/topics/systems-thinking"):
        assert secret not in world.client.get(path).text
    world.client.delete_cookie("__Host-headrow_session")
    assert secret not in world.client.get(SESSION).text, "what one visitor saw is not kept for the next"
    world.client.set_cookie("__Host-headrow_session", "team-token")
    assert secret in world.client.get("/recordings").text
    world.client.delete_cookie("__Host-headrow_session")
    assert secret not in world.client.get("/recordings").text


def test_bookings_are_asked_for_only_where_they_matter(asha):
    asha.client.get(SESSION)
    assert not asha.registration.was_asked("bookings")


# A place of one's own


UNTIL = "2027-01-05T10:30:00+00:00"


@pytest.mark.parametrize(
    ("own", "words", "link"),
    [
        ({}, "You have a place.", says("booking.see")),
        ({"state": "waiting", "position": 3}, says("booking.you_wait_as_number", number=3), says("booking.see")),
        ({"state": "waiting"}, says("booking.you_wait"), says("booking.see")),
        (
            {"state": "offered", "offer": {"expires_at": UNTIL}},
            says("offer.made_until", when="Tuesday 5 January 2027, 10:30am"),
            says("offer.say_yes_or_no"),
        ),
        (
            {"state": "offered", "offer": {"expires_at": "2026-11-23T10:00:00+00:00"}},
            f"{says('offer.time_has_run_out')}.",
            says("booking.see"),
        ),
    ],
)
def test_whoever_has_a_place_is_told_instead_of_asked_to_book(asha, own, words, link):
    book = f"{SESSION}/book"
    assert book in links(asha.client.get(SESSION))
    asha.registration.answers["own_booking"] = {"booking": fakes.booking(**own)}
    answer = asha.client.get(SESSION)
    assert words in text_of(answer)
    assert f'<a href="/bookings/HR-7K2M9Q">{link}</a>' in answer.text
    assert book not in links(answer)
    assert asha.registration.last("own_booking")["session"] == "maxims-in-practice"
    assert answer.headers["Cache-Control"] == "private, no-store"
    asha.client.delete_cookie("__Host-headrow_session")
    assert book in links(asha.client.get(SESSION)), "what one visitor saw is not kept for the next"


@pytest.mark.parametrize(
    ("mode", "words"), [("in_room", says("booking.confirmed_in_room")), ("online", says("booking.place_online"))]
)
def test_a_place_in_a_session_of_both_kinds_says_which(asha, mode, words):
    tell(asha, delivery="hybrid", places_in_room=20)
    asha.registration.answers["own_booking"] = {"booking": fakes.booking(mode=mode)}
    assert words in text_of(asha.client.get(SESSION))


@pytest.mark.parametrize("refusal", [Unavailable(), fakes.refused("not-signed-in")], ids=str)
def test_the_page_is_there_while_nobody_knows_of_a_place(asha, refusal):
    asha.registration.answers["own_booking"] = refusal
    assert f"{SESSION}/book" in links(asha.client.get(SESSION))


@pytest.mark.parametrize("changes", [{"status": "cancelled"}, {"starts": "2026-11-20T14:00:00+00:00"}])
def test_a_place_is_asked_for_only_while_a_session_is_coming_up(asha, changes):
    tell(asha, **changes)
    assert asha.client.get(SESSION).status_code == 200
    asha.client.delete_cookie("__Host-headrow_session")
    asha.client.get(SESSION)
    assert not asha.registration.was_asked("own_booking")


# Speakers and topics


def test_a_speaker_s_page_has_their_sessions_upcoming_and_past(world):
    tell(world, "before", "2026-01-11T14:00:00+00:00")
    assert "/speakers/myron-rogers" in links(world.client.get("/speakers"))
    answer = world.client.get("/speakers/myron-rogers")
    assert "Known for the maxims." in answer.text
    assert {SESSION, "/sessions/before"} <= set(links(answer))
    assert world.client.get("/speakers/nobody").status_code == 404


def test_a_topic_s_page_has_its_sessions_and_recordings(world):
    assert says("topics.counts") in text_of(world.client.get("/topics"))
    answer = world.client.get("/topics/systems-thinking")
    assert {SESSION, "https://example.org/recordings/maxims"} <= set(links(answer))
    assert world.client.get("/topics/nothing").status_code == 404


# Tell me when there is more


@pytest.mark.parametrize("path", [SESSION, "/topics/systems-thinking", "/programmes/virtual-sessions"])
def test_whoever_is_signed_in_asks_with_a_button_and_sees_that_it_was_done(asha, path):
    form = {name: value for name, value in Page(asha.client.get(path).text).form.items() if name != "q"}
    answer = asha.client.post("/interests", data=form)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{path}?told=yes"
    wanted = asha.registration.last("register_interest")["given"]
    assert wanted in (
        {"session": "maxims-in-practice"},
        {"topic": "systems-thinking"},
        {"programme": "virtual-sessions"},
    )
    assert says("topics.told_when_more") in asha.client.get(answer.headers["Location"]).text


@pytest.mark.parametrize("path", [SESSION, "/topics/systems-thinking"])
def test_whoever_is_not_signed_in_is_led_to_it_and_back(world, path):
    answer = world.client.get(f"{path}?told=yes")
    assert f"/sign-in?next={path}%23more" in links(answer)
    assert "Done." not in answer.text
    form = {"form_token": Page(world.client.get("/sign-in").text).form["form_token"], "topic": "systems-thinking"}
    answer = world.client.post("/interests", data=form)
    assert answer.status_code == 401
    assert "/sign-in?next=/topics/systems-thinking" in links(answer)
    assert not world.registration.was_asked("register_interest")


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"topic": "nothing"},
        {"topic": "//elsewhere.example"},
        {"session": "systems-thinking"},
        {"programme": "../elsewhere"},
        {"topic": "systems-thinking", "session": "maxims-in-practice"},
    ],
)
def test_nobody_can_ask_for_what_is_not_there(asha, wanted):
    token = Page(asha.client.get("/").text).form["form_token"]
    assert asha.client.post("/interests", data={"form_token": token, **wanted}).status_code == 404
    assert not asha.registration.was_asked("register_interest")


# For all the same


@pytest.mark.parametrize("path", PAGES.split())
def test_a_page_for_all_is_kept_and_holds_nothing_of_a_visitor(world, path):
    world.client.set_cookie("__Host-headrow_session", "person-token")
    own = world.client.get(path)
    assert own.headers["Cache-Control"] == "private, no-store"
    world.client.delete_cookie("__Host-headrow_session")
    answer = world.client.get(path)
    assert "Asha" in own.text
    assert "Asha" not in answer.text
    assert "form_token" not in answer.text
    assert world.client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert len(answer.data) < 40_000
