"""The way to a place: one thing a page, nothing typed is lost, and a double click books once."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from services.runtime.refusals import Unavailable
from tests.examples import examples
from tests.gateway import catalogue, fakes
from tests.gateway.fakes import change
from tests.gateway.forms import text_in
from tests.gateway.html import Page, heading, links, text_of, title, usable
from tests.sentences import says

pytestmark = pytest.mark.patient

PATH = "/sessions/maxims-in-practice/book"
REFERENCE = "HR-7K2M9Q"
VENUE = {"name": "Civic rooms", "address": "Calverley Street", "access": "Step-free"}
NOBODY_YET = {"name": None, "sector": None}


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in, and has told us all that we ask."""
    world.person = fakes.person(["person"])
    world.registration.answers.update(
        who=lambda caller, **_: dict(world.person) if fakes.roles_of(caller) else fakes.refused("not-signed-in"),
        book=fakes.booking(),
        booking=fakes.booking(),
        forms_of_booking=fakes.NO_FORMS,
        change_me=lambda given, version, **_: change(world, given, version),
    )
    world.client.set_cookie("headrow_session", "person-token")
    return world


def hybrid(world, **changes):
    world.tell("sessions", catalogue.session(version=2, delivery="hybrid", venue=VENUE, places_in_room=20, **changes))
    world.tell_places(catalogue.places(version=2, in_room={"capacity": 20, "left": 1}))


def full(world, **changes):
    world.tell("sessions", catalogue.session(version=2, **changes))
    world.tell_places(catalogue.places(left=0, waiting=2, version=2))


def send(world, path=PATH, **said):
    answer = world.client.get(path)
    form = text_in(Page(answer.text), answer.text)
    return world.client.post(path.partition("?")[0], data={**form, **said})


def booked_with(world):
    return world.registration.last("book")["given"]


# From page to page


def test_a_newcomer_is_led_from_signing_in_to_a_place_in_six_pages(world, asha):
    asha.client.delete_cookie("headrow_session")
    first = asha.client.get(PATH)
    assert (first.status_code, first.headers["Location"]) == (303, f"/sign-in?next={PATH}")
    assert Page(asha.client.get(first.headers["Location"]).text).form["next"] == PATH
    asha.person |= NOBODY_YET
    asha.client.set_cookie("headrow_session", "person-token")
    assert asha.client.get(PATH).headers["Location"] == f"{PATH}/about-you"
    led = send(asha, f"{PATH}/about-you", name="Asha", sector="hospital", organisation="St James", job_role=" ")
    assert (led.status_code, led.headers["Location"]) == (303, f"{PATH}/needs")
    assert asha.person["organisation"] == "St James"
    assert asha.person["job_role"] is None
    led = send(asha, f"{PATH}/needs", access_needs="A ramp\r\nand space")
    assert (led.status_code, led.headers["Location"]) == (303, PATH)
    led = send(asha)
    assert (led.status_code, led.headers["Location"]) == (303, f"/bookings/{REFERENCE}/booked")
    assert led.headers["Cache-Control"] == "private, no-store"
    assert booked_with(asha) == {
        "session": "maxims-in-practice", "if_full": "refuse", "access_needs": "A ramp\nand space",
    }  # fmt: skip
    assert heading(asha.client.get(led.headers["Location"])) == says("booking.confirmed")


@pytest.mark.parametrize("delivery", ["virtual", "hybrid"])
def test_whoever_is_known_books_on_the_first_page(asha, delivery):
    if delivery == "hybrid":
        hybrid(asha)
    answer = asha.client.get(PATH)
    assert (answer.status_code, heading(answer)) == (200, says("book.check_then_book"))
    assert send(asha, **({"mode": "online"} if delivery == "hybrid" else {})).status_code == 303


def test_the_answers_can_be_looked_at_and_changed(asha):
    asha.person |= {"organisation": "St James", "job_role": "Nurse", "access_needs": "A ramp"}
    answer = asha.client.get(PATH)
    told = text_of(answer)
    for words in ("Myron’s Maxims in practice", "Thursday 11 February 2027, 2pm to 3:30pm", "Hospitals", "St James",
                  "Nurse", "A ramp", "asha@example.org"):  # fmt: skip
        assert words in told
    assert {f"{PATH}/about-you?check=yes", f"{PATH}/needs"} <= {link.replace("&amp;", "&") for link in links(answer)}
    led = send(asha, f"{PATH}/about-you?check=yes", name="Asha O")
    assert led.headers["Location"] == PATH
    assert asha.person["name"] == "Asha O"


