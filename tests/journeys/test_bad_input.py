"""Whatever is sent, the answer is a clear problem, the process lives, and nothing is half done."""

import json
import secrets
import socket

import pytest

from tests.journeys.running import Caller

pytestmark = pytest.mark.slow
BODIES = {
    "not JSON": (b"{", 400),
    "empty": (b"", 400),
    "not UTF-8": (b'{"session": "\xff"}', 400),
    "deep": (b'{"session": ' + b"[" * 20_000 + b"]" * 20_000 + b"}", 400),
    "NaN": (b'{"session": NaN}', 400),
    "a number without end": (b'{"session": ' + b"9" * 20_000 + b"}", 400),
    "a list": (b"[]", 422),
    "wrong type": (b'{"session": 7}', 422),
    "missing field": (b"{}", 422),
    "unknown field": (b'{"session": "maxims-in-practice", "price": 0}', 422),
    "NUL": (b'{"session": "maxims\\u0000"}', 422),
    "lone surrogate": (b'{"session": "maxims-in-practice", "access_needs": "\\ud800"}', 422),
    "unknown mode": (b'{"session": "maxims-in-practice", "mode": "telepathy"}', 422),
    "too large": (b'{"session": "' + b"a" * 70_000 + b'"}', 413),
    "no such session": (b'{"session": "circus"}', 404),
}


@pytest.fixture(scope="module")
def amina(headrow):
    return headrow.caller("amina@example.org")


@pytest.mark.parametrize("body", BODIES)
def test_a_bad_booking_is_a_clear_problem_and_books_nothing(amina, body):
    sent, status = BODIES[body]
    headers = {"Idempotency-Key": secrets.token_hex(8), "Content-Type": "application/json"}
    answer = amina.http.post(f"{amina.url}/bookings", data=sent, headers=headers, timeout=20)
    problem = answer.json()
    assert answer.status_code == status, problem
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert {"type", "title", "status", "detail", "correlation_id"} <= set(problem)
    assert "Traceback" not in answer.text
    assert amina.get("/bookings").json()["items"] == []


def test_fifty_megabytes_are_refused_without_being_read(headrow, amina):
    with socket.create_connection(("127.0.0.1", headrow.port), timeout=10) as client:
        client.sendall(
            b"POST /api/v1/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Authorization: " + amina.http.headers["Authorization"].encode() + b"\r\nIdempotency-Key: fifty\r\n"
            b"Content-Length: 52428800\r\n\r\n" + b"x" * 1000
        )
        assert b" 413 " in client.recv(65536).split(b"\r\n")[0]


@pytest.mark.parametrize("token", ["nonsense", "a" * 5000, "é", ""])
def test_a_bad_token_is_nobody(headrow, token):
    answer = Caller(headrow.url).get("/me", headers={"Authorization": f"Bearer {token}".encode()})
    assert (answer.status_code, answer.headers["WWW-Authenticate"][:6]) == (401, "Bearer")


def test_a_booking_without_a_key_is_refused(amina):
    answer = amina.post("/bookings", {"session": "maxims-in-practice"})
    assert (answer.status_code, answer.json()["status"]) == (428, 428)


def test_a_key_cannot_stand_for_another_request(amina):
    key = secrets.token_hex(8)
    first = amina.post("/bookings", {"session": "circus"}, key=key)
    assert first.status_code == 404
    booked = amina.post("/bookings", {"session": "maxims-in-practice"}, key=key)
    assert booked.status_code == 201
    other = amina.post("/bookings", {"session": "slp-march-cohort"}, key=key)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    amina.post(f"/bookings/{booked.json()['reference']}/cancel")


def test_all_wrong_fields_are_named_at_once(amina):
    etag = amina.get("/me").headers["ETag"]
    wrong = {"name": "", "sector": "x" * 50, "shoe_size": 7}
    answer = amina.http.patch(f"{amina.url}/me", json=wrong, headers={"If-Match": etag}, timeout=10)
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"name", "sector", "shoe_size"}


def test_the_process_is_alive_and_well_after_all_that(headrow):
    assert all(process.running for process in headrow.processes.values())
    assert Caller(headrow.url).get("/sessions").ok
    assert json.loads(Caller(headrow.url.replace("/api/v1", "")).http.get(f"{headrow.url}/health/ready").text)
