"""One connection to the broker that is owned by one green thread and mends itself.

Stock nameko publishes from a pool of connections without heartbeats, which hangs for ever when the broker is stopped
or blocked (docs/measured.md, 2). This one reads in one green thread, writes from any under a lock and a time limit, and
on any error lets the connection go and makes a new one.
"""

import contextlib
import logging
import random
import ssl
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import eventlet
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from eventlet.timeout import Timeout
from kombu.connection import Connection

from services.bus import embedded as _registers_the_transport  # noqa: F401
from services.bus.confirms import Confirms
from services.runtime.settings import addresses

log = logging.getLogger(__name__)

HEARTBEAT = 10
DECLARE_EVERY = 15.0  # seconds; this restores queues and bindings that were deleted at the broker
CONNECT_TIMEOUT = 3
WRITE_TIMEOUT = 3
LONGEST_PAUSE = 5.0


class BrokerDown(Exception):
    """There is no connection to the broker now, or it broke while it was written to."""


class BrokerConnection:
    """A connection with one channel. `on_open(channel)` declares and consumes, each time the connection is made.

    `declare(channel)` is repeated every 15 seconds, to restore what was deleted at the broker; it returns how many take
    from the queue. If nobody does, not even we, the broker has forgotten us, and a new connection is made. `url` may
    name the nodes of one broker, with semicolons between them; they are tried in turn, from any of them, so that all
    get their share.
    """

    def __init__(
        self, url: str, name: str, on_open: Callable[[Any], None], declare: Callable[[Any], int] | None = None
    ) -> None:
        self._urls = deque(addresses(url))
        self._urls.rotate(random.randrange(len(self._urls)))
        self._in_memory = url.startswith("embedded:")
        self.name = name
        self._on_open = on_open
        self._declare = declare
        self._channel: Any = None
        self._connection: Any = None
        self._established: Any = None  # where there is none, kombu's `connection.connection` would make one
        self._turn = Semaphore()
        self._opened = Event()
        self._stopping = False
        self._thread: Any = None

    @property
    def up(self) -> bool:
        """Whether the broker is connected."""
        return self._channel is not None

    def start(self) -> None:
        """Begin to connect; returns at once, also while the broker is down."""
        if self._thread is None:
            self._thread = eventlet.spawn(self._run)

    def stop(self) -> None:
        """Close the connection; what was not acked goes back to its queue."""
        self._stopping = True
        # Taken from the thread first, which would otherwise drop it, and what was written last with it.
        connection, self._connection, self._channel = self._connection, None, None
        if self._thread is not None:
            self._thread.kill()
            self._thread = None
        if connection is not None:
            with Timeout(1, False):
                connection.close()

    def wait_until_up(self, seconds: float) -> bool:
        """Wait at most so long for the broker, and tell whether it is connected."""
        with Timeout(seconds, False):
            while not self.up:
                self._opened.wait()
        return self.up

    def publish(
        self,
        body: bytes,
        exchange: str,
        routing_key: str,
        *,
        persistent: bool = False,
        confirms: Confirms | None = None,
        **kwargs: Any,
    ) -> None:
        """Write one message, which then waits among `confirms`. `kwargs` are AMQP properties. Raises BrokerDown."""
        properties = {"delivery_mode": 2 if persistent else 1, **kwargs}
        headers = properties.pop("headers", None)

        def write(channel: Any) -> None:
            message = channel.prepare_message(
                body, content_type="application/json", content_encoding="utf-8", headers=headers, properties=properties
            )
            if confirms is not None:
                confirms.note(kwargs.get("correlation_id", ""))  # first: it may be confirmed while it is being written
            channel.basic_publish(message, exchange=exchange, routing_key=routing_key)

        self.write(write)

    def ack_up_to(self, message: Any) -> None:
        """Acknowledge all messages up to this one, if they came over this connection. Raises BrokerDown."""
        self.write(lambda channel: message.channel is channel and message.ack(multiple=True))

    def write(self, action: Callable[[Any], Any]) -> None:
        """Do `action(channel)` alone on the connection. Raises BrokerDown, after which the connection is a new one."""
        with Timeout(WRITE_TIMEOUT, BrokerDown(f"{self.name}: the broker does not take what is written")), self._turn:
            if self._channel is None:
                raise BrokerDown(f"{self.name}: no connection to the broker")
            try:
                action(self._channel)
            except BrokerDown:
                self.renew()  # half a frame may have been written
                raise
            except Exception as error:  # py-amqp raises many kinds, AttributeError among them
                self.renew()
                raise BrokerDown(f"{self.name}: {error}") from error

    def _run(self) -> None:
        pause = 0.1
        while not self._stopping:
            try:
                self._open()
                pause = 0.1
                self._drain()
            except Exception as error:  # whatever it was, a new connection is the cure
                if not self._stopping:
                    log.warning("%s: no connection to the broker (%s: %s)", self.name, type(error).__name__, error)
            finally:
                self._close()
            eventlet.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _open(self) -> None:
        connect: Any = Connection
        self._connection = connect(
            self._urls[0],
            heartbeat=HEARTBEAT,
            connect_timeout=CONNECT_TIMEOUT,
            ssl=checked(self._urls[0]),
        )
        self._urls.rotate(-1)  # for the next time
        with Timeout(CONNECT_TIMEOUT + 2, TimeoutError("the broker does not answer")):
            # `connect` would try twice, two seconds apart; `_run` does better.
            self._connection.ensure_connection(max_retries=0, reraise_as_library_errors=False)
            self._established = self._connection.connection
            if not self._in_memory:
                # py-amqp would otherwise read from the socket before each publish, under the feet of the thread that
                # reads. It negotiates this whatever it is told before.
                self._established.client_properties["capabilities"]["connection.blocked"] = False
            channel = self._connection.channel()
            channel.auto_decode = False  # a body is the bytes that came, whatever its encoding is said to be
            self._on_open(channel)
        self._channel = channel
        log.debug("%s: linked to the broker", self.name)
        opened, self._opened = self._opened, Event()
        opened.send()

    def _drain(self) -> None:
        connection = self._connection
        beats = connection.transport.implements.heartbeats
        checked = declared = time.monotonic()
        while True:
            with contextlib.suppress(TimeoutError):
                connection.drain_events(timeout=min(HEARTBEAT / 4, DECLARE_EVERY) if beats else None)
            if beats and self._declare and time.monotonic() - declared > DECLARE_EVERY:
                declared = time.monotonic()
                with Timeout(WRITE_TIMEOUT, BrokerDown("the broker declares nothing")), self._turn:
                    if not self._declare(self._channel):
                        raise BrokerDown("the broker sends nothing more from the queue")
            if beats and time.monotonic() - checked > HEARTBEAT / 4:
                checked = time.monotonic()
                with Timeout(WRITE_TIMEOUT, BrokerDown("the broker takes no heartbeat")), self._turn:
                    connection.heartbeat_check()

    def renew(self) -> None:
        """Wake the reading thread with an end of file; it makes the new connection, unless it is making one already."""
        self._channel = None
        with contextlib.suppress(AttributeError, OSError):  # it was gone already
            self._established.sock.shutdown(2)

    def _close(self) -> None:
        established, self._established, self._channel = self._established, None, None
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if self._in_memory:
            connection.close()
            return
        if established is not None:
            _hang_up(established)
        connection.collect(0.1)  # closing politely would wait for a broker that may be gone