@pytest.mark.parametrize(
    ("way", "given"),
    [("in_room", {"mode": "in_room"}), ("online", {"mode": "online"}), ("either", {"mode": "in_room", "either": True})],
)
def test_in_a_hybrid_session_one_says_how_one_comes_and_it_travels_along(asha, way, given):
    hybrid(asha)
    assert says("places.one_left") in asha.client.get(PATH).text
    led = send(asha, f"{PATH}/needs", mode=way)
    assert led.headers["Location"] == f"{PATH}?mode={way}"
    linked = links(asha.client.get(f"{PATH}?mode={way}"))
    assert f"{PATH}/needs?mode={way}" in linked
    assert f"{PATH}/about-you?check=yes&mode={way}" in linked
    led = send(asha, f"{PATH}/about-you?check=yes&mode={way}")
    assert led.headers["Location"] == f"{PATH}?mode={way}"
    page = Page(asha.client.get(f"{PATH}/needs?mode={way}").text)
    assert [field["value"] for field in page.all("input") if "checked" in field] == [way]
    assert send(asha, f"{PATH}?mode={way}").status_code == 303
    assert booked_with(asha) == {"session": "maxims-in-practice", "if_full": "refuse", **given}


@pytest.mark.parametrize("path", [PATH, f"{PATH}/needs"])
@pytest.mark.parametrize("mode", ["", "by boat", "<b>"])
def test_how_one_comes_must_be_one_of_the_ways(asha, path, mode):
    hybrid(asha)
    answer = send(asha, path, mode=mode)
    assert answer.status_code == 422
    assert title(answer).startswith("Error: ")
    assert "#mode" in links(answer)
    assert not asha.registration.was_asked("book")


def test_where_there_is_no_choice_none_is_asked_for_or_taken(asha):
    assert says("book.how_come") not in asha.client.get(f"{PATH}/needs?mode=online").text
    assert send(asha, f"{PATH}?mode=in_room", mode="in_room").status_code == 303
    assert booked_with(asha) == {"session": "maxims-in-practice", "if_full": "refuse"}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"name": " "}, {"name": says("field_errors.enter", what="your name")}),
        (
            {"name": "", "sector": ""},
            {"name": says("field_errors.enter", what="your name"), "sector": says("book.choose_where_you_work")},
        ),
        ({"organisation": "x" * 161}, {"organisation": says("field_errors.written", written=161)}),
    ],
)
def test_what_is_wrong_is_told_all_at_once_and_nothing_typed_is_lost(asha, said, wrong):
    typed = {"name": "Asha <b>", "sector": "citizen", "organisation": "St “James”", "job_role": "Nurse", **said}
    answer = send(asha, f"{PATH}/about-you", **typed)
    assert answer.status_code == 422
    assert title(answer).startswith("Error: ")
    page = Page(answer.text)
    for field, words in wrong.items():
        assert f"#{field}" in links(answer)
        assert answer.text.count(words) == 2
        assert {"id": field} in [{"id": one.get("id")} for one in page.all("input")]
    form = text_in(page, answer.text)
    assert {name: form.get(name, "") for name in typed} == typed
    assert asha.person["version"] == 3


def test_what_registration_finds_wrong_is_told_on_the_form(asha):
    asha.registration.answers["change_me"] = fakes.invalid("unknown-sector", "sector")
    answer = send(asha, f"{PATH}/about-you", name="Ash")
    assert answer.status_code == 422
    assert says("book.choose_where_you_work") in answer.text


# What is in the way


