"""What people do through the gateway: sign in, keep their account, hold bookings."""

import pytest

from tests.gateway import fakes

EMAIL = "asha@example.org"
SIGNED_IN = {"token": "fresh", "expires_at": "2026-12-23T10:00:00+00:00", "person": fakes.person(["person"])}


def test_asking_for_a_code_never_says_whether_the_address_is_known(world):
    world.registration.answers["request_sign_in"] = {}
    answer = world.ask("POST", "/sign-in", json={"email": EMAIL})
    assert (answer.status_code, answer.data) == (202, b"")
    asked = world.registration.last("request_sign_in")
    assert (asked["given"], asked["address"]) == ({"email": EMAIL}, "192.0.2.1")


def test_a_network_that_asks_for_too_many_codes_is_told_when_to_come_back(world):
    world.registration.answers["request_sign_in"] = fakes.refused("too-many-codes", retry_after=1800)
    answer = world.ask("POST", "/sign-in", json={"email": EMAIL})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1800")


def test_the_right_code_is_exchanged_for_a_token(world):
    world.registration.answers["confirm_sign_in"] = SIGNED_IN
    answer = world.ask("POST", "/sign-in/confirm", json={"email": EMAIL, "code": "123456"})
    assert answer.json["token"] == "fresh"
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_wrong_code_is_401(world):
    world.registration.answers["confirm_sign_in"] = fakes.refused("code-wrong")
    answer = world.ask("POST", "/sign-in/confirm", json={"email": EMAIL, "code": "000000"})
    assert (answer.status_code, answer.json["type"]) == (401, "/problems/code-wrong")


def test_a_key_of_somebody_who_is_not_signed_in_is_nobody_s(world):
    world.registration.answers["request_sign_in"] = {}
    world.ask("POST", "/sign-in", json={"email": EMAIL}, Idempotency_Key="k")
    assert world.registration.last("request_sign_in").get("key") is None


def test_signing_out_makes_the_token_worthless(world):
    world.registration.answers["sign_out"] = None
    answer = world.ask("POST", "/sign-out", "person-token")
    assert (answer.status_code, answer.data) == (204, b"")
    asked = world.registration.last("sign_out")
    assert asked["token"] == asked["caller"]["token"]


NONE = {"undeliverable": [], "preferences": []}


def test_an_export_holds_what_every_service_holds(world):
    held = {"person": fakes.person(["person"]), "bookings": [], "signed_in": []}
    world.registration.answers["export_me"] = held
    world.notifications.answers["messages_of"] = {"items": [{"template": "booking_confirmed"}], **NONE}
    world.notifications.answers["calendar_generation"] = 2
    world.community.answers["export_of"] = {"member": None}
    answer = world.get("/me/export", "person-token")
    told = {
        "community": {"member": None},
        "messages": [{"template": "booking_confirmed"}],
        "calendar": {"addresses_ended": 2},
        **NONE,
    }
    assert answer.json == {**held, **told}
    assert world.notifications.last("messages_of")["person"] == held["person"]["id"]
    assert world.community.last("export_of")["person"] == held["person"]["id"]


def test_erasure_is_accepted(world):
    world.registration.answers["erase_me"] = None
    assert world.ask("DELETE", "/me", "person-token").status_code == 202


def test_bookings_are_listed_page_by_page(world):
    world.registration.answers["bookings"] = {"items": [fakes.booking()], "next": "abc"}
    answer = world.get("/bookings?state=confirmed&cursor=xyz", "person-token")
    assert answer.json["next"] == "abc"
    asked = world.registration.last("bookings")
    assert (asked["state"], asked["cursor"], asked["limit"]) == ("confirmed", "xyz", 20)


def test_a_booking_s_tag_changes_when_the_link_to_join_appears(world):
    world.registration.answers["booking"] = fakes.booking()
    before = world.get("/bookings/HR-7K2M9Q", "person-token").headers["ETag"]
    world.registration.answers["booking"] = fakes.booking(join_url="https://example.org/meet")
    after = world.get("/bookings/HR-7K2M9Q", "person-token")
    assert after.headers["ETag"] != before
    assert after.json["join_url"]


