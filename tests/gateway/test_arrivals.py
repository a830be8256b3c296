"""Adding someone who came: from the waiting list, after they had cancelled, or without a booking."""

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.attendance import there
from tests.gateway.forms import send
from tests.gateway.html import Page, text_of
from tests.gateway.rows_of_pages import ATTENDED, page
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

SLUG = "maxims-in-practice"
PATH = f"/team/sessions/{SLUG}/attendance/add"


@pytest.fixture
def fay(world):
    furnish(world)
    world.client.set_cookie("headrow_session", "facilitator-token")
    return world


def test_over_the_api_someone_is_added(fay):
    given = {"meeting": 1, "name": "Pat", "sector": "citizen"}
    answer = fay.ask("POST", f"/sessions/{SLUG}/attendees", "facilitator-token", given)
    assert (answer.status_code, answer.json["reference"]) == (201, ATTENDED["reference"])
    assert answer.headers["Location"] == f"/api/v1/sessions/{SLUG}/attendance"
    assert fay.registration.last("add_attendee")["given"] == given


def test_over_the_api_others_are_read_where_they_are_asked_for(fay):
    for query, others in (("", False), ("?others=true", True)):
        assert fay.get(f"/sessions/{SLUG}/attendance{query}", "facilitator-token").status_code == 200
        assert fay.registration.last("attendance")["others"] is others


def test_the_list_leads_to_it_for_the_meeting_that_it_shows(fay):
    assert f"{PATH}?meeting=1" in fay.client.get(f"/team/sessions/{SLUG}/attendance").text


def test_those_who_wait_and_those_who_cancelled_have_a_button_each(fay):
    fay.registration.answers["attendance"] = page(
        {**there("AAAAA-AAAAA", name="Ben"), "state": "waiting"},
        {**there("BBBBB-BBBBB", name="Amina"), "state": "cancelled"},
    )
    told = text_of(fay.client.get(PATH))
    assert told.index("Amina") < told.index("Ben")
    assert [word for word in ("Waiting", "Cancelled") if word in told] == ["Waiting", "Cancelled"]
    answer = send(fay, PATH, f"/team/sessions/{SLUG}/attendance", **{"meeting": "1", "p-AAAAA-AAAAA": "yes"})
    assert (answer.status_code, answer.headers["Location"]) == (
        303, f"/team/sessions/{SLUG}/attendance?meeting=1&saved=1"
    )  # fmt: skip
    assert fay.registration.last("record_attendance")["given"]["records"] == [
        {"reference": "AAAAA-AAAAA", "meeting": 1, "present": True}
    ]
    assert 'name="p-AAAAA-AAAAA"' in fay.client.get(PATH).text


def test_a_form_adds_anyone_else_and_leaves_out_what_is_empty(fay):
    answer = send(fay, PATH, meeting="1", name="Pat", email="", sector="", organisation=" ")
    assert answer.status_code == 303
    assert fay.registration.last("add_attendee")["given"] == {"meeting": 1, "name": "Pat"}


@pytest.mark.parametrize(
    ("field", "code", "told"),
    [
        ("name", "name-or-email", "arrivals.name_or_email"),
        ("email", "not-an-email", "field_errors.email_like"),
        ("reason", "late-reason-missing", "arrivals.late"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_is_kept(fay, field, code, told):
    fay.registration.answers["add_attendee"] = fakes.invalid(code, field)
    answer = send(fay, PATH, meeting="1", name="Pat Smith", email="pat")
    assert answer.status_code == 422
    assert says(told) in text_of(answer)
    assert [field["value"] for field in Page(answer.text).all("input") if field.get("id") == "name"] == ["Pat Smith"]


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (fakes.refused("session-finished"), says("arrivals.ask_the_team")),
        (fakes.refused("session-cancelled"), says("session.cancelled")),
    ],
)
def test_what_is_in_the_way_is_told(fay, refusal, told):
    fay.registration.answers["add_attendee"] = refusal
    answer = send(fay, PATH, meeting="1", name="Pat Smith")
    assert answer.status_code == 409
    assert told in text_of(answer)


def test_before_a_meeting_opens_the_page_says_from_when(fay):
    fay.tell("sessions", catalogue.session(starts="2099-12-01T14:00:00+00:00", version=9))
    assert says("arrivals.from_when", when="Tuesday 1 December 2099, 1pm") in text_of(fay.client.get(PATH))
    fay.registration.answers["add_attendee"] = fakes.refused("attendance-too-early", meeting=1, opens_at="2099")
    assert send(fay, PATH, meeting="1", name="Pat Smith").status_code == 409


def test_who_came_is_called_by_their_name_on_the_button_and_by_no_markup(fay):
    fay.registration.answers["attendance"] = page({**there("AAAAA-AAAAA", name="<b>Ben</b>"), "state": "waiting"})
    assert "&lt;span" not in fay.client.get(PATH).text
    assert ": &lt;b&gt;Ben&lt;/b&gt;</span>" in fay.client.get(PATH).text


def test_someone_who_booked_again_meanwhile_is_named_by_the_booking_that_counts(fay):
    refusal = fakes.invalid("booked-again", "records.0.reference", reference="BBBBB-BBBBB")
    fay.registration.answers["record_attendance"] = refusal
    answer = send(fay, PATH, f"/team/sessions/{SLUG}/attendance", **{"meeting": "1", "p-AAAAA-AAAAA": "yes"})
    assert answer.status_code == 422
    assert "BBBBB-BBBBB" in text_of(answer)