@pytest.mark.parametrize("path", ["", "/about-you", "/needs"])
@pytest.mark.parametrize(
    ("changes", "words", "told"),
    [
        ({"status": "cancelled", "cancel_reason": "Ill <b>"}, says("session.will_not_take_place"), "Ill <b>"),
        ({"starts": "2026-11-20T14:00:00+00:00"}, says("book.closed"), says("session.has_started")),
        ({"booking_opens_at": "2026-12-01T09:00:00+00:00"}, says("book.not_opened"), "Tuesday 1 December 2026"),
    ],
)
@pytest.mark.parametrize("signed_in", [True, False])
def test_what_cannot_be_booked_says_so_first(asha, path, changes, words, told, signed_in):
    asha.tell("sessions", catalogue.session(version=2, **changes))
    if not signed_in:
        asha.client.delete_cookie("headrow_session")
    answer = asha.client.get(PATH + path)
    assert answer.status_code == 409
    assert heading(answer).endswith(words)
    assert told.replace("<", "&lt;").replace(">", "&gt;") in answer.text
    assert {"/", "/sessions/maxims-in-practice"} <= {*links(answer)}


def test_a_full_session_without_a_waiting_list_says_so(asha):
    full(asha, waiting_list="none")
    assert heading(asha.client.get(PATH)).endswith(says("session.full"))


def test_a_session_that_is_not_there_is_not_there(asha):
    assert asha.client.get("/sessions/nothing/book").status_code == 404


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("confirmed", says("booking.confirmed")),
        ("waiting", says("book.no_place_yet")),
        ("offered", says("offer.not_yours_yet")),
    ],
)
def test_whoever_has_booked_it_is_led_to_the_booking(asha, state, words):
    asha.registration.answers["own_booking"] = {"booking": fakes.booking(state=state)}
    answer = asha.client.get(PATH)
    assert (answer.status_code, heading(answer).endswith(says("book.booked_already"))) == (409, True)
    assert words in answer.text
    assert f"/bookings/{REFERENCE}" in links(answer)


@pytest.mark.parametrize("over", [True, False])
def test_whoever_has_a_place_is_not_told_that_there_is_none(asha, over):
    full(asha, waiting_list="none", **({"starts": "2026-11-20T14:00:00+00:00"} if over else {}))
    asha.registration.answers["own_booking"] = {"booking": fakes.booking()}
    assert heading(asha.client.get(PATH)).endswith(says("book.booked_already"))


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (fakes.refused("already-booked", reference=REFERENCE), says("book.booked_already")),
        (fakes.refused("already-booked"), says("book.booked_already")),
        (fakes.refused("session-cancelled"), says("session.will_not_take_place")),
        (fakes.refused("booking-closed", starts_at="x"), says("book.closed")),
        (fakes.refused("booking-closed", opens_at="x"), says("book.not_opened")),
    ],
)
def test_what_registration_refuses_has_a_page(asha, refusal, words):
    asha.registration.answers["book"] = refusal
    answer = send(asha)
    assert answer.status_code == 409
    assert heading(answer).endswith(words)


def test_whoever_did_not_say_who_they_are_is_asked(asha):
    asha.registration.answers["book"] = fakes.refused("profile-incomplete", missing=["sector"])
    assert send(asha).headers["Location"] == f"{PATH}/about-you"


def test_a_clash_is_told_and_both_can_be_had(asha):
    hybrid(asha)
    asha.registration.answers["book"] = fakes.refused("clash", reference="X", session="other")
    answer = send(asha, mode="online")
    assert answer.status_code == 409
    assert "Refused: clash." in answer.text
    assert says("book.both") in answer.text
    asha.registration.answers["book"] = fakes.booking()
    assert asha.client.post(PATH, data=text_in(Page(answer.text), answer.text)).status_code == 303
    asked = [named for name, named in asha.registration.asked if name == "book"]
    assert [named["given"].get("allow_clash") for named in asked] == [None, True]
    assert asked[1]["given"]["mode"] == "online"
    assert asked[0]["key"] != asked[1]["key"], "the refusal was kept with the first"


def test_how_one_comes_and_what_one_needs_are_told_at_once(asha):
    hybrid(asha)
    answer = send(asha, f"{PATH}/needs", access_needs="x" * 2001)
    assert {"#mode", "#access_needs"} <= {*links(answer)}


# The waiting list


