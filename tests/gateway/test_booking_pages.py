"""The pages that letters about a booking lead to: what it is, and a page with one button for each thing to do."""

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.runtime.refusals import Unavailable
from tests.examples import examples
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page, links, text_of
from tests.sentences import says

REFERENCE = "K3M9Q-XW2TB"
PATH = f"/bookings/{REFERENCE}"
OFFER = {"expires_at": "2026-11-25T10:00:00+00:00"}  # 48 hours from now
VENUE = {"name": "Civic rooms", "address": "Calverley Street", "access": "Step-free"}
ACTIONS = {"accept": "offered", "decline": "offered", "cancel": "confirmed"}
SUCCESS = "nhsuk-notification-banner--success"
FACTS = {
    **{"code": "ABCDEFGHJKMNPQRSTVWX", "reference": REFERENCE, "session": "maxims-in-practice"},
    **{"programme": "virtual-sessions", "state": "attended", "version": 1, "name": "Asha", "title": "Maxims"},
    **{"dates": ["2027-02-11"], "hours": 1.5, "participatory_hours": 1.5},
}


def booked(world, state="confirmed", **changes):
    """Have the booking be in this state, and return it."""
    own = {"waiting": {"position": 3}, "offered": {"offer": OFFER}}.get(state, {})
    booking = fakes.booking(reference=REFERENCE, state=state, **{**own, **changes})
    world.registration.answers["booking"] = booking
    return booking