def _hang_up(established: Any) -> None:
    """Close the socket of a connection without a word: TLS would wait for the broker to say goodbye as well."""
    transport = established._transport  # by its public name it would connect again
    if transport is not None and transport.sock is not None:
        sock, transport.sock = transport.sock, None
        with contextlib.suppress(OSError):
            sock.shutdown(2)
        sock.close()


@contextlib.contextmanager
def opened(url: str) -> Iterator[Any]:
    """Open a channel to one address once. Raises whatever the broker or the network says, which is much."""
    connect: Any = Connection
    connection = connect(url, connect_timeout=CONNECT_TIMEOUT, ssl=checked(url))
    try:
        connection.connect()
        yield connection.channel()
    finally:
        connection.release()


def checked(url: str) -> dict[str, Any] | bool:
    """Return how TLS is spoken with a broker at `amqps://…`: its certificate must be good, and for that very host.

    The authorities are the machine's, or those in the file that OpenSSL's own SSL_CERT_FILE names.
    """
    if not url.startswith("amqps:"):
        return False
    return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": urlsplit(url).hostname}


class WakeEvent:
    """Wakes whoever waits; a ring that nobody heard is heard by the next to wait."""

    def __init__(self) -> None:
        self._rung = False
        self._event = Event()

    def set(self) -> None:
        """Wake all who wait now, or else the next."""
        self._rung = True
        event, self._event = self._event, Event()
        event.send()

    def wait(self, seconds: float | None) -> bool:
        """Wait until it rings or so many seconds have passed, and tell which."""
        if not self._rung:
            with Timeout(seconds, False):
                self._event.wait()
        rung, self._rung = self._rung, False
        return rung
