"""Applying for a place: pages say that the team gives it, until when one can apply, and promise no position."""

import pytest

from services.registration.schemas.applications import Decision
from tests.gateway import catalogue, fakes
from tests.gateway.forms import form_of, text_in
from tests.gateway.html import Page, heading, links, text_of, title
from tests.gateway.rows_of_pages import MANY_CHANGED, booking, page
from tests.gateway.rows_of_pages import REFERENCE as ROW
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

SESSION = "/sessions/maxims-in-practice"
BOOK = f"{SESSION}/book"
REFERENCE = "HR-7K2M9Q"
APPLICATIONS = "/team/sessions/maxims-in-practice/applications"
EDIT = "/team/sessions/maxims-in-practice/edit"
CLOSES = "2027-01-20T12:00:00+00:00"
BY_APPLICATION = {"by_application": True, "applications_until": CLOSES}


@pytest.fixture
def asha(world):
    """The gateway, seen by someone who is signed in, before a session that people apply for."""
    person = fakes.person(["person"])
    world.registration.answers.update(
        who=lambda caller, **_: dict(person) if fakes.roles_of(caller) else fakes.refused("not-signed-in"),
        book=applied(),
        booking=applied(),
        own_booking={"booking": None, "asks": False},
        forms_of_booking=fakes.NO_FORMS,
    )
    world.client.set_cookie("headrow_session", "person-token")
    world.tell("sessions", catalogue.session(version=2, **BY_APPLICATION))
    return world


def applied(**changes):
    return fakes.booking(**{"state": "waiting", "application": True, **changes})


def later(world):
    world.now = world.now.replace(year=2027, month=1, day=21)


def test_the_page_of_the_session_says_how_places_are_given_and_until_when(asha):
    answer = asha.client.get(SESSION)
    assert says("application.apply") in text_of(answer)
    assert "Wednesday 20 January 2027" in text_of(answer)
    assert says("application.open") in text_of(asha.client.get("/sessions"))


def test_the_api_says_that_a_booking_waits_until_applications_close(asha):
    told = asha.client.get("/api/v1/sessions/maxims-in-practice").get_json()
    assert (told["by_application"], told["applications_until"], told["booking"]) == (True, CLOSES, "waiting_list")
    later(asha)
    assert asha.client.get("/api/v1/sessions/maxims-in-practice").get_json()["booking"] == "closed"


def test_who_applies_is_told_so_before_and_after(asha):
    before = asha.client.get(BOOK)
    assert heading(before) == says("application.check")
    answer = asha.client.post(BOOK, data=text_in(Page(before.text), before.text))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/bookings/{REFERENCE}/booked")
    after = asha.client.get(f"/bookings/{REFERENCE}/booked")
    assert title(after).startswith(says("application.applied"))
    assert says("booking.waiting") not in text_of(after)


def test_after_the_closing_time_nobody_is_led_to_apply(asha):
    later(asha)
    assert says("application.closed") in text_of(asha.client.get(SESSION))
    assert BOOK not in links(asha.client.get(SESSION))
    answer = asha.client.get(BOOK)
    assert (answer.status_code, heading(answer).endswith(says("application.closed"))) == (409, True)


def test_who_sends_the_form_too_late_is_told_why(asha):
    shown = asha.client.get(BOOK)
    asha.registration.answers["book"] = fakes.refused("applications-closed", closed_at=CLOSES)
    answer = asha.client.post(BOOK, data=text_in(Page(shown.text), shown.text))
    assert (answer.status_code, heading(answer).endswith(says("application.closed"))) == (409, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({}, says("application.applied")), ({"state": "cancelled", "refused": True}, says("application.refused"))],
)
def test_the_page_of_the_booking_says_how_the_application_stands(asha, changes, words):
    asha.registration.answers["booking"] = applied(**changes)
    answer = asha.client.get(f"/bookings/{REFERENCE}")
    assert heading(answer) == words
    assert f"/bookings/{REFERENCE}/hand-on" not in links(answer)


def test_an_application_is_withdrawn_in_its_own_words(asha):
    assert heading(asha.client.get(f"/bookings/{REFERENCE}/cancel")) == says("application.withdraw")


def test_a_place_that_the_team_gave_is_not_handed_on(asha):
    asha.registration.answers["booking"] = applied(state="confirmed")
    assert f"/bookings/{REFERENCE}/hand-on" not in links(asha.client.get(f"/bookings/{REFERENCE}"))


# The team


@pytest.fixture
def team(world):
    furnish(world)
    world.tell("sessions", catalogue.session(version=7, **BY_APPLICATION))
    world.catalogue.answers["session"] = {**catalogue.session(version=7, **BY_APPLICATION), "materials": []}
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def ticked(world):
    """Return the form of the applications, in which the one that there is is selected."""
    return {**form_of(world, APPLICATIONS), f"b-{ROW}": "yes"}