@pytest.mark.parametrize(
    ("waiting_list", "words"),
    [("automatic", says("waiting_list.yours_at_once")), ("offer", says("waiting_list.offered_to_you"))],
)
def test_whoever_joins_a_waiting_list_is_told_before(asha, waiting_list, words):
    full(asha, waiting_list=waiting_list)
    answer = asha.client.get(PATH)
    assert heading(answer) == says("book.check_then_wait")
    assert says("waiting_list.wait_already", number=2) in text_of(answer)
    assert words in text_of(answer)
    assert send(asha).status_code == 303
    assert booked_with(asha)["if_full"] == "wait"


def test_nothing_is_asked_for_but_the_place_and_then_what_the_page_shows(asha):
    page = asha.client.get(PATH).text
    form = text_in(Page(page), page)
    asha.registration.asked.clear()
    answer = asha.client.post(PATH, data=form)
    assert [name for name, _ in asha.registration.asked] == ["book"]
    asha.registration.asked.clear()
    assert asha.client.get(answer.headers["Location"]).status_code == 200
    assert [name for name, _ in asha.registration.asked] == ["who", "booking"]
    assert asha.community.asked == []


@pytest.mark.parametrize(("sector", "waiting"), [("hospital", True), ("citizen", False)])
def test_whoever_the_last_places_are_held_for_books_one_and_the_others_wait(asha, sector, waiting):
    asha.person["sector"] = sector
    held = [{"sector": "citizen", "places": 4, "until": "2027-02-01T17:00:00+00:00"}]
    asha.tell("sessions", catalogue.session(version=2, held_places=held))
    asha.tell_places(catalogue.places(left=4, version=2, held={"citizen": 4}, open=catalogue.NONE_OPEN))
    answer = asha.client.get(PATH)
    assert (says("places.none_left_now") in answer.text) == waiting
    assert send(asha).status_code == 303
    assert booked_with(asha)["if_full"] == ("wait" if waiting else "refuse")


@pytest.mark.parametrize(("mode", "is_full"), [("in_room", True), ("online", False), ("either", False)])
def test_whoever_comes_a_way_that_is_full_is_told_before_they_book(asha, mode, is_full):
    hybrid(asha)
    asha.tell_places(catalogue.places(version=3, in_room={"capacity": 20, "left": 0}))
    assert (says("places.none_left_in_room") in text_of(asha.client.get(f"{PATH}?mode={mode}"))) == is_full


@pytest.mark.parametrize(("sector", "is_full"), [("hospital", True), ("citizen", False)])
def test_a_room_with_held_places_alone_is_full_for_whoever_they_are_not_held_for(asha, sector, is_full):
    asha.person["sector"] = sector
    hybrid(asha, held_places=[{"sector": "citizen", "places": 1, "until": "2027-02-01T17:00:00+00:00"}])
    room = {"capacity": 20, "left": 1}
    opened = [catalogue.open_from(None, online=40)]
    asha.tell_places(catalogue.places(version=3, in_room=room, held={"citizen": 1}, open=opened))
    assert (says("places.none_left_in_room") in text_of(asha.client.get(f"{PATH}?mode=in_room"))) == is_full


def test_nobody_gets_into_a_line_who_was_offered_a_place(asha):
    asha.registration.answers["book"] = fakes.refused("session-full")
    answer = send(asha)
    assert answer.status_code == 409
    assert booked_with(asha)["if_full"] == "refuse"
    assert says("book.not_booked_anything") in answer.text
    assert says("waiting_list.join") in answer.text
    asha.registration.answers["book"] = fakes.booking(state="waiting", position=1)
    assert asha.client.post(PATH, data=text_in(Page(answer.text), answer.text)).status_code == 303
    assert booked_with(asha)["if_full"] == "wait"


def test_where_one_way_is_full_the_other_can_be_chosen(asha):
    hybrid(asha, waiting_list="none")
    asha.registration.answers["book"] = fakes.refused("session-full")
    answer = send(asha, mode="in_room")
    assert answer.status_code == 409
    assert says("places.none_left_in_room") in text_of(answer)
    page = Page(answer.text)
    assert [field["value"] for field in page.all("input") if field["type"] == "radio"] == [
        "in_room",
        "online",
        "either",
    ]
    assert text_in(page, answer.text)["if_full"] == "refuse", "there is no line to wait in"


