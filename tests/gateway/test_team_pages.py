"""The pages with which the team runs sessions, and operators the system: who sees them, what they say, what they do."""

import io
import re
from itertools import accumulate, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.web import own_changes
from gateway.web.documents.charts import share_of, stacked, step_line
from services.runtime.refusals import Unavailable
from tests.examples import examples
from tests.gateway import catalogue, fakes
from tests.gateway.attendance import AT, ID, REFERENCE, attendee, there
from tests.gateway.fakes import page_of
from tests.gateway.forms import form_of
from tests.gateway.html import Page, links, text_of
from tests.gateway.rows_of_pages import ATTENDANCE_REPORT, ATTENDANCE_REPORTS
from tests.sentences import says

SLUG = "/team/sessions/maxims-in-practice"
BOOKING = f"/team/bookings/{REFERENCE}"
OF_A_SESSION = ("bookings", "waiting-list", "book", "attendance", "attendance/sheet", "write", "feedback")
MAILING = {
    **{"id": ID, "to": "all", "chosen": False, "subject": "Bring a pen", "body": "Hello"},
    **{"created_at": AT, "finished_at": None},
    **{"queued": 0, "sent": 3, "delivered": 2, "bounced": 0, "failed": 1},
}
EVENT = {
    **{"id": ID, "type": "registration.booking_confirmed.v1", "subject": "bookings/K3", "attempts": 6},
    **{"stored_at": AT, "error": "ValueError: no such template"},
}
BACKLOG = {"queued": {"at_once": 2}, "due": 2, "oldest_due_seconds": 9.0, "put_off": 1}


def booked(**changes):
    person = changes.pop("person", attendee())
    return {**fakes.booking(reference=REFERENCE), "person": person, **changes}


def entry(**changes):
    told = {"at": AT, "what": "booking_confirmed", "cause": "booked", "by": "person", "session": "maxims-in-practice"}
    return {
        **told,
        "mode": "online",
        "state": "confirmed",
        "late": False,
        "reason": None,
        "actor": "Zoë Okafor",
        **changes,
    }


def filling(*days, session="maxims-in-practice", places=40, over=0):
    """What registration answers of how a session filled: `(day, confirmed, offered, waiting)` of each day."""
    names = ("day", "confirmed", "offered", "waiting")
    told = [dict(zip(names, day, strict=True)) for day in days]
    return {"session": session, "places": places, "over": over, "days": told}


def of_session(*rows):
    """What registration answers of a session's bookings, in the state that is asked for."""
    return lambda state=None, **_: page_of(*(row for row in rows if state in (None, row["state"])))


@pytest.fixture
def team(world):
    """The gateway, seen by somebody of the team, among services that know one booking."""
    said = {"next": "Less talk", "given_on": "2026-11-20"}
    pledges = {"pledged": 4, "answers": 3, "did": {"yes": 1, "partly": 2, "not_yet": 0}}
    useful = {"mean": 4.5, "counts": {"1": 0, "2": 0, "3": 0, "4": 2, "5": 2}}
    wanted = {"topic": "systems-thinking", "programme": None, "session": None, "people": 4}
    hyphened = {**wanted, "topic": "covid-19", "people": 2}
    theme = {"id": ID, "kind": "theme", "text": "More on trust", "created_at": AT, "person": attendee()}
    world.registration.answers.update(
        session_bookings=of_session(booked()),
        booking_of_person=booked(),
        history=page_of(entry()),
        attendance=page_of(there()),
        find_people=page_of(attendee()),
        bookings_of_person=page_of(fakes.booking(reference=REFERENCE), person=attendee()),
        sectors_of=page_of({"session": "maxims-in-practice", "sector": "hospital", "people": 3}),
        fillings=page_of(filling(("2026-11-20", 3, 0, 0), ("2026-11-23", 30, 0, 3))),
        demand=page_of(wanted, hyphened),
        suggestions=page_of(theme),
        session_feedback=page_of(said, answers=4, useful=useful, pledges=pledges),
        book_for=booked(),
        add_note=entry(what="note"),
        cancel=booked(state="cancelled"),
        move=booked(),
        record_attendance={"session": "maxims-in-practice", "recorded": 1, "unchanged": 0},
        read_attendance_report=ATTENDANCE_REPORT,
        take_attendance_report=ATTENDANCE_REPORT,
        attendance_reports=ATTENDANCE_REPORTS,
        undo_attendance_report={"session": "maxims-in-practice", "undone": 3, "corrected_since": 0},
        parked={"total": 0, "items": []},
    )
    world.catalogue.answers.update(parked={"total": 0, "items": []})
    world.community.answers.update(parked={"total": 0, "items": []})
    mail = {"person": ID, "email": "zoe@example.org", "since": AT, "why": "No such mailbox"}
    world.notifications.answers.update(
        mailings=page_of(MAILING),
        write_to_session={"id": ID, "to": "all", "subject": "Hi", "queued": 3, "created_at": AT},
        undeliverable=page_of(mail),
        trust_address={"email": "zoe@example.org", "state": "ok", "since": None, "why": None},
        health={**fakes.HEALTH, "messages": BACKLOG},
        parked={"total": 1, "items": [EVENT]},
        retry_parked=1,
        drop_parked=1,
    )
    world.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=2))
    world.client.set_cookie("__Host-headrow_session", "team-token")
    return world


@pytest.fixture
def operator(team):
    team.client.set_cookie("__Host-headrow_session", "operator-token")
    return team


