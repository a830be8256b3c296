"""Headrow as it is run: in one process, or in one process a service on RabbitMQ and PostgreSQL, with people in it."""

import atexit
import contextlib
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Engine, text

from benchmarks.load import Broken
from services.headrow.names import SERVICES
from services.runtime.database import Transactions, open_engine
from services.runtime.migrations import migrate
from services.runtime.settings import Settings
from tests.servers import RabbitMQ, free_port, postgresql, rabbitmq_server

START_WITHIN = 180.0  # seconds: of five processes, on a machine that may do much else
STOP_WITHIN = 30.0
US = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)  # the children that have ended: the load generator
FOLDER = "headrow-bench-"
TICK = os.sysconf("SC_CLK_TCK")
SERVERS = {"postgres": "PostgreSQL", "beam.smp": "RabbitMQ"}
BESIDE = "beside"  # as in "beside community": its worker processes, which are gone when their work is done


@dataclass(frozen=True)
class Reading:
    """What the clocks said at one moment: seconds of time, of CPU used by the machine, by us, and by each process."""

    at: float
    machine: float
    ours: float
    processes: Counter[str]


@dataclass
class Site:
    """A Headrow that can be measured: where it answers, and where it keeps things."""

    name: str
    settings: Settings
    environment: dict[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"]
    databases: dict[str, Transactions]
    sessions: int = 0  # that were put into it, beside the one that everybody wants

    @property
    def port(self) -> int:
        """Where it answers HTTP."""
        return self.settings.http_port

    def cpu(self) -> Counter[str]:
        """Return the seconds of CPU that each process has used, what it had done beside it, and the servers' share."""
        used: Counter[str] = Counter()
        for name, process in self.processes.items():
            own, beside = _cpu_of(process.pid)
            used.update({name: own, f"{BESIDE} {name}": beside} if beside else {name: own})
        if self.name == "distributed":
            for pid, command in _descendants(os.getpid()):
                if command in SERVERS:
                    used[SERVERS[command]] += sum(_cpu_of(pid))
        return used

    def read(self) -> Reading:
        """Read the clocks."""
        processes = self.cpu()
        ours = sum(resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime for who in US)
        return Reading(time.monotonic(), _cpu_of_machine(), ours + processes.total(), processes)

    def others_since(self, before: Reading) -> float:
        """Return how many cores were busy on this machine with what is none of ours: the noise in a measurement."""
        now = self.read()
        return max(0.0, (now.machine - before.machine - (now.ours - before.ours)) / (now.at - before.at))

    def wait_until(self, what: str, true: Callable[[], bool], within: float = START_WITHIN) -> float:
        """Wait until `true()`, and return how many seconds that took. Raises Broken."""
        began = time.monotonic()
        while not true():
            if time.monotonic() - began > within:
                raise Broken(f"{self.name}: {what} took longer than {within:.0f} s")
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise Broken(f"{self.name}: {name} ended by itself with {process.returncode}")
            time.sleep(0.05)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        """Tell whether it says that it is ready."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def rabbitmq() -> Iterator[str]:
    """Yield the URL of a fresh virtual host. Raises Missing."""
    with _broker().fresh_vhost() as url:
        yield url


@cache
def _broker() -> RabbitMQ:
    """Start the broker of all parts: that takes longer than most of what is measured on it."""
    until_the_end = ExitStack()
    atexit.register(until_the_end.close)
    return until_the_end.enter_context(rabbitmq_server())


@contextmanager
def embedded(fill: Callable[[Site], None]) -> Iterator[Site]:
    """Yield `headrow up`, ready; `fill` is called before it starts."""
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder, _site("embedded", Path(folder), {}) as site:
        fill(site)
        with _running(site, {"headrow up": ["up"]}):
            yield site


@contextmanager
def distributed(fill: Callable[[Site], None], database: str | None = None) -> Iterator[Site]:
    """Yield one process of each service, ready, on servers of their own; `fill` is called before they start.

    With `database`, they use that one, `{service}` in its URL being the name of each.
    """
    with ExitStack() as until_then:
        folder = until_then.enter_context(tempfile.TemporaryDirectory(prefix=FOLDER))
        database = database or until_then.enter_context(postgresql())
        bus = until_then.enter_context(rabbitmq())
        where = {"HEADROW_BUS": bus, "HEADROW_DATABASE": database, "HEADROW_SECRET_KEY": "benchmark " * 4}
        with _site("distributed", Path(folder), where) as site:
            fill(site)
            with _running(site, {name: ["serve", name] for name in (*SERVICES, "gateway")}):
                yield site


@contextmanager
def one_more(site: Site, service: str) -> Iterator[None]:
    """Run another process of a service beside those that run, ready when it has opened its database."""
    number = 1 + sum(name.split()[0] == service for name in site.processes)
    name = f"{service} {number}"

    def has_begun() -> bool:
        with site.databases[service].look() as db:
            who = f"headrow {service} {site.processes[name].pid}"
            return bool(db.scalar(text("SELECT 1 FROM pg_stat_activity WHERE application_name = :who"), {"who": who}))

    with _running(site, {name: ["serve", service]}, ready=has_begun):
        yield
    del site.processes[name]


@contextmanager
def mailing(mail: str, fill: Callable[[Site], None]) -> Iterator[Site]:
    """Yield one process of notifications alone, just started, on servers of its own; `fill` is called before that."""
    with standing_still(fill, HEADROW_MAIL=mail) as site, alone(site, "notifications"):
        yield site


@contextmanager
def standing_still(fill: Callable[[Site], None], **settings: str) -> Iterator[Site]:
    """Yield a site on servers of its own, filled, of which nothing runs yet."""
    with tempfile.TemporaryDirectory(prefix=FOLDER) as folder, postgresql() as database, rabbitmq() as bus:
        where = {"HEADROW_BUS": bus, "HEADROW_DATABASE": database, "HEADROW_SECRET_KEY": "benchmark " * 4}
        with _site("distributed", Path(folder), {**where, **settings}) as site:
            fill(site)
            yield site


@contextmanager
def alone(site: Site, service: str) -> Iterator[None]:
    """Run one process of a service, just started, and nothing else of the site."""
    with _running(site, {service: ["serve", service]}, ready=lambda: True):
        yield


@contextmanager
def _site(name: str, folder: Path, where: dict[str, str]) -> Iterator[Site]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith("HEADROW_")}
    port = free_port()
    said = {"HEADROW_DATA": str(folder), "HEADROW_HTTP_PORT": str(port), "HEADROW_LIMITS": "off"}
    mail = {"HEADROW_MAIL": f"file:{folder}/mail"}
    environment = ours | said | mail | where
    settings = Settings.from_environment(environment)
    with ExitStack() as afterwards:
        databases = {service: _migrated(settings, service, afterwards) for service in SERVICES}
        yield Site(name, settings, environment, {}, databases)


def _migrated(settings: Settings, service: str, afterwards: ExitStack) -> Transactions:
    engine: Engine = open_engine(settings.database_url(service), schema=service)
    afterwards.callback(engine.dispose)
    migrate(engine, service)
    return Transactions(engine)


@contextmanager
def _running(site: Site, commands: dict[str, list[str]], ready: Callable[[], bool] | None = None) -> Iterator[None]:
    with tempfile.TemporaryFile() as log, ExitStack() as stopping:
        try:
            for name, words in commands.items():
                port = [] if words[-1] in SERVICES else ["--host", "127.0.0.1", "--port", str(site.port)]
                command = [sys.executable, "-m", "services", *words, *port]
                site.processes[name] = subprocess.Popen(command, env=site.environment, stdout=log, stderr=log)
                stopping.callback(_stop, site.processes[name])
            site.wait_until("getting ready", ready or site.is_ready)
            yield
        except Broken as error:
            log.seek(0)
            raise Broken(f"{error}\n{log.read().decode(errors='replace')[-3000:]}") from error


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(STOP_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _cpu_of(pid: int) -> tuple[float, float]:
    """Return the seconds of CPU that a process has used, and those of its children that have ended. Linux only."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        user, system, user_of_children, system_of_children = (int(field) / TICK for field in fields[11:15])
        return user + system, user_of_children + system_of_children
    return 0.0, 0.0


def _cpu_of_machine() -> float:
    """Return the seconds of CPU that were used by anybody. Linux only."""
    with contextlib.suppress(OSError):
        user, nice, system, _idle, _waiting, *interrupts = map(int, Path("/proc/stat").read_text().split()[1:9])
        return (user + nice + system + sum(interrupts)) / TICK
    return 0.0


def _descendants(pid: int) -> Iterator[tuple[int, str]]:
    """Yield (process id, name) of what this process started, and what that started. Linux only."""
    parents: dict[int, list[tuple[int, str]]] = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            head, _, tail = file.read_text().rpartition(")")
            number, _, name = head.partition(" (")
            parents.setdefault(int(tail.split()[1]), []).append((int(number), name))
    ahead = parents.get(pid, [])
    while ahead:
        child = ahead.pop()
        yield child
        ahead += parents.get(child[0], [])