def session(world, **changes):
    world.tell("sessions", catalogue.session(**{"version": 2, **changes}))


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in and has a place."""
    booked(world)
    world.registration.answers["forms_of_booking"] = fakes.NO_FORMS
    world.client.set_cookie("__Host-headrow_session", "person-token")
    return world


def heading(answer):
    return re.search(r"<h1[^>]*>(.*?)</h1>", answer.text)[1]


def send(world, action, **said):
    form = Page(world.client.get(f"{PATH}/{action}").text).form
    return world.client.post(f"{PATH}/{action}", data={**form, **said})


def sent_by_somebody_signed_in(world):
    """Return what a form holds besides its key; any page of somebody who is signed in has it."""
    return {"form_token": Page(world.client.get("/").text).form["form_token"]}


# The page of the booking


@pytest.mark.parametrize(
    ("state", "at", "words"),
    [
        ("confirmed", None, says("booking.confirmed")),
        ("waiting", None, says("booking.waiting")),
        ("offered", None, says("offer.made")),
        ("offered", "2026-11-25T10:00:00+00:00", says("offer.time_has_run_out")),
        ("cancelled", None, says("booking.cancelled")),
        ("confirmed", "2027-02-12T10:00:00+00:00", says("booking.had_place")),
        ("waiting", "2027-02-12T10:00:00+00:00", says("session.over")),
        ("attended", "2027-02-12T10:00:00+00:00", says("attendance.there")),
        ("partly_attended", "2027-02-12T10:00:00+00:00", says("attendance.there_for_part")),
        ("absent", "2027-02-12T10:00:00+00:00", says("attendance.list_says_not_there")),
    ],
)
def test_the_state_is_told_in_words(asha, state, at, words):
    booked(asha, state)
    if at:
        asha.now = type(asha.now).fromisoformat(at)
    answer = asha.client.get(PATH)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert heading(answer) == words
    text = text_of(answer)
    for told in (
        "Myron’s Maxims in practice",
        "Thursday 11 February 2027, 2pm to 3:30pm",
        says("booking.reference", reference=REFERENCE),
    ):
        assert told in text


def test_a_session_that_is_cancelled_is_told_with_the_reason(asha):
    session(asha, status="cancelled", cancel_reason="The hall is flooded")
    for state in ("confirmed", "cancelled"):
        booked(asha, state)
        answer = asha.client.get(PATH)
        assert heading(answer) == says("session.will_not_take_place")
        assert says("session.why", reason="The hall is flooded") in answer.text
        assert f"{PATH}/cancel" not in links(answer)


def test_whoever_waits_sees_their_number_and_how_it_goes_on(asha):
    booked(asha, "waiting")
    text = text_of(asha.client.get(PATH))
    assert says("booking.waiting_number", number=3) in text
    assert says("waiting_list.yours_at_once") in text
    session(asha, waiting_list="offer")
    assert says("offer.time_to_say_yes") in text_of(asha.client.get(PATH))


def test_an_offer_has_its_deadline_in_the_city_s_time_and_leads_to_both_answers(asha):
    booked(asha, "offered", offer={"expires_at": "2027-06-01T09:30:00+00:00"})
    answer = asha.client.get(PATH)
    assert "Tuesday 1 June 2027, 10:30am" in answer.text
    assert {f"{PATH}/accept", f"{PATH}/decline"} <= {*links(answer)}
    assert Page(answer.text).all("button") == Page(asha.client.get("/sign-in").text).all("button")[:1]


def test_who_is_asked_about_the_other_mode_reads_that_a_no_costs_nothing(asha):
    booked(asha, "offered", mode="online", waiting_for={"mode": "in_room", "position": 2})
    assert says("mode.keeps_position") in text_of(asha.client.get(PATH))
    text = text_of(asha.client.get(f"{PATH}/decline"))
    assert says("mode.keeps_position_for_room") in text
    assert says("mode.wait") in text


def test_who_waits_for_the_other_mode_reads_their_number_and_can_stop(asha):
    session(asha, delivery="hybrid", venue=VENUE)
    booked(asha, mode="in_room", waiting_for={"mode": "online", "position": 2})
    answer = asha.client.get(PATH)
    assert says("mode.number", position=2, where="online") in text_of(answer)
    assert f"{PATH}/mode" in links(answer)
    assert Page(asha.client.get(f"{PATH}/mode").text).form["mode"] == "in_room", "which is what they have"


@pytest.mark.parametrize(("waiting_for", "done"), [(None, "changed"), ({"mode": "online", "position": 1}, "asked")])
def test_changing_over_leads_to_the_booking_and_says_what_came_of_it(asha, waiting_for, done):
    session(asha, delivery="hybrid", venue=VENUE)
    booked(asha, mode="in_room")
    asha.registration.answers["move"] = fakes.booking(waiting_for=waiting_for)
    answer = send(asha, "mode")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done={done}")
    asked = asha.registration.last("move")
    assert (asked["given"], asked["own"]) == ({"mode": "online"}, True)


@pytest.mark.parametrize("code", ["clash", "session-full"])
def test_what_is_in_the_way_of_changing_over_is_said_and_nothing_has_changed(asha, code):
    session(asha, delivery="hybrid", venue=VENUE)
    booked(asha, mode="in_room")
    asha.registration.answers["move"] = fakes.refused(code)
    answer = send(asha, "mode")
    assert answer.status_code == 409
    assert ("allow_clash" in Page(answer.text).form) == (code == "clash")


def test_a_session_of_one_mode_has_none_to_change_to(asha):
    assert f"{PATH}/mode" not in links(asha.client.get(PATH))
    assert asha.client.get(f"{PATH}/mode").status_code == 409


def test_the_place_is_told_with_how_to_get_in(asha):
    session(asha, delivery="face_to_face", venue=VENUE)
    booked(asha, mode="in_room", access_needs="A ramp\nand <b>space</b>")
    answer = asha.client.get(PATH)
    text = text_of(answer)
    assert (
        f"{says('session.where')} Civic rooms Calverley Street {says('session.getting_around', told='Step-free')}"
        in text
    )
    assert "A ramp\nand &lt;b&gt;space&lt;/b&gt;" in answer.text
    assert says("session.how_to_join") not in text
    session(asha, delivery="face_to_face", version=3)
    assert says("session.place_not_known") in asha.client.get(PATH).text


def test_in_a_hybrid_session_the_place_is_that_of_the_booking(asha):
    session(asha, delivery="hybrid", venue=VENUE)
    booked(asha, mode="online")
    assert "Civic rooms" not in asha.client.get(PATH).text


def test_the_link_to_join_is_there_when_it_is_time(asha):
    assert says("session.join_from") in asha.client.get(PATH).text
    booked(asha, join_url="https://example.org/meet?a=1&b=2")
    answer = asha.client.get(PATH)
    assert "https://example.org/meet?a=1&b=2" in links(answer)
    assert "secret-room" not in answer.text
    booked(asha, "attended", join_url="https://example.org/meet")
    assert "https://example.org/meet" in links(asha.client.get(PATH)), "who was counted early may have to come back in"


@pytest.mark.parametrize(
    ("state", "over", "there", "not_there"),
    [
        ("confirmed", False, {"cancel", "invite.ics"}, {"accept", "decline", "certificate"}),
        ("confirmed", True, set(), {"cancel", "invite.ics", "certificate"}),
        ("waiting", False, {"cancel"}, {"invite.ics", "accept"}),
        ("offered", False, {"accept", "decline"}, {"invite.ics"}),
        ("cancelled", False, set(), {"cancel", "accept", "invite.ics"}),
        ("attended", True, {"certificate"}, {"cancel", "invite.ics"}),
        ("partly_attended", True, {"certificate"}, {"cancel"}),
        ("absent", True, set(), {"certificate", "cancel"}),
    ],
)
def test_what_can_be_done_now_is_linked_and_nothing_else(asha, state, over, there, not_there):
    booked(asha, state)
    asha.now = asha.now.replace(year=2028) if over else asha.now
    linked = {*links(asha.client.get(PATH))}
    assert {f"{PATH}/{name}" for name in there} <= linked
    assert not {f"{PATH}/{name}" for name in not_there} & linked


def forms(world, **changes):
    """Have these forms of the booking be open."""
    world.registration.answers["forms_of_booking"] = {**fakes.NO_FORMS, **changes}


@pytest.mark.parametrize(("feedback", "words"), [("open", says("feedback.tell")), ("given", says("feedback.change"))])
def test_an_open_feedback_form_is_linked(asha, feedback, words):
    asha.now = asha.now.replace(year=2028)
    forms(asha, feedback=feedback)
    assert f'<a href="{PATH}/feedback">{words}</a>' in asha.client.get(PATH).text


def test_a_pledge_is_linked_though_the_form_has_closed(asha):
    forms(asha, pledged=True)
    assert f"{PATH}/pledge" not in links(asha.client.get(PATH)), "the session is still to come"
    asha.now = asha.now.replace(year=2028)
    assert f'<a href="{PATH}/pledge">{says("pledge.see")}</a>' in asha.client.get(PATH).text


@pytest.mark.parametrize(
    ("moment", "year", "heading"),
    [
        ("before", 2026, says("evaluation.before")),
        ("on_the_day", 2026, says("evaluation.on_the_day")),  # from the start of the last meeting
        ("on_the_day", 2028, says("evaluation.after")),
        ("after_6_months", 2028, says("evaluation.after")),
    ],
)
@pytest.mark.parametrize(
    ("answered", "words"), [(False, says("evaluation.answer_it")), (True, says("evaluation.change_it"))]
)
def test_an_evaluation_that_is_open_is_linked_under_when_it_is_asked(asha, moment, year, heading, answered, words):
    asha.now = asha.now.replace(year=year)
    forms(asha, evaluation={"moment": moment, "answered": answered})
    page = asha.client.get(PATH).text
    beneath = page.partition(f"<h2>{heading}</h2>")[2].partition("<h2>")[0]
    assert f'<a href="/sessions/maxims-in-practice/evaluation">{words}</a>' in beneath
    assert page.count("/sessions/maxims-in-practice/evaluation") == 1


def test_no_evaluation_is_linked_where_none_is_open(asha):
    for year in (2026, 2028):
        asha.now = asha.now.replace(year=year)
        assert "/sessions/maxims-in-practice/evaluation" not in links(asha.client.get(PATH))


def test_all_forms_of_the_booking_are_asked_for_at_once(asha):
    asha.client.get(PATH)
    assert [name for name, _ in asha.registration.asked][-3:] == ["who", "booking", "forms_of_booking"]
    assert asha.registration.last("forms_of_booking")["reference"] == REFERENCE


@pytest.mark.parametrize(
    ("done", "state"),
    [("accepted", "confirmed"), ("declined", "cancelled"), ("cancelled", "cancelled"), ("moved", "confirmed")],
)
def test_what_was_done_is_said_and_only_if_it_is_so(asha, done, state):
    booked(asha, state)
    assert SUCCESS in asha.client.get(f"{PATH}?done={done}").text
    booked(asha, "offered")
    assert SUCCESS not in asha.client.get(f"{PATH}?done={done}").text


@pytest.mark.parametrize("done", ["", "paid", "<script>", "accepted&done=declined"])
def test_nothing_else_can_be_made_to_be_said(asha, done):
    text = asha.client.get(PATH, query_string={"done": done}).text
    assert SUCCESS not in text
    assert "<script>" not in text


# The pages with a button


@pytest.mark.parametrize("action", ACTIONS)
def test_each_page_says_what_will_happen_and_has_one_button(asha, action):
    booked(asha, ACTIONS[action])
    answer = asha.client.get(f"{PATH}/{action}")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    assert heading(answer).endswith("?")
    text = text_of(answer)
    assert "Myron’s Maxims in practice" in text
    assert "Thursday 11 February 2027, 2pm to 3:30pm" in text
    forms = [form for form in Page(answer.text).all("form") if form.get("action") != "/sign-out"]
    assert [form["method"] for form in forms] == ["post"]
    assert answer.text.count("<button") == 2, "one, and the one that signs out"


@pytest.mark.parametrize(
    ("action", "given", "done"),
    [("accept", {}, "accepted"), ("decline", None, "declined"), ("cancel", {}, "cancelled")],
)
def test_the_button_acts_and_leads_to_the_booking_with_a_word(asha, action, given, done):
    booked(asha, ACTIONS[action])
    asha.registration.answers[action] = fakes.booking()
    answer = send(asha, action)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{PATH}?done={done}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    asked = asha.registration.last(action)
    assert (asked["reference"], asked.get("given"), fakes.roles_of(asked["caller"])) == (REFERENCE, given, ["person"])


def test_a_second_press_while_the_first_is_under_way_leads_to_the_booking(asha):
    booked(asha, "offered")
    asha.registration.answers["accept"] = fakes.refused("idempotency-key-in-use")
    assert send(asha, "accept").headers["Location"] == f"{PATH}?done=accepted"


@pytest.mark.parametrize("key", ["", "a b", "ä" * 20, "k" * 300, "short", "x\r\ny: z" * 4])
def test_a_key_that_is_not_ours_is_none(asha, key):
    booked(asha, "offered")
    asha.registration.answers["decline"] = fakes.booking()
    assert send(asha, "decline", key=key).status_code == 303
    assert asha.registration.last("decline")["key"] is None


@pytest.mark.parametrize(
    ("written", "given"), [("Short of\r\nstaff", {"reason": "Short of\nstaff"}), ("  \r\n", {}), ("", {})]
)
def test_a_reason_can_be_given_and_need_not_be(asha, written, given):
    asha.registration.answers["cancel"] = fakes.booking()
    assert send(asha, "cancel", reason=written).status_code == 303
    assert asha.registration.last("cancel")["given"] == given


def test_a_reason_that_is_too_long_is_told_and_kept(asha):
    asha.registration.answers["cancel"] = fakes.invalid("too-long", "reason", min=1, max=500)
    answer = send(asha, "cancel", reason="</textarea>" + "x" * 500)
    assert answer.status_code == 422
    assert says("field_errors.written", written=511) in answer.text
    assert "&lt;/textarea&gt;xxx" in answer.text
    page = Page(answer.text)
    assert page.all("textarea")[0]["aria-invalid"] == "true"
    assert "#reason" in links(answer)


def test_a_clash_is_told_and_both_can_be_had(asha):
    booked(asha, "offered")
    asha.registration.answers["accept"] = fakes.refused("clash", session="other")
    answer = send(asha, "accept")
    assert (answer.status_code, heading(answer)) == (409, says("offer.question"))
    assert "Refused: clash." in answer.text
    assert says("offer.want_both") in answer.text
    form = Page(answer.text).form
    asha.registration.answers["accept"] = fakes.booking()
    assert asha.client.post(f"{PATH}/accept", data=form).status_code == 303
    asked = [named for name, named in asha.registration.asked if name == "accept"]
    assert [named["given"] for named in asked] == [{}, {"allow_clash": True}]
    assert asked[0]["key"] != asked[1]["key"], "the refusal was kept with the first"


@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("accept", "confirmed", says("offer.yours_already")),
        ("decline", "confirmed", says("offer.yours_already")),
        ("accept", "waiting", says("offer.none_now")),
        ("decline", "waiting", says("offer.none_now")),
        ("accept", "cancelled", says("booking.cancelled")),
        ("decline", "cancelled", says("booking.cancelled")),
        ("cancel", "cancelled", says("booking.cancelled_already")),
        ("accept", "attended", says("session.over")),
        ("cancel", "absent", says("session.over")),
        ("cancel", "partly_attended", says("session.over")),
    ],
)
def test_what_cannot_be_done_now_has_a_page_that_says_what_is_so(asha, action, state, words):
    booked(asha, state)
    answer = asha.client.get(f"{PATH}/{action}")
    assert (answer.status_code, heading(answer)) == (409, words)
    assert {PATH, "/"} <= {*links(answer)}
    assert "Asha" in answer.text
    assert answer.text.count("<button") == 1


@pytest.mark.parametrize(("action", "state"), [("accept", "offered"), ("cancel", "confirmed"), ("cancel", "waiting")])
def test_once_the_session_is_over_there_is_nothing_to_do(asha, action, state):
    booked(asha, state)
    asha.now = asha.now.replace(year=2028)
    assert heading(asha.client.get(f"{PATH}/{action}")) == says("session.over")


def test_an_offer_that_ran_out_says_what_became_of_the_booking(asha):
    booked(asha, "offered")
    asha.registration.answers["accept"] = fakes.refused("offer-expired")
    form = Page(asha.client.get(f"{PATH}/accept").text).form
    for state, words in (
        ("offered", says("waiting_list.will_email")),
        ("waiting", says("waiting_list.still_on", number=3)),
        ("cancelled", says("waiting_list.no_longer_on")),
    ):
        booked(asha, state)
        answer = asha.client.post(f"{PATH}/accept", data=form)
        assert (answer.status_code, heading(answer)) == (409, says("offer.answer_too_late"))
        assert words in text_of(answer)
    booked(asha, "offered")
    asha.now = asha.now.replace(month=12)
    assert heading(asha.client.get(f"{PATH}/accept")) == says("offer.answer_too_late")


@pytest.mark.parametrize(
    ("action", "code", "state", "words"),
    [
        ("accept", "nothing-offered", "confirmed", says("offer.yours_already")),
        ("decline", "nothing-offered", "cancelled", says("booking.cancelled")),
        ("cancel", "booking-closed", "confirmed", says("session.over")),
    ],
)
def test_what_was_refused_is_told_as_it_stands_now(asha, action, code, state, words):
    booked(asha, ACTIONS[action])
    form = Page(asha.client.get(f"{PATH}/{action}").text).form
    asha.registration.answers[action] = fakes.refused(code)
    booked(asha, state)
    answer = asha.client.post(f"{PATH}/{action}", data=form)
    assert (answer.status_code, heading(answer)) == (409, words)


def test_what_changed_between_two_looks_is_told_as_it_is_at_last(asha):
    booked(asha, "offered")
    form = Page(asha.client.get(f"{PATH}/accept").text).form
    for code, state, words in (
        ("nothing-offered", "offered", says("offer.question")),
        ("clash", "waiting", says("offer.none_now")),
    ):
        asha.registration.answers["accept"] = fakes.refused(code)
        booked(asha, state)
        answer = asha.client.post(f"{PATH}/accept", data=form)
        assert (answer.status_code, heading(answer)) == (409, words)


# Who may look


@pytest.mark.parametrize("action", ACTIONS)
def test_a_form_asks_registration_for_what_it_does_and_nothing_else(asha, action):
    booked(asha, ACTIONS[action])
    form = Page(asha.client.get(f"{PATH}/{action}").text).form
    asha.registration.answers[action] = fakes.booking(reference=REFERENCE)
    asha.registration.asked.clear()
    assert asha.client.post(f"{PATH}/{action}", data=form).status_code == 303
    assert [name for name, _ in asha.registration.asked] == [action]


@pytest.mark.parametrize("path", ["", "/accept", "/decline", "/cancel", "/certificate", "/invite.ics"])
def test_somebody_else_s_booking_is_not_there_for_the_team_either(asha, path):
    asha.registration.answers["booking"] = lambda own, **_: fakes.refused("not-found") if own else fakes.booking()
    answer = asha.client.get(PATH + path)
    assert (answer.status_code, heading(answer)) == (404, says("booking.not_yours"))
    assert "asha@example.org" in answer.text


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_acts_on_somebody_else_s_booking(asha, action):
    asha.registration.answers[action] = fakes.refused("not-found")
    answer = asha.client.post(f"{PATH}/{action}", data=sent_by_somebody_signed_in(asha))
    assert (answer.status_code, heading(answer)) == (404, says("booking.not_yours"))
    assert asha.registration.last(action).get("own", action != "cancel"), "the team may cancel others' elsewhere"


@pytest.mark.parametrize(
    ("asked", "path"), [("who", "/accept"), ("booking", "/accept"), ("forms_of_booking", ""), ("accept", "/accept")]
)
def test_while_registration_is_away_the_page_says_so(asha, asked, path):
    booked(asha, "offered")
    form = Page(asha.client.get(f"{PATH}/accept").text).form
    asha.registration.answers[asked] = Unavailable()
    answer = asha.client.post(f"{PATH}/accept", data=form) if asked == "accept" else asha.client.get(PATH + path)
    assert (answer.status_code, heading(answer)) == (503, says("pages.not_available"))


def test_a_session_that_has_not_been_heard_of_is_awaited(asha):
    booked(asha, session="unheard-of")
    assert asha.client.get(PATH).status_code == 503


# Files


def test_the_certificate_is_its_owner_s_to_download(asha):
    asha.registration.answers["certificate"] = FACTS
    answer = asha.client.get(f"{PATH}/certificate")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF")
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("state", "words"),
    [("confirmed", says("certificate.once_noted")), ("absent", says("certificate.tell_team")),
     ("waiting", says("certificate.for_those_with_place")), ("cancelled", says("certificate.for_those_with_place"))],
)  # fmt: skip
def test_where_there_is_no_certificate_the_page_says_why(asha, state, words):
    booked(asha, state)
    asha.registration.answers["certificate"] = fakes.refused("not-attended", state=state)
    answer = asha.client.get(f"{PATH}/certificate")
    assert answer.status_code == 409
    assert heading(answer).startswith(says("certificate.none"))
    assert words in text_of(answer)


@pytest.mark.parametrize("path", [PATH, f"/api/v1{PATH}"])
def test_the_calendar_file_comes_by_the_cookie_too(asha, path):
    asha.notifications.answers["invite"] = {"ics": "BEGIN:VCALENDAR", "method": "REQUEST"}
    answer = asha.client.get(f"{path}/invite.ics")
    assert (answer.status_code, answer.mimetype, answer.text) == (200, "text/calendar", "BEGIN:VCALENDAR")


def test_where_there_is_no_calendar_file_the_page_says_so(asha):
    asha.notifications.answers["invite"] = fakes.refused("not-found")
    for state, words in (
        ("confirmed", says("calendar.try_in_a_minute")),
        ("waiting", says("calendar.for_those_with_place")),
    ):
        booked(asha, state)
        answer = asha.client.get(f"{PATH}/invite.ics")
        assert (answer.status_code, heading(answer)) == (409, says("calendar.none"))
        assert words in text_of(answer)


# All of them


REFERENCES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(reference=REFERENCES, path=st.sampled_from(["", "/accept", "/decline", "/cancel", "/certificate"]))
@example(reference="..", path="/cancel")
@example(reference="%00", path="")
@example(reference="a" * 121, path="/accept")
def test_any_other_reference_is_not_there(asha, reference, path):
    asha.registration.answers["booking"] = fakes.refused("not-found")
    answer = asha.client.open(path=f"/bookings/{reference}{path}", base_url="http://localhost")
    assert answer.status_code in (404, 405)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), max_size=40))
@example(words="<script>alert(1)</script>")
@example(words='" onfocus="alert(1)" autofocus="')
@example(words="{{ 7 * 7 }}{% for %}")
def test_what_people_wrote_is_no_markup_where_it_is_said_what_cannot_be_done(asha, words):
    asha.tell(
        "sessions", catalogue.session(title=words, version=asha.model.revision + 2, venue={**VENUE, "name": words})
    )
    booked(asha, "cancelled", mode="in_room", access_needs=words)
    page = Page(asha.client.get(f"{PATH}/accept").text)
    assert [script["src"].partition("?")[0] for script in page.all("script")] == ["/static/headrow.js"]
    assert not any(name.startswith(("on", "autofocus")) for _, attributes in page.elements for name in attributes)


STATES = [(state, path) for state in ("confirmed", "waiting", "offered", "cancelled", "attended", "absent")
          for path in ("", "/accept", "/decline", "/cancel", "/certificate")]  # fmt: skip


@pytest.mark.parametrize(("state", "path"), [*STATES, ("nobody", ""), ("other", ""), ("wrong", "/cancel")])
def test_every_page_can_be_used_without_seeing_it(asha, state, path):
    if state == "nobody":
        asha.client.delete_cookie("__Host-headrow_session")
    elif state == "other":
        asha.registration.answers["booking"] = fakes.refused("not-found")
    elif state != "wrong":
        booked(asha, state)
    asha.registration.answers["certificate"] = fakes.refused("not-attended", state=state)
    asha.registration.answers["cancel"] = fakes.invalid("too-long", "reason", min=1, max=500)
    text = send(asha, "cancel", reason="x").text if state == "wrong" else asha.client.get(PATH + path).text
    page = Page(text)
    assert len(page.all("title")) == len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("a")[0]["href"] == "#main"
    labelled = {label["for"] for label in page.all("label")}
    fields = [field for field in page.all("input") if field["type"] != "hidden"] + page.all("textarea")
    assert {field["id"] for field in fields} == labelled
    named = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(named) == len(set(named))
    told_of = {word for _, attributes in page.elements for word in (attributes.get("aria-describedby") or "").split()}
    assert told_of <= set(named)
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(below - level <= 1 for level, below in pairwise(levels))
    assert [script["src"].partition("?")[0] for script in page.all("script")] == ["/static/headrow.js"]