def see(world, path):
    world.client.set_cookie("__Host-headrow_session", "operator-token" if path == "/operator" else "team-token")
    return world.client.get(path)


def send(world, path, **said):
    return world.client.post(path.partition("?")[0], data={**form_of(world, path), **said})


# Who is let in, and how


@pytest.mark.parametrize("path", [f"{SLUG}/{page}".replace("maxims-in-practice", "nothing") for page in OF_A_SESSION])
def test_a_session_that_is_not_there_is_not_found(team, path):
    assert team.client.get(path).status_code == 404


def test_the_menu_leads_each_to_their_own(team):
    assert "/team" in links(team.client.get("/"))
    assert {"/team/dashboard", "/team/people", "/team/demand"} < set(links(team.client.get("/team")))
    assert "/operator" not in links(team.client.get("/"))
    assert "/operator" in links(see(team, "/operator"))


# Bookings


def test_bookings_are_searched_sorted_and_paged(team):
    rows = [
        booked(reference=f"AAAAA-{n:05}", person=attendee(name=f"Person {99 - n:02}", email=f"p{n}@example.org"))
        for n in range(60)
    ]
    team.registration.answers["session_bookings"] = page_of(*rows)
    first = team.client.get(f"{SLUG}/bookings?sort=name")
    assert re.findall(r"Person \d\d", first.text)[0] == "Person 40"
    assert says("team_bookings.several", number=60, page=1, pages=2) in text_of(first)
    (more,) = [link for link in links(first) if "page=2" in link]
    assert "Person 99" in team.client.get(more).text
    found = team.client.get(f"{SLUG}/bookings?q=p7%40example.org")
    assert says("team_bookings.one") in text_of(found)
    assert f"/team/bookings/{rows[7]['reference']}" in links(found)
    assert says("team_bookings.none_fits") in team.client.get(f"{SLUG}/bookings?q=nobody").text
    for odd in ("page=0", "page=-1", "page=9999999999", "page=%C2%B2", "sort=x", "state=x"):
        assert team.client.get(f"{SLUG}/bookings?{odd}").status_code == 200


def test_who_cancelled_late_stands_apart_and_can_be_asked_for(team):
    late = booked(reference="AAAAA-00001", state="cancelled", cancelled_late=True)
    in_time = booked(reference="AAAAA-00002", state="cancelled")
    team.registration.answers["session_bookings"] = page_of(late, in_time)
    answer = team.client.get(f"{SLUG}/bookings?state=cancelled_late")
    assert team.registration.last("session_bookings")["state"] == "cancelled_late"
    tags = re.findall(r'<strong class="nhsuk-tag[^>]*>\s*([^<]*?)\s*</strong>', answer.text)
    assert tags == [says("team_bookings.cancelled_late"), says("pages.cancelled")]
    team.registration.answers["booking_of_person"] = late
    assert says("team_bookings.cancelled_late") in text_of(team.client.get(BOOKING))


def test_the_headings_sort_and_keep_what_was_looked_for(team):
    team.registration.answers["session_bookings"] = page_of(booked())
    page = Page(team.client.get(f"{SLUG}/bookings?q=zo").text)
    (booked_at,) = [heading for heading in page.all("th") if heading.get("aria-sort")]
    assert booked_at["aria-sort"] == "ascending"
    sorted_by = [link["href"] for link in page.all("a") if "sort=" in link["href"]]
    assert [link.partition("sort=")[2] for link in sorted_by] == ["name", "state", "sector", "latest"]
    assert all("q=zo" in link for link in sorted_by)
    assert "sort=booked" in team.client.get(f"{SLUG}/bookings?sort=latest").text


def test_the_state_is_asked_for_and_goes_into_the_sheet(team):
    team.registration.answers["session_bookings"] = page_of(booked(state="waiting"))
    answer = team.client.get(f"{SLUG}/bookings?state=waiting")
    assert team.registration.last("session_bookings")["state"] == "waiting"
    (sheet,) = [link for link in links(answer) if ".csv" in link]
    assert sheet == "/api/v1/sessions/maxims-in-practice/bookings.csv?state=waiting"
    assert team.client.get(sheet).headers["Content-Type"].startswith("text/csv"), "the cookie is enough"


def test_a_list_never_says_what_somebody_needs(team):
    team.registration.answers["session_bookings"] = page_of(booked(access_needs="A hearing loop"))
    team.registration.answers["booking_of_person"] = booked(access_needs="A hearing loop")
    for page in ("bookings", "waiting-list", "attendance"):
        assert "hearing" not in team.client.get(f"{SLUG}/{page}").text
    assert says("team_bookings.told_needs") in team.client.get(f"{SLUG}/bookings").text
    assert "A hearing loop" in team.client.get(BOOKING).text


def test_the_line_is_in_order_with_what_is_on_offer_and_held(team):
    rows = [booked(reference=f"AAAAA-0000{n}", state="waiting", position=n) for n in (2, 1)]
    offer = booked(state="offered", offer={"expires_at": "2026-11-25T10:00:00+00:00"})
    team.registration.answers["session_bookings"] = of_session(*rows, offer)
    until = "2026-11-28T12:00:00+00:00"
    held = [{"sector": "hospital", "places": 5, "until": until}]
    team.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=3, held_places=held))
    answer = team.client.get(f"{SLUG}/waiting-list")
    of_bookings = [link for link in links(answer) if link.startswith("/team/bookings/")]
    assert [link[-1] for link in of_bookings if not link.endswith("/admit")] == ["1", "2", "B"]
    words = text_of(answer)
    assert "25 Nov 2026, 10am" in words
    assert says("team_bookings.held_places", sector="Hospitals", held=5, left=5, until="28 Nov 2026, midday") in words


