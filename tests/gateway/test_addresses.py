"""Addresses that no mail reaches, and reports of mail servers, through the gateway."""

import json

import pytest
from jsonschema import Draft202012Validator

from gateway.web.routing import SMALL
from tests.gateway import fakes
from tests.gateway.conftest import API

AT = "2026-11-23T09:00:00+00:00"
WHY = "No such mailbox"
VIEW = {"email": "asha@example.org", "state": "undeliverable", "since": AT, "why": WHY}
OK = {"email": "asha@example.org", "state": "ok", "since": None, "why": None}
ASHA = fakes.person([])["id"]
TAKEN = {"message": "5d0c7a1e-2b64-4f0e-9c1d-7e8f9a0b1c20", "action": "failed", "status": "5.1.1", "state": "bounced"}
REPORT = b'Content-Type: multipart/report; boundary="x"\r\n\r\n--x--\xff\x00'


def hand_in(world, content=REPORT, media="message/rfc822", token="operator-token", **headers):
    given = {"Authorization": f"Bearer {token}", "Content-Type": media, **headers}
    return world.client.open(f"{API}/bounces", method="POST", headers=given, data=content)


def true_of_the_document(world, path, method, value):
    document = json.loads(world.get("/openapi.json").text)
    described = document["paths"][f"{API}{path}"][method]["responses"]["200"]["content"]["application/json"]["schema"]
    return not list(Draft202012Validator({**described, "components": document["components"]}).iter_errors(value))


@pytest.mark.parametrize("view", [VIEW, OK])
def test_a_person_reads_whether_mail_reaches_them(world, view):
    world.notifications.answers["address_of"] = view
    answer = world.get("/me/address", "person-token")
    assert (answer.status_code, answer.json) == (200, view)
    assert world.notifications.last("address_of")["person"] == ASHA
    assert world.get("/me/address", "person-token", If_None_Match=answer.headers["ETag"]).status_code == 304
    assert true_of_the_document(world, "/me/address", "get", view)


def test_a_person_has_mail_sent_to_them_again(world):
    world.notifications.answers["trust_address"] = fakes.FakeAnswer(OK, replayed=True)
    answer = world.ask("POST", "/me/address/try-again", "person-token", Idempotency_Key="k")
    assert (answer.status_code, answer.json, answer.headers["Idempotent-Replayed"]) == (200, OK, "true")
    asked = world.notifications.last("trust_address")
    assert (asked["person"], asked["key"], asked["caller"]["id"]) == (ASHA, "k", ASHA)


def test_the_team_lists_whom_no_mail_reaches(world):
    page = {"items": [{"person": ASHA, "email": "asha@example.org", "since": AT, "why": WHY}], "next": "abc"}
    world.notifications.answers["undeliverable"] = page
    answer = world.get("/undeliverable?limit=5&cursor=xyz", "team-token")
    assert answer.json == page
    asked = world.notifications.last("undeliverable")
    assert (asked["limit"], asked["cursor"]) == (5, "xyz")
    assert true_of_the_document(world, "/undeliverable", "get", page)


def test_the_team_has_mail_sent_to_somebody_again(world):
    world.notifications.answers["trust_address"] = OK
    assert world.ask("POST", f"/undeliverable/{ASHA}/try-again", "team-token", Idempotency_Key="k").json == OK
    asked = world.notifications.last("trust_address")
    assert (asked["person"], asked["key"]) == (ASHA, "k")
    world.notifications.answers["trust_address"] = fakes.refused("not-found")
    assert world.ask("POST", "/undeliverable/nobody/try-again", "team-token").status_code == 404


@pytest.mark.parametrize("media", ["message/rfc822", "text/plain; charset=us-ascii", "multipart/report; boundary=x"])
def test_a_report_is_taken_byte_by_byte(world, media):
    world.notifications.answers["take_bounce"] = TAKEN
    answer = hand_in(world, media=media, **{"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json) == (200, TAKEN)
    asked = world.notifications.last("take_bounce")
    assert (asked["given"], asked["key"]) == ({"report": REPORT.decode("latin-1")}, "k")
    assert true_of_the_document(world, "/bounces", "post", TAKEN)


def test_the_body_of_a_report_alone_gets_the_field_that_it_came_with(world):
    world.notifications.answers["take_bounce"] = TAKEN
    hand_in(world, b"--x\r\nContent-Type: text/plain\r\n\r\nSorry\r\n--x--", 'multipart/report; boundary="x"')
    report = world.notifications.last("take_bounce")["given"]["report"]
    assert report.startswith('Content-Type: multipart/report; boundary="x"\r\n\r\n--x\r\n')


def test_a_report_of_another_kind_is_not_taken(world):
    for media in ("application/json", "text/html", ""):
        assert hand_in(world, media=media).status_code == 415
    assert hand_in(world, **{"Content-Encoding": "gzip"}).status_code == 415
    assert world.notifications.asked == []


def test_a_report_that_is_too_large_is_not_taken(world):
    assert hand_in(world, b"x" * (SMALL + 1)).status_code == 413
    world.notifications.answers["take_bounce"] = TAKEN
    assert hand_in(world, b"x" * SMALL).status_code == 200


def test_what_is_wrong_with_a_report_is_said(world):
    refusal = fakes.invalid("not-our-letter", "report")
    world.notifications.answers["take_bounce"] = refusal
    answer = hand_in(world)
    assert (answer.status_code, answer.json["errors"]) == (422, refusal.errors)


def test_only_an_operator_hands_in_reports_and_only_the_team_reads_the_list(world):
    assert [hand_in(world, token=f"{role}-token").status_code for role in ("person", "team")] == [403, 403]
    assert [world.get("/undeliverable", f"{role}-token").status_code for role in ("person", "operator")] == [403, 403]
    assert world.notifications.asked == []
