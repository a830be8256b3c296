"""A service that says again what it is told, over the bus's own RPC and over stock nameko's, and who calls them.

Run as `python -m benchmarks.echoes lean|stock answer|door|call BUS [PORT|SECONDS]`. All but the calls is the
same for both: eventlet, the container, its workers, the HTTP door, what is said.
"""

from services.runtime.monkey_patch import monkey_patch

monkey_patch()  # before anything else is imported

import json  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402
from eventlet.hubs import trampoline  # noqa: E402
from nameko.exceptions import UnknownService  # noqa: E402
from nameko.extensions import Entrypoint  # noqa: E402
from nameko.rpc import RpcProxy  # noqa: E402
from nameko.rpc import rpc as stock_rpc  # noqa: E402
from werkzeug.wrappers import Request, Response  # noqa: E402

from services.bus.calls import Reply  # noqa: E402
from services.bus.rpc import RpcClient  # noqa: E402
from services.bus.rpc_server import Rpc  # noqa: E402
from services.bus.runner import Runner  # noqa: E402
from services.runtime.refusals import Unavailable  # noqa: E402
from services.runtime.settings import Settings  # noqa: E402
from services.runtime.web import door  # noqa: E402

CALLERS = 32
SAID = {"session": "people-systems-psychology", "mode": "online", "access_needs": None, "if_full": "wait"}


class OnceStarted(Entrypoint):
    """Runs the method when all has started: stock nameko loses the reply to a call that is made earlier."""

    def go(self) -> None:
        self.container.spawn_worker(self, (), {})


class LeanEcho:
    """Answers over the bus."""

    name = "lean"

    @Rpc.decorator
    def say(self, given: dict[str, Any], **_: Any) -> Reply:
        return Reply(given)


class StockEcho:
    """Answers over nameko's own RPC."""

    name = "stock"

    @stock_rpc
    def say(self, given: dict[str, Any]) -> dict[str, Any]:
        return given


class LeanAsker:
    """Asks over the bus."""

    name = "lean-asker"
    echo = RpcClient("lean")

    def ask(self) -> Any:
        return self.echo.call("say", given=SAID).value


class StockAsker:
    """Asks over nameko's own RPC."""

    name = "stock-asker"
    echo = RpcProxy("stock")

    def ask(self) -> Any:
        return self.echo.say(given=SAID)


ECHOES = {"lean": LeanEcho, "stock": StockEcho}
ASKERS = {"lean": LeanAsker, "stock": StockAsker}


def with_door(asker: type) -> type:
    """Return a service that asks once for each HTTP request."""

    class Door(asker):  # type: ignore[misc]
        """Asks when it is asked."""

        @door
        def answer(self, request: Request) -> Response:
            return Response(json.dumps(self.ask()), content_type="application/json")

    return Door


def with_callers(asker: type, seconds: float) -> type:
    """Return a service that asks from many green threads for so long, and prints how often it was answered."""

    class Callers(asker):  # type: ignore[misc]
        """Asks by itself."""

        @OnceStarted.decorator
        def keep_calling(self) -> None:
            ask_until_answered(self)
            took: list[float] = []
            began = time.perf_counter()

            def keep_asking() -> None:
                while time.perf_counter() < began + seconds:
                    asked = time.perf_counter()
                    assert self.ask() == SAID
                    took.append(time.perf_counter() - asked)

            for thread in [eventlet.spawn(keep_asking) for _ in range(CALLERS)]:
                thread.wait()
            rate = len(took) / (time.perf_counter() - began)
            print(json.dumps({"rate": rate, "p99": sorted(took)[len(took) * 99 // 100] * 1000}), flush=True)

    return Callers


def ask_until_answered(asker: Any) -> None:
    """Wait for the other process: a call to a service that never was there yet is refused, or runs out of time."""
    while True:
        try:
            return asker.ask()
        except (Unavailable, UnknownService):
            eventlet.sleep(0.2)


def main(way: str, part: str, bus: str, last: str = "") -> None:
    """Be one part of one way, until standard input ends."""
    if part == "answer":
        service: type = ECHOES[way]
    elif part == "door":
        service = with_door(ASKERS[way])
    else:
        service = with_callers(ASKERS[way], float(last))
    service.workers = CALLERS  # so that no call waits for a worker
    http = {"HTTP_PORT": int(last)} if part == "door" else {}
    runner = Runner(Settings(bus=bus), {}, [service], AMQP_URI=bus, **http)
    runner.start()
    for entrypoint in runner.containers[0].entrypoints:
        if isinstance(entrypoint, OnceStarted):
            entrypoint.go()
    trampoline(sys.stdin, read=True)
    runner.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
