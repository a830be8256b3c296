"""Headrow as its users run it: real processes, driven over HTTP, its mail read from files. Nothing is patched.

The processes are forks of one that has imported Headrow, unless a system has something to start them with.
"""

import email
import email.policy
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.headrow import broker_commands, importing
from services.headrow.names import SERVICES
from services.registration.accounts import people, roles, tokens
from services.registration.models import Sector, Session
from services.runtime import clock
from services.runtime.database import Transactions, open_engine
from services.runtime.settings import Settings
from tests import preloaded
from tests.servers import free_port
from tests.servers.identities import Identities

ROOT = Path(__file__).parents[2]
HEADROW = [sys.executable, "-m", "services"]
SAMPLE = ROOT / "services" / "samples" / "leeds-programme.json"
SESSIONS = 8  # of the sample programme
PATIENCE = 90.0  # of a machine that does much else
STARTS_WITHIN = 180.0  # of a machine that does much else: there are seven processes, or a demonstration is made first


def eventually(check: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return what `check()` returns as soon as it is true; fail with what it said last."""
    end = time.monotonic() + seconds
    while True:
        seen = check()
        if seen:
            return seen
        assert time.monotonic() < end, f"not within {seconds} s; at last it was {seen!r}"
        time.sleep(0.05)


class Process:
    """One `headrow …` process, with its output in a file."""

    def __init__(self, process: "preloaded.Forked | subprocess.Popen[bytes]", log: Path) -> None:
        self._process, self.log = process, log

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is said."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have it stand still meanwhile."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        return self._process.pid


class System:
    """A running Headrow. `folder` holds its data, its mail, and a log for each process."""

    serving: Sequence[str] | None = None  # what its processes are started with, where they are not forked

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        own = {name: value for name, value in os.environ.items() if not name.startswith("HEADROW_")}
        # By the real clock a test may run at night, and its emails come at once all the same.
        quiet = {} if "HEADROW_CLOCK" in environment else {"HEADROW_QUIET_HOURS": "off"}
        self.environment = {**own, "HEADROW_DATA": str(folder), "HEADROW_LIMITS": "off", **quiet, **environment}
        self.processes: dict[str, Process] = {}
        self._letters: dict[Path, EmailMessage] = {}  # read once: a letter that is written stays as it is

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one command to its end. Raises subprocess.CalledProcessError, unless told not to `check`."""
        if self.serving:
            return subprocess.run(
                [*HEADROW, *arguments], cwd=ROOT, env=self.environment, check=check, capture_output=True, text=True
            )
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, "output"), Path(folder, "errors")]
            status = preloaded.start(arguments, self.environment, *files).wait()
            done = subprocess.CompletedProcess(arguments, status, *(file.read_text() for file in files))
        if check:
            done.check_returncode()
        return done

    def launch(self, name: str, *arguments: str, **environment: str) -> Process:
        """Start a process, under a name that `kill` and `stop` know."""
        log, environment = self.folder / f"{name}.log", {**self.environment, **environment}
        self.processes[name] = Process(self._started(arguments, environment, log), log)
        return self.processes[name]

    def _started(
        self, arguments: Sequence[str], environment: dict[str, str], log: Path
    ) -> "preloaded.Forked | subprocess.Popen[bytes]":
        if not self.serving:
            return preloaded.start(arguments, environment, log)
        with log.open("ab") as output:
            return subprocess.Popen(
                [*self.serving, *arguments], cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def start(self) -> None:
        raise NotImplementedError

    def stop(self) -> dict[str, int]:
        """Stop everything, the gateway first; return the exit statuses."""
        return {name: self.processes.pop(name).stop() for name in reversed(list(self.processes))}

    def kill(self, name: str) -> None:
        """kill -9 one process."""
        self.processes.pop(name).kill()

    def wait_until_ready(self) -> None:
        """Wait until every part says that it is well, and every session that was imported can be booked."""
        eventually(self._ready, STARTS_WITHIN)

    def _ready(self) -> bool:
        dead = [name for name, process in self.processes.items() if not process.running]
        logs = "".join(self.processes[name].log.read_text()[-2000:] for name in dead)
        assert not dead, f"{dead} ended by themselves:\n{logs}"
        try:
            if requests.get(f"{self.url}/health/all", timeout=5).status_code != 200:
                return False
            sessions = requests.get(f"{self.url}/api/v1/sessions", timeout=5).json()["items"]
        except requests.RequestException:
            return False
        return bool(sessions) and all(sum(p["capacity"] for p in s["places"].values()) for s in sessions)

    def token(self, address: str, role: str | None = None) -> str:
        """Return a token as `headrow token` makes it, without the second that a process takes to start."""
        with self._registration() as transactions, transactions.begin() as db:
            person = people.ensure_account(db, address, self.now())
            if role:
                roles.give(db, person, role, self.now())
            token, _ = tokens.issue(db, person, self.now())
            db.flush()
        return token

    def caller(self, address: str, role: str | None = None, **profile: str) -> "Caller":
        """Return somebody who is signed in, with a name and a sector."""
        with self._registration() as transactions:
            eventually(
                lambda: _has_heard(transactions, ["hospital"])
            )  # the catalogue's first events may be on their way
        caller = Caller(self.url, self.token(address, role))
        caller.introduce(name=address.partition("@")[0].replace(".", " ").title(), sector="hospital", **profile)
        return caller

    def crowd(self, number: int, name: str = "p", sectors: Sequence[str] = ("hospital",)) -> list["Caller"]:
        """Return people who can book, `p0@example.org` and so on, written straight to registration's database.

        They are of these sectors in turn.
        """
        with self._registration() as transactions:
            eventually(lambda: _has_heard(transactions, sectors))  # it may have been killed, and started again
            with transactions.begin() as db:
                tokens = [_signed_up(db, f"{name}{n}@example.org", sectors[n % len(sectors)]) for n in range(number)]
        return [Caller(self.url, token) for token in tokens]

    @contextmanager
    def _registration(self) -> Iterator[Transactions]:
        settings = Settings.from_environment(self.environment)
        transactions = Transactions(open_engine(settings.database_url("registration"), "registration"))
        try:
            yield transactions
        finally:
            transactions.engine.dispose()

    def now(self) -> datetime:
        """Return what the clock of `headrow up` says, which may be set."""
        kept = self.folder / "clock"
        return clock.now() + timedelta(seconds=float(kept.read_text()) if kept.exists() else 0)

    def mail(self, to: str | None = None) -> list[EmailMessage]:
        """Return what was mailed, to one address or to all, in order of time."""
        files = sorted((self.folder / "mail").glob("*.eml"))
        for file in files:
            if file not in self._letters:
                with suppress(FileNotFoundError):  # it may be gone: whoever is erased is erased from there
                    self._letters[file] = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        messages = [self._letters[file] for file in files if file in self._letters]
        return [message for message in messages if to is None or to in str(message["To"])]

    def mailed(self, to: str, subject: str, count: int = 1) -> EmailMessage:
        """Wait for a message whose subject matches; return the latest of them."""
        return eventually(lambda: [m for m in self.mail(to) if re.search(subject, m["Subject"])][count - 1 :])[-1]


class Embedded(System):
    """`headrow up`: everything in one process."""

    def start(self) -> None:
        self.launch("up", "up", "--port", str(self.port), "--import", str(SAMPLE))
        self.wait_until_ready()


class Demonstration(System):
    """`headrow up --demo`, as `make up` starts it."""

    def start(self) -> None:
        self.launch("up", "up", "--port", str(self.port), "--demo")
        self.wait_until_ready()


class Distributed(System):
    """`headrow serve NAME…` on RabbitMQ and PostgreSQL: a process for each service, or `together` one for all.

    With `identities`, each part has its own user of the broker and role of the database, and the gateway no database.
    Commands are run with the addresses given first, which may do everything.
    """

    def __init__(
        self,
        folder: Path,
        bus: str,
        database: str,
        registrations: int = 1,
        together: bool = False,
        identities: Identities | None = None,
        **environment: str,
    ) -> None:
        super().__init__(
            folder,
            **{
                "HEADROW_BUS": bus,
                "HEADROW_DATABASE": database,
                "HEADROW_SECRET_KEY": secrets.token_hex(32),
                "HEADROW_MAIL": f"file:{folder}/mail",
                **environment,
            },
        )
        self.registrations = [f"registration-{n}" if n else "registration" for n in range(registrations)]
        self.together = together
        self.identities = identities or {}

    def start(self) -> None:
        settings = Settings.from_environment(self.environment)  # as the commands do it, without a process for each
        broker_commands.migrate(settings, Namespace(names=[]))
        importing.import_file(settings, Namespace(file=str(SAMPLE)))
        if self.together:
            self.launch("services", "serve", *SERVICES)
        else:
            for name in ("catalogue", *self.registrations, "notifications", "community"):
                self.serve(name)
        self.serve_gateway()
        self.wait_until_ready()

    def serve_gateway(self) -> None:
        """Start a gateway."""
        own = {**self.identities["gateway"], "HEADROW_DATABASE": ""} if self.identities else {}
        self.launch("gateway", "serve", "gateway", "--host", "127.0.0.1", "--port", str(self.port), **own)

    def serve(self, name: str, **environment: str) -> None:
        """Start one process of the service that the name begins with."""
        service = name.partition("-")[0]
        self.launch(name, "serve", service, **{**self.identities.get(service, {}), **environment})


def _has_heard(transactions: Transactions, sectors: Sequence[str]) -> bool:
    """Tell whether the city and all sessions of the sample programme have reached registration."""
    with transactions.begin() as db:
        sessions = db.scalar(select(func.count()).select_from(Session)) or 0
        return set(sectors) <= set(db.scalars(select(Sector.code))) and sessions >= SESSIONS


def _signed_up(db: OrmSession, address: str, sector: str) -> str:
    now = clock.now()
    person = people.ensure_account(db, address, now)
    people.change(db, person, person.version, {"name": address.partition("@")[0], "sector": sector}, now)
    token, _ = tokens.issue(db, person, now)
    db.flush()
    return token


class Caller:
    """Somebody who calls the API with a token."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = f"{url}/api/v1"
        self.http = requests.Session()
        if token:
            self.http.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **kwargs: Any) -> requests.Response:
        return self.http.get(self.url + path, timeout=20, **kwargs)

    def post(self, path: str, body: Any = None, *, key: str | None = None, **kwargs: Any) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.http.post(self.url + path, json={} if body is None else body, headers=headers, timeout=20, **kwargs)

    def introduce(self, **profile: str) -> None:
        """Say who one is."""
        etag = self.get("/me").headers["ETag"]
        answer = self.http.patch(f"{self.url}/me", json=profile, headers={"If-Match": etag}, timeout=20)
        assert answer.status_code == 200, answer.text

    def book(self, session: str, **wanted: Any) -> dict[str, Any]:
        """Book, and return the booking."""
        answer = self.post("/bookings", {"session": session, **wanted}, key=secrets.token_hex(8))
        assert answer.status_code == 201, answer.text
        booking: dict[str, Any] = answer.json()
        return booking

    def booking(self, reference: str) -> dict[str, Any]:
        """Read one's booking."""
        booking: dict[str, Any] = self.get(f"/bookings/{reference}").json()
        return booking


def all_items(caller: Caller, path: str) -> Iterator[dict[str, Any]]:
    """Read a list to its end, page by page."""
    cursor = None
    while True:
        page = caller.get(path, params={"limit": 100, **({"cursor": cursor} if cursor else {})}).json()
        yield from page["items"]
        cursor = page["next"]
        if cursor is None:
            return
