"""My places, and moving a booking to another session."""

import pytest

from services.runtime.faults import Fault
from services.runtime.refusals import Unavailable
from tests.gateway import catalogue, fakes
from tests.gateway.fakes import REFERENCE
from tests.gateway.forms import text_in
from tests.gateway.html import Page, heading, links, text_of, title, usable
from tests.sentences import says

PATH = f"/bookings/{REFERENCE}"
TO_ANSWER, COMING_UP = says("booking.waiting_for_answer"), says("pages.coming_up")
WAITING, PAST, CANCELLED = says("booking.on_waiting_list"), says("booking.past"), says("pages.cancelled")
MOVE = f"{PATH}/move"
OFFER = {"expires_at": "2026-11-25T10:00:00+00:00"}  # 48 hours from now


def have(world, *bookings, after=None):
    world.registration.answers["bookings"] = {"items": list(bookings), "next": after}


def over(world):
    world.now = world.now.replace(year=2027, month=2, day=20)


def headings(answer):
    return [words for words in (TO_ANSWER, COMING_UP, WAITING, PAST, CANCELLED) if f"<h2>{words}</h2>" in answer.text]


# My places


@pytest.mark.parametrize(
    ("booking", "is_asked"),
    [
        ({"asks": True}, True),
        ({"asks": True, "state": "waiting", "position": 1}, True),
        ({"asks": True, "answered": True}, False),
        ({"asks": False}, False),
        ({"asks": True, "state": "cancelled"}, False),
    ],
)
def test_who_has_not_answered_what_their_session_asks_is_led_there(asha, booking, is_asked):
    have(asha, fakes.booking(**booking))
    assert (f"{PATH}/answers" in links(asha.client.get("/bookings"))) == is_asked


def test_nobody_is_asked_once_the_session_is_over(asha):
    have(asha, fakes.booking(asks=True))
    over(asha)
    assert f"{PATH}/answers" not in links(asha.client.get("/bookings"))


@pytest.mark.parametrize(
    ("state", "more", "under", "told", "linked"),
    [
        (
            "confirmed",
            {},
            [COMING_UP],
            "Thursday 11 February 2027, 2pm to 3:30pm",
            {"", "/move", "/cancel"},
        ),
        (
            "waiting",
            {"position": 3},
            [COMING_UP, WAITING],
            says("booking.number_so_far", number=3),
            {"", "/cancel"},
        ),
        (
            "offered",
            {"offer": OFFER},
            [TO_ANSWER, COMING_UP],
            says("pages.answer_before", when="Wednesday 25 November 2026, 10am"),
            {"", "/accept", "/decline"},
        ),
        ("cancelled", {}, [COMING_UP, CANCELLED], "Thursday 11 February 2027", {""}),
    ],
)
def test_each_place_stands_where_it_belongs_with_what_can_be_done(asha, state, more, under, told, linked):
    have(asha, fakes.booking(state=state, **more))
    answer = asha.client.get("/bookings")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert headings(answer) == under
    assert told in text_of(answer)
    assert {link.removeprefix(PATH) for link in links(answer) if link.startswith(PATH)} == linked


@pytest.mark.parametrize(
    ("state", "told", "linked"),
    [
        ("attended", says("attendance.there"), {"", "/certificate", "/feedback"}),
        ("partly_attended", says("attendance.for_part"), {"", "/certificate", "/feedback"}),
        ("confirmed", says("booking.had_place"), {"", "/feedback"}),
        ("absent", says("attendance.not_there"), {""}),
        ("waiting", says("booking.got_no_place"), {""}),
    ],
)
def test_what_is_past_leads_to_the_certificate_and_the_feedback(asha, state, told, linked):
    over(asha)
    have(asha, fakes.booking(state=state))
    asha.registration.answers["feedback_forms"] = {"items": [{"reference": REFERENCE, "given": False}], "pledges": []}
    answer = asha.client.get("/bookings")
    assert headings(answer) == [COMING_UP, PAST]
    assert told in text_of(answer)
    assert {link.removeprefix(PATH) for link in links(answer) if link.startswith(PATH)} == linked


