"""The day sheet of a session: what it tells those who run it, and what not."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.facilitators import COMES, SLUG
from tests.gateway.fakes import page_of
from tests.gateway.html import Page, links, text_of
from tests.gateway.seating import AMINA, BEN, CLEO, DEV, view
from tests.sentences import says

PATH = f"/team/sessions/{SLUG}/day-sheet"
LINK = "https://example.org/join"


def who(reference, name):
    return {**COMES, "reference": reference, "person": {**COMES["person"], "name": name}}


@pytest.fixture
def fay(world):
    """The gateway, seen by someone who facilitates a session to which two people come."""
    world.registration.answers.update(
        expected=page_of(who(CLEO, "Cleo"), who(AMINA, "Amina")), day_sheet={"join_url": LINK, "needs": 2}
    )
    world.community.answers["tables"] = fakes.refused("not-found")
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.client.set_cookie("__Host-headrow_session", "facilitator-token")
    return world


def tables_by_status(**views):
    return lambda status, **_: views.get(status or "draft") or fakes.refused("not-found")


def test_it_tells_when_who_where_they_work_and_how_to_join_and_no_cache_keeps_it(fay):
    answer = fay.client.get(PATH)
    told = text_of(answer)
    assert answer.status_code == 200
    assert "Tuesday 1 December 2026" in told
    assert told.index("Amina") < told.index("Cleo")
    assert "Nurse" in told
    assert "Elm Court, Hospitals" in told
    assert says("day_sheet.link", link=LINK) in told
    assert LINK in links(answer)
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_it_tells_where_the_venue_is_and_how_to_get_in(fay):
    venue = {"name": "Civic rooms", "address": "Leeds city centre", "access": "Ramp at the side"}
    changes = {"delivery": "face_to_face", "venue": venue, "places_in_room": 5, "places_online": 0}
    fay.tell("sessions", catalogue.session(version=3, **changes))
    told = text_of(fay.client.get(PATH))
    assert "Civic rooms" in told
    assert "Leeds city centre" in told
    assert "Ramp at the side" in told
    assert LINK not in told, "nobody joins online"


def test_of_needs_facilitators_and_the_team_see_a_number_and_who_may_know_more(fay):
    told = text_of(fay.client.get(PATH))
    assert f"{says('day_sheet.needs')} {says('day_sheet.ask_the_team')}" in told
    fay.client.set_cookie("__Host-headrow_session", "team-token")
    answer = fay.client.get(PATH)
    assert says("day_sheet.number_only") in text_of(answer)
    assert f"/team/sessions/{SLUG}/bookings" in links(answer)


def test_without_needs_and_a_link_it_says_so(fay):
    fay.registration.answers["day_sheet"] = {"join_url": None, "needs": 0}
    told = text_of(fay.client.get(PATH))
    assert says("day_sheet.no_link") in told
    assert says("day_sheet.ask_the_team") not in told


def test_the_tables_that_people_were_told_of_come_before_a_draft(fay):
    published = view([[AMINA, BEN], [CLEO, DEV]], status="published", wishes={"step_free": [CLEO]})
    fay.community.answers["tables"] = tables_by_status(published=published, draft=view([[CLEO], [AMINA]]))
    told = text_of(fay.client.get(PATH))
    assert says("day_sheet.table", numbers="1") in told.partition("Amina")[2].partition("Cleo")[0]
    assert f"{says('day_sheet.table', numbers='2')} {says('day_sheet.step_free')}" in told.partition("Cleo")[2]
    assert says("day_sheet.not_told") not in told


def test_a_draft_says_that_nobody_was_told_and_each_round_has_its_number(fay):
    draft = view([[AMINA], [CLEO]], [[CLEO]], kind="rooms")
    fay.community.answers["tables"] = tables_by_status(draft=draft)
    told = text_of(fay.client.get(PATH))
    assert says("day_sheet.not_told") in told
    assert f"{says('day_sheet.by_round')} 1, –" in told
    assert f"{says('day_sheet.by_round')} 2, 1" in told


def test_answers_that_they_may_read_are_with_each_person(fay):
    fay.registration.answers.update(
        session_answers=page_of({"reference": AMINA, "answers": {"1a2b3c4d": "Vegan"}}),
        answer_totals={"items": [{"id": "1a2b3c4d", "text": "What do you eat?"}]},
    )
    told = text_of(fay.client.get(PATH))
    assert "What do you eat? Vegan" in told.partition("Amina")[2].partition("Cleo")[0]


def test_their_sessions_lead_there(fay):
    assert PATH in links(fay.client.get("/facilitating"))
    assert PATH in links(fay.client.get(f"/team/sessions/{SLUG}/expected"))


def test_what_only_a_screen_needs_is_not_printed(fay):
    page = Page(fay.client.get(PATH).text)
    assert [one for one in page.all("div") if "day-sheet" in one.get("class", "")]
    style = fay.client.get("/static/style.css").text
    rules = style.partition("@media print {")[2].partition("\n}")[0]
    assert "nav" in rules
    assert "table-header-group" in rules
    assert "break-inside: avoid" in rules
