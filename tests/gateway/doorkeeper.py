"""A process with a door, for the tests that talk to it over a socket: `python -m tests.gateway.doorkeeper LIMITS`."""

import json
import logging
import signal
import sys
import warnings

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402
from nameko.containers import ServiceContainer  # noqa: E402
from werkzeug.wrappers import Request, Response  # noqa: E402

from services.runtime.http1 import Limits  # noqa: E402
from services.runtime.networks import read_networks  # noqa: E402
from services.runtime.web import bind, door  # noqa: E402


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
