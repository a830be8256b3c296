"""The door over a real socket: what it takes, what it refuses, and how it closes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from services.runtime import web

pytestmark = pytest.mark.patient

ROOT = Path(__file__).parents[2]
SHORT = {"idle_seconds": 1.0, "head_seconds": 0.6, "body_seconds": 0.6, "connections": 6, "linger_seconds": 0.5}
HOST = b"Host: x\r\n"
LINE = b"POST /read HTTP/1.1\r\n"


class Keeper:
    """The process, and connections to it."""

    def __init__(self, process: subprocess.Popen, port: int) -> None:
        self.process, self.port = process, port

    @contextmanager
    def connection(self, sent: bytes = b"", source: str = "127.0.0.1") -> Iterator[socket.socket]:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5, source_address=(source, 0)) as connection:
            connection.sendall(sent)
            yield connection

    def ask(self, sent: bytes, source: str = "127.0.0.1") -> bytes:
        """Send, and return all that comes until the door closes."""
        with self.connection(sent, source) as connection:
            return everything(connection)


def everything(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        pass
    return received


def one_answer(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    length = int(re.search(rb"Content-Length: (\d+)", received)[1])
    while len(received) < received.index(b"\r\n\r\n") + 4 + length:
        received += connection.recv(65536)
    return received


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@contextmanager
def a_keeper(**limits: float | str) -> Iterator[Keeper]:
    command = [sys.executable, "-m", "tests.gateway.doorkeeper", json.dumps(limits)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield Keeper(process, int(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def keeper():
    with a_keeper(**SHORT) as one:
        yield one


def test_a_connection_is_kept_for_the_next_request(keeper):
    with keeper.connection() as connection:
        for path in (b"/one", b"/two"):
            connection.sendall(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            assert one_answer(connection).endswith(b"GET " + path)


def test_requests_that_come_at_once_are_answered_in_order(keeper):
    with keeper.connection(
        b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    ) as c:
        answers = everything(c)
    assert answers.index(b"GET /1") < answers.index(b"GET /2")


def test_http_1_0_is_answered_and_closed(keeper):
    assert b"Connection: close" in keeper.ask(b"GET / HTTP/1.0\r\n\r\n")


def test_a_head_request_gets_the_length_and_no_body(keeper):
    answer = keeper.ask(b"HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"Content-Length: 9" in answer
    assert answer.endswith(b"\r\n\r\n")


def test_a_chunked_body_is_read(keeper):
    sent = LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
    with keeper.connection(sent) as connection:
        assert one_answer(connection).endswith(b"13 abc0123456789")
        connection.sendall(b"GET /next HTTP/1.1\r\nHost: x\r\n\r\n")
        assert one_answer(connection).endswith(b"GET /next")


AMBIGUOUS = {
    "the length twice": LINE + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "two lengths": LINE + HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "two lengths in one line": LINE + HOST + b"Content-Length: 3, 4\r\n\r\nabcd",
    "a signed length": LINE + HOST + b"Content-Length: +3\r\n\r\nabc",
    "a negative length": LINE + HOST + b"Content-Length: -3\r\n\r\nabc",
    "an empty length": LINE + HOST + b"Content-Length:\r\n\r\nabc",
    "length and coding": LINE + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "the coding twice": LINE + HOST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0": b"POST /read HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "white space before the colon": LINE + HOST + b"Content-Length : 3\r\n\r\nabc",
    "a folded line": LINE + HOST + b"Content-Length: 3\r\n Transfer-Encoding: chunked\r\n\r\nabc",
    "a first line that is folded": LINE + b" Content-Length: 3\r\n" + HOST + b"\r\nabc",
    "a line without a colon": LINE + HOST + b"Nonsense\r\n\r\n",
    "a bare line feed": LINE + HOST + b"A: b\nContent-Length: 3\r\n\r\nabc",
    "a bare carriage return": LINE + HOST + b"A: b\rContent-Length: 3\r\n\r\nabc",
    "a NUL": LINE + HOST + b"A: b\0c\r\n\r\n",
    "no host": LINE + b"\r\n",
    "two hosts": LINE + HOST + HOST + b"\r\n",
    "a host that is a path": LINE + b"Host: x/y\r\n\r\n",
    "a chunk of size 0x3": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk of size +3": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
    "a chunk of size 1_0": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n1_0\r\n0123456789012345\r\n0\r\n\r\n",
    "a chunk of negative size": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
    "a chunk without size": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n\r\nabc\r\n0\r\n\r\n",
    "a chunk that is longer than it says": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    "a chunk ended by a line feed": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n" + b" " * 300,
    "a chunk whose extension never ends": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n3;" + b"a" * 400,
    "a trailer ended by a line feed": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\n",
    "a body ended by a line feed": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\n",
    "a body without its last line": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
    "a trailer that is folded": LINE + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n z\r\n\r\n",
    "no target": b"GET HTTP/1.1\r\n" + HOST + b"\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "a tab in the request line": b"GET\t/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "a fragment in the target": b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n",
}


@pytest.mark.parametrize("sent", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_could_be_read_in_two_ways_is_refused_and_the_connection_closed(keeper, sent):
    answer = keeper.ask(sent + b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status_of(answer) == 400
    assert b"Connection: close" in answer
    assert b"smuggled" not in answer
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (LINE + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
        (LINE + HOST + b"Transfer-Encoding: identity\r\n\r\n", 501),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"a" * 40000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + HOST + b"A: a\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_what_is_not_understood_or_too_large_is_refused_with_its_own_status(keeper, sent, status):
    assert status_of(keeper.ask(sent)) == status


def test_a_refusal_is_a_problem_document_with_a_correlation_id(keeper):
    head, body = keeper.ask(AMBIGUOUS["two lengths"]).split(b"\r\n\r\n")
    problem = json.loads(body)
    assert b"Content-Type: application/problem+json" in head
    assert problem["type"] == "/problems/bad-request"
    assert f"X-Correlation-Id: {problem['correlation_id']}".encode() in head


def test_an_error_is_not_told_by_its_text(keeper):
    answer = keeper.ask(b"GET /raise HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status_of(answer) == 500
    assert b"password" not in answer
    assert b"RuntimeError" not in answer


def test_an_answer_that_cannot_be_written_becomes_an_error(keeper):
    assert status_of(keeper.ask(b"GET /odd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == 500


def test_a_field_with_an_underscore_is_not_taken_for_the_one_with_a_hyphen(keeper):
    sent = LINE + HOST + b"Content_Length: 3\r\nConnection: close\r\n\r\n"
    assert keeper.ask(sent).endswith(b"0 ")


def test_an_absolute_target_names_the_path(keeper):
    assert keeper.ask(b"GET http://y/abc?d HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").endswith(b"GET /abc")


@pytest.mark.parametrize(
    "sent", [b"G", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"]
)
def test_a_request_that_does_not_come_is_given_up(keeper, sent):
    assert status_of(keeper.ask(sent)) == 408


def test_a_byte_now_and_then_does_not_keep_a_connection_alive(keeper):
    began = time.monotonic()
    with keeper.connection(b"GET / HTTP/1.1\r\nHost: ") as connection:
        connection.settimeout(0.2)
        while time.monotonic() - began < 20:
            try:
                answer = connection.recv(1000)
                break
            except TimeoutError:
                connection.sendall(b"a")
    assert status_of(answer) == 408


def test_an_idle_connection_is_closed_without_a_word(keeper):
    assert keeper.ask(b"") == b""


def test_a_body_of_fifty_megabytes_is_refused_without_being_read(keeper):
    sent = 0
    with keeper.connection(b"POST /refuse HTTP/1.1\r\nHost: x\r\nContent-Length: 52428800\r\n\r\n") as connection:
        with suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            while sent < 52428800:
                sent += connection.send(b"a" * 65536)
        answer = everything(connection)
    assert status_of(answer) == 413
    assert sent < 20_000_000  # what fits into the buffers of both sides


def test_an_endless_chunked_body_is_read_no_further_than_the_service_wants(keeper):
    with keeper.connection(b"POST /refuse HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n") as connection:
        chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
        sent = 0
        with suppress(BrokenPipeError, ConnectionResetError, TimeoutError):
            while sent < 1000:
                connection.sendall(chunk)
                sent += 1
        assert status_of(everything(connection)) == 413
        assert sent < 300


def test_a_client_that_asks_before_it_sends_is_not_told_to_go_on_when_it_is_refused(keeper):
    sent = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
    assert b"100 Continue" not in keeper.ask(sent % b"refuse")
    with keeper.connection(sent % b"read") as connection:
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"abc")
        assert one_answer(connection).endswith(b"3 abc")


def test_whoever_has_been_idle_longest_makes_room_for_the_next():
    with a_keeper(**{**SHORT, "idle_seconds": 30}) as keeper:
        idle = [socket.create_connection(("127.0.0.1", keeper.port), timeout=5) for _ in range(SHORT["connections"])]
        time.sleep(0.3)
        answer = keeper.ask(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert status_of(answer) == 200
        assert idle[0].recv(10) == b""
        for connection in idle:
            connection.close()


def test_where_everybody_is_busy_the_next_is_turned_away():
    with a_keeper(**{**SHORT, "connections": 2}) as keeper:
        slow = b"GET /slow?1 HTTP/1.1\r\nHost: x\r\n\r\n"
        with keeper.connection(slow) as first, keeper.connection(slow) as second:
            time.sleep(0.3)
            answer = keeper.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert status_of(answer) == 503
            assert b"Retry-After: 1" in answer
            assert one_answer(first).endswith(b"done")
            assert one_answer(second).endswith(b"done")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: "], ids=["nothing", "half a head"])
def test_two_hundred_connections_of_one_address_that_ask_nothing_keep_nobody_else_out(sent):
    with a_keeper(connections=100, unlimited="") as keeper, ExitStack() as held:
        for _ in range(200):
            held.enter_context(keeper.connection(sent, "127.0.0.2"))
        began = time.monotonic()
        answers = [keeper.ask(b"GET /me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") for _ in range(20)]
        assert [status_of(answer) for answer in answers] == [200] * 20
        assert time.monotonic() - began < 8  # seconds; a head may take 10


def test_one_address_has_no_more_than_its_share_and_keeps_those_it_has():
    slow = b"GET /slow?2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with (
        a_keeper(connections=100, connections_of_one=2, unlimited="") as keeper,
        keeper.connection(slow, "127.0.0.2") as first,
        keeper.connection(slow, "127.0.0.2") as second,
    ):
        time.sleep(0.3)
        assert status_of(keeper.ask(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "127.0.0.2")) == 503
        assert everything(first).endswith(b"done")
        assert everything(second).endswith(b"done")


def test_an_address_that_stands_for_many_people_has_no_share_of_its_own():
    slow = b"GET /slow?0.5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with a_keeper(connections=100, connections_of_one=2, unlimited="127.0.0.2") as keeper, ExitStack() as held:
        asked = [held.enter_context(keeper.connection(slow, "127.0.0.2")) for _ in range(6)]
        assert [status_of(everything(one)) for one in asked] == [200] * 6


def test_a_connection_that_brings_nothing_is_closed_as_soon_as_a_head_would_be_late():
    with a_keeper(**{**SHORT, "idle_seconds": 60}) as keeper:
        assert keeper.ask(b"") == b""


def test_others_are_answered_while_a_large_document_is_made():
    asked = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with a_keeper() as keeper, keeper.connection(asked % b"/typeset?6000") as document:
        document.setblocking(False)
        answered = 0
        while True:
            try:
                first = document.recv(65536)
                break
            except BlockingIOError:
                assert status_of(keeper.ask(asked % b"/me")) == 200
                answered += 1
                time.sleep(0.01)
        assert status_of(first) == 200
    assert answered >= 5  # some fifty; where the one thread made it, the first would wait for the whole document


def test_so_many_documents_are_made_at_once_and_nobody_waits_for_ever():
    asked = b"GET /aside?%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with a_keeper() as keeper:
        with keeper.connection(asked % b"0.6") as one, keeper.connection(asked % b"0.1") as next_:
            time.sleep(0.2)
            assert status_of(keeper.ask(asked % b"0")) == 503  # one is made, and one waits
            assert status_of(everything(one)) == status_of(everything(next_)) == 200
        began = time.monotonic()
        assert status_of(keeper.ask(asked % b"4")) == 503
        assert status_of(keeper.ask(asked % b"0")) == 503  # the thread is still at it
        assert time.monotonic() - began < 4
        time.sleep(2)
        assert status_of(keeper.ask(asked % b"0")) == 200


def test_a_stop_lets_requests_under_way_finish_and_closes_the_rest():
    with (
        a_keeper() as keeper,
        keeper.connection() as idle,
        keeper.connection(b"GET /slow?0.7 HTTP/1.1\r\nHost: x\r\n\r\n") as busy,
    ):
        time.sleep(0.3)
        os.kill(keeper.process.pid, signal.SIGTERM)
        assert idle.recv(10) == b""
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", keeper.port), timeout=5)
        answer = everything(busy)
        assert answer.endswith(b"done")
        assert b"Connection: close" in answer
        assert keeper.process.wait(5) == 0


def test_the_access_log_has_no_query(keeper):
    with a_keeper() as one:
        one.ask(b"GET /seen?email=asha@example.org HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        one.process.terminate()
        log = one.process.communicate(timeout=10)[1]
    assert re.search(r"GET /seen 200 \d+\.\d ms", log)
    assert "asha" not in log


def test_the_access_log_has_no_signed_token(keeper):
    token = "WyI2ZjFmOWE1Mi03YTM1LTRhMmYtOWQyYS0wYzNiOGYwZTZjMDEiLG51bGxd.hFDd3sGz-9nAEvRAFCkVi1LqKcU"
    slug = "people-systems-psychology-in-the-covid-19-crisis"
    with a_keeper() as one:
        for path in (f"/emails/{token}", f"/emails/{token}%3E", f"/emails/{token}/stop", f"/sessions/{slug}"):
            one.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        one.ask(f"GET /emails/{token} HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n".encode())
        one.process.terminate()
        log = one.process.communicate(timeout=10)[1]
    assert token[:12] not in log
    assert token[-12:] not in log
    assert "GET /emails/… 200" in log
    assert "GET /emails/…/stop 200" in log
    assert f"GET /sessions/{slug} 200" in log


def test_a_taken_port_is_told_before_anything_starts():
    taken = web.bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(web.PortInUse, match=f"127.0.0.1:{port} is in use"):
        web.bind("127.0.0.1", port)
    taken.close()
