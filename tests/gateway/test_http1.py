"""Reading HTTP/1.1: the same whatever pieces it comes in, and never anything but a request or a refusal."""

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from services.runtime import http1

LIMITS = http1.Limits()
REQUEST = (
    b"POST /a%20b?c=d HTTP/1.1\r\nHost: x\r\nA: 1\r\nA: 2\r\nCookie: e=f\r\nCookie: g=h\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"
)


class Pieces:
    """A socket that has received certain pieces, and then the end."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = [piece for piece in pieces if piece]
        self.sent = b""

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""

    def send(self, data: bytes) -> int:
        self.sent += bytes(data[:7])
        return min(7, len(data))


def read(*pieces: bytes) -> tuple[dict[str, Any], bytes]:
    wire = http1.Wire(Pieces(*pieces))
    environ = http1.read_head(wire, LIMITS)
    return environ, http1.body_of(environ, wire, LIMITS).read(1 << 20)


@given(st.lists(st.integers(0, len(REQUEST)), max_size=12))
def test_a_request_reads_the_same_in_whatever_pieces_it_comes(cuts):
    edges = [0, *sorted(cuts), len(REQUEST)]
    assert read(*(REQUEST[a:b] for a, b in pairwise(edges))) == read(REQUEST)


def test_a_request_becomes_a_wsgi_environ():
    environ, body = read(REQUEST)
    assert (environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["QUERY_STRING"]) == ("POST", "/a b", "c=d")
    assert environ["http1.path"] == "/a%20b"
    assert (environ["HTTP_A"], environ["HTTP_COOKIE"]) == ("1, 2", "e=f; g=h")
    assert body == b"hello world"


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nHost: x\r\n", REQUEST])
)
def test_whatever_comes_is_a_request_or_is_refused(rest, beginning):
    try:
        environ, _ = read(beginning + rest)
    except HTTPException:
        return
    assert environ["PATH_INFO"].startswith("/") or environ["PATH_INFO"] == "*"


@given(st.binary(max_size=400), st.integers(0, 40))
def test_no_more_of_a_body_is_taken_than_it_is_long(content, length):
    wire = http1.Wire(Pieces(content))
    body = http1.body_of({"CONTENT_LENGTH": str(length), "SERVER_PROTOCOL": "HTTP/1.1"}, wire, LIMITS)
    if length > len(content):
        with pytest.raises(HTTPException):
            body.read(1000)
    else:
        assert body.read(1000) == content[:length]
        assert body.ended


@given(st.lists(st.integers(-1, 50), max_size=8))
def test_a_body_can_be_read_in_any_steps(steps):
    wire = http1.Wire(Pieces(b"0123456789" * 10))
    body = http1.body_of({"CONTENT_LENGTH": "100", "SERVER_PROTOCOL": "HTTP/1.1"}, wire, LIMITS)
    assert b"".join([*(body.read(step) for step in steps), body.read()]) == b"0123456789" * 10


def test_an_answer_is_written_however_little_the_socket_takes_at_once():
    sock = Pieces()
    http1.Wire(sock).send(b"0123456789" * 10, 1)
    assert sock.sent == b"0123456789" * 10


def test_a_wait_ends_at_its_deadline():
    with pytest.raises(HTTPException) as refused:
        http1.Wire(Pieces(b"a")).fill(time.monotonic() - 1)
    assert refused.value.code == 408


@pytest.mark.parametrize(
    ("version", "connection", "stays"),
    [
        ("HTTP/1.1", None, True),
        ("HTTP/1.1", "close", False),
        ("HTTP/1.1", "Upgrade, Close", False),
        ("HTTP/1.0", None, False),
        ("HTTP/1.0", "Keep-Alive", True),
    ],
)
def test_a_connection_stays_if_the_client_wants_it_to(version, connection, stays):
    environ = {"SERVER_PROTOCOL": version, **({"HTTP_CONNECTION": connection} if connection else {})}
    assert http1.wants_to_stay(environ) is stays


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_without_a_body_has_no_length(status):
    environ = {"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1"}
    assert b"Content-Length" not in http1.payload(environ, Response(b"", status), keep=True)


def test_an_answer_made_bit_by_bit_has_a_length():
    environ = {"REQUEST_METHOD": "GET", "SERVER_PROTOCOL": "HTTP/1.1"}
    written = http1.payload(environ, Response(part for part in ("ab", "c")), keep=True)
    assert b"Content-Length: 3\r\n" in written
