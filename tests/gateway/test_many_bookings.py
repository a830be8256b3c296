"""Many bookings at once, through the API and on the team's pages: seen before it is done, and done once."""

import io

import pytest

from services.registration.schemas import MOST_AT_ONCE
from tests.gateway import catalogue, fakes
from tests.gateway.html import Page, text_of
from tests.gateway.rows_of_pages import LATER, LIST_BOOKED, MAILING, MANY_CHANGED, REFERENCE, booking, page
from tests.gateway.shown_page import Shown
from tests.sentences import says

SLUG = "maxims-in-practice"
PATH = f"/team/sessions/{SLUG}"
LIST = "zoe@example.org,Zoë\nsam@example.org,Sam"
CSV = {"Authorization": "Bearer team-token", "Content-Type": "text/csv"}


@pytest.fixture
def team(world):
    world.registration.answers.update(
        session_bookings=page(booking(), booking(reference="B2345-B2345")),
        **dict.fromkeys(("foresee_list", "book_list"), LIST_BOOKED),
        **dict.fromkeys(("foresee_moves", "move_bookings"), MANY_CHANGED),
        **dict.fromkeys(("foresee_cancellations", "cancel_bookings"), MANY_CHANGED),
    )
    world.notifications.answers.update(
        mailings=page({**MAILING, "chosen": True}), write_to_session={"queued": 2, **MAILING}
    )
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.tell("sessions", catalogue.session(LATER, "2026-12-08T14:00:00+00:00", title="Trust"))
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


def form_at(world, path):
    form = shown(world.client.get(path))
    return {name: form[name] for name in ("form_token", "key")}


def sent(world, path, form, **said):
    return world.client.post(path, data={**form, **said})


def shown(answer):
    """Return what the form of a page that was answered holds."""
    forms = Shown(answer.text).forms
    return next(
        forms[action] for action in (f"{PATH}/book-list", f"{PATH}/bookings", f"{PATH}/write") if action in forms
    )


# The API


@pytest.mark.parametrize("coding", ["utf-16", "utf-8-sig", "utf-8"])
def test_a_list_is_looked_at_in_a_dry_run_whatever_its_coding(team, coding):
    address = f"/api/v1/sessions/{SLUG}/booking-lists?dry_run=true&mode=online&if_full=refuse"
    answer = team.client.post(address, data=LIST.encode(coding), headers=CSV)
    assert (answer.status_code, answer.json) == (200, LIST_BOOKED)
    asked = team.registration.last("foresee_list")
    assert (asked["slug"], asked["given"]) == (SLUG, {"csv": LIST, "mode": "online", "if_full": "refuse"})
    assert not team.registration.was_asked("book_list")


@pytest.mark.parametrize(
    ("path", "method", "given"),
    [
        ("booking-lists", "book_list", {"csv": LIST, "if_full": "wait"}),
        ("bookings/move", "move_bookings", {"references": [REFERENCE], "session": "trust"}),
        ("bookings/cancel", "cancel_bookings", {"references": [REFERENCE], "reason": "The room is closed"}),
    ],
)
def test_it_is_done_with_its_key_and_looked_at_without_one(team, path, method, given):
    looking = {"book_list": "foresee_list", "move_bookings": "foresee_moves"}.get(method, "foresee_cancellations")
    answer = team.ask("POST", f"/sessions/{SLUG}/{path}?dry_run=true", "team-token", given)
    assert (answer.status_code, team.registration.was_asked(method)) == (200, False)
    assert (team.registration.last(looking)["given"], team.registration.last(looking).get("key")) == (given, None)
    assert team.ask("POST", f"/sessions/{SLUG}/{path}", "team-token", given, Idempotency_Key="k").status_code == 200
    asked = team.registration.last(method)
    assert (asked["slug"], asked["given"], asked["key"]) == (SLUG, given, "k")


# Book a list


def test_a_list_is_shown_line_by_line_before_anyone_is_booked(team):
    form = form_at(team, f"{PATH}/book-list")
    checked = sent(team, f"{PATH}/book-list", form, csv=LIST, if_full="wait")
    words = text_of(checked)
    assert checked.status_code == 200
    for sentence in (
        says("many_bookings.nobody_booked_yet"),
        says("many_bookings.gets_a_place"),
        says("many_bookings.goes_on_the_list", number=3),
        says("many_bookings.not_an_address"),
        says("many_bookings.clash", title="Trust"),
    ):
        assert sentence in words
    assert not team.registration.was_asked("book_list")
    held = shown(checked)
    assert (held["csv"], held["if_full"]) == (LIST, "wait")
    done = sent(team, f"{PATH}/book-list", held, step="book")
    assert says("many_bookings.done", number=2) in text_of(done)
    asked = team.registration.last("book_list")
    assert asked["given"] == {"csv": LIST, "if_full": "wait"}
    sent(team, f"{PATH}/book-list", held, step="book")
    assert team.registration.last("book_list")["key"] == asked["key"]


def test_a_list_is_sent_as_a_file(team):
    file = (io.BytesIO(LIST.encode("utf-16")), "people.csv")
    data = {**form_at(team, f"{PATH}/book-list"), "csv": "", "if_full": "wait", "file": file}
    answer = team.client.post(f"{PATH}/book-list", data=data, content_type="multipart/form-data")
    assert answer.status_code == 200
    assert team.registration.last("foresee_list")["given"]["csv"] == LIST


