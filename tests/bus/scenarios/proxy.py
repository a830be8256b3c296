"""A door before a server, which can be shut, cut and clogged as a network can."""

import contextlib
import socket
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import eventlet
from eventlet.event import Event


class Proxy:
    """Passes bytes on to the server of `url`, at the address `self.url`, while it is open."""

    def __init__(self, url: str, *, open: bool = True) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._reserved = socket.create_server(("127.0.0.1", 0))
        self._port = self._reserved.getsockname()[1]
        login, _, _ = parts.netloc.rpartition("@")
        self.url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self._port}"))
        self._reserved.close()
        self._listening: Any = None
        self._pairs: set[tuple[Any, Any]] = set()
        self._believed: list[Any] = []
        self.connections = 0
        self.most: Callable[[], int] | None = None  # how many bytes a connection passes on before it is cut
        self._flows = Event()
        self._flows.send()
        if open:
            self.open()

    def __enter__(self) -> "Proxy":
        return self

    def __exit__(self, *error: object) -> None:
        self.flow()
        if self._listening:
            self.close()

    def open(self) -> None:
        """Let connections in."""
        self._listening = socket.create_server(("127.0.0.1", self._port), backlog=50)
        self._door = eventlet.spawn(self._let_in, self._listening)

    @property
    def open_connections(self) -> int:
        """How many connections are open."""
        return len(self._pairs)

    def close(self) -> None:
        """Let nobody in any more, and cut those who are."""
        self._door.kill()
        self._listening.close()
        self._listening = None
        self.cut()

    def cut(self) -> None:
        """Break every connection."""
        for pair in list(self._pairs):
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def lose(self) -> None:
        """Break every connection for the client only: the server goes on believing in it."""
        for client, server in list(self._pairs):
            self._believed.append(server.dup())
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Pass nothing on, either way, without breaking a connection."""
        self._flows = Event()

    def flow(self) -> None:
        """Pass on what came meanwhile, and all that comes."""
        if not self._flows.ready():
            self._flows.send()

    def _let_in(self, listening: Any) -> None:
        while True:
            client, _ = listening.accept()
            self.connections += 1
            eventlet.spawn(self._serve, client)

    def _serve(self, client: Any) -> None:
        self._flows.wait()
        try:
            server = socket.create_connection(self._target)
        except OSError:
            client.close()
            return
        self._pairs.add((client, server))
        left = [self.most() if self.most else sys.maxsize]
        ways = [eventlet.spawn(self._pass_on, *way, left) for way in ((client, server), (server, client))]
        for way in ways:
            way.wait()
        self._pairs.discard((client, server))
        client.close()
        server.close()

    def _pass_on(self, source: Any, target: Any, left: list[int]) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(min(65536, max(0, left[0]))):
                left[0] -= len(piece)
                self._flows.wait()
                target.sendall(piece)
        for end in (source, target) if not self._believed else ():
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
