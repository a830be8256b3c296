"""A process with a door, for the tests that talk to it over a socket: `python -m tests.gateway.doorkeeper LIMITS`."""

import json
import logging
import signal
import sys
import warnings
from typing import Any

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402
from eventlet import patcher  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from werkzeug.wrappers import Request, Response  # noqa: E402

from gateway.features.tables.cards import badges_of  # noqa: E402
from gateway.service import typeset_aside  # noqa: E402
from services.runtime.aside import Aside  # noqa: E402
from services.runtime.http1 import Limits  # noqa: E402
from services.runtime.networks import read_networks  # noqa: E402
from services.runtime.refusals import Unavailable  # noqa: E402
from services.runtime.web import bind, door  # noqa: E402

TYPESET = typeset_aside(Aside())
ONE = Aside(at_once=1, waiting=1, seconds=1.5)


def people(many: int) -> dict[str, Any]:
    """Return a gathering of so many people, ten at each table."""
    names = [f"Person {number}" for number in range(many)]
    seats = [{"reference": name, "name": name, "organisation": "Leeds Community Healthcare"} for name in names]
    return {"kind": "tables", "rounds": [[seats[at : at + 10] for at in range(0, many, 10)]]}


def aside(seconds: float) -> Response:
    """Work beside the thread that answers, one piece at a time, for so many seconds."""
    sleep = patcher.original("time").sleep
    try:
        ONE.do(lambda _: sleep(seconds))
    except Unavailable as refusal:
        return Response(refusal.detail, 503)
    return Response("done")


class Doorkeeper:
    """Answers a few paths, each in its own way."""

    name = "doorkeeper"

    @door
    def answer(self, request: Request) -> Response:
        if request.path == "/read":
            body = request.environ["wsgi.input"].read(1 << 20)
            return Response(f"{len(body)} {body[:20].decode('latin-1')}")
        if request.path == "/refuse":
            return Response("too large", 413)
        if request.path == "/slow":
            eventlet.sleep(float(request.query_string))
            return Response("done")
        if request.path == "/typeset":
            return Response(str(len(badges_of(people(int(request.query_string)), "Maxims", TYPESET))))
        if request.path == "/aside":
            return aside(float(request.query_string))
        if request.path == "/raise":
            raise RuntimeError("postgresql://user:password@host")
        if request.path == "/odd":
            return Response("", headers={"X-Odd": "\N{SNOWMAN}"})
        return Response(f"{request.method} {request.path}")


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    port = bind("127.0.0.1", 0).getsockname()[1]
    told = json.loads(sys.argv[1])
    unlimited = read_networks(told.pop("unlimited", "127.0.0.0/8"))
    config = {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": port, "HTTP_UNLIMITED": unlimited, "max_workers": 100}
    config["HTTP_LIMITS"] = Limits(**told)
    container = ServiceContainer(Doorkeeper, config)
    container.start()
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    print(port, flush=True)
    while not stopped:  # a signal does not wake the hub
        eventlet.sleep(0.02)
    container.stop()


main()