# Booking for somebody


@pytest.mark.parametrize(("status", "why"), [("cancelled", says("session.cancelled")), ("published", "over")])
def test_nobody_is_booked_for_what_is_over_or_cancelled(team, status, why):
    team.tell("sessions", catalogue.session(starts="2026-02-11T14:00:00+00:00", status=status, version=3))
    answer = team.client.get(f"{SLUG}/book")
    assert says("team_bookings.nobody_can_be_booked", why=why) in text_of(answer)
    assert "email" not in Page(answer.text).form


def test_the_team_begins_with_what_comes_next(team):
    team.tell("sessions", catalogue.session("off", "2026-12-02T14:00:00+00:00", status="cancelled", title="Called off"))
    answer = team.client.get("/team")
    assert {SLUG, f"{SLUG}/bookings", f"{SLUG}/attendance"} <= set(links(answer))
    assert "Called off" not in answer.text


SAID = {"email": "zoe@example.org", "name": "Zoë", "if_full": "wait", "access_needs": "A loop\r\nand tea", "reason": ""}


def test_a_place_is_booked_for_somebody(team):
    answer = send(team, f"{SLUG}/book", **SAID)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{BOOKING}?done=booked")
    asked = team.registration.last("book_for")
    given = {"email": "zoe@example.org", "name": "Zoë", "access_needs": "A loop\nand tea", "if_full": "wait"}
    assert (asked["slug"], asked["given"], bool(asked["key"])) == ("maxims-in-practice", given, True)
    assert says("team_bookings.made") in team.client.get(answer.headers["Location"]).text


def test_pressing_twice_is_once_and_other_words_are_another_wish(team):
    form = {**form_of(team, f"{SLUG}/book"), **SAID}
    keys = []
    for said in (form, form, {**form, "email": "tom@example.org"}):
        team.client.post(f"{SLUG}/book", data=said)
        keys.append(team.registration.last("book_for")["key"])
    assert (keys[0] == keys[1], keys[0] == keys[2]) == (True, False)
    team.registration.answers["book_for"] = fakes.refused("idempotency-key-in-use")
    assert team.client.post(f"{SLUG}/book", data=form).status_code == 303


def test_a_place_beyond_those_that_there_are_needs_a_reason(team):
    answer = send(team, f"{SLUG}/book", **{**SAID, "if_full": "anyway"})
    assert answer.status_code == 422
    assert not team.registration.was_asked("book_for")
    assert "#reason" in links(answer)
    send(team, f"{SLUG}/book", **{**SAID, "if_full": "anyway", "reason": "She speaks"})
    given = team.registration.last("book_for")["given"]
    assert (given["over_capacity"], given["reason"], "if_full" in given) == (True, "She speaks", False)


def test_what_is_wrong_is_told_at_the_field_and_nothing_is_lost(team):
    team.registration.answers["book_for"] = fakes.invalid("not-an-email", "email")
    answer = send(team, f"{SLUG}/book", **{**SAID, "email": "zoe"})
    assert (answer.status_code, "<title>Error: " in answer.text) == (422, True)
    assert "#email" in links(answer)
    assert 'value="zoe"' in answer.text
    assert "A loop\nand tea</textarea>" in answer.text
    empty = send(team, f"{SLUG}/book")
    assert {"#email", "#if_full"} < set(links(empty))
    wrong = {"email": "zoe", "name": "a" * 121, "access_needs": "a" * 2001, "if_full": "anyway", "mode": "x"}
    at_once = [link for link in links(send(team, f"{SLUG}/book", **wrong)) if link.startswith("#")]
    assert at_once == ["#main", "#email", "#name", "#mode", "#access_needs", "#reason"]


@pytest.mark.parametrize("code", ["session-full", "already-booked", "booking-closed", "session-cancelled"])
def test_what_is_in_the_way_is_told(team, code):
    team.registration.answers["book_for"] = fakes.refused(code, reference="OTHER-BKNG1")
    answer = send(team, f"{SLUG}/book", **SAID)
    assert answer.status_code == 409
    assert f"Refused: {code}." in answer.text
    assert "/team/bookings/OTHER-BKNG1" in links(answer)


def test_where_there_are_both_kinds_of_place_one_is_chosen(team):
    changed = {"delivery": "hybrid", "places_in_room": 10, "version": 3}
    team.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", **changed))
    both = {"in_room": {"capacity": 10, "left": 10}, "online": {"capacity": 40, "left": 40}}
    team.tell_places({"session": "maxims-in-practice", "version": 9, "places": both, "waiting": 0})
    assert "#mode" in links(send(team, f"{SLUG}/book", **SAID))
    send(team, f"{SLUG}/book", **SAID, mode="in_room")
    assert team.registration.last("book_for")["given"]["mode"] == "in_room"


# One booking


@pytest.mark.parametrize("state", ["confirmed", "waiting", "offered", "cancelled", "attended", "absent"])
def test_a_booking_is_shown_in_every_state(team, state):
    more = {"waiting": {"position": 3}, "offered": {"offer": {"expires_at": AT}}, "attended": {"attended_share": 0.5}}
    team.registration.answers["booking_of_person"] = booked(state=state, **more.get(state, {}))
    answer = team.client.get(BOOKING)
    assert answer.status_code == 200
    live = state in ("confirmed", "waiting", "offered")
    assert (f"{BOOKING}/cancel" in links(answer)) == (f"{BOOKING}/move" in links(answer)) == live


