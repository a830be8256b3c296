"""Whoever has a place over capacity is counted apart, wherever the team and facilitators read how full a session is."""

import csv
import io

import pytest

from tests.gateway import catalogue
from tests.gateway.html import text_of
from tests.gateway.rows_of_pages import FORECAST, READS, booking, page, somebody
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

SLUG = "maxims-in-practice"
ONE = {"in_room": 0, "online": 1}
TAKEN = says("over_capacity.taken", taken=40, capacity=40, over=1)


@pytest.fixture
def team(world):
    """The team's view of a session of 40 places online, all taken, in which somebody was given one more."""
    furnish(world)
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.tell_places(catalogue.places(left=0, version=5, over=ONE))
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


@pytest.mark.parametrize("path", ["/team", "/team/sessions", f"/team/sessions/{SLUG}"])
def test_pages_that_say_how_full_it_is_say_how_many_are_over(team, path):
    assert TAKEN in text_of(team.client.get(path))
    team.tell_places(catalogue.places(left=0, version=6))
    assert says("over_capacity.over") not in text_of(team.client.get(path))


def test_a_mode_of_which_all_places_are_gone_is_told_of_while_people_are_in_it(team):
    over = {"in_room": 2, "online": 0}
    team.tell_places(catalogue.places(left=0, version=6, over=over))
    assert says("over_capacity.taken", taken=0, capacity=0, over=2) in text_of(
        team.client.get(f"/team/sessions/{SLUG}")
    )


def test_the_dashboard_counts_them_in_words_in_the_table_and_in_the_bar(team):
    team.tell_places(catalogue.places(left=0, version=6, waiting=3, over={"in_room": 0, "online": 2}))
    answer = team.client.get("/team/dashboard")
    words = text_of(answer)
    assert says("dashboard.all_taken_and_over", sessions=2, taken=40, places=80, over=2, waiting=3) in words
    assert says("dashboard.parts_and_over", taken=40, over=2, held=0, free=0, waiting=3) in words
    assert answer.text.count('fill="#007f3b"') == 2, "in the key and in the bar"


def test_the_waiting_list_and_the_form_to_book_say_it(team):
    assert says("over_capacity.row_of_places", over=1) in text_of(
        team.client.get(f"/team/sessions/{SLUG}/waiting-list")
    )
    assert says("over_capacity.free_for_all", capacity=40) in text_of(team.client.get(f"/team/sessions/{SLUG}/book"))


def test_a_facilitator_reads_it_where_they_read_who_is_coming(team):
    people = [{"reference": f"K3M9Q-XW2T{n}", "mode": "online", "person": somebody()} for n in range(3)]
    team.registration.answers["expected"] = page(*people)
    team.client.set_cookie("__Host-headrow_session", "facilitator-token")
    words = text_of(team.client.get(f"/team/sessions/{SLUG}/expected"))
    assert says("over_capacity.people_have_place", number=3, over=1) in words
    both = {"in_room": {"capacity": 1, "left": 1}}
    team.tell_places(catalogue.places(left=0, version=6, over=ONE, **both))
    words = text_of(team.client.get(f"/team/sessions/{SLUG}/expected"))
    assert says("over_capacity.online", number=2, over=1) in words


def test_whose_place_it_is_stands_in_the_list_on_the_booking_and_in_the_sheet(team):
    over = booking(over_capacity=True)
    team.registration.answers.update(session_bookings=page(over, booking()), booking_of_person=over)
    mark = says("over_capacity.over")
    assert team.client.get(f"/team/sessions/{SLUG}/bookings").text.count(mark) == 1
    assert mark.capitalize() in text_of(team.client.get(f"/team/bookings/{over['reference']}"))
    sheet = team.get(f"/sessions/{SLUG}/bookings.csv", "team-token").data.decode("utf-8-sig")
    assert [row["over capacity"] for row in csv.DictReader(io.StringIO(sheet))] == ["yes", ""]


def test_over_the_api_the_team_reads_it_and_the_public_view_stays_as_it_was(team):
    team.catalogue.answers["session"] = {**catalogue.session(), "materials": []}
    there = team.get(f"/sessions/{SLUG}", "team-token").json
    assert (there["over"], there["places"]["online"]) == (ONE, {"capacity": 40, "left": 0})
    team.client.delete_cookie("__Host-headrow_session")
    public = team.get(f"/sessions/{SLUG}").json
    assert "over" not in public
    assert public["places"]["online"] == {"capacity": 40, "left": 0}


def test_a_registration_of_before_tells_of_none(team):
    rows = catalogue.places(left=0, version=7)
    assert "over" not in rows
    team.tell_places(rows)
    old = {name: told for name, told in booking().items() if name != "over_capacity"}
    forecast = {name: told for name, told in FORECAST.items() if not name.startswith("over")}
    filled = {name: told for name, told in READS["registration"]["fillings"]["items"][0].items() if name != "over"}
    team.registration.answers.update(
        session_bookings=lambda state=None, **_: page(*([old] if state in (None, "confirmed") else [])),
        booking_of_person=old,
        forecast_change=forecast,
        fillings=page(filled),
    )
    pages = ("", "/bookings", "/waiting-list", "/cancel")
    for path in ("/team/dashboard", *(f"/team/sessions/{SLUG}{end}" for end in pages)):
        assert team.client.get(path).status_code == 200
