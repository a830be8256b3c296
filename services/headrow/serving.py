"""Running some services on a broker, and what is the same for all of them in one process."""

import os
import time
from argparse import Namespace
from dataclasses import replace

from services.bus.entrypoints import topology
from services.bus.extensions import provider_of
from services.bus.runner import Runner
from services.headrow import erasures, workers
from services.headrow.errors import CannotRun
from services.headrow.names import service_class
from services.headrow.reads import READS
from services.notifications import quiet_hours
from services.runtime import logs, web
from services.runtime.crowding import THIS_MACHINE
from services.runtime.settings import Settings

READY_WITHIN = 30  # seconds; then people are told that it is not ready


def serve(settings: Settings, given: Namespace) -> int:
    """Run some services in this process, or the gateway in several, until told to stop."""
    if settings.embedded:
        raise CannotRun("services in processes of their own need a broker: set HEADROW_BUS=amqp://…, or use headrow up")
    names = list(dict.fromkeys(given.names))
    if "notifications" in names:
        check_language(settings)
    logs.log_to_stderr(settings.log)
    if "gateway" in names and settings.http_workers > 1 and not given.worker:
        if names != ["gateway"]:
            raise CannotRun("with HEADROW_HTTP_WORKERS above 1, serve the gateway by itself")
        if settings.metrics is not None:
            raise CannotRun("HEADROW_METRICS is a port of one process: unset it, or HEADROW_HTTP_WORKERS")
        settings = listen(settings)
        return workers.Supervisor(settings, web.listener_at(settings.http_host, settings.http_port)).run()
    quiet_hours.keep(settings.quiet_hours)
    if names == ["notifications"]:
        os.nice(10)  # on a machine that all share, a message can wait for a booking, and not the other way round
    if given.worker:
        web.adopt(given.worker[0], settings.http_host, settings.http_port)
    elif "gateway" in names:
        settings = listen(settings)
    erasures.repeat_in_the_end(settings, names)
    runner = runner_of(settings, names)
    runner.start()
    if given.worker:
        _join(runner, settings, given.worker[1])
    return runner.run_until_stopped()


def _join(runner: Runner, settings: Settings, told: int) -> None:
    """Take connections once the gateway can answer reads, and say so; while it cannot, others on the port can."""
    application = provider_of(runner.containers[0], "application")
    for _ in range(READY_WITHIN * 10):
        if application.is_ready():
            break
        time.sleep(0.1)
    web.begin_to_accept(settings.http_host, settings.http_port)
    workers.say_started(told)


def runner_of(settings: Settings, names: list[str]) -> Runner:
    """Return what runs these services, with their ports taken. Raises CannotRun."""
    classes = [service_class(name) for name in names]
    everywhere = {**READS, **topology(*classes)}
    if settings.metrics is not None:
        _bind(*settings.metrics)
    # Behind one address of theirs there are many people.
    unlimited = (*THIS_MACHINE, *settings.proxies, *settings.known_networks)
    http = {"HTTP_HOST": settings.http_host, "HTTP_PORT": settings.http_port, "HTTP_UNLIMITED": unlimited}
    return Runner(settings, everywhere, classes, **http)


def check_language(settings: Settings) -> None:
    """Raise CannotRun for a language that there are no messages in."""
    from services.notifications.composing.wording import in_language

    try:
        in_language(settings.language)
    except ValueError as error:
        raise CannotRun(f"HEADROW_LANGUAGE: {error}") from error


def listen(settings: Settings) -> Settings:
    """Take the port now, and return the settings with the port that it is (0 asks for any)."""
    port = _bind(settings.http_host, settings.http_port)
    if settings.http_port == port:
        return settings
    return replace(settings, http_port=port, public_url=settings.public_url.replace("localhost:0", f"localhost:{port}"))


def _bind(host: str, port: int) -> int:
    """Take a port, and return which it is."""
    try:
        return int(web.bind(host, port).getsockname()[1])
    except OSError as error:
        raise CannotRun(f"cannot listen on {host}:{port}: {error.strerror}") from error