def test_how_places_are_given_does_not_change_once_someone_has_applied(team):
    team.registration.answers["check_unbooked"] = fakes.refused("has-bookings")
    changed = {"by_application": "no", **dict.fromkeys(f"closes-{part}" for part in ("day", "month", "year", "time"))}
    said = {name: value or "" for name, value in changed.items()}
    answer = team.client.post(EDIT, data={**form_of(team, EDIT), **said})
    assert answer.status_code == 422
    assert says("application.kind_fixed") in text_of(answer)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "waiting", "application": True}, says("application.state")),
        ({"state": "cancelled", "refused": True}, says("application.not_given")),
    ],
)
def test_the_team_sees_how_an_application_stands(team, changes, words):
    team.registration.answers["session_bookings"] = page(booking(**changes))
    assert words in text_of(team.client.get("/team/sessions/maxims-in-practice/bookings"))


def test_the_api_refuses_it_too_and_asks_nobody_where_it_stays_the_same(team):
    team.registration.answers["check_unbooked"] = fakes.refused("has-bookings")
    headers = {"Authorization": "Bearer team-token", "If-Match": '"7"'}
    path = "/api/v1/sessions/maxims-in-practice"
    answer = team.client.patch(path, json={"by_application": False, "applications_until": None}, headers=headers)
    assert (answer.status_code, answer.get_json()["type"]) == (409, "/problems/has-bookings")
    assert team.client.patch(path, json={"by_application": True}, headers=headers).status_code == 200


def test_the_overview_says_where_a_place_is_free_and_people_have_applied(team):
    team.tell_places(catalogue.places(left=1, version=9, waiting=3))
    answer = team.client.get("/team")
    assert says("application.to_give") in text_of(answer)
    assert APPLICATIONS in links(answer)
    team.tell_places(catalogue.places(left=0, version=10, waiting=3))
    assert says("application.to_give") not in text_of(team.client.get("/team"))


def test_the_team_reads_that_applications_are_closed_once_they_are(team):
    assert says("application.closed") not in text_of(team.client.get(APPLICATIONS))
    later(team)
    assert says("application.closed") in text_of(team.client.get(APPLICATIONS))


def test_those_who_are_suggested_are_ticked(team):
    answer = team.client.get(APPLICATIONS)
    assert says("application.suggested") in text_of(answer)
    assert f'name="b-{ROW}" value="yes" checked' in answer.text
    team.client.get(f"{APPLICATIONS}?places=2")
    assert team.registration.last("suggest_applicants")["places"] == 2
    assert team.client.get(f"{APPLICATIONS}?places=many").status_code == 422


def test_nothing_is_done_before_it_was_shown(team):
    shown = team.client.post(APPLICATIONS, data={**ticked(team), "rest": "refuse", "message": "Sorry."})
    assert shown.status_code == 200
    said = {"give": [ROW], "refuse_rest": True, "message": "Sorry."}
    assert team.registration.last("foresee_decision")["given"] == said
    form = text_in(Page(shown.text), shown.text)
    assert team.client.post(APPLICATIONS, data={**form, "step": "save"}).status_code == 200
    asked = team.registration.last("decide_applications")
    assert asked["given"] == said
    assert asked["key"], "pressed twice, it is done once"


def test_who_selects_nobody_and_tells_nobody_is_asked_to(team):
    answer = team.client.post(APPLICATIONS, data={**form_of(team, APPLICATIONS), "rest": "keep", "message": "Kept."})
    assert (answer.status_code, says("application.none_selected") in text_of(answer)) == (422, True)
    assert "Kept." in answer.text


def test_where_places_run_out_more_can_be_given_over_capacity_with_a_reason(team):
    left = {**MANY_CHANGED["items"][0], "state": None, "problem": {"code": "session-full", "detail": "", "field": None}}
    team.registration.answers["foresee_decision"] = {"items": [left], "done": 0, "refused": 1}
    shown = team.client.post(APPLICATIONS, data=ticked(team))
    assert says("application.no_free_place") in text_of(shown)
    form = text_in(Page(shown.text), shown.text)
    team.registration.answers["decide_applications"] = fakes.checked(Decision(), MANY_CHANGED)
    team.client.post(APPLICATIONS, data={**form, "over_capacity": "yes", "reason": "She speaks.", "step": "save"})
    given = team.registration.last("decide_applications")["given"]
    assert (given["over_capacity"], given["reason"]) == (True, "She speaks.")


def test_the_api_lists_suggests_and_decides(team):
    headers = {"Authorization": "Bearer team-token"}
    path = "/api/v1/sessions/maxims-in-practice/applications"
    assert team.client.get(path, headers=headers).get_json()["items"][0]["reference"] == ROW
    assert team.client.get(f"{path}/suggestion?places=1", headers=headers).get_json()["references"] == [ROW]
    given = {"give": [ROW], "refuse_rest": True}
    for dry_run, method in (("?dry_run=true", "foresee_decision"), ("", "decide_applications")):
        assert team.client.post(f"{path}/decide{dry_run}", json=given, headers=headers).status_code == 200
        assert team.registration.last(method)["given"] == given


@pytest.mark.parametrize("held", [0, 1])
def test_held_places_have_a_page_in_the_list_only_where_there_are_some(team, held):
    places = [{"sector": "hospital", "places": held, "until": "2027-01-20T12:00:00+00:00"}] * held
    team.tell("sessions", catalogue.session(version=8, **BY_APPLICATION, held_places=places))
    assert (f"/team{SESSION}/waiting-list" in links(team.client.get(f"/team{SESSION}/bookings"))) == bool(held)
