"""HTTP/1.1 as a server reads and writes it, strictly (RFC 9112): no word of nameko, eventlet or the domain.

What two readers could understand differently (6.1, 6.3: how long is this body?) is refused instead of guessed at, for
that is how one request is smuggled inside another. What is refused is raised as Werkzeug's HTTPException.
"""

import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from werkzeug.exceptions import (
    BadRequest,
    ClientDisconnected,
    HTTPException,
    HTTPVersionNotSupported,
    RequestHeaderFieldsTooLarge,
    RequestTimeout,
    RequestURITooLarge,
    ServiceUnavailable,
)
from werkzeug.exceptions import NotImplemented as CodingNotImplemented
from werkzeug.wrappers import Response

from services.runtime import correlation

TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
REQUEST_LINE: Final = re.compile(rf"({TOKEN}) ([!-~]+) HTTP/([0-9])\.([0-9])")
FIELD: Final = re.compile(rf"({TOKEN}):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
HOST: Final = re.compile(r"(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
LENGTH: Final = re.compile(r"[0-9]{1,15}")
CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;[\t\x20-\x7e]*)?")
ONCE: Final = {"CONTENT_LENGTH", "CONTENT_TYPE", "HTTP_HOST", "HTTP_TRANSFER_ENCODING", "HTTP_AUTHORIZATION"}
SLUGS: Final = {500: "internal", 503: "unavailable"}  # of problem types, where it is not the status's own name


@dataclass(frozen=True)
class Limits:
    """What a client may take of the process: counts, bytes and seconds."""

    connections: int = 2000  # never more than three quarters of the descriptors that the process may open
    connections_of_one: int = 200  # from one network, never more than a quarter of all
    line_bytes: int = 8192
    head_bytes: int = 32768
    fields: int = 100
    prefetch_bytes: int = 65536  # of a body, read before a worker is taken up
    idle_seconds: float = 75  # between two requests
    head_seconds: float = 10  # for a whole head; also until a new connection brings its first byte
    body_seconds: float = 30
    write_seconds: float = 30
    drain_seconds: float = 20
    linger_seconds: float = 1
    linger_bytes: int = 262144


class Wire:
    """A client's socket, read through a buffer; every wait ends at a deadline (`time.monotonic`)."""

    def __init__(self, sock: Any) -> None:
        self.sock = sock
        self.buffer = bytearray()

    def fill(self, deadline: float) -> None:
        """Read what comes next. Raises RequestTimeout, ClientDisconnected."""
        try:
            self.sock.settimeout(_left(deadline))
            received = self.sock.recv(65536)
        except TimeoutError as error:
            raise RequestTimeout("The request did not come in time.") from error
        except OSError as error:
            raise ClientDisconnected("The connection broke.") from error
        if not received:
            raise ClientDisconnected("The request ended early.")
        self.buffer += received

    def through(self, mark: bytes, limit: int, deadline: float, error: HTTPException) -> bytes:
        """Take everything up to `mark`, and `mark`, which goes. Raises `error` if there are over `limit` bytes."""
        searched = 0
        while (end := self.buffer.find(mark, searched, limit + len(mark))) < 0:
            if len(self.buffer) >= limit + len(mark):
                raise error
            searched = max(0, len(self.buffer) - len(mark) + 1)
            self.fill(deadline)
        return self.take(end + len(mark))[:end]

    def take(self, size: int) -> bytes:
        """Take at most `size` bytes of what has been read."""
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken

    def send(self, payload: bytes, seconds: float) -> None:
        """Write all of `payload`; a reader who takes longer is cut off. Raises OSError."""
        deadline = time.monotonic() + seconds
        rest = memoryview(payload)
        while rest:
            self.sock.settimeout(_left(deadline))
            rest = rest[self.sock.send(rest) :]

    def linger(self, seconds: float, most: int) -> None:
        """Let the client read our answer although it is still sending: closing at once would destroy the answer."""
        self.sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + seconds
        while most > 0:
            self.sock.settimeout(_left(deadline))
            dropped = len(self.sock.recv(65536))
            if not dropped:
                return
            most -= dropped


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class Body:
    """A request's body as a file to read from. Reading raises BadRequest or RequestTimeout."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ahead = bytearray()
        self.ended = False

    def prefetch(self, size: int) -> None:
        """Read ahead until `size` bytes are here or the body has ended."""
        while not self.ended and len(self._ahead) < size:
            piece = next(self._pieces, None)
            if piece is None:
                self.ended = True
            else:
                self._ahead += piece

    def read(self, size: int = -1) -> bytes:
        """Return `size` bytes, fewer only at the end; all that is left if `size` is negative."""
        self.prefetch(size if size >= 0 else 1 << 62)
        size = len(self._ahead) if size < 0 else size
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken


def body_of(environ: dict[str, Any], wire: Wire, limits: Limits) -> Body:
    """Return the body that the head in `environ` announces. Raises BadRequest on any ambiguity about its length."""
    coding, length = environ.get("HTTP_TRANSFER_ENCODING"), environ.get("CONTENT_LENGTH")
    if coding is None and length is None:
        return Body(iter(()))
    if coding is not None and length is not None:
        raise BadRequest("Content-Length and Transfer-Encoding contradict each other.")
    if coding is not None and environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        raise BadRequest("HTTP/1.0 has no Transfer-Encoding.")
    if coding is not None and coding.lower() != "chunked":
        raise CodingNotImplemented("The only transfer coding that is understood is chunked.")
    if length is not None and not LENGTH.fullmatch(length):
        raise BadRequest("Content-Length is not a number.")

    def pieces() -> Iterator[bytes]:
        deadline = time.monotonic() + limits.body_seconds
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            wire.send(b"HTTP/1.1 100 Continue\r\n\r\n", limits.write_seconds)
        yield from _chunked(wire, deadline) if length is None else _sized(wire, int(length), deadline)

    return Body(pieces())


def _sized(wire: Wire, length: int, deadline: float) -> Iterator[bytes]:
    """The next `length` bytes, in pieces."""
    while length:
        if not wire.buffer:
            wire.fill(deadline)
        piece = wire.take(length)
        length -= len(piece)
        yield piece


def _chunked(wire: Wire, deadline: float) -> Iterator[bytes]:
    """A body in the chunked coding (7.1), in pieces. Trailers are read and dropped."""
    wrong = BadRequest("The chunked body is malformed.")
    while True:
        size = CHUNK_SIZE.fullmatch(wire.through(b"\r\n", 256, deadline, wrong))
        if size is None:
            raise wrong
        if not (length := int(size[1], 16)):
            break
        yield from _sized(wire, length, deadline)
        wire.through(b"\r\n", 0, deadline, wrong)
    for _ in range(20):
        trailer = wire.through(b"\r\n", 1024, deadline, wrong)
        if not trailer:
            return
        if not FIELD.fullmatch(trailer.decode("latin-1")):
            break
    raise wrong


def read_head(wire: Wire, limits: Limits) -> dict[str, Any]:
    """Read a request's line and fields, as a WSGI environ. Raises an HTTPException where it is not HTTP/1."""
    deadline = time.monotonic() + limits.head_seconds
    too_long = RequestURITooLarge("The request line is too long.")
    line = wire.through(b"\r\n", limits.line_bytes, deadline, too_long)
    if not line:  # 2.2: one empty line before a request is forgiven
        line = wire.through(b"\r\n", limits.line_bytes, deadline, too_long)
    environ = _environ_of_line(line.decode("latin-1"))
    for field in _fields(wire, limits, deadline):
        _add_field(environ, field)
    _settle_host(environ)
    return environ


def _fields(wire: Wire, limits: Limits, deadline: float) -> list[str]:
    too_large = RequestHeaderFieldsTooLarge("The header is too large.")
    while len(wire.buffer) < 2:
        wire.fill(deadline)
    if wire.buffer.startswith(b"\r\n"):
        wire.take(2)
        return []
    block = wire.through(b"\r\n\r\n", limits.head_bytes, deadline, too_large)
    fields = block.decode("latin-1").split("\r\n")
    if len(fields) > limits.fields:
        raise too_large
    return fields


def _environ_of_line(line: str) -> dict[str, Any]:
    parts = REQUEST_LINE.fullmatch(line)
    if parts is None:
        raise BadRequest("This is not an HTTP request line.")
    method, target, major, minor = parts.groups()
    if major != "1":
        raise HTTPVersionNotSupported("Only HTTP/1 is spoken here.")
    host, path, query = _split_target(method, target)
    return {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1") if "%" in path else path,
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.0" if minor == "0" else "HTTP/1.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
        "http1.path": path,  # as it came: still encoded, fit for a log line
        "http1.host": host,
    }


def _split_target(method: str, target: str) -> tuple[str, str, str]:
    """Return host (empty where none is given), path and query of a request target (3.2)."""
    host = ""
    if target[:7].lower() == "http://":
        host, slash, rest = target[7:].partition("/")
        target = slash + rest or "/"
    elif target == "*" and method == "OPTIONS":
        return "", "*", ""
    if not target.startswith("/") or "#" in target:
        raise BadRequest("This is not a request target.")
    path, _, query = target.partition("?")
    return host, path, query


def _add_field(environ: dict[str, Any], line: str) -> None:
    """Add a header field to `environ`. A line that begins with white space (obs-fold, 5.2) is no field."""
    parts = FIELD.fullmatch(line)
    if parts is None:
        raise BadRequest("A header field is malformed.")
    name, value = parts[1], parts[2].rstrip(" \t")
    if "_" in name:  # in an environ it would pass for the field with hyphens
        return
    key = name.replace("-", "_").upper()
    if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
        key = "HTTP_" + key
    if key not in environ:
        environ[key] = value
    elif key in ONCE:
        raise BadRequest(f"There is more than one {name}.")
    else:
        environ[key] += ("; " if key == "HTTP_COOKIE" else ", ") + value


def _settle_host(environ: dict[str, Any]) -> None:
    """Choose between the target's host and the field's. HTTP/1.1 must bring the field (3.2)."""
    given, in_target = environ.get("HTTP_HOST"), environ.pop("http1.host")
    if given is None and environ["SERVER_PROTOCOL"] == "HTTP/1.1":
        raise BadRequest("There is no Host.")
    for host in filter(None, (given, in_target)):
        if not HOST.fullmatch(host):
            raise BadRequest("Host is malformed.")
    if in_target:
        environ["HTTP_HOST"] = in_target


def wants_to_stay(environ: dict[str, Any]) -> bool:
    """Say whether the client keeps the connection for another request (9.3)."""
    said = {option.strip().lower() for option in environ.get("HTTP_CONNECTION", "").split(",")}
    return "close" not in said and (environ["SERVER_PROTOCOL"] == "HTTP/1.1" or "keep-alive" in said)


def problem(refused: HTTPException) -> Response:
    """Return `refused` as RFC 9457 describes: only what we wrote ourselves, never an exception's text."""
    status, chosen = refused.code or 500, correlation.current() or correlation.new()
    content = {
        "type": f"/problems/{SLUGS.get(status, refused.name.lower().replace(' ', '-'))}",
        "title": refused.name,
        "status": status,
        "detail": refused.description,
        "correlation_id": chosen,
    }
    response = Response(json.dumps(content), status=status, content_type="application/problem+json")
    response.headers["X-Correlation-Id"] = chosen
    response.headers["Cache-Control"] = "no-store"
    if isinstance(refused, ServiceUnavailable):
        response.headers["Retry-After"] = "1"
    return response


def payload(environ: dict[str, Any], response: Response, keep: bool) -> bytes:
    """Return `response` as bytes on the wire. Raises UnicodeEncodeError for a header that is not Latin-1."""
    pieces, status, headers = response.get_wsgi_response(environ)
    content = b"".join(pieces)
    lines = [f"HTTP/1.1 {status}", f"Date: {_date()}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if not response.is_sequence and response.status_code not in (204, 304):
        lines.append(f"Content-Length: {len(content)}")
    if not keep:
        lines.append("Connection: close")
    elif environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        lines.append("Connection: keep-alive")
    return "\r\n".join([*lines, "\r\n"]).encode("latin-1") + content


_dated: tuple[int, str] = (0, "")


def _date() -> str:
    """Return the Date header's value, made once a second. It is the true time, whatever the service's clock says."""
    global _dated
    now = int(time.time())
    if _dated[0] != now:
        _dated = now, formatdate(now, usegmt=True)
    return _dated[1]
