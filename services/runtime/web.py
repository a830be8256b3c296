"""The HTTP door of a nameko service: one entrypoint for every request, hardened against what the network sends.

nameko's own server waits for ever, takes as many connections and bytes as it is offered, shares its port with a
forgotten process, and answers an error with the exception's text (docs/measured.md, 12 to 14).

Configuration keys: `HTTP_HOST`, `HTTP_PORT`, `HTTP_LIMITS` (an `http1.Limits`), `HTTP_UNLIMITED` (networks that may
have any number of connections; this machine, unless told otherwise) and `HTTP_LOG` (whether each request is logged; it
is unless told otherwise).
"""

import errno
import logging
import re
import resource
import socket as plain_socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import eventlet
from eventlet.event import Event
from eventlet.green import socket
from nameko.exceptions import ConfigurationError
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension
from werkzeug.exceptions import (
    ClientDisconnected,
    HTTPException,
    InternalServerError,
    RequestTimeout,
    ServiceUnavailable,
)
from werkzeug.wrappers import Request, Response

from services.runtime import correlation, http1
from services.runtime.crowding import THIS_MACHINE, Crowd, Crowded
from services.runtime.http1 import Limits

log = logging.getLogger(__name__)
access = logging.getLogger(f"{__name__}.access")
FIRST_REQUEST_WITHIN = 0.5  # seconds, at a stop: whoever has just connected is about to ask
SIGNED = re.compile(r"[^/]{60,}")  # a part of a path that is too long to be read is a signed token, and opens something


