"""The account: details that two tabs do not overwrite, mail, the calendar's address, suggestions, and the way out."""

import pytest

from services.runtime.faults import Fault
from services.runtime.refusals import Unavailable
from tests.gateway import fakes
from tests.gateway.fakes import change
from tests.gateway.forms import text_in
from tests.gateway.html import Page, heading, links, text_of, title, usable
from tests.sentences import says

REACHED = {"email": "asha@example.org", "state": "ok", "since": None, "why": None}
LOST = {**REACHED, "state": "undeliverable", "since": "2026-11-01T09:00:00+00:00", "why": "No such <mailbox>"}
SUCCESS = "nhsuk-notification-banner--success"


@pytest.fixture
def asha(world):
    """The gateway, seen by somebody who is signed in."""
    world.person = {**fakes.person(["person"]), "organisation": "St James", "access_needs": "A ramp\nand space"}
    world.registration.answers.update(
        who=lambda caller, **_: dict(world.person) if fakes.roles_of(caller) else fakes.refused("not-signed-in"),
        change_me=lambda given, version, **_: change(world, given, version),
        erase_me=None,
        suggest={"id": "x"},
    )
    world.notifications.answers.update(
        address_of=REACHED, trust_address=REACHED, calendar_generation=0, end_calendar_address=None
    )
    world.client.set_cookie("headrow_session", "person-token")
    return world


def form_of(world, path):
    answer = world.client.get(path)
    return text_in(Page(answer.text), answer.text)


def send(world, path, **said):
    return world.client.post(path, data={**form_of(world, path), **said})


# Details


def test_the_account_shows_what_is_kept_and_leads_to_everything(asha):
    answer = asha.client.get("/account")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "private, no-store")
    told = text_of(answer)
    for words in (
        "Asha",
        "Hospitals",
        "St James",
        "A ramp and space",
        "asha@example.org",
        says("account.mail_reaches"),
    ):
        assert words in told
    assert {"/bookings", "/emails", "/interests", "/account/calendar", "/suggest", "/account/delete",
            "/api/v1/me/export"} <= {*links(answer)}  # fmt: skip


def test_details_are_kept(asha):
    answer = send(asha, "/account/details", name="Asha O", organisation="", access_needs="None\r\nnow", moved="yes")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?done=saved")
    asked = asha.registration.last("change_me")
    assert asked["version"] == 3
    assert asked["given"] == {
        "name": "Asha O", "sector": "hospital", "organisation": None, "job_role": None, "access_needs": "None\nnow",
    }  # fmt: skip
    assert SUCCESS in asha.client.get("/account?done=saved").text
    assert SUCCESS not in asha.client.get("/account?done=<b>").text


def test_two_tabs_do_not_overwrite_each_other_unseen(asha):
    first, second = form_of(asha, "/account/details"), form_of(asha, "/account/details")
    assert (
        asha.client.post("/account/details", data={**first, "organisation": "Leeds <b>", "moved": "yes"}).status_code
        == 303
    )
    answer = asha.client.post("/account/details", data={**second, "job_role": "Nurse"})
    assert answer.status_code == 422
    assert title(answer).startswith("Error: ")
    assert says("field_errors.now_is", value="Leeds &lt;b&gt;") in answer.text
    assert asha.person["organisation"] == "Leeds <b>"
    form = text_in(Page(answer.text), answer.text)
    assert (form["organisation"], form["job_role"], form["version"]) == ("St James", "Nurse", "4")
    assert asha.client.post("/account/details", data={**form, "organisation": "Leeds <b>"}).status_code == 303
    assert (asha.person["organisation"], asha.person["job_role"]) == ("Leeds <b>", "Nurse")


def test_pressing_it_twice_is_once(asha):
    form = {**form_of(asha, "/account/details"), "name": "Asha O"}
    assert [asha.client.post("/account/details", data=form).status_code for _ in range(2)] == [303, 303]
    assert asha.person["version"] == 4


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 400, "²"])
def test_a_version_that_is_none_overwrites_nothing(asha, version):
    assert send(asha, "/account/details", name="Asha O", version=version).status_code == 422
    assert asha.person["name"] == "Asha"


def test_what_is_wrong_is_told_and_kept(asha):
    answer = send(asha, "/account/details", name="", access_needs="</textarea>" + "x" * 2000)
    assert answer.status_code == 422
    assert {"#name", "#access_needs"} <= {*links(answer)}
    assert says("field_errors.written", written=2011) in answer.text
    assert "&lt;/textarea&gt;xxx" in answer.text


# Mail


def test_whoever_no_mail_reaches_is_told_and_can_have_it_tried_again(asha):
    asha.notifications.answers["address_of"] = LOST
    answer = asha.client.get("/account")
    assert "No such &lt;mailbox&gt;" in answer.text
    assert "Sunday 1 November 2026, 9am" in answer.text
    assert usable(answer.text)
    assert SUCCESS not in asha.client.get("/account?done=address").text
    again = asha.client.post("/account/address/try-again", data={"form_token": form_of(asha, "/account")["form_token"]})
    assert again.headers["Location"] == "/account?done=address"
    assert asha.notifications.last("trust_address")["person"] == asha.person["id"]
    asha.notifications.answers["address_of"] = REACHED
    assert SUCCESS in asha.client.get("/account?done=address").text


def test_an_address_that_has_not_been_heard_of_is_not_in_the_way(asha):
    asha.notifications.answers["address_of"] = fakes.refused("not-found")
    assert asha.client.get("/account").status_code == 200


# The calendar