def test_the_history_says_what_why_and_by_whom(team):
    rows = [
        entry(),
        entry(what="note", cause="note", by="team", actor="Asha", reason="Rang twice"),
        entry(what="booking_cancelled", cause="session_cancelled", by="system", actor=None),
        entry(what="something_new", cause="new"),
        entry(what="booking_cancelled", cause="cancelled", state="cancelled", late=True),
    ]
    team.registration.answers["history"] = page_of(*rows)
    words = text_of(team.client.get(BOOKING))
    assert says("team_bookings.got_place", when="Monday 23 November 2026, 9am") in words
    assert says("team_bookings.by", what="Rang twice", when="Monday 23 November 2026, 9am", who="Asha") in words
    assert says("team_bookings.session_was_cancelled") in words
    assert "Something new" in words
    assert says("team_bookings.after_the_deadline", when="Monday 23 November 2026, 9am") in words


def test_a_note_is_added_and_an_empty_or_long_one_is_not(team):
    answer = send(team, BOOKING, text="Rang\r\ntwice")
    assert answer.headers["Location"] == f"{BOOKING}?done=noted"
    assert team.registration.last("add_note")["given"] == {"text": "Rang\ntwice"}
    before = len(team.registration.asked)
    for text in ("", " \n", "a" * 2001):
        wrong = send(team, BOOKING, text=text)
        assert (wrong.status_code, "#text" in links(wrong)) == (422, True)
    assert "a" * 2001 in wrong.text
    assert not any(method == "add_note" for method, _ in team.registration.asked[before:])


def test_a_booking_is_cancelled_with_a_reason(team):
    answer = send(team, f"{BOOKING}/cancel", reason=" She is ill ")
    assert answer.headers["Location"] == f"{BOOKING}?done=cancelled"
    assert team.registration.last("cancel")["given"] == {"reason": " She is ill "}
    assert send(team, f"{BOOKING}/cancel", reason="a" * 501).status_code == 422
    team.registration.answers["cancel"] = fakes.refused("booking-closed")
    assert send(team, f"{BOOKING}/cancel", reason="").status_code == 409


def test_a_booking_moves_to_a_session_of_its_programme(team):
    team.tell("sessions", catalogue.session("later", "2026-12-08T14:00:00+00:00", title="Later"))
    team.tell("sessions", catalogue.session("past", "2026-11-01T14:00:00+00:00", title="Long ago"))
    team.tell("sessions", catalogue.session("other", "2026-12-09T14:00:00+00:00", programme="other", title="Other"))
    page = Page(team.client.get(f"{BOOKING}/move").text)
    assert [field["value"] for field in page.all("input") if field["name"] == "session"] == ["later"]
    assert "#session" in links(send(team, f"{BOOKING}/move"))
    answer = send(team, f"{BOOKING}/move", session="later")
    assert answer.headers["Location"] == f"{BOOKING}?done=moved"
    assert team.registration.last("move")["given"] == {"session": "later"}
    team.registration.answers["move"] = fakes.refused("clash")
    clash = send(team, f"{BOOKING}/move", session="later")
    assert (clash.status_code, 'name="allow_clash"' in clash.text) == (409, True)
    send(team, f"{BOOKING}/move", session="later", allow_clash="yes", mode="online")
    moved = team.registration.last("move")["given"]
    assert moved == {"session": "later", "mode": "online", "allow_clash": True}


@pytest.mark.parametrize(
    ("method", "address", "said"),
    [
        ("book_for", f"{SLUG}/book", {"email": "zoe@example.org", "if_full": "wait"}),
        ("cancel", f"{BOOKING}/cancel", {"reason": ""}),
        ("move", f"{BOOKING}/move", {"session": "later"}),
    ],
)
def test_the_page_after_it_has_the_new_figures(team, method, address, said):
    team.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=3))
    team.registration.answers[method] = fakes.FakeAnswer(booked(), announced=("figures/maxims-in-practice", 6))
    assert send(team, address, **said).status_code == 303
    assert team.client.get_cookie(f"__Host-{own_changes.COOKIE}").value == "figures/maxims-in-practice:6"


# Attendance


def test_attendance_sends_what_was_changed_and_nothing_else(team):
    rows = [there("AAAAA-00001", True), there("AAAAA-00002", False), there("AAAAA-00003")]
    team.registration.answers["attendance"] = page_of(*rows)
    answer = send(team, f"{SLUG}/attendance", **{"p-AAAAA-00001": "yes", "p-AAAAA-00002": "yes", "p-AAAAA-00003": "no"})
    assert answer.headers["Location"] == f"{SLUG}/attendance?meeting=1&saved=1"
    assert team.registration.last("record_attendance")["given"]["records"] == [
        {"reference": "AAAAA-00002", "meeting": 1, "present": True},
        {"reference": "AAAAA-00003", "meeting": 1, "present": False},
    ]
    words = text_of(team.client.get(answer.headers["Location"]))
    assert says("attendance.saved_for_one") in words
    assert says("attendance.counts", here=1, not_here=1, not_noted=1) in words
    assert says("attendance.noted_in_list", when="23 November, 9am", who="Asha") in words


