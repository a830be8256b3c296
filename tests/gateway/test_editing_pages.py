"""The team's pages to edit the catalogue: programmes, speakers, sessions and materials, and what is done with them."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.features.sessions import session_form
from services.catalogue import schemas
from services.registration import schemas as registration
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, StaleVersion
from tests.examples import examples
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page
from tests.sentences import says

pytestmark = pytest.mark.patient

ID = "0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"
SESSION = "/team/sessions/maxims-in-practice"
NEW = {
    "programme": "virtual-sessions",
    "title": "Leading from the middle",
    "summary": "One line\r\n\r\nand another",
    "topics": "Systems thinking\nstaff wellbeing",
    "speakers-0-slug": "myron-rogers",
    "delivery": "hybrid",
    "meetings-0-day": "9",
    "meetings-0-month": "6",
    "meetings-0-year": "2027",
    "meetings-0-from": "9:30am",
    "meetings-0-to": "midday",
    "venue-name": "Civic rooms",
    "venue-address": "Calverley Street",
    "venue-access": "Step-free",
    "places_in_room": "1,200",
    "places_online": "40",
    "join_url": "https://example.org/meet",
    "travel_minutes": "30",
    "waiting_list": "offer",
    "opens-day": "1",
    "opens-month": "2",
    "opens-year": "2027",
    "opens-time": "14:00",
    "by_application": "yes",
    "closes-day": "1",
    "closes-month": "5",
    "closes-year": "2027",
    "closes-time": "5pm",
    "held-0-sector": "hospital",
    "held-0-places": "10",
    "held-0-day": "1",
    "held-0-month": "6",
    "held-0-year": "2027",
    "held-0-time": "5pm",
    "slug": "from-the-middle",
}
TAKEN = {
    "slug": "from-the-middle",
    "programme": "virtual-sessions",
    "title": "Leading from the middle",
    "summary": "One line\n\nand another",
    "topics": ["systems-thinking", "staff-wellbeing"],
    "speakers": ["myron-rogers"],
    "delivery": "hybrid",
    "meetings": [{"starts_at": "2027-06-09T09:30:00", "ends_at": "2027-06-09T12:00:00"}],
    "venue": {"name": "Civic rooms", "address": "Calverley Street", "access": "Step-free"},
    "places_in_room": 1200,
    "places_online": 40,
    "join_url": "https://example.org/meet",
    "travel_minutes": 30,
    "waiting_list": "offer",
    "booking_opens_at": "2027-02-01T14:00:00",
    "by_application": True,
    "applications_until": "2027-05-01T17:00:00",
    "held_places": [{"sector": "hospital", "places": 10, "until": "2027-06-01T17:00:00"}],
}


def as_held(**changes):
    return {**catalogue.session(), "materials": [catalogue.material()], **changes}


@pytest.fixture
def team(world):
    """The gateway, seen by somebody of the team, before a catalogue that looks at what it is given."""
    world.catalogue.answers.update(
        programme=catalogue.programme(),
        speaker=catalogue.speaker(),
        session=as_held(),
        material=catalogue.material(status="draft"),
        templates={"items": [], "next": None},
        drafts={"items": [as_held(slug="a-draft", status="draft", title="Not yet")], "next": None},
        create_programme=fakes.checked(schemas.NewProgramme(), catalogue.programme()),
        change_programme=fakes.checked(schemas.ChangedProgramme, catalogue.programme()),
        create_speaker=fakes.checked(schemas.NewSpeaker(), catalogue.speaker()),
        change_speaker=fakes.checked(schemas.ChangedSpeaker, catalogue.speaker()),
        create_session=fakes.checked(schemas.NewSession(), as_held(slug="from-the-middle")),
        change_session=fakes.checked(schemas.ChangedSession, as_held()),
        publish_session=as_held(),
        cancel_session=fakes.checked(schemas.Cancellation(), as_held()),
        reinstate_session=as_held(),
        convert_session=fakes.checked(schemas.Conversion(), as_held()),
        add_material=fakes.checked(schemas.NewMaterial(), catalogue.material()),
        change_material=fakes.checked(schemas.ChangedMaterial, catalogue.material()),
        publish_material=catalogue.material(),
        withdraw_material=catalogue.material(),
    )
    forecast(world)
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def forecast(world, confirmed=0, offered=0, waiting=0, removed=0, **outcomes):
    """Have registration foresee this of so many live bookings: `stay=(2, 0)` in the room and online."""
    plan = {"stay": 0, "change_mode": 0, "wait": sum(outcomes.get("wait_again", ())), "offered": 0, "people": []}
    plan["attendance_removed"] = removed
    names = ("stay", "wait_again", "moved", "moved_waiting", "free", "over", "over_then")
    by_mode = {name: dict(zip(("in_room", "online"), outcomes.get(name, (0, 0)), strict=True)) for name in names}
    live = {"confirmed": confirmed, "offered": offered, "waiting": waiting}
    answer = registration.Forecast().dump({"live": live, **by_mode, "plan": plan})
    world.registration.answers["forecast_change"] = fakes.checked(registration.ChangePlanned(), answer)


def form_of(page):
    """Return what a browser would send of a page as it stands, with no button."""
    parsed = Page(page.text)
    form = {}
    for field in parsed.all("input"):
        if field.get("name") and (field.get("type") not in ("radio", "checkbox") or "checked" in field):
            form[field["name"]] = field.get("value") or ""
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page.text, re.DOTALL):
        form[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page.text, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        form[name] = unescape(chosen[1]) if chosen else ""
    return form


def send(world, path, **said):
    said = {name.replace("__", "-"): text for name, text in said.items()}
    page = world.client.get(path)
    return world.client.post(path, data={**form_of(page), **said})


def errors(answer):
    """Return what the summary says, by the field that it leads to; each is on the page and says the same."""
    summary = answer.text.partition('nhsuk-error-summary__list">')[2].partition("</ul>")[0]
    found = {field: unescape(text) for field, text in re.findall(r'<a href="#([^"]+)">(.*?)</a>', summary)}
    ids = {element.get("id") for _, element in Page(answer.text).elements}
    assert found.keys() <= ids
    assert all(answer.text.count(text.replace("'", "&#39;")) >= 1 for text in found.values())
    return found


def text_of(answer):
    return " ".join(unescape(re.sub("<[^>]+>", " ", answer.text)).split())


def heading(answer):
    return unescape(re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)[1])


def test_the_team_finds_its_pages_in_the_menu(team):
    assert "/team" in {link["href"] for link in Page(team.client.get("/").text).all("a")}
    team.client.set_cookie("__Host-headrow_session", "person-token")
    assert "/team" not in {link["href"] for link in Page(team.client.get("/").text).all("a")}


# A session: found, seen, written


def test_sessions_are_found_by_when_they_are_and_by_words(team):
    assert "Myron’s Maxims" in team.client.get("/team/sessions?q=maxims").text
    assert "Myron’s Maxims" not in team.client.get("/team/sessions?q=nonsense").text
    assert "Myron’s Maxims" not in team.client.get("/team/sessions?when=past").text
    assert "Not yet" in team.client.get("/team/sessions?when=drafts&q=yet").text
    assert "Not yet" not in team.client.get("/team/sessions?when=drafts&q=maxims").text


def test_a_session_shows_what_can_be_done_with_it(team):
    def links():
        return {link["href"] for link in Page(team.client.get(SESSION).text).all("a")}

    doing = {f"{SESSION}/{action}" for action in ("publish", "edit", "preview", "convert", "cancel", "reinstate")}
    back = f"{SESSION}/reinstate"
    assert links() & doing == doing - {f"{SESSION}/publish", f"{SESSION}/preview", back}
    assert "/sessions/maxims-in-practice" in links(), "what everybody sees needs no preview"
    assert {f"{SESSION}/bookings", f"{SESSION}/materials", "/team/messages?session=maxims-in-practice"} <= links()
    team.catalogue.answers["session"] = as_held(status="draft")
    assert links() & doing == doing - {f"{SESSION}/cancel", back}
    team.catalogue.answers["session"] = as_held(status="cancelled", cancel_reason="<b>Ill</b>")
    assert links() & doing == {back}
    assert "&lt;b&gt;Ill" in team.client.get(SESSION).text


def test_every_field_of_a_session_that_is_written_is_sent(team):
    page = form_of(team.client.get("/team/sessions/new"))
    answer = team.client.post("/team/sessions/new", data={**page, **NEW})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/team/sessions/from-the-middle?done=added")
    asked = team.catalogue.last("create_session")
    assert (asked["given"], asked["key"]) == (TAKEN, page["key"])
    assert TAKEN.keys() == schemas.NewSession().fields.keys()


def test_all_that_is_wrong_is_said_at_once_where_it_is_mended_and_nothing_is_lost(team):
    said = {
        "title": "  ",
        "summary": "<script>alert('1')</script>",
        "topics": "fine\n日本",
        "meetings-0-day": "31",
        "meetings-0-month": "2",
        "meetings-1-day": "9",
        "meetings-1-month": "6",
        "meetings-1-year": "2027",
        "meetings-1-from": "later",
        "meetings-1-to": "1pm",
        "places_in_room": "many",
        "held-0-sector": "",
        "held-0-time": "25:00",
        "opens-year": "1927",
        "join_url": "example",
        "venue-name": "",
    }
    answer = team.client.post(
        "/team/sessions/new", data={**form_of(team.client.get("/team/sessions/new")), **NEW, **said}
    )
    assert answer.status_code == 422
    assert list(errors(answer).items()) == [
        ("title", says("field_errors.enter", what="the title")),
        ("topics", says("field_errors.small_letters", what=says("fields.topics_line", number=2))),
        ("meetings-0-day", says("field_errors.real_date", what="date 1")),
        ("meetings-1-from", says("field_errors.time", what=says("fields.start_of_date", number=2))),
        ("places_in_room", says("field_errors.whole_number", what=says("fields.places_in_room"))),
        ("venue-name", says("field_errors.enter", what=says("fields.venue_name"))),
        ("join_url", says("field_errors.whole_address", what=says("fields.link_to_join"))),
        ("opens-time", says("field_errors.years", what=says("fields.booking_opens"), first=2000, last=2100)),
        ("held-0-sector", says("session_editing.choose_sector_of_held_places", number=1)),
        ("held-0-time", says("field_errors.time", what=says("fields.end_of_held_places", number=1))),
    ]
    assert "<title>Error: " in answer.text
    assert "<script>alert" not in answer.text
    kept = form_of(answer)
    for name, text in {**NEW, **said}.items():
        assert kept[name] == text.replace("\r\n", "\n"), name


def test_a_date_is_added_and_taken_away_without_a_word_lost_or_a_service_asked(team):
    form = {**form_of(team.client.get("/team/sessions/new")), **NEW}
    answer = team.client.post("/team/sessions/new", data={**form, "do": "add-meetings"})
    assert answer.status_code == 200
    more = form_of(answer)
    assert {**form, **more, "form_token": "", "key": ""} == {
        **more, "summary": NEW["summary"].replace("\r\n", "\n"), "form_token": "", "key": "",
    }  # fmt: skip
    focused = [field["id"] for field in Page(answer.text).all("input") if "autofocus" in field]
    assert focused == ["meetings-1-day"]
    more |= {"meetings-1-day": "16", "meetings-1-month": "6"}
    less = form_of(team.client.post("/team/sessions/new", data={**more, "do": "remove-meetings-0"}))
    assert (less["meetings-0-day"], less["meetings-0-month"]) == ("16", "6")
    assert "meetings-1-day" not in less
    assert not team.catalogue.was_asked("create_session")


def test_no_more_rows_are_added_than_a_session_can_have(team):
    form = {**form_of(team.client.get("/team/sessions/new")), **{f"meetings-{n}-day": "1" for n in range(90)}}
    answer = team.client.post("/team/sessions/new", data={**form, "do": "add-meetings"})
    assert answer.status_code == 200
    assert "meetings-59-day" in form_of(answer)
    assert "meetings-60-day" not in form_of(answer)


def test_going_back_to_a_form_that_was_sent_says_so(team):
    team.catalogue.answers["create_session"] = fakes.refused("idempotency-key-reused")
    answer = send(team, "/team/sessions/new", title="Other")
    assert answer.status_code == 422
    assert says("pages.saved_before") in errors(answer)["title"]


# A session: changed


def test_a_form_that_nobody_wrote_in_changes_nothing(team):
    answer = send(team, f"{SESSION}/edit")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{SESSION}?done=saved")
    assert not team.catalogue.was_asked("change_session")


def test_only_what_was_changed_is_sent_with_the_version_that_was_read(team):
    team.catalogue.answers["session"] = as_held(version=7)
    assert (
        send(team, f"{SESSION}/edit", title="New", places_online="50", slug="x", delivery="hybrid").status_code == 303
    )
    asked = team.catalogue.last("change_session")
    assert (asked["version"], asked["given"]) == (7, {"title": "New", "places_online": 50})


def test_whoever_is_too_late_reads_what_is_there_now_and_keeps_what_they_wrote(team):
    page = form_of(team.client.get(f"{SESSION}/edit"))
    team.catalogue.answers.update(
        session=as_held(version=2, title="<i>Theirs</i>", speakers=[]), change_session=StaleVersion(version=2)
    )
    answer = team.client.post(f"{SESSION}/edit", data={**page, "title": "Mine"})
    assert answer.status_code == 409
    assert says("pages.changed_meanwhile") in answer.text
    assert "&lt;i&gt;Theirs&lt;/i&gt;" in answer.text
    kept = form_of(answer)
    assert (kept["title"], kept["version"], kept["speakers-0-slug"]) == ("Mine", "2", "")
    team.catalogue.answers["change_session"] = as_held(version=3)
    assert team.client.post(f"{SESSION}/edit", data=kept).status_code == 303
    assert team.catalogue.last("change_session")["given"] == {"title": "Mine"}


def test_a_form_with_mistakes_is_still_held_against_the_version_that_was_read(team):
    page = form_of(team.client.get(f"{SESSION}/edit"))
    team.catalogue.answers["session"] = as_held(version=9)
    answer = team.client.post(f"{SESSION}/edit", data={**page, "title": ""})
    assert (answer.status_code, form_of(answer)["version"]) == (422, "1")


def test_a_second_press_of_save_is_told_that_it_is_saved(team):
    page = {**form_of(team.client.get(f"{SESSION}/edit")), "title": "New"}
    assert team.client.post(f"{SESSION}/edit", data=page).status_code == 303
    team.catalogue.answers.update(session=as_held(version=2, title="New"), change_session=StaleVersion())
    assert team.client.post(f"{SESSION}/edit", data=page).headers["Location"] == f"{SESSION}?done=saved"


def test_a_cancelled_session_cannot_be_changed(team):
    team.catalogue.answers["session"] = as_held(status="cancelled", cancel_reason="Ill")
    answer = team.client.get(f"{SESSION}/edit")
    assert (answer.status_code, heading(answer)) == (409, says("session.cancelled"))


@given(
    days=st.integers(0, 3650),
    minute=st.integers(0, 1439),
    length=st.integers(1, 4000),
    summary=st.text(max_size=40),
    topics=st.lists(st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True), max_size=3),
)
@example(days=303, minute=60, length=60, summary="\n x\r\n", topics=["a-b"])  # in the night when the clocks go back
@example(days=86, minute=30, length=60, summary="", topics=[])  # and forward
def test_whatever_a_session_is_its_form_says_the_same(days, minute, length, summary, topics):
    starts = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(days=days, minutes=minute)
    meeting = {"starts_at": starts.isoformat(), "ends_at": (starts + timedelta(minutes=length)).isoformat()}
    session = as_held(meetings=[meeting], summary=summary, topics=topics)
    form = session_form.form_of(session)
    assert session_form.wanted_of(session_form.read_form(form))[0] == session_form.wanted_of(form)[0]


@pytest.mark.parametrize(
    ("typed", "time"),
    [
        *(
            ("9:30am", "09:30"),
            ("9.30am", "09:30"),
            ("9am", "09:00"),
            ("9:30", "09:30"),
            ("14.05", "14:05"),
            ("1pm", "13:00"),
        ),
        *(("12pm", "12:00"), ("12am", "00:00"), ("midday", "12:00"), ("Midnight", "00:00"), (" 1 PM ", "13:00")),
        *(("0930", "09:30"), ("9", None), ("24:00", None), ("13pm", None), ("9.60", None), ("", None), ("٣pm", None)),
    ],
)
def test_times_are_read_as_people_type_them(typed, time):
    assert session_form.time_of(typed) == time


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(said=st.dictionaries(st.sampled_from([*NEW, "do", "version", "meetings-0-days", "key"]), st.text(max_size=30)))
@example(said={"title": '"><script>alert(1)</script>', "topics": "</textarea><b>", "programme": "</option>"})
@example(said={"meetings-0-year": "99999999999", "meetings-0-days": "999", "places_online": "9" * 30})
def test_whatever_is_typed_is_answered_with_a_page_and_is_no_markup(team, said):
    said = {name: text.encode("utf-8", "replace").decode() for name, text in said.items()}
    form = {**form_of(team.client.get("/team/sessions/new")), **NEW, **said}
    answer = team.client.post("/team/sessions/new", data=form)
    assert answer.status_code in (200, 303, 422)
    if answer.status_code != 303:
        assert "<script>alert" not in answer.text
        Page(answer.text)


# A session: published, cancelled, converted


def test_a_draft_is_previewed_and_published_once(team):
    team.catalogue.answers["session"] = as_held(status="draft")
    assert says("session_editing.nobody_else_sees_it") in team.client.get(f"{SESSION}/preview").text
    page = form_of(team.client.get(f"{SESSION}/publish"))
    for _ in range(2):
        assert team.client.post(f"{SESSION}/publish", data=page).headers["Location"] == f"{SESSION}?done=published"
    keys = {asked["key"] for method, asked in team.catalogue.asked if method == "publish_session"}
    assert keys == {page["key"]}


def test_before_it_is_published_the_page_says_how_long_it_can_be_a_draft_again(team):
    team.catalogue.answers["session"] = as_held(status="draft")
    assert says("session_editing.draft_again") in text_of(team.client.get(f"{SESSION}/publish"))


def test_what_is_published_is_not_published_again(team):
    answer = team.client.get(f"{SESSION}/publish")
    assert (answer.status_code, heading(answer)) == (409, says("session.published_already"))


def test_cancelling_says_who_is_told_and_what_else_is_on(team):
    forecast(team, confirmed=2, waiting=1)
    team.tell("sessions", catalogue.session(slug="another", starts="2027-03-11T14:00:00+00:00", title="Another one"))
    answer = team.client.get(f"{SESSION}/cancel")
    assert says("session_editing.people_are_told", number=3) in text_of(answer)
    assert says("session_editing.with_a_place", number=2) in text_of(answer)
    assert "Another one" in answer.text
    assert send(team, f"{SESSION}/cancel", reason="Ill\r\nSorry").headers["Location"] == f"{SESSION}?done=cancelled"
    assert team.catalogue.last("cancel_session")["given"] == {"reason": "Ill\nSorry"}


def test_cancelling_needs_a_reason_and_keeps_one_that_is_too_long(team):
    assert errors(send(team, f"{SESSION}/cancel", reason=" ")) == {
        "reason": says("field_errors.enter", what="the reason")
    }
    answer = send(team, f"{SESSION}/cancel", reason="<" * 1001)
    assert errors(answer) == {"reason": says("field_errors.too_long", what="The reason", most=1000)}
    assert form_of(answer)["reason"] == "<" * 1001


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("session-finished", "published", says("session.over")),
        ("session-not-published", "draft", says("session.draft")),
        ("session-cancelled", "cancelled", says("session.cancelled")),
    ],
)
def test_what_is_in_the_way_is_said(team, code, status, words):
    team.catalogue.answers["cancel_session"] = fakes.refused(code)
    page = form_of(team.client.get(f"{SESSION}/cancel"))
    team.catalogue.answers["session"] = as_held(status=status)
    answer = team.client.post(f"{SESSION}/cancel", data={**page, "reason": "Ill"})
    assert (answer.status_code, heading(answer)) == (409, words)


OFF = {"status": "cancelled", "cancel_reason": "Ill"}
PAST = {"meetings": [{"starts_at": "2026-01-09T09:30:00+00:00", "ends_at": "2026-01-09T12:00:00+00:00"}]}


def test_calling_back_says_how_many_are_told_and_does_nothing_before_the_button(team):
    team.catalogue.answers["session"] = as_held(**OFF)
    team.registration.answers["forecast_reinstatement"] = {"live": {"confirmed": 2, "offered": 0, "waiting": 1}}
    answer = team.client.get(f"{SESSION}/reinstate")
    assert heading(answer) == says("session_editing.call_back")
    assert says("session_editing.told_it_takes_place", number=3) in text_of(answer)
    assert says("session_editing.with_a_place_again", number=2) in text_of(answer)
    assert not team.catalogue.was_asked("reinstate_session")
    page = form_of(answer)
    for _ in range(2):
        sent = team.client.post(f"{SESSION}/reinstate", data=page)
        assert sent.headers["Location"] == f"{SESSION}?done=called-back"
    keys = {asked["key"] for method, asked in team.catalogue.asked if method == "reinstate_session"}
    assert keys == {page["key"]}
    team.catalogue.answers["session"] = as_held()
    assert says("session_editing.called_back") in text_of(team.client.get(f"{SESSION}?done=called-back"))


def test_a_session_that_nobody_was_cancelled_with_is_called_back_without_telling_anyone(team):
    team.catalogue.answers["session"] = as_held(**OFF)
    team.registration.answers["forecast_reinstatement"] = fakes.refused("not-found")
    assert says("session_editing.nobody_to_tell") in text_of(team.client.get(f"{SESSION}/reinstate"))


def test_what_is_not_cancelled_or_would_be_over_is_not_called_back(team):
    answer = team.client.get(f"{SESSION}/reinstate")
    assert (answer.status_code, heading(answer)) == (409, says("session.published_already"))
    team.catalogue.answers["session"] = as_held(**OFF, **PAST)
    answer = team.client.get(f"{SESSION}/reinstate")
    assert (answer.status_code, heading(answer)) == (409, says("session.would_be_over"))
    assert f"{SESSION}/reinstate" not in {link["href"] for link in Page(team.client.get(SESSION).text).all("a")}


@pytest.mark.parametrize(
    ("code", "now", "words"),
    [
        ("session-not-cancelled", {}, says("session.published_already")),
        ("session-finished", OFF, says("session.would_be_over")),
    ],
)
def test_what_is_in_the_way_of_calling_back_is_said(team, code, now, words):
    team.catalogue.answers["session"] = as_held(**OFF)
    page = form_of(team.client.get(f"{SESSION}/reinstate"))
    team.catalogue.answers["reinstate_session"] = fakes.refused(code)
    team.catalogue.answers["session"] = as_held(**now)
    answer = team.client.post(f"{SESSION}/reinstate", data=page)
    assert (answer.status_code, heading(answer)) == (409, words)


def test_converting_says_what_will_happen_before_it_does(team):
    forecast(
        team, confirmed=3, offered=1, waiting=1, stay=(3, 0), wait_again=(1, 0), moved=(4, 0), moved_waiting=(1, 0)
    )
    room = {"delivery": "face_to_face", "places_in_room": "3", "venue__name": "Civic rooms"}
    answer = send(team, f"{SESSION}/convert", **room)
    assert (answer.status_code, heading(answer)) == (200, says("conversion.what_will_happen"))
    words = text_of(answer)
    assert says("conversion.all_move_to_room", live=4, moved=4) in words
    assert says("conversion.people_in_room", number=3) in words
    assert says("conversion.one_loses_place") in words
    assert says("conversion.one_waits_on") in words
    asked = team.registration.last("forecast_change")
    assert (asked["slug"], asked["given"]) == ("maxims-in-practice", {"places_in_room": 3, "places_online": 0})
    assert not team.catalogue.was_asked("convert_session")
    page = form_of(answer)
    for _ in range(2):
        done = team.client.post(f"{SESSION}/convert", data={**page, "do": "checked"})
        assert done.headers["Location"] == f"{SESSION}?done=converted"
    asked = team.catalogue.last("convert_session")
    venue = {"name": "Civic rooms", "address": "", "access": ""}
    assert asked["given"] == {
        "delivery": "face_to_face", "places_in_room": 3, "places_online": 0, "venue": venue, "join_url": None,
    }  # fmt: skip
    assert asked["key"] == page["key"]


def test_converting_finds_what_is_wrong_before_it_says_what_will_happen(team):
    held = [{"sector": "hospital", "places": 10, "until": "2027-02-01T09:00:00+00:00"}]
    team.catalogue.answers["session"] = as_held(held_places=held)
    assert errors(send(team, f"{SESSION}/convert")) == {"delivery": says("conversion.choose_how")}
    answer = send(team, f"{SESSION}/convert", delivery="hybrid", places_in_room="2", places_online="3", join_url="x")
    assert errors(answer) == {"join_url": says("field_errors.whole_address", what=says("fields.link_to_join"))}
    answer = send(team, f"{SESSION}/convert", delivery="hybrid", places_in_room="2", places_online="3")
    assert errors(answer) == {
        "venue-name": says("field_errors.enter", what=says("fields.venue_name")),
        "places_in_room": says("conversion.held_and_too_few", held=10, places=5),
    }
    assert send(team, f"{SESSION}/convert", delivery="virtual").status_code == 422
    assert not team.catalogue.was_asked("convert_session")


def test_each_kind_of_place_is_told_for_itself(team):
    forecast(team, confirmed=5, waiting=2, stay=(1, 3), wait_again=(1, 0), moved=(0, 1), free=(0, 1))
    places = {"places_in_room": "1", "places_online": "4", "venue__name": "Civic rooms"}
    words = text_of(send(team, f"{SESSION}/convert", delivery="hybrid", **places))
    assert says("conversion.one_moves_online", live=5) in words
    assert says("conversion.one_in_room_people_online", number=3) in words
    assert says("conversion.not_enough_places") in words
    assert says("conversion.next_gets_one", number=2) in words


def test_who_is_over_capacity_is_counted_apart_now_and_then(team):
    forecast(team, confirmed=5, stay=(0, 5), over=(2, 0), over_then=(0, 1))
    words = text_of(send(team, f"{SESSION}/convert", delivery="face_to_face", places_in_room="4", venue__name="Civic"))
    assert says("conversion.had_and_over", number=5, over=2) in words
    assert says("conversion.online_and_over", number=5, over=1) in words
    assert says("session_editing.with_a_place_and_over", number=5, over=2) in text_of(
        team.client.get(f"{SESSION}/cancel")
    )


def test_a_draft_that_registration_does_not_know_has_no_bookings(team):
    team.registration.answers["forecast_change"] = fakes.refused("not-found")
    assert says("conversion.nobody_has_booked") in team.client.get(f"{SESSION}/cancel").text
    room = {"delivery": "face_to_face", "places_in_room": "3", "venue__name": "Civic rooms"}
    assert says("conversion.nothing_changes") in send(team, f"{SESSION}/convert", **room).text


def test_a_slip_that_takes_places_away_is_asked_about_first(team):
    forecast(team, confirmed=4, wait_again=(0, 3))
    answer = send(team, f"{SESSION}/edit", places_online="1")
    assert errors(answer) == {"displace": says("displacing.say_whether", people="3 people")}
    assert not team.catalogue.was_asked("change_session")
    page = form_of(answer)
    assert page["places_online"] == "1", "what was typed is kept"
    assert "displace" not in page, "nobody has ticked it"
    assert team.client.post(f"{SESSION}/edit", data={**page, "displace": "2"}).status_code == 422, "they were two then"
    assert team.client.post(f"{SESSION}/edit", data={**page, "displace": "3"}).status_code == 303
    assert team.catalogue.last("change_session")["given"] == {"places_online": 1}


def test_a_meeting_that_people_were_at_is_asked_about_before_it_goes(team):
    forecast(team, confirmed=4, removed=1)
    answer = send(team, f"{SESSION}/edit", places_online="50")
    assert [says("arrivals.say_whether") in told for told in errors(answer).values()] == [True]
    assert says("arrivals.meeting_would_go") in text_of(answer)
    page = form_of(answer)
    assert team.client.post(f"{SESSION}/edit", data=page).status_code == 422
    assert team.client.post(f"{SESSION}/edit", data={**page, "remove_attendance": "1"}).status_code == 303


def test_who_booked_since_the_team_read_what_will_happen_is_asked_about_again(team):
    forecast(team, confirmed=3, stay=(3, 0))
    room = {"delivery": "face_to_face", "places_in_room": "3", "venue__name": "Civic rooms"}
    page = form_of(send(team, f"{SESSION}/convert", **room))
    forecast(team, confirmed=4, stay=(3, 0), wait_again=(1, 0))
    answer = team.client.post(f"{SESSION}/convert", data={**page, "do": "checked"})
    assert says("conversion.one_loses_place") in text_of(answer)
    assert not team.catalogue.was_asked("convert_session")
    page = form_of(answer)
    assert team.client.post(f"{SESSION}/convert", data={**page, "do": "checked"}).status_code == 303


def ticked(answer):
    return {
        field["name"] for field in Page(answer.text).all("input") if "checked" in field and field["type"] == "checkbox"
    }


@pytest.mark.parametrize("path", ["/team/sessions/new", "/team/programmes/new"])
def test_topics_are_ticked_and_others_typed_between_commas_or_line_ends(team, path):
    answer = team.client.get(path)
    offered = {field["name"] for field in Page(answer.text).all("input") if field.get("type") == "checkbox"}
    assert offered == {"topic-systems-thinking", "topic-system-leadership"}
    chosen = {"topic-systems-thinking": "yes", "topics": "Staff wellbeing, systems thinking,\r\n , Trust"}
    more = {"format": "series", **NEW, **chosen, "slug": ""}
    assert team.client.post(path, data={**form_of(answer), **more}).status_code == 303
    asked = team.catalogue.last("create_session" if "sessions" in path else "create_programme")
    assert asked["given"]["topics"] == ["systems-thinking", "staff-wellbeing", "trust"]


@pytest.mark.parametrize("path", [f"{SESSION}/edit", "/team/programmes/virtual-sessions/edit"])
def test_topics_stay_ticked_and_their_order_is_no_change(team, path):
    topics = {"topics": ["trust", "psychology"]}
    team.catalogue.answers.update(session=as_held(**topics), programme=catalogue.programme(**topics))
    answer = team.client.get(path)
    assert ticked(answer) == {"topic-trust", "topic-psychology"}
    boxes = {"topic-psychology": "yes", "topic-trust": "yes"}
    answer = team.client.post(path, data={**form_of(answer), **boxes, "title": "", "topics": "日本"})
    assert (answer.status_code, ticked(answer)) == (422, {"topic-trust", "topic-psychology"})
    assert errors(answer)["topics"] == says("field_errors.small_letters", what=says("fields.topics_line", number=1))
    answer = team.client.post(path, data={**form_of(answer), **boxes, "title": "Another", "topics": ""})
    assert answer.status_code == 303
    asked = team.catalogue.last("change_programme" if "programmes" in path else "change_session")
    assert "topics" not in asked["given"]
    left = form_of(team.client.get(path))
    del left["topic-psychology"]
    team.client.post(path, data=left)
    asked = team.catalogue.last("change_programme" if "programmes" in path else "change_session")
    assert asked["given"]["topics"] == ["trust"]


# Programmes and speakers


def test_a_programme_is_added_with_a_line_for_each_outcome(team):
    said = {"title": "New", "format": "series", "outcomes": "One\r\n\r\nTwo", "topics": "Big topic", "slug": ""}
    page = form_of(team.client.get("/team/programmes/new"))
    answer = team.client.post("/team/programmes/new", data={**page, **said})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/team/programmes?done=added")
    asked = team.catalogue.last("create_programme")
    assert asked["key"] == page["key"]
    assert asked["given"] == {
        "title": "New", "format": "series", "summary": "", "audience": "", "outcomes": ["One", "Two"],
        "ambition": "",
        "topics": ["big-topic"], "hand_on": "if_nobody_waits", "cancel_days": None, "by_application": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "said", "wrong"),
    [
        (
            "/team/programmes/new",
            {},
            {"title": says("field_errors.enter", what="the title"), "format": says("programme_editing.choose_format")},
        ),
        (
            "/team/programmes/virtual-sessions/edit",
            {"outcomes": "fine\n" + "x" * 501},
            {"outcomes": says("field_errors.too_long", what=says("fields.takeaways_line", number=2), most=500)},
        ),
        (
            "/team/speakers/new",
            {"bio": "x" * 4001},
            {
                "name": says("field_errors.enter", what="the name"),
                "bio": says("field_errors.too_long", what=says("fields.about_speaker"), most=4000),
            },
        ),
        (
            "/team/speakers/myron-rogers/edit",
            {"name": "\x07"},
            {"name": says("field_errors.not_text", what="The name")},
        ),
    ],
)
def test_what_is_wrong_with_a_programme_or_a_speaker_is_said(team, path, said, wrong):
    answer = send(team, path, **said)
    assert (answer.status_code, errors(answer)) == (422, wrong)
    assert "<title>Error: " in answer.text


@pytest.mark.parametrize(
    ("path", "method", "said"),
    [
        ("/team/programmes/virtual-sessions/edit", "change_programme", {"title": "New"}),
        ("/team/speakers/myron-rogers/edit", "change_speaker", {"bio": "Other"}),
        (f"/team/materials/{ID}/edit", "change_material", {"title": "New", "minutes": "90"}),
    ],
)
def test_a_change_sends_what_changed_and_says_so_where_it_came_too_late(team, path, method, said):
    assert send(team, path).status_code == 303
    assert not team.catalogue.was_asked(method)
    assert send(team, path, **said).status_code == 303
    asked = team.catalogue.last(method)
    assert (asked["given"].keys(), asked["version"]) == (said.keys(), 1)
    team.catalogue.answers[method] = StaleVersion()
    answer = send(team, path, **said)
    assert answer.status_code == 409
    assert says("pages.changed_meanwhile") in answer.text
    assert form_of(answer).items() >= said.items()


# Materials


def test_a_material_is_added(team):
    said = {
        "kind": "recording",
        "title": "All of it",
        "url": " https://example.org/r ",
        "minutes": "88",
        "captions": "no",
    }
    assert send(team, f"{SESSION}/materials/new", **said).headers["Location"] == f"{SESSION}/materials?done=added"
    assert team.catalogue.last("add_material")["given"] == {
        "kind": "recording", "title": "All of it", "url": "https://example.org/r", "minutes": 88, "captions": False,
        "audience": "everyone",
    }  # fmt: skip
    assert errors(send(team, f"{SESSION}/materials/new", minutes="soon")) == {
        "kind": says("material_editing.choose_kind"),
        "title": says("field_errors.enter", what="the title"),
        "url": says("field_errors.enter", what="the web address"),
        "minutes": says("field_errors.whole_number", what=says("fields.minutes")),
    }


def test_a_recording_is_published_once_all_three_are_checked(team):
    team.catalogue.answers["publish_material"] = fakes.refused("publication-check-incomplete")
    answer = send(team, f"/team/materials/{ID}/publish", captions_checked="yes")
    assert (answer.status_code, errors(answer).keys()) == (422, {"speaker_consents", "attendee_voices_checked"})
    assert form_of(answer)["captions_checked"] == "yes"
    team.catalogue.answers["publish_material"] = catalogue.material()
    checks = dict.fromkeys(("speaker_consents", "captions_checked", "attendee_voices_checked"), "yes")
    answer = send(team, f"/team/materials/{ID}/publish", **checks)
    assert answer.headers["Location"] == f"{SESSION}/materials?done=published"
    assert team.catalogue.last("publish_material")["given"] == dict.fromkeys(checks, True)


def test_materials_of_a_draft_wait_for_it(team):
    team.catalogue.answers["publish_material"] = fakes.refused("session-not-published")
    answer = send(team, f"/team/materials/{ID}/publish")
    assert (answer.status_code, says("session_editing.session_is_draft") in answer.text) == (409, True)


def test_a_recording_that_is_published_keeps_its_address(team):
    team.catalogue.answers["change_material"] = fakes.refused("material-published")
    answer = send(team, f"/team/materials/{ID}/edit", url="https://example.org/other")
    assert (answer.status_code, list(errors(answer))) == (422, ["url"])


def test_a_material_is_withdrawn(team):
    answer = send(team, f"/team/materials/{ID}/withdraw")
    assert answer.headers["Location"] == f"{SESSION}/materials?done=withdrawn"
    assert team.catalogue.last("withdraw_material")["id"] == ID


# Import


def test_a_file_comes_in_and_what_it_did_is_said(team):
    counts = {"created": {"sessions": 2, "speakers": 1}, "changed": {"sessions": 0}, "unchanged": {"topics": 4}}
    team.catalogue.answers["import_programme"] = counts
    answer = send(team, "/team/import", file='{"topics": ["a"]}')
    assert answer.status_code == 303
    assert team.catalogue.last("import_programme")["given"] == {"topics": ["a"]}
    assert says("programme_file.counts", new=3, changed=0, unchanged=4) in text_of(
        team.client.get(answer.headers["Location"])
    )
    for query in ("created=x&changed=1&unchanged=1", "created=1"):
        assert says("programme_file.is_imported") not in team.client.get(f"/team/import?{query}").text


def test_all_that_is_wrong_with_a_file_is_said_and_it_is_kept(team):
    assert errors(send(team, "/team/import")) == {"file": says("programme_file.paste_text")}
    assert errors(send(team, "/team/import", file="{")) == {"file": says("programme_file.not_json")}
    stranger = Fault("not-in-file", {"kind": "topic", "name": "<x>"})
    faults = [stranger.at(f"programmes.{n}.topics.0") for n in range(120)]
    team.catalogue.answers["import_programme"] = Invalid(faults)
    answer = send(team, "/team/import", file='{"a": "<b>"}')
    assert (answer.status_code, form_of(answer)["file"]) == (422, '{"a": "<b>"}')
    assert errors(answer) == {"file": says("programme_file.mistakes", number=120)}
    assert answer.text.count(says("programme_file.no_such_topic", topic="&lt;x&gt;")) == 100
    assert says("programme_file.more_mistakes", number=20) in answer.text