def test_a_list_that_cannot_be_read_is_given_back(team):
    form = form_at(team, f"{PATH}/book-list")
    assert sent(team, f"{PATH}/book-list", form, csv=" ", if_full="wait").status_code == 422
    team.registration.answers["foresee_list"] = fakes.invalid("no-rows", "csv")
    answer = sent(team, f"{PATH}/book-list", form, csv="Email", if_full="wait")
    assert (answer.status_code, shown(answer)["csv"]) == (422, "Email")
    assert says("many_bookings.nobody_on_it") in text_of(answer)
    team.registration.answers["foresee_list"] = fakes.refused("session-cancelled")
    assert sent(team, f"{PATH}/book-list", form, csv=LIST, if_full="wait").status_code == 409


def test_the_list_can_be_changed_after_it_was_looked_at(team):
    form = form_at(team, f"{PATH}/book-list")
    again = sent(team, f"{PATH}/book-list", form, csv=LIST, if_full="refuse", step="change")
    assert (again.status_code, shown(again)["csv"]) == (200, LIST)


# Several that were selected


def test_all_are_selected_by_a_link(team):
    assert not [name for name in shown(team.client.get(f"{PATH}/bookings?sort=name")) if name.startswith("b-")]
    answer = team.client.get(f"{PATH}/bookings?select=all")
    assert says("many_bookings.selected", number=2) in text_of(answer)
    ticked = [
        box["name"] for box in Page(answer.text).all("input") if box.get("type") == "checkbox" and "checked" in box
    ]
    assert ticked == [f"b-{REFERENCE}", "b-B2345-B2345"]


def test_something_has_to_be_selected(team):
    form = form_at(team, f"{PATH}/bookings?select=all")
    answer = sent(team, f"{PATH}/bookings", form, do="move")
    assert answer.status_code == 422
    assert says("many_bookings.none_selected") in text_of(answer)
    many = {f"b-{n}": "yes" for n in range(MOST_AT_ONCE + 1)}
    assert sent(team, f"{PATH}/bookings", form, do="move", **many).status_code == 422
    assert sent(team, f"{PATH}/bookings", form, do="explode", **{f"b-{REFERENCE}": "yes"}).status_code == 422


def test_several_are_moved_once_it_was_shown_who_fits(team):
    form = form_at(team, f"{PATH}/bookings")
    where = sent(team, f"{PATH}/bookings", form, do="move", **{f"b-{REFERENCE}": "yes", "b-B2345-B2345": "yes"})
    assert (where.status_code, "Trust" in where.text) == (200, True)
    held = shown(where)
    assert held["chosen"] == f"{REFERENCE} B2345-B2345"
    assert sent(team, f"{PATH}/bookings", held, step="check").status_code == 422  # to where?
    checked = sent(team, f"{PATH}/bookings", held, step="check", session=LATER)
    words = text_of(checked)
    assert says("many_bookings.nothing_changed") in words
    assert says("many_bookings.full") in words
    assert not team.registration.was_asked("move_bookings")
    done = sent(team, f"{PATH}/bookings", shown(checked), step="save")
    assert says("many_bookings.moved") in text_of(done)
    asked = team.registration.last("move_bookings")
    assert asked["given"] == {"references": [REFERENCE, "B2345-B2345"], "session": LATER}
    assert asked["key"]


def test_several_are_cancelled_once_it_was_shown_what_happens(team):
    form = form_at(team, f"{PATH}/bookings")
    checked = sent(team, f"{PATH}/bookings", form, do="cancel", **{f"b-{REFERENCE}": "yes"})
    assert says("many_bookings.nothing_changed") in text_of(checked)
    assert not team.registration.was_asked("cancel_bookings")
    done = sent(team, f"{PATH}/bookings", shown(checked), step="save", reason="The room is closed")
    assert says("many_bookings.cancelled") in text_of(done)
    asked = team.registration.last("cancel_bookings")
    assert asked["given"] == {"references": [REFERENCE], "reason": "The room is closed"}


def test_a_move_to_a_session_that_takes_nobody_is_refused_where_it_is_chosen(team):
    team.registration.answers["foresee_moves"] = fakes.refused("session-cancelled")
    form = form_at(team, f"{PATH}/bookings")
    answer = sent(team, f"{PATH}/bookings", form, do="move", step="check", session=LATER, chosen=REFERENCE)
    assert (answer.status_code, shown(answer)["chosen"]) == (409, REFERENCE)


def test_those_who_were_selected_are_written_to_and_nobody_else(team):
    form = form_at(team, f"{PATH}/bookings")
    writing = sent(team, f"{PATH}/write", form, step="choose", **{f"b-{REFERENCE}": "yes"})
    words = text_of(writing)
    assert says("many_bookings.to_selected").lower() in words.lower()
    assert says("many_bookings.you_selected").lower() in words.lower()  # what was written before
    held = shown(writing)
    assert held["chosen"] == REFERENCE
    checked = sent(team, f"{PATH}/write", held, subject="Bring a pen", body="Hello")
    assert (checked.status_code, team.notifications.was_asked("write_to_session")) == (200, False)
    answer = sent(team, f"{PATH}/write", shown(checked), step="send")
    assert answer.status_code == 303
    assert team.notifications.last("write_to_session")["given"] == {
        **{"to": "all", "subject": "Bring a pen", "body": "Hello"},
        "references": [REFERENCE],
    }