def test_all_others_are_marked_and_not_saved_before_the_button(team):
    rows = [there("AAAAA-00001", False), there("AAAAA-00002")]
    team.registration.answers["attendance"] = page_of(*rows)
    page = Page(team.client.get(f"{SLUG}/attendance?tick=all").text)
    checked = [field["id"] for field in page.all("input") if "checked" in field]
    assert sorted(checked) == ["no-AAAAA-00001", "yes-AAAAA-00002"]
    assert not team.registration.was_asked("record_attendance")


def test_hundreds_of_people_fit_in_one_form(team):
    rows = [there(f"AAAAA-{n:05}") for n in range(300)]
    team.registration.answers["attendance"] = page_of(*rows)
    said = {f"p-{row['reference']}": "yes" for row in rows}
    assert send(team, f"{SLUG}/attendance", **said).status_code == 303
    assert len(team.registration.last("record_attendance")["given"]["records"]) == 300


def test_attendance_that_is_too_early_or_empty_is_told_and_kept(team):
    assert "#people" in links(send(team, f"{SLUG}/attendance"))
    early = fakes.refused("attendance-too-early", meeting=1, opens_at="2026-12-01T13:00:00+00:00")
    team.registration.answers["record_attendance"] = early
    answer = send(team, f"{SLUG}/attendance", **{f"p-{REFERENCE}": "yes"})
    assert answer.status_code == 409
    assert says("attendance.from_when", when="Tuesday 1 December 2026, 1pm") in text_of(answer)
    assert [field["id"] for field in Page(answer.text).all("input") if "checked" in field] == [f"yes-{REFERENCE}"]


def test_each_meeting_has_its_list(team):
    meetings = [
        {"starts_at": f"2026-12-0{n}T14:00:00+00:00", "ends_at": f"2026-12-0{n}T15:00:00+00:00"} for n in (1, 8)
    ]
    team.tell("sessions", catalogue.session(starts="2026-12-01T14:00:00+00:00", version=3, meetings=meetings))
    team.registration.answers["attendance"] = page_of(there(present=True))
    assert says("session.meeting", number=1, of=2) in team.client.get(f"{SLUG}/attendance").text
    second = team.client.get(f"{SLUG}/attendance?meeting=2")
    assert says("attendance.counts", here=0, not_here=0, not_noted=1) in text_of(second)
    send(team, f"{SLUG}/attendance?meeting=2", **{f"p-{REFERENCE}": "yes"})
    assert team.registration.last("record_attendance")["given"]["records"][0]["meeting"] == 2


def test_a_report_is_shown_before_it_is_saved_and_holds_what_was_chosen(team):
    csv = "Name\tEmail\r\nZoe\tzoe@example.org"
    shown = send(team, f"{SLUG}/attendance/sheet", csv=csv, minutes="30")
    assert (shown.status_code, says("attendance.to_be_saved", number=1) in text_of(shown)) == (200, True)
    assert "Pat, pat@example.org" in shown.text
    assert says("attendance.other_day") in text_of(shown)
    asked = team.registration.last("read_attendance_report")["given"]
    assert (asked["csv"], asked["minutes"], asked["choices"]) == (csv.replace("\r", ""), 30, [])
    assert not team.registration.was_asked("take_attendance_report")
    saved = send(
        team, f"{SLUG}/attendance/sheet", csv=csv, minutes="30", step="save", **{"do-3": "add", "do-4": REFERENCE}
    )
    assert saved.headers["Location"] == f"{SLUG}/attendance?meeting=1&saved=1"
    choices = [{"line": 3, "do": "add"}, {"line": 4, "do": "match", "reference": REFERENCE}]
    assert team.registration.last("take_attendance_report")["given"]["choices"] == choices


@pytest.mark.parametrize("coding", ["utf-16", "utf-8"])
def test_a_report_is_sent_as_a_file(team, coding):
    form = Page(team.client.get(f"{SLUG}/attendance/sheet").text).form
    file = (io.BytesIO("Name\nZoë\n".encode(coding)), "report.csv")
    data = {**{name: form[name] for name in ("form_token", "key")}, "csv": "", "file": file}
    answer = team.client.post(f"{SLUG}/attendance/sheet", data=data, content_type="multipart/form-data")
    assert answer.status_code == 200
    assert team.registration.last("read_attendance_report")["given"]["csv"] == "Name\nZoë\n"


def test_each_wrong_line_of_a_report_is_named_and_what_was_pasted_is_given_back(team):
    team.registration.answers["read_attendance_report"] = fakes.invalid("no-such-booking", "line 2")
    wrong = send(team, f"{SLUG}/attendance/sheet", csv="reference\tmeeting\tpresent\nX\t1\tyes")
    assert wrong.status_code == 422
    assert says("attendance.no_such_booking", number=2) in wrong.text
    assert "X\t1\tyes</textarea>" in wrong.text
    assert send(team, f"{SLUG}/attendance/sheet", csv=" ").status_code == 422
    assert send(team, f"{SLUG}/attendance/sheet", csv="a@b.org", minutes="x").status_code == 422


def test_a_report_is_undone_by_its_button(team):
    form = Page(team.client.get(f"{SLUG}/attendance/sheet").text).form
    answer = team.client.post(
        f"{SLUG}/attendance/sheet/7/undo", data={name: form[name] for name in ("form_token", "key")}
    )
    assert answer.headers["Location"] == f"{SLUG}/attendance/sheet?undone=3"
    assert team.registration.last("undo_attendance_report")["id"] == 7