@pytest.mark.parametrize(
    ("did", "words"),
    [
        (None, says("pledge.see_for")),
        ("yes", says("pledge.see_done")),
        ("partly", says("pledge.see_partly_done")),
        ("not_yet", says("pledge.see_not_done_yet")),
    ],
)
def test_a_pledge_is_linked_with_what_became_of_it_though_the_form_has_closed(asha, did, words):
    over(asha)
    have(asha, fakes.booking(state="attended"))
    asha.registration.answers["feedback_forms"] = {"items": [], "pledges": [{"reference": REFERENCE, "did": did}]}
    answer = asha.client.get("/bookings")
    assert words in text_of(answer)
    assert f"{PATH}/pledge" in links(answer)


def test_all_feedback_forms_that_are_open_are_linked_and_asked_for_at_once(asha):
    over(asha)
    have(
        asha, *(fakes.booking(state="attended", reference=f"HR-{n}") for n in range(20)), fakes.booking(state="absent")
    )
    opened = [{"reference": f"HR-{n}", "given": n == 7} for n in range(3, 20)]
    asha.registration.answers["feedback_forms"] = {"items": opened, "pledges": []}
    answer = asha.client.get("/bookings")
    assert {link for link in links(answer) if link.endswith("/feedback")} == {
        f"/bookings/HR-{n}/feedback" for n in range(3, 20)
    }
    assert answer.text.count(says("feedback.change")) == 1
    assert [name for name, _ in asha.registration.asked].count("feedback_forms") == 1
    assert len(asha.registration.last("feedback_forms")["references"]) == 20


def test_no_form_is_asked_for_where_nothing_is_over(asha):
    have(asha, fakes.booking())
    asha.client.get("/bookings")
    assert not asha.registration.was_asked("feedback_forms")


def test_the_soonest_comes_first_and_what_is_over_last(asha):
    have(asha, fakes.booking(session="trust"), fakes.booking())
    text = asha.client.get("/bookings").text
    assert text.index("Maxims") < text.index("Trust")


def test_a_session_that_is_cancelled_is_told_so(asha):
    asha.tell("sessions", catalogue.session(version=2, status="cancelled"))
    answer = asha.client.get("/bookings")
    assert headings(answer) == [COMING_UP, CANCELLED]
    assert says("booking.session_cancelled") in answer.text


def test_an_offer_that_ran_out_asks_for_no_answer(asha):
    have(asha, fakes.booking(state="offered", offer={"expires_at": "2026-11-23T09:00:00+00:00"}))
    answer = asha.client.get("/bookings")
    assert says("offer.time_has_run_out") in answer.text
    assert f"{PATH}/accept" not in links(answer)


def test_whoever_has_none_is_shown_where_to_find_some_and_many_are_on_pages(asha):
    have(asha)
    assert says("booking.none_coming_up") in asha.client.get("/bookings").text
    have(asha, fakes.booking(session="unheard-of"), after="a+b")
    answer = asha.client.get("/bookings?cursor=x")
    assert asha.registration.last("bookings")["cursor"] == "x"
    assert "/bookings?cursor=a%2Bb" in links(answer)


def test_my_places_are_in_the_menu_and_the_name_leads_to_the_account(asha):
    assert {"/bookings", "/account"} <= {*links(asha.client.get("/"))}
    asha.client.delete_cookie("__Host-headrow_session")
    assert not {"/bookings", "/account"} & {*links(asha.client.get("/"))}


# Moving


def send(world, **said):
    answer = world.client.get(MOVE)
    return world.client.post(MOVE, data={**text_in(Page(answer.text), answer.text), **said})


def choices(answer):
    return [field["value"] for field in Page(answer.text).all("input") if field["type"] == "radio"]


def test_the_other_sessions_of_the_programme_that_have_places_can_be_chosen(asha):
    asha.tell("sessions", catalogue.session("elsewhere", "2027-03-05T14:00:00+00:00", programme="other"))
    asha.tell("sessions", catalogue.session("past", "2026-03-05T14:00:00+00:00"))
    asha.tell("sessions", catalogue.session("off", "2027-03-05T14:00:00+00:00", status="cancelled"))
    asha.tell("sessions", catalogue.session("full", "2027-03-05T14:00:00+00:00"))
    asha.tell_places(catalogue.places("full", left=0, version=2))
    answer = asha.client.get(MOVE)
    assert (answer.status_code, choices(answer)) == (200, ["trust"])
    told = text_of(answer)
    assert "Thursday 4 March 2027, 2pm to 3:30pm" in told
    assert says("move.keep_this_place") in told
    assert usable(answer.text)


