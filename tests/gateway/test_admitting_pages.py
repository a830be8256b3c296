"""The team gives a place to one person on the waiting list: what the page says first, and what it asks for."""

from threading import Timer

import pytest

from gateway.web import own_changes
from tests.gateway import catalogue, fakes
from tests.gateway.forms import form_of
from tests.gateway.html import Page, heading, links, text_of, usable
from tests.gateway.rows_of_pages import READS, REFERENCE, THIRD, booking, page
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

PATH = f"/team/bookings/{REFERENCE}/admit"
WAITING_LIST = "/team/sessions/maxims-in-practice/waiting-list"
REASON = "She came from far away.\nTwice."


@pytest.fixture
def team(world):
    """The team's view of somebody who waits for a place of a session that is full, and one over."""
    furnish(world)
    world.tell_places(catalogue.places(left=0, version=5, waiting=13, over={"in_room": 0, "online": 1}))
    waits = booking(state="waiting", position=13)
    world.registration.answers.update(
        booking_of_person=waits, session_bookings=lambda state=None, **_: page(*([waits] if state == "waiting" else []))
    )
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def foreseen(world, **changes):
    known = READS["registration"]["foresee_admission"]
    world.registration.answers["foresee_admission"] = {**known, **changes}


def send(world, **said):
    return world.client.post(PATH, data={**form_of(world, PATH), **said})


def errors_at(answer):
    return [link for link in links(answer) if link.startswith("#") and link != "#main"]


def test_it_is_found_from_the_waiting_list_and_from_the_booking(team):
    for path in (WAITING_LIST, f"/team/bookings/{REFERENCE}"):
        assert PATH in links(team.client.get(path))
    team.now = team.now.replace(year=2027, month=2, day=11, hour=14)
    for path in (WAITING_LIST, f"/team/bookings/{REFERENCE}"):
        assert PATH not in links(team.client.get(path)), "it has started"


def test_who_does_not_wait_cannot_be_given_one(team):
    team.registration.answers["booking_of_person"] = booking()
    assert PATH not in links(team.client.get(f"/team/bookings/{REFERENCE}"))


def test_the_page_says_for_which_mode_how_full_it_is_and_who_is_ahead(team):
    answer = team.client.get(PATH)
    words = text_of(answer)
    assert heading(answer) == says("admitting.give_to", who="Zoë Okafor")
    assert says("admitting.none_free", taken=40, capacity=40, over=1) in words
    assert says("admitting.ahead", number=12) in words
    assert f"Ben {says('facilitating.booking', reference=THIRD)} {says('admitting.more', number=10)}" in words
    assert usable(answer.text)


def test_a_free_place_needs_no_box_and_no_reason(team):
    foreseen(team, free=True, ahead=0, people=[])
    answer = team.client.get(PATH)
    assert says("admitting.free") in text_of(answer)
    assert says("admitting.next") in text_of(answer)
    assert 'name="over_capacity"' not in answer.text
    assert send(team).headers["Location"] == f"{WAITING_LIST}?done=admitted"
    assert team.registration.last("admit")["given"] == {}


def test_whoever_would_take_either_reads_which_it_would_be(team):
    team.registration.answers["booking_of_person"] = booking(state="waiting", position=1, either=True)
    foreseen(team, free=True, mode="in_room", ahead=1)
    words = text_of(team.client.get(PATH))
    assert says("admitting.either") in words
    assert says("admitting.free_in_room") in words
    assert says("admitting.one_ahead") in words


def test_a_place_over_capacity_is_given_with_a_tick_and_a_reason_and_told_on_the_waiting_list(team):
    answer = send(team, over_capacity="yes", reason=REASON.replace("\n", "\r\n"))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{WAITING_LIST}?done=admitted")
    asked = team.registration.last("admit")
    assert (asked["reference"], asked["given"]) == (REFERENCE, {"over_capacity": True, "reason": REASON})
    assert says("admitting.done") in text_of(team.client.get(answer.headers["Location"]))
    assert says("admitting.done") not in text_of(team.client.get(WAITING_LIST))


def test_the_waiting_list_that_follows_shows_the_new_figures(team):
    given = fakes.FakeAnswer(booking(over_capacity=True), announced=("figures/maxims-in-practice", 6))
    team.registration.answers["admit"] = given
    two = {"in_room": 0, "online": 2}
    Timer(0.2, lambda: team.tell_places(catalogue.places(left=0, version=6, waiting=12, over=two))).start()
    answer = send(team, over_capacity="yes", reason=REASON)
    assert says("over_capacity.row_of_places", over=2) in text_of(team.client.get(answer.headers["Location"]))
    assert team.client.get_cookie(f"__Host-{own_changes.COOKIE}").value == "figures/maxims-in-practice:6"


def test_a_registration_of_before_that_tells_of_no_figures_is_not_waited_for(team):
    announced = (f"bookings/{REFERENCE}", 2)
    team.registration.answers["admit"] = fakes.FakeAnswer(booking(), announced=announced)
    send(team, over_capacity="yes", reason=REASON)
    assert team.client.get_cookie(f"__Host-{own_changes.COOKIE}") is None


@pytest.mark.parametrize(
    ("said", "wrong", "code"),
    [
        ({}, ["#over_capacity", "#reason"], "session-full"),
        ({"reason": REASON}, ["#over_capacity"], "session-full"),
        ({"over_capacity": "yes", "reason": " "}, ["#reason"], "reason-missing"),
        ({"over_capacity": "yes", "reason": "a" * 501}, ["#reason"], "too-long"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(team, said, wrong, code):
    limits = {"max": 500} if code == "too-long" else {}
    full = fakes.refused(code)
    team.registration.answers["admit"] = full if code == "session-full" else fakes.invalid(code, "reason", **limits)
    answer = send(team, **said)
    assert answer.status_code == (409 if code == "session-full" else 422)
    assert errors_at(answer) == wrong
    assert "<title>Error: " in answer.text
    if said.get("reason", "").strip():
        assert f"{said['reason']}</textarea>" in answer.text
    ticked = [field["id"] for field in Page(answer.text).all("input") if "checked" in field]
    assert ticked == (["over_capacity"] if "over_capacity" in said else [])


def test_the_last_free_place_that_somebody_takes_first_is_asked_about(team):
    foreseen(team, free=True)
    form = form_of(team, PATH)
    foreseen(team, free=False)
    team.registration.answers["admit"] = fakes.refused("session-full")
    answer = team.client.post(PATH, data=form)
    assert (answer.status_code, 'name="over_capacity"' in answer.text) == (409, True)
    assert form_of(team, PATH)["key"] != form["key"], "the next press is another one"


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("not-waiting", says("admitting.not_waiting", who="Zoë Okafor")),
        ("booking-closed", says("admitting.started")),
        ("session-cancelled", says("admitting.cancelled")),
    ],
)
def test_where_there_is_nothing_to_give_it_says_why(team, code, told):
    form = form_of(team, PATH)
    team.registration.answers.update(admit=fakes.refused(code), foresee_admission=fakes.refused(code))
    for answer in (team.client.get(PATH), team.client.post(PATH, data=form)):
        assert (answer.status_code, told in text_of(answer)) == (409, True)
        assert WAITING_LIST in links(answer)