def test_the_calendar_s_address_is_shown_and_stopped_once(asha):
    answer = asha.client.get("/account/calendar")
    url = asha.get("/me/calendar", "person-token").json["url"]
    assert url in answer.text
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    form = form_of(asha, "/account/calendar/stop")
    for generation in (0, 1):
        asha.notifications.answers["calendar_generation"] = generation
        led = asha.client.post("/account/calendar/stop", data=form)
        assert led.headers["Location"] == "/account/calendar?done=stopped"
    assert [name for name, _ in asha.notifications.asked].count("end_calendar_address") == 1
    answer = asha.client.get("/account/calendar?done=stopped")
    assert SUCCESS in answer.text
    assert url not in answer.text


def test_nothing_is_said_to_be_stopped_that_was_not(asha):
    assert SUCCESS not in asha.client.get("/account/calendar?done=stopped").text


# Suggestions


def test_a_suggestion_reaches_the_team_once(asha):
    form = {**form_of(asha, "/suggest?kind=theme"), "text": "Trust\r\nand time"}
    for _ in range(2):
        assert asha.client.post("/suggest", data=form).headers["Location"] == "/suggest?sent=yes"
    asked = [named for name, named in asha.registration.asked if name == "suggest"]
    assert [named["given"] for named in asked] == [{"kind": "theme", "text": "Trust\nand time"}] * 2
    assert asked[0]["key"]
    assert asked[0]["key"] == asked[1]["key"]
    assert heading(asha.client.get("/suggest?sent=yes")) == says("pages.thanks")


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"kind": "", "text": " "}, {"#kind", "#text"}),
        ({"kind": "song", "text": "x"}, {"#kind"}),
        ({"kind": "other", "text": "x" * 2001}, {"#text"}),
    ],
)
def test_what_is_wrong_with_a_suggestion_is_told_and_kept(asha, said, wrong):
    answer = send(asha, "/suggest", **said)
    assert answer.status_code == 422
    assert title(answer).startswith("Error: ")
    assert wrong == {link for link in links(answer) if link in ("#kind", "#text")}
    assert text_in(Page(answer.text), answer.text)["text"] == said["text"]
    assert not asha.registration.was_asked("suggest")


@pytest.mark.parametrize(("code", "status"), [("too-many-suggestions", 429), ("invalid", 422)])
def test_what_registration_refuses_is_told_and_the_words_stay(asha, code, status):
    asha.registration.answers["suggest"] = fakes.refused(code, errors=[Fault("not-text").at("text")])
    answer = send(asha, "/suggest", kind="speak", text="I would")
    assert answer.status_code == status
    assert "I would" in answer.text
    assert usable(answer.text)


# The way out


def test_deleting_it_needs_the_box_ticked(asha):
    answer = send(asha, "/account/delete")
    assert answer.status_code == 422
    assert "#sure" in links(answer)
    assert usable(answer.text)
    assert not asha.registration.was_asked("erase_me")


@pytest.mark.parametrize("erased_already", [False, True])
def test_deleting_it_signs_out_and_says_so(asha, erased_already):
    if erased_already:
        asha.registration.answers["erase_me"] = fakes.refused("not-signed-in")
    answer = send(asha, "/account/delete", sure="yes")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/deleted")
    assert asha.client.get_cookie("headrow_session") is None
    assert heading(asha.client.get("/account/deleted")) == says("account.deleted")


def test_nobody_who_has_an_account_is_told_that_it_is_deleted(asha):
    assert asha.client.get("/account/deleted").headers["Location"] == "/account"


# All of them


def test_while_a_service_is_away_the_page_says_so(asha):
    asha.registration.answers["change_me"] = Unavailable()
    assert send(asha, "/account/details", name="x").status_code == 503


def test_a_request_has_one_budget_for_all_that_it_asks_of_services(asha):
    """With two services silent a page would otherwise take twice as long as with one."""
    began = asha.ticks

    def slow(caller, **_):
        asha.ticks = began + 3.0
        return dict(asha.person)

    asha.registration.answers["who"] = slow
    asha.client.get("/account")
    assert asha.registration.timeouts[-1] == pytest.approx(4.8)
    assert asha.notifications.timeouts[-1] == pytest.approx(1.8)


def test_the_account_shows_what_is_known_while_the_service_of_emails_is_away(asha):
    asha.notifications.answers["address_of"] = Unavailable()
    answer = asha.client.get("/account")
    assert answer.status_code == 200
    assert "asha@example.org" in text_of(answer)


def test_all_that_is_held_can_be_read_in_words(asha):
    held = {
        "person": {**asha.person},
        "suggestions": [{"kind": "theme", "text": "<i>Trust</i>", "created_at": "2026-11-20T09:00:00+00:00"}],
        "employments": [{"organisation": "Elm Court", "since": "2024-09-01", "until": None}],
    }
    asha.registration.answers["export_me"] = held
    asha.notifications.answers.update(
        messages_of={"items": [], "undeliverable": [], "preferences": []}, calendar_generation=0
    )
    wished = {"session": "maxims-in-practice", "step_free": True, "host": False}
    asha.community.answers["export_of"] = {"member": None, "table_wishes": [wished]}
    answer = asha.client.get("/account/export")
    page = answer.text
    assert says("account_export.no_steps") in text_of(answer)
    assert "&lt;i&gt;Trust&lt;/i&gt;" in page
    assert "2026-11-20T09:00:00+00:00" in page
    assert "1 September 2024" in page
    assert 'href="/api/v1/me/export"' in page