class PortInUse(OSError):
    """Another process listens at this address."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(errno.EADDRINUSE, f"{host}:{port} is in use by another process")
        self.host, self.port = host, port


_bound: dict[tuple[str, int], Any] = {}
_closed: set[tuple[str, int]] = set()  # where connections are not to be taken yet


def bind(host: str, port: int) -> Any:
    """Listen at this address, and keep the socket for the door that will open there. Returns the socket.

    Call it before the services start: a taken port then shows at once, and clients wait in the queue meanwhile.
    Port 0 takes a free one. Raises PortInUse.
    """
    family, kind, _, _, address = plain_socket.getaddrinfo(host, port, type=plain_socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(1024)  # two sockets may be bound to one address; only one may listen
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(host, port) from error
        raise
    _bound[host, listener.getsockname()[1]] = listener
    return listener


def listener_at(host: str, port: int) -> int:
    """Return the file descriptor of the socket that `bind` keeps, for processes that are to inherit it."""
    return int(_bound[host, port].fileno())


def adopt(descriptor: int, host: str, port: int) -> None:
    """Keep a socket that another process opened and that listens at this address for the door that will open there.

    Others take its connections too, so this process takes none before `begin_to_accept`.
    """
    _bound[host, port] = socket.socket(fileno=descriptor)
    _closed.add((host, port))


def begin_to_accept(host: str, port: int) -> None:
    """Take connections on a socket that was adopted."""
    _closed.discard((host, port))


class Conversation:
    """One client's connection: requests in, answers out, one after the other."""

    def __init__(self, server: "DoorServer", sock: Any, address: tuple[Any, ...]) -> None:
        self.server = server
        self.limits = server.limits
        self.wire = http1.Wire(sock)
        self.address = address
        self.has_talked = False

    def run(self) -> None:
        """Talk until one side has had enough. Never raises: an error here would end the whole service."""
        try:
            while self._wait() and self._answer_one():
                pass
        except (OSError, ClientDisconnected):
            log.debug("%s went away", self.address)
        except Exception:
            log.exception("a connection failed")
        finally:
            self.server.forget(self)
            self.wire.sock.close()

    def hang_up(self) -> None:
        """End an idle conversation. A request that has come in already is still read, and answered."""
        try:
            self.wire.sock.shutdown(socket.SHUT_RD)
        except OSError:
            log.debug("%s had gone", self.address)

    def _wait(self) -> bool:
        """Wait for the first byte of a request; say whether there is one."""
        self.server.crowd.waits(self)
        if self.wire.buffer or (self.server.stopping and self.has_talked):
            return bool(self.wire.buffer)
        self.server.idle[self] = None
        idle, head = self.limits.idle_seconds, self.limits.head_seconds
        patience = idle if self.has_talked else min(idle, head)
        try:
            self.wire.fill(time.monotonic() + patience)
        except (RequestTimeout, ClientDisconnected):
            return False
        finally:
            self.server.idle.pop(self, None)
        return True

    def _answer_one(self) -> bool:
        """Read a request and answer it; say whether there may be another one."""
        self.has_talked = True
        began = time.perf_counter()
        environ: dict[str, Any] = {"SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "-", "http1.path": "-"}
        try:
            environ = http1.read_head(self.wire, self.limits)
            self.server.crowd.has_asked(self)
            body = http1.body_of(environ, self.wire, self.limits)
            response = self._response(environ, body)
            keep = body.ended and http1.wants_to_stay(environ) and not self.server.stopping
        except ClientDisconnected:
            raise
        except HTTPException as refused:
            response, keep = http1.problem(refused), False
        self._send(environ, response, keep)
        if self.server.logs and access.isEnabledFor(logging.INFO):
            self._log(environ, response, began)
        return keep

    def _response(self, environ: dict[str, Any], body: http1.Body) -> Response:
        """Have the request answered. A small body is read first, so that a slow client holds no worker up."""
        small = int(environ.get("CONTENT_LENGTH", 0)) <= self.limits.prefetch_bytes
        if small and "HTTP_EXPECT" not in environ:
            body.prefetch(self.limits.prefetch_bytes + 1)
        host, port = self.server.address
        environ["wsgi.input"] = body
        environ["SERVER_NAME"], environ["SERVER_PORT"] = host, str(port)
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = self.address[0], str(self.address[1])
        return self.server.answer(Request(environ))

    def _send(self, environ: dict[str, Any], response: Response, keep: bool) -> None:
        try:
            content = http1.payload(environ, response, keep)
        except UnicodeEncodeError:
            log.exception("an answer could not be written")
            content = http1.payload(environ, http1.problem(InternalServerError()), keep)
        finally:
            response.close()
        self.wire.send(content, self.limits.write_seconds)
        if not keep:
            self.wire.linger(self.limits.linger_seconds, self.limits.linger_bytes)

    def _log(self, environ: dict[str, Any], response: Response, began: float) -> None:
        """Write the access line: the path without its query, which may name people, and without secrets."""
        took = (time.perf_counter() - began) * 1000
        with correlation.following(response.headers.get("X-Correlation-Id")):
            path = SIGNED.sub("…", environ["http1.path"])
            access.info("%s %s %d %.1f ms", environ["REQUEST_METHOD"], path, response.status_code, took)


class DoorServer(ProviderCollector, SharedExtension):
    """Listens, and holds the conversations of one service."""

    def __init__(self) -> None:
        super().__init__()
        self.idle: dict[Conversation, None] = {}  # those of whom no byte of a request has come
        self.crowd: Crowd[Conversation] = Crowd(0, 0)
        self.stopping = False
        self.limits = Limits()
        self.logs = True
        self.address: tuple[str, int] = ("", 0)
        self._listener: Any = None
        self._accepting: Any = None

    def start(self) -> None:
        """Open the door. Raises PortInUse."""
        if self._accepting is not None:
            return
        if len(self._providers) > 1:
            raise ConfigurationError("a service has one door")
        config = self.container.config
        host, port = config.get("HTTP_HOST", "127.0.0.1"), int(config.get("HTTP_PORT", 8000))
        self.limits, self.logs = config.get("HTTP_LIMITS") or Limits(), config.get("HTTP_LOG", True)
        most = min(self.limits.connections, resource.getrlimit(resource.RLIMIT_NOFILE)[0] * 3 // 4)
        most_of_one = min(self.limits.connections_of_one, max(1, most // 4))
        self.crowd = Crowd(most, most_of_one, config.get("HTTP_UNLIMITED", THIS_MACHINE))
        self._listener = _bound.get((host, port)) or bind(host, port)
        self.address = host, self._listener.getsockname()[1]
        _bound.pop(self.address, None)
        self._accepting = self.container.spawn_managed_thread(self._accept, identifier="http door")

    def _accept(self) -> None:
        while self.address in _closed:
            eventlet.sleep(0.05)
        while not self.stopping:
            try:
                sock, address = self._listener.accept()
            except OSError as error:  # out of descriptors, or a client that left in the queue
                log.warning("cannot take a connection: %s", error.strerror)
                eventlet.sleep(0.1)
                continue
            self._welcome(sock, address)

    def _welcome(self, sock: Any, address: tuple[Any, ...]) -> None:
        """Begin a conversation; where there is no room, end one that waits for a request, or turn away."""
        try:
            leaving = self.crowd.makes_room_for(address[0])
        except Crowded:
            self._turn_away(sock)
            return
        if leaving is not None:
            self.idle.pop(leaving, None)
            self.crowd.has_asked(leaving)
            leaving.hang_up()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        conversation = Conversation(self, sock, address)
        self.crowd.add(conversation, address[0])
        self.idle[conversation] = None
        self.container.spawn_managed_thread(conversation.run, identifier="http connection")

    def _turn_away(self, sock: Any) -> None:
        refusal = http1.problem(ServiceUnavailable("There are too many connections. Try again in a moment."))
        try:
            sock.settimeout(0.1)
            sock.send(http1.payload({"SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "GET"}, refusal, keep=False))
        except OSError:
            log.debug("could not turn a client away")
        finally:
            sock.close()

    def forget(self, conversation: Conversation) -> None:
        """Note that a conversation has ended."""
        self.idle.pop(conversation, None)
        self.crowd.remove(conversation)

    def answer(self, request: Request) -> Response:
        """Have the service answer `request`. What it raises stays in the log."""
        if not self._providers:
            return http1.problem(ServiceUnavailable("The service is stopping."))
        try:
            response = next(iter(self._providers)).answer(request)
        except Exception:
            log.exception("a request failed")
            return http1.problem(InternalServerError())
        return response if isinstance(response, Response) else http1.problem(InternalServerError())

    def drain(self) -> None:
        """Take no more connections, let the requests under way finish, and close what is idle."""
        self.stopping = True
        if self._accepting is not None:
            self._accepting.kill()
            self._listener.close()
        self._hang_up(lambda conversation: conversation.has_talked)
        with eventlet.Timeout(self.limits.drain_seconds, False):
            end = time.monotonic() + FIRST_REQUEST_WITHIN
            while self.crowd:
                eventlet.sleep(0.01)
                if time.monotonic() > end:
                    self._hang_up(lambda _: True)

    def _hang_up(self, which: Callable[[Conversation], bool]) -> None:
        for conversation in [each for each in self.idle if which(each)]:
            conversation.hang_up()

    def kill(self) -> None:
        """Close the door without grace."""
        self.stopping = True
        if self._listener is not None:
            self._listener.close()


class Door(Entrypoint):
    """The entrypoint: `@door` above `def handle(self, request: Request) -> Response`, once a service."""

    server = DoorServer()

    def setup(self) -> None:
        """Join the server before it starts."""
        self.server.register_provider(self)

    def stop(self) -> None:
        """Return once no request is under way; only then are the dependencies stopped."""
        self.server.drain()
        self.server.unregister_provider(self)

    def answer(self, request: Request) -> Any:
        """Run the service's method in a worker, which is how nameko gives it its dependencies."""
        answered = Event()
        self.container.spawn_worker(self, (request,), {}, handle_result=partial(_hand_over, answered))
        return answered.wait()


def _hand_over(answered: Any, _worker: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
    answered.send(result, exc_info)
    return result, exc_info


door = Door.decorator