def test_someone_is_found_by_name_in_the_attendance_whatever_the_accents(team):
    team.registration.answers["attendance"] = page_of(there(), there("B4C5D-EFGHJ", name="Ben Marsh"))
    answer = team.client.get(f"{SLUG}/attendance?q=zoe")
    assert ("Zoë Okafor" in answer.text, "Ben Marsh" in answer.text) == (True, False)
    assert says("attendance.counts", here=0, not_here=0, not_noted=2) in text_of(answer)


def test_the_attendance_of_2100_people_is_saved(team):
    said = {f"p-AAAAA-{n:05}": "yes" for n in range(2100)}
    assert send(team, f"{SLUG}/attendance", **said).status_code == 303
    assert len(team.registration.last("record_attendance")["given"]["records"]) == 2100


def test_a_sheet_to_sign_names_everyone_and_no_address(team):
    team.registration.answers["expected"] = page_of({**there(), "mode": "in_room"})
    answer = team.client.get(f"{SLUG}/attendance/to-sign")
    assert ("Zoë Okafor" in answer.text, "zoe@example.org" in answer.text) == (True, False)


# Writing to people

LETTER = {"to": "all", "subject": "Bring a pen", "body": "Hello\r\n\r\nBring a pen"}


def test_a_message_is_looked_at_before_it_goes(team):
    check = send(team, f"{SLUG}/write", **LETTER)
    assert (check.status_code, team.notifications.was_asked("write_to_session")) == (200, False)
    assert says("writing.one_person_now") in text_of(check)
    form = {**Page(check.text).form, "body": LETTER["body"]}
    change = team.client.post(f"{SLUG}/write", data={**form, "step": "change"})
    assert 'value="Bring a pen"' in change.text
    answer = team.client.post(f"{SLUG}/write", data={**form, "step": "send"})
    assert answer.headers["Location"] == f"{SLUG}/write?done=3"
    asked = team.notifications.last("write_to_session")
    assert asked["given"] == {"to": "all", "subject": "Bring a pen", "body": "Hello\n\nBring a pen"}
    assert (asked["slug"], bool(asked["key"])) == ("maxims-in-practice", True)
    words = text_of(team.client.get(answer.headers["Location"]))
    assert says("writing.goes_to", number=3) in words
    assert says("writing.counts", sent=3, arrived=2, failed=1) in words


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"to": ""}, "to"), ({"to": "x"}, "to"), ({"subject": " "}, "subject"), ({"body": "a" * 5001}, "body")],
)
def test_a_message_that_cannot_go_is_kept_in_the_form(team, changed, field):
    answer = send(team, f"{SLUG}/write", **{**LETTER, **changed, "step": "send"})
    assert (answer.status_code, f"#{field}" in links(answer)) == (422, True)
    assert not team.notifications.was_asked("write_to_session")
    if field != "body":
        assert "Bring a pen</textarea>" in answer.text


def test_a_session_that_notifications_do_not_know_yet_has_no_messages(team):
    team.notifications.answers["mailings"] = fakes.refused("not-found")
    assert says("pages.nothing_written") in team.client.get(f"{SLUG}/write").text


# People, demand, feedback


def test_people_are_found_and_lead_to_their_bookings_and_messages(team):
    assert not team.registration.was_asked("find_people")
    team.client.get("/team/people")
    assert not team.registration.was_asked("find_people")
    answer = team.client.get("/team/people?q=+zoe+")
    assert team.registration.last("find_people")["q"] == "zoe"
    assert f"/team/people/{ID}" in links(answer)
    person = team.client.get(f"/team/people/{ID}")
    assert {BOOKING, "/team/messages?person=zoe%40example.org"} < set(links(person))
    team.registration.answers["find_people"] = page_of()
    assert says("team_people.nobody_known") in team.client.get("/team/people?q=x").text


def test_mail_is_sent_to_an_address_again(team):
    answer = send(team, "/team/people/undeliverable", person=ID)
    assert answer.headers["Location"] == "/team/people/undeliverable?done=yes"
    assert team.notifications.last("trust_address")["person"] == ID


def test_what_people_ask_for_is_told_with_how_many(team):
    words = text_of(team.client.get("/team/demand?kind=theme"))
    assert says("demand.topic", title="Systems thinking", number=4) in words
    assert says("demand.topic", title="Covid-19", number=2) in words
    assert "More on trust" in words
    assert team.registration.last("suggestions")["kind"] == "theme"
    team.client.get("/team/demand?kind=x")
    assert team.registration.last("suggestions")["kind"] is None


def test_few_answers_are_not_shown(team):
    assert says("feedback.useful", mean="4.5") in text_of(team.client.get(f"{SLUG}/feedback"))
    team.registration.answers["session_feedback"] = page_of(answers="<3", useful=None, pledges=None)
    assert says("feedback.few_answers", fewest=3) in team.client.get(f"{SLUG}/feedback").text


def test_of_pledges_the_team_sees_figures(team):
    text = text_of(team.client.get(f"{SLUG}/feedback"))
    assert says("pledge.made_and_told", made=4, told=3) in text
    for row in (
        says("pledge.people_did", number=1),
        says("pledge.people_did_in_part", number=2),
        says("pledge.people_not_yet", number=0),
    ):
        assert row in text


def test_few_pledges_and_few_answers_about_them_are_not_shown(team):
    told = team.registration.answers["session_feedback"]
    told["pledges"] = {"pledged": 3, "answers": "<3", "did": None}
    text = text_of(team.client.get(f"{SLUG}/feedback"))
    assert says("pledge.made_and_few_told", made=3, fewest=3) in text
    assert says("pledge.did_it") not in text
    told["pledges"] = {"pledged": "<3", "answers": "<3", "did": None}
    assert says("pledge.few_made", fewest=3) in text_of(team.client.get(f"{SLUG}/feedback"))


