"""Giving one's place to a colleague, and changing what one needs at one booking."""

from datetime import timedelta

import pytest

from tests.gateway import catalogue, fakes
from tests.gateway.forms import send
from tests.gateway.html import Page, links, text_of
from tests.gateway.world_of_pages import furnish
from tests.sentences import says

BOOKING = f"/bookings/{fakes.REFERENCE}"
SLUG = "maxims-in-practice"


@pytest.fixture
def asha(world):
    furnish(world)
    world.client.set_cookie("headrow_session", "person-token")
    world.registration.answers["booking"] = fakes.booking(session=SLUG, access_needs="A hearing loop")
    world.registration.answers["hand_on"] = fakes.booking(session=SLUG, reference="BBBBB-BBBBB")
    world.registration.answers["change_booking"] = fakes.booking(session=SLUG, access_needs="Large print")
    return world


def test_over_the_api_a_place_is_given_to_a_colleague(asha):
    given = {"email": "ben@example.org", "name": "Ben"}
    answer = asha.ask("POST", f"{BOOKING}/hand-on", "person-token", given)
    assert (answer.status_code, answer.json["reference"]) == (201, "BBBBB-BBBBB")
    assert asha.registration.last("hand_on")["given"] == given
    asha.registration.answers["hand_on"] = fakes.refused("people-are-waiting")
    answer = asha.ask("POST", f"{BOOKING}/hand-on", "person-token", given)
    assert (answer.status_code, answer.json["type"]) == (409, "/problems/people-are-waiting")


def test_the_booking_leads_to_it_and_says_afterwards_what_became_of_it(asha):
    assert f"{BOOKING}/hand-on" in links(asha.client.get(BOOKING))
    answer = send(asha, f"{BOOKING}/hand-on", email="ben@example.org", name="")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BOOKING}?done=handed_on")
    asked = asha.registration.last("hand_on")
    assert (asked["given"], asked["own"], len(asked["key"]) > 20) == ({"email": "ben@example.org"}, True, True)
    asha.registration.answers["booking"] = fakes.booking(session=SLUG, state="cancelled")
    assert says("handing_on.done") in text_of(asha.client.get(f"{BOOKING}?done=handed_on"))


@pytest.mark.parametrize(
    ("refusal", "status", "told"),
    [
        (fakes.refused("people-are-waiting"), 409, says("handing_on.people_wait")),
        (fakes.refused("already-booked"), 409, says("handing_on.booked_already")),
        (fakes.refused("clash"), 409, says("handing_on.elsewhere")),
        (fakes.invalid("not-an-email", "email"), 422, says("field_errors.email_like")),
        (fakes.invalid("own-address", "email"), 422, says("handing_on.own_address")),
    ],
)
def test_what_is_in_the_way_is_said_at_the_address_and_what_was_typed_is_kept(asha, refusal, status, told):
    asha.registration.answers["hand_on"] = refusal
    answer = send(asha, f"{BOOKING}/hand-on", email="ben", name="Ben Hill")
    assert answer.status_code == status
    assert told in text_of(answer)
    assert [field["value"] for field in Page(answer.text).all("input") if field.get("id") == "name"] == ["Ben Hill"]


@pytest.mark.parametrize("state", ["waiting", "offered", "cancelled"])
def test_there_is_nothing_to_give_without_a_place(asha, state):
    offer = {"expires_at": "2099-01-01T00:00:00+00:00"} if state == "offered" else None
    asha.registration.answers["booking"] = fakes.booking(session=SLUG, state=state, offer=offer)
    assert asha.client.get(f"{BOOKING}/hand-on").status_code == 409


def test_what_one_needs_at_one_booking_is_changed(asha):
    assert f"{BOOKING}/needs" in links(asha.client.get(BOOKING))
    assert "A hearing loop</textarea>" in asha.client.get(f"{BOOKING}/needs").text
    answer = send(asha, f"{BOOKING}/needs", access_needs="Large print")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BOOKING}?done=needs")
    assert asha.registration.last("change_booking")["given"] == {"access_needs": "Large print"}
    send(asha, f"{BOOKING}/needs", access_needs=" ")
    assert asha.registration.last("change_booking")["given"] == {"access_needs": None}


def test_needs_that_are_too_long_are_told_and_kept(asha):
    asha.registration.answers["change_booking"] = fakes.invalid("too-long", "access_needs", max=2000)
    answer = send(asha, f"{BOOKING}/needs", access_needs="x" * 2001)
    assert answer.status_code == 422
    assert "x" * 2001 in answer.text


def test_over_the_api_needs_are_changed_with_the_version_that_was_read(asha):
    answer = asha.ask("PATCH", BOOKING, "person-token", {"access_needs": None}, If_Match='"3"')
    assert answer.status_code == 200
    assert asha.registration.last("change_booking")["version"] == 3


def test_until_when_one_cancels_in_time_is_said_and_after_that_what_it_is(asha):
    starts = asha.now + timedelta(days=3)
    session = catalogue.session(starts=starts.isoformat(), version=9, cancel_days=2)
    asha.tell("sessions", session)
    assert says("handing_on.late") in text_of(asha.client.get(BOOKING))
    assert says("handing_on.is_late") not in text_of(asha.client.get(f"{BOOKING}/cancel"))
    asha.tell("sessions", {**session, "cancel_days": 7, "version": 10})
    assert says("handing_on.late") not in text_of(asha.client.get(BOOKING))
    assert says("handing_on.is_late") in text_of(asha.client.get(f"{BOOKING}/cancel"))
    begun, ends = ((asha.now + timedelta(minutes=minutes)).isoformat() for minutes in (-30, 30))
    asha.tell("sessions", catalogue.session(starts=begun, ends=ends, version=11, cancel_days=2))
    assert says("handing_on.is_late_once_begun") in text_of(asha.client.get(f"{BOOKING}/cancel"))
