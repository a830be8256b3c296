"""A real mail server with a script of faults: what it does wrong, at which step, with the next letters."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

STEPS = ("greeting", "EHLO", "STARTTLS", "handshake", "MAIL", "RCPT", "DATA", "END", "RSET")


class FaultyServer:
    """Keeps what it takes, and has a list of faults for each step: each is for one answer that is due there.

    A fault is an answer of its own ("451 Later"), "drop" the connection, "hang" for good, "slow" for `delay` seconds,
    "garbage", or something to call first. At END the letter is taken, and nobody has been told yet.
    """

    def __init__(self, delay: float = 0.2) -> None:
        self.delay = delay
        self.faults = {step: [] for step in STEPS}
        self.taken = []
        self.connections = 0
        self.open = 0
        self.port = 0

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what it took, in order."""
        return [self.mail(envelope)["Message-ID"] for envelope in self.taken]

    @property
    def recipients(self) -> list[str]:
        """Whom the letters that it took were for, in order."""
        return [envelope.rcpt_tos[0] for envelope in self.taken]

    @staticmethod
    def mail(envelope):
        """Return a letter as a mail program reads it."""
        return message_from_bytes(envelope.content, policy=policy.default)

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.taken.append(envelope)
        return "250 OK"


class _Faulty(SMTP):
    """One connection to it."""

    step = "greeting"

    def connection_made(self, transport):
        if self.step == "greeting":
            self.event_handler.connections += 1
            self.event_handler.open += 1
        super().connection_made(transport)

    def connection_lost(self, error):
        super().connection_lost(error)
        self.event_handler.open -= 1

    async def push(self, status):
        step, faults = self.step, self.event_handler.faults[self.step]
        if step == "DATA":
            self.step = "END"
        fault = faults.pop(0) if faults else None
        if isinstance(fault, Callable):
            fault()
        elif fault == "drop":
            self.transport.abort()
            raise ConnectionResetError
        elif fault == "hang":
            try:
                await asyncio.sleep(3600)
            finally:
                self.transport.abort()
        elif fault == "slow":
            await asyncio.sleep(self.event_handler.delay)
        elif fault is not None:
            await super().push(b"\x00\xff\xfe nonsense" if fault == "garbage" else fault)
            if step == "DATA":
                raise ConnectionAbortedError  # it asked for no letter, so it does not wait for one
            return
        await super().push(status)

    async def _at(self, step, command, arg):
        self.step = step
        await command(arg)

    async def smtp_EHLO(self, arg):  # noqa: N802
        await self._at("EHLO", super().smtp_EHLO, arg)

    async def smtp_STARTTLS(self, arg):  # noqa: N802
        self.step = "STARTTLS"
        if self.event_handler.faults["handshake"]:
            self.event_handler.faults["handshake"].pop()
            await self.push("220 Ready to start TLS")
            self.transport.write(b"\x15\x03\x01\x00\x02\x02")  # half of an alert
            await asyncio.sleep(self.event_handler.delay)
            self.transport.abort()
            raise ConnectionResetError
        await super().smtp_STARTTLS(arg)

    async def smtp_MAIL(self, arg):  # noqa: N802
        await self._at("MAIL", super().smtp_MAIL, arg)

    async def smtp_RCPT(self, arg):  # noqa: N802
        await self._at("RCPT", super().smtp_RCPT, arg)

    async def smtp_DATA(self, arg):  # noqa: N802
        self.step = "DATA"
        with contextlib.suppress(ConnectionAbortedError):
            await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg):  # noqa: N802
        await self._at("RSET", super().smtp_RSET, arg)


@contextmanager
def running(**options) -> Iterator[FaultyServer]:
    """Yield a server that listens; `options` are aiosmtpd's."""
    server = FaultyServer()

    class Listening(Controller):
        def factory(self):
            return _Faulty(self.handler, **self.SMTP_kwargs)

    with socket.create_server(("127.0.0.1", 0)) as found:
        server.port = found.getsockname()[1]
    controller = Listening(server, "127.0.0.1", server.port, **options)
    controller.start()
    server.connections = 0  # the controller knocks once, to see whether it is there
    try:
        yield server
    finally:
        controller.stop(no_assert=True)


def certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate that nobody has reason to trust."""
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail -keyout key -out cert"
    subprocess.run(make.split(), cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert", folder / "key")
    return context