def test_the_button_moves_and_leads_to_the_booking_with_a_word(asha):
    answer = send(asha, session="trust")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done=moved")
    asked = asha.registration.last("move")
    assert (asked["reference"], asked["given"]) == (REFERENCE, {"session": "trust"})
    assert says("booking.moved") in asha.client.get(f"{PATH}?done=moved").text


def test_pressing_it_twice_is_one_request_with_one_key(asha):
    answer = asha.client.get(MOVE)
    form = {**text_in(Page(answer.text), answer.text), "session": "trust"}
    asha.client.post(MOVE, data=form)
    asha.registration.answers["booking"] = fakes.booking(session="trust")
    assert asha.client.post(MOVE, data=form).status_code == 303
    keys = [named["key"] for name, named in asha.registration.asked if name == "move"]
    assert keys[0]
    assert keys[0] == keys[1]
    asha.registration.answers["move"] = fakes.refused("idempotency-key-in-use")
    assert asha.client.post(MOVE, data=form).headers["Location"] == f"{PATH}?done=moved"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("session-full", says("move.keep_place")),
        ("already-booked", says("move.booked_already")),
        ("session-cancelled", says("move.will_not_take_place")),
        ("booking-closed", says("move.cannot_be_booked")),
        ("not-found", says("move.choose_session")),
        ("invalid", says("move.choose_session")),
    ],
)
def test_what_is_in_the_way_is_told_on_the_form(asha, code, words):
    asha.registration.answers["move"] = fakes.refused(code, errors=[Fault("other-programme").at("session")])
    answer = send(asha, session="trust")
    assert answer.status_code == 422
    assert title(answer).startswith("Error: ")
    assert words in answer.text
    assert "#session" in links(answer)
    assert usable(answer.text)


def test_nothing_chosen_moves_nothing(asha):
    answer = send(asha)
    assert answer.status_code == 422
    assert not asha.registration.was_asked("move")


def test_a_clash_is_told_and_both_can_be_had_of_that_session_alone(asha):
    asha.registration.answers["move"] = fakes.refused("clash", reference="X")
    answer = send(asha, session="trust")
    assert answer.status_code == 409
    assert says("move.keep_both") in answer.text
    assert usable(answer.text)
    form = text_in(Page(answer.text), answer.text)
    asha.registration.answers["move"] = fakes.booking()
    for session, allowed in (("trust", {"allow_clash": True}), ("another", {})):
        assert asha.client.post(MOVE, data={**form, "session": session}).status_code == 303
        assert asha.registration.last("move")["given"] == {"session": session, **allowed}


@pytest.mark.parametrize(("state", "gone"), [("cancelled", False), ("confirmed", True), ("attended", True)])
def test_what_cannot_be_moved_says_so(asha, state, gone):
    asha.registration.answers["booking"] = fakes.booking(state=state)
    if gone:
        over(asha)
    answer = asha.client.get(MOVE)
    assert answer.status_code == 409
    assert heading(answer).endswith(says("move.cannot_be_moved"))


def test_where_there_is_nothing_to_move_to_the_page_says_so(asha):
    asha.tell("sessions", catalogue.session("trust", status="cancelled", version=2))
    answer = asha.client.get(MOVE)
    assert says("move.no_other_session") in answer.text
    assert choices(answer) == []


def test_nobody_moves_somebody_else_s_booking(asha):
    answer = asha.client.get(MOVE)
    form = {**text_in(Page(answer.text), answer.text), "session": "trust"}
    assert asha.client.post(MOVE, data={"form_token": "made up"}).status_code == 403
    assert not asha.registration.was_asked("move")
    asha.registration.answers.update(dict.fromkeys(("booking", "move"), fakes.refused("not-found")))
    assert asha.client.post(MOVE, data=form).status_code == 404
    assert asha.registration.last("move")["own"], "the team may move others' elsewhere"
    asha.registration.answers["move"] = Unavailable()
    assert asha.client.post(MOVE, data=form).status_code == 503
