"""`python -m benchmarks.gateway_time …`: `headrow …`, whose answers say in a header what they cost.

Everything of it runs in one thread, so that the CPU time that passes while the gateway waits for a service is that
service's, and the carriage's; the rest is the gateway's own.
"""

import sys
import time
from dataclasses import fields
from typing import Any

from services.runtime.monkey_patch import monkey_patch

monkey_patch()  # before anything else is imported, as services/__main__.py does

from werkzeug.wrappers import Request, Response  # noqa: E402

from benchmarks.report import HEADER  # noqa: E402
from gateway.web.application import Application  # noqa: E402
from gateway.web.call import Answer, Peer, Services  # noqa: E402
from services.headrow.command_line import main  # noqa: E402


class Timed:
    """The services that one request asks, and how often and how long (seconds of CPU) the gateway was away for it."""

    def __init__(self) -> None:
        self.calls, self.away = 0, 0.0
        self._under_way, self._since = 0, 0.0

    def asked_through(self, peer: Peer) -> Peer:
        """Return a peer that is timed."""
        return _Asked(peer, self)

    def begin(self) -> None:
        """Note that a service is asked; several may be at once, and that time counts once."""
        if not self._under_way:
            self._since = time.thread_time()
        self._under_way += 1

    def end(self) -> None:
        """Note that a service has answered."""
        self.calls += 1
        self._under_way -= 1
        if not self._under_way:
            self.away += time.thread_time() - self._since


class _Asked:
    def __init__(self, peer: Peer, timed: Timed) -> None:
        self._peer, self._timed = peer, timed

    def call(self, method: str, **named: Any) -> Answer:
        self._timed.begin()
        try:
            return self._peer.call(method, **named)
        finally:
            self._timed.end()


class TimedApplication(Application):
    """The application, with a clock beside it."""

    def answer(self, request: Request, services: Services) -> Response:
        """Answer a request, and say in milliseconds what that cost."""
        timed = Timed()
        peers = (getattr(services, service.name) for service in fields(services))
        began = time.thread_time()
        response = super().answer(request, Services(*map(timed.asked_through, peers)))
        whole = time.thread_time() - began
        own = whole - timed.away
        response.headers[HEADER] = f"gateway;dur={own * 1000:.3f}, all;dur={whole * 1000:.3f}, calls;dur={timed.calls}"
        return response


if __name__ == "__main__":
    import gateway.service

    gateway.service.Application = TimedApplication
    sys.exit(main())