@pytest.mark.parametrize(
    ("state", "words", "told", "not_there"),
    [
        ({"state": "confirmed"}, says("booking.confirmed"), says("book.invite"), "cancel and rebook"),
        ({"state": "waiting", "position": 4}, says("booking.waiting"), says("booking.number", number=4), "invite.ics"),
        ({"state": "offered"}, says("offer.made"), says("offer.say"), "invite.ics"),
    ],
)
def test_the_last_page_says_what_was_got_and_what_happens_next(asha, state, words, told, not_there):
    offer = {"expires_at": "2026-11-25T10:00:00+00:00"} if state["state"] == "offered" else None
    asha.registration.answers["booking"] = fakes.booking(**state, offer=offer)
    answer = asha.client.get(f"/bookings/{REFERENCE}/booked")
    assert (answer.status_code, heading(answer).strip()) == (200, words)
    assert REFERENCE in answer.text
    assert told in answer.text
    assert not_there not in answer.text
    assert f"/bookings/{REFERENCE}/cancel" in links(answer)


def test_what_is_not_booked_any_more_is_not_said_to_be(asha):
    asha.registration.answers["booking"] = fakes.booking(state="cancelled")
    assert asha.client.get(f"/bookings/{REFERENCE}/booked").headers["Location"] == f"/bookings/{REFERENCE}"


# Once, and by nobody else


def test_pressing_it_twice_for_the_last_place_is_answered_twice_with_it(asha):
    form = sent(asha)
    full(asha, waiting_list="none")
    assert asha.client.post(PATH, data=form).headers["Location"] == f"/bookings/{REFERENCE}/booked"


@pytest.mark.parametrize("code", ["idempotency-key-in-use", "idempotency-key-reused"])
def test_a_second_press_while_the_first_is_under_way_leads_to_what_came_of_it(asha, code):
    asha.registration.answers["book"] = fakes.refused(code)
    assert send(asha).headers["Location"] == PATH
    form = sent(asha)
    asha.registration.answers["own_booking"] = {"booking": fakes.booking()}
    assert asha.client.post(PATH, data=form).headers["Location"] == f"/bookings/{REFERENCE}/booked"


def sent(world):
    answer = world.client.get(PATH)
    return text_in(Page(answer.text), answer.text)


@pytest.mark.parametrize("asked", ["who", "own_booking", "book"])
def test_while_registration_is_away_the_page_says_so(asha, asked):
    form = sent(asha)
    asha.registration.answers[asked] = Unavailable()
    answers = [asha.client.get(PATH), asha.client.post(PATH, data=form)]
    assert 503 in {answer.status_code for answer in answers}


@pytest.mark.parametrize("mode", ["either&next=//evil.example", "//evil.example", "\r\nLocation: x"])
def test_nothing_in_an_address_leads_elsewhere(asha, mode):
    hybrid(asha)
    asha.client.delete_cookie("headrow_session")
    led = asha.client.get(PATH, query_string={"mode": mode})
    assert led.headers["Location"] == f"/sign-in?next={PATH}"


# All of them


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00"), min_size=1, max_size=40))
@example(words="<script>alert(1)</script>")
@example(words='" onfocus="alert(1)" autofocus="')
@example(words="{{ 7 * 7 }}{% for %}")
@example(words="\n\n two lines before")
def test_what_people_need_goes_along_as_they_wrote_it(asha, words):
    asha.person |= {"access_needs": words}
    hidden = next(field for field in Page(asha.client.get(PATH).text).all("input") if field["name"] == "access_needs")
    assert hidden["value"] == words


@pytest.mark.parametrize("state", ["virtual", "hybrid", "full", "clash", "session-full", "already-booked"])
@pytest.mark.parametrize("path", ["", "/about-you", "/needs"])
def test_every_page_can_be_used_without_seeing_it(asha, state, path):
    if state == "full":
        full(asha)
    elif state != "virtual":
        hybrid(asha)
    assert usable(asha.client.get(PATH + path).text)
    if state in ("clash", "session-full", "already-booked"):
        asha.registration.answers["book"] = fakes.refused(state)
    wrong = {"mode": "" if state == "hybrid" else "online", "name": "", "access_needs": "x" * 2001}
    answer = send(asha, PATH + path, **wrong)
    assert answer.status_code == 303 or usable(answer.text)