# The next eight weeks


def test_the_dashboard_shows_the_sessions_of_eight_weeks(team):
    team.tell("sessions", catalogue.session("far", "2027-03-01T14:00:00+00:00", title="Far off"))
    team.tell("sessions", catalogue.session("off", "2026-12-02T14:00:00+00:00", status="cancelled", title="Called off"))
    team.tell_places(catalogue.places(left=10, waiting=3, version=5))
    answer = team.client.get("/team/dashboard")
    words = text_of(answer)
    assert says("dashboard.places", taken=30, held=0, free=10, waiting=3) in words
    assert says("dashboard.sessions", taken=30, places=40, waiting=3) in words
    assert says("dashboard.sector", sector="Hospitals", number=3) in words
    assert says("dashboard.sector", sector="Citizens", number=0) in words
    assert "Far off" not in words
    assert "Called off" not in words
    assert team.registration.last("sectors_of")["slugs"] == ["maxims-in-practice"]


def test_without_sessions_nothing_is_counted(team):
    team.tell("sessions", catalogue.session(starts="2027-12-01T14:00:00+00:00", version=3))
    assert says("dashboard.nothing_planned") in team.client.get("/team/dashboard").text
    assert not team.registration.was_asked("sectors_of")
    assert not team.registration.was_asked("fillings")


def test_the_dashboard_tells_how_a_session_filled_in_a_picture_in_words_and_in_a_table(team):
    answer = team.client.get("/team/dashboard")
    words = text_of(answer)
    assert team.registration.last("fillings")["slugs"] == ["maxims-in-practice"]
    assert says("dashboard.how_it_filled", title="Myron’s Maxims in practice") in words
    assert says("dashboard.taken_and_people_wait", taken=30, places=40, waiting=3) in words
    assert f"{says('dashboard.days')} 20 November 2026 3 0 23 November 2026 30 3" in words
    assert says("dashboard.first_booking", day="20 November 2026", when="1 Dec 2026, 2pm") in words
    lines = [path["d"] for path in Page(answer.text).all("path") if path["d"].startswith("M0 100")]
    assert "M0 100V92H75V25H100" in lines, "twelve days of 25 units: three pass before the figure of today"
    assert "M0 100H75V92H100" in lines


@pytest.mark.parametrize(
    ("days", "places", "over", "told"),
    [
        ([("2026-11-23", 1, 0, 0)], 1, 0, says("dashboard.one_taken")),
        ([("2026-11-23", 1, 1, 1)], 2, 0, says("dashboard.one_offered_one_waits", taken=1, places=2)),
        ([("2026-11-23", 4, 2, 0)], 6, 0, says("dashboard.some_offered", taken=4, places=6, offered=2)),
        ([("2026-11-23", 5, 0, 0)], 4, 1, says("dashboard.taken_and_over", taken=4, places=4, over=1)),
        ([("2026-11-23", 3, 0, 0)], 1, 2, says("dashboard.one_taken_and_over", over=2)),
        ([("2026-11-23", 4, 0, 0)], 4, 1, says("dashboard.taken_and_over", taken=3, places=4, over=1)),
        ([("2026-11-23", 5, 0, 1)], 4, 1, says("dashboard.taken_over_and_waiting", taken=4, places=4, over=1)),
        (
            [("2026-11-23", 4, 2, 3)],
            5,
            1,
            says("dashboard.taken_over_and_more", taken=3, places=5, over=1, offered=2, waiting=3),
        ),
        ([("2026-11-23", 0, 0, 0)], 4, 0, says("dashboard.taken", taken=0, places=4)),
        ([], 4, 0, says("dashboard.nobody_and_places", places=4)),
        ([], 1, 0, says("dashboard.nobody_and_one_place")),
    ],
)
def test_how_full_a_session_is_is_said_in_words(team, days, places, over, told):
    team.registration.answers["fillings"] = page_of(filling(*days, places=places, over=over))
    assert told in text_of(team.client.get("/team/dashboard"))


def test_many_days_are_told_by_week(team):
    days = [(f"2026-10-{day:02}", day, 0, 0) for day in range(1, 31)]
    team.registration.answers["fillings"] = page_of(filling(*days))
    words = text_of(team.client.get("/team/dashboard"))
    assert says("dashboard.by_week") in words
    assert "Waiting 4 October 2026 4 0 11 October 2026 11 0 18 October" in words
    assert "25 October 2026 25 0 30 October 2026 30 0" in words
    team.registration.answers["fillings"] = page_of(filling(*days[:20]))
    assert "5 October 2026 5 0 6 October" in text_of(team.client.get("/team/dashboard"))


def test_a_session_that_registration_does_not_know_yet_is_left_out_of_the_charts(team):
    team.registration.answers["fillings"] = page_of()
    words = text_of(team.client.get("/team/dashboard"))
    assert says("dashboard.sectors_in_room") not in words
    assert "Myron’s Maxims in practice" in words