@pytest.mark.parametrize("verb", ["accept", "decline", "cancel"])
def test_the_verbs_of_a_booking_answer_with_its_new_state(world, verb):
    world.registration.answers[verb] = fakes.booking(state="cancelled", version=2)
    answer = world.ask("POST", f"/bookings/HR-7K2M9Q/{verb}", "person-token", Idempotency_Key="k")
    assert (answer.status_code, answer.json["state"]) == (200, "cancelled")
    asked = world.registration.last(verb)
    assert (asked["reference"], asked["key"]) == ("HR-7K2M9Q", "k")


def test_a_booking_moves_to_the_session_that_is_named(world):
    world.registration.answers["move"] = fakes.booking(session="other", version=2)
    answer = world.ask("POST", "/bookings/HR-7K2M9Q/move", "person-token", {"session": "other"}, Idempotency_Key="k")
    assert (answer.status_code, answer.json["session"]) == (200, "other")
    asked = world.registration.last("move")
    assert (asked["reference"], asked["given"], asked["key"]) == ("HR-7K2M9Q", {"session": "other"}, "k")


def test_a_reason_for_cancelling_is_passed_on(world):
    world.registration.answers["cancel"] = fakes.booking(state="cancelled")
    world.ask("POST", "/bookings/HR-7K2M9Q/cancel", "person-token", {"reason": "Ill"})
    assert world.registration.last("cancel")["given"] == {"reason": "Ill"}


def test_an_invite_is_given_to_whom_the_booking_belongs(world):
    world.registration.answers["booking"] = fakes.booking()
    world.notifications.answers["invite"] = {"ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "method": "REQUEST"}
    answer = world.get("/bookings/HR-7K2M9Q/invite.ics", "person-token")
    assert answer.content_type == "text/calendar; charset=utf-8; method=REQUEST; component=VEVENT"
    assert answer.data.startswith(b"BEGIN:VCALENDAR\r\n")


def test_an_invite_is_not_given_to_anybody_else(world):
    world.registration.answers["booking"] = fakes.refused("not-found")
    assert world.get("/bookings/HR-7K2M9Q/invite.ics", "person-token").status_code == 404
    assert not world.notifications.was_asked("invite")


def test_a_clash_is_refused_with_the_reference_that_it_is_with(world):
    world.registration.answers["book"] = fakes.refused("clash", reference="HR-1", session="other")
    answer = world.ask("POST", "/bookings", "person-token", {"session": "s"}, Idempotency_Key="k")
    assert (answer.status_code, answer.json["type"], answer.json["reference"]) == (409, "/problems/clash", "HR-1")


def test_a_place_on_offer_may_be_taken_knowingly(world):
    world.registration.answers["accept"] = fakes.booking()
    world.ask("POST", "/bookings/HR-7K2M9Q/accept", "person-token", {"allow_clash": True})
    assert world.registration.last("accept")["given"] == {"allow_clash": True}


CHANGE = {"at": "2026-11-23T09:00:00+00:00", "what": "note", "cause": "note", "by": "team", "session": "s"}
CHANGE |= {"mode": "online", "state": "confirmed", "reason": "Rang.", "actor": "Tess"}


def test_a_history_is_read_page_by_page(world):
    world.registration.answers["history"] = {"items": [CHANGE], "next": None}
    answer = world.get("/bookings/HR-7K2M9Q/history?limit=5&cursor=abc", "person-token")
    assert answer.json == {"items": [CHANGE], "next": None}
    asked = world.registration.last("history")
    assert (asked["reference"], asked["cursor"], asked["limit"]) == ("HR-7K2M9Q", "abc", 5)


def test_a_note_is_the_teams_to_write(world):
    world.registration.answers["add_note"] = CHANGE
    path, note = "/bookings/HR-7K2M9Q/notes", {"text": "Rang."}
    assert world.ask("POST", path, "person-token", note).status_code == 403
    answer = world.ask("POST", path, "team-token", note, Idempotency_Key="k")
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/v1/bookings/HR-7K2M9Q/history")
    assert world.registration.last("add_note")["key"] == "k"


def test_the_team_books_for_somebody(world):
    world.registration.answers["book_for"] = fakes.booking(person=None)
    path, given = "/sessions/maxims-in-practice/bookings", {"email": "new@example.org"}
    assert world.ask("POST", path, "person-token", given).status_code == 403
    answer = world.ask("POST", path, "team-token", given)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/v1/bookings/HR-7K2M9Q")
    assert world.registration.last("book_for")["slug"] == "maxims-in-practice"