def test_each_session_shows_its_own_sectors_and_which_are_missing(team):
    team.tell("sessions", catalogue.session("second", "2026-12-02T14:00:00+00:00", title="Second"))
    days = [("2026-11-20", 3, 0, 0)]
    team.registration.answers.update(
        fillings=page_of(filling(*days), filling(*days, session="second")),
        sectors_of=page_of(
            {"session": "maxims-in-practice", "sector": "hospital", "people": 3},
            {"session": "second", "sector": "citizen", "people": 1},
            {"session": "second", "sector": None, "people": 2},
        ),
    )
    first, second = re.findall(
        f"{says('dashboard.sectors_in_room')}(.*?)</section>", team.client.get("/team/dashboard").text, re.S
    )
    first, second = (" ".join(re.sub("<[^>]+>", " ", part).split()) for part in (first, second))
    assert first == " ".join(
        (
            says("dashboard.sector_has_people", sector="Hospitals", number=3),
            says("dashboard.nobody_yet_from", sector="Citizens"),
        )
    )
    assert second == " ".join(
        (
            says("dashboard.sector_has_one", sector="Citizens"),
            says("dashboard.sector_has_people", sector=says("dashboard.no_sector"), number=2),
            says("dashboard.nobody_yet_from", sector="Hospitals"),
        )
    )


def test_a_place_that_was_lost_again_leaves_a_chart_and_an_empty_room(team):
    team.registration.answers.update(fillings=page_of(filling(("2026-11-20", 0, 0, 0))), sectors_of=page_of())
    words = text_of(team.client.get("/team/dashboard"))
    assert says("dashboard.taken", taken=0, places=40) in words
    assert says("dashboard.nobody_has_place") in words


def test_while_a_session_runs_the_chart_goes_on_until_today(team):
    team.tell(
        "sessions", catalogue.session(starts="2026-11-20T14:00:00+00:00", ends="2026-11-25T14:00:00+00:00", version=9)
    )
    paths = [path["d"] for path in Page(team.client.get("/team/dashboard").text).all("path")]
    assert "M0 100V92H225V25H300" in paths


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 100)), min_size=1, max_size=20))
def test_a_line_of_steps_goes_on_to_the_right_and_is_as_high_as_was_said(rises):
    across = [0, *accumulate(width for width, _ in rises)]
    points = list(zip(across, (y for _, y in rises), strict=False))
    steps = re.findall(r"([MHV])(\d+)", step_line(points, across[-1], 100))
    along = [int(number) for letter, number in steps if letter in "MH"]
    assert along == across
    assert [int(number) for letter, number in steps if letter == "V"][-1:] in ([points[-1][1]], [])
    assert step_line([], 300, 100) == ""


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=5), st.integers(0, 300))
def test_the_parts_of_a_bar_lie_side_by_side_and_fill_it(parts, width):
    bars = stacked({str(n): part for n, part in enumerate(parts)}, width)
    assert all(before["x"] + before["width"] == after["x"] for before, after in pairwise(bars))
    if bars:
        assert (bars[0]["x"], bars[-1]["x"] + bars[-1]["width"]) == (0, width)
    assert all(0 <= share_of(part, max(parts), width) <= width for part in parts)


# Operators


def test_operators_see_which_database_is_full(operator):
    assert says("operator.no_room") not in text_of(operator.client.get("/operator"))
    operator.community.answers["health"] = {**fakes.HEALTH, "full": True}
    assert says("operator.no_room") in text_of(operator.client.get("/operator"))


def test_operators_see_what_is_parked_and_not_what_is_in_it(operator):
    words = text_of(operator.client.get("/operator"))
    for told in (
        "ValueError: no such template",
        "bookings/K3",
        says("operator.times", number=6),
        says("operator.queued_at_once", number=2),
    ):
        assert told in words
    assert says("operator.waits_for_another_try", number=1) in words
    assert says("operator.one_parked") in words, "at the top, for whoever looks at night"


def test_a_parked_event_is_tried_again(operator):
    answer = send(operator, "/operator", do="retry")
    assert answer.headers["Location"] == "/operator?done=retry"
    assert operator.notifications.last("retry_parked") == {"ids": [ID]}
    operator.notifications.answers["retry_parked"] = 0
    assert send(operator, "/operator", do="retry").headers["Location"] == "/operator?done=none"


def test_an_event_is_dropped_only_after_a_page_that_says_what_that_means(operator):
    asked = send(operator, "/operator", do="ask")
    assert says("operator.cannot_undo") in asked.text
    assert not operator.notifications.was_asked("drop_parked")
    answer = operator.client.post("/operator", data=Page(asked.text).form)
    assert answer.headers["Location"] == "/operator?done=drop"
    assert operator.notifications.last("drop_parked") == {"ids": [ID]}


@pytest.mark.parametrize("said", [{"do": "x"}, {"service": "bus"}, {"service": "__class__"}, {"id": "x"}])
def test_what_no_button_says_is_refused(operator, said):
    assert send(operator, "/operator", **{"do": "retry", **said}).status_code == 422
    assert not operator.notifications.was_asked("retry_parked")


def test_a_service_that_does_not_answer_is_said_to(operator):
    operator.notifications.answers["health"] = Unavailable()
    words = text_of(operator.client.get("/operator"))
    assert says("operator.does_not_answer") in words
    assert says("operator.service_does_not_answer") in words


@settings(
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(words=st.text(min_size=1, max_size=60))
def test_whatever_is_written_in_a_form_comes_back_as_text(team, words):
    answer = send(team, f"{SLUG}/book", **{**SAID, "email": "", "name": words, "access_needs": words})
    assert answer.status_code == 422
    Page(answer.text)
    assert send(team, f"{SLUG}/write", **{**LETTER, "to": "", "body": words}).status_code == 422
    assert team.client.get(f"{SLUG}/bookings", query_string={"q": words}).status_code in (200, 422)
