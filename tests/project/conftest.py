"""Headrow as it runs: one process as `make up` starts it, and many as Compose does."""

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from services.demo.dates import moved_to
from services.samples import leeds_programme
from tests import servers
from tests.project import by_the_page, kubernetes
from tests.project.compose import PARTS, environment
from tests.project.tracked import ROOT
from tests.servers.identities import PASSWORD, as_user, as_user_of, identities, make_roles_by
from tests.servers.named import fresh_name

MAKE_UP = re.search(r"^up:.*\n\t\$\(BIN\)/headrow (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
STARTS_WITHIN = 180  # seconds, on a machine that does much else: a demonstration is made first


@dataclass(frozen=True)
class Running:
    """A Headrow that answers: its address, and the environment in which its commands are run."""

    address: str
    environment: dict[str, str]


@pytest.fixture
def one_process(tmp_path: Path) -> Iterator[Running]:
    """What `make up` starts, today."""
    port = servers.free_port()
    settings = _settings({})
    up = [*MAKE_UP, "--port", str(port), "--data", str(tmp_path / "var")]
    with _headrow(up, settings, tmp_path) as process:
        yield Running(_ready(port, tmp_path, [process]), settings)


@pytest.fixture
def many_processes(
    tmp_path: Path, fresh_postgresql: str, fresh_rabbitmq: str, rabbitmq_server: servers.RabbitMQ
) -> Iterator[Running]:
    """What `docker compose up` starts, on a broker and a database of its own, each part as its user."""
    port = servers.free_port()
    ours = {
        "HEADROW_MAIL": f"file:{tmp_path}/var/mail",
        "HEADROW_HTTP_PORT": str(port),
    }
    told = identities(rabbitmq_server, fresh_rabbitmq, fresh_postgresql)
    told["migrate"] = {"HEADROW_BUS": fresh_rabbitmq, "HEADROW_DATABASE": fresh_postgresql}
    as_owner = _settings(environment("migrate") | ours | told["migrate"])
    for name in PARTS:
        assert _users(environment(name)) == _users(told[name]) or name == "migrate", name
    keys = _keys()
    with ExitStack() as parts:
        for command in (PARTS["migrate"]["command"], ["import", str(_sample_of_today(tmp_path))]):
            done = parts.enter_context(_headrow(command, as_owner, tmp_path))
            assert done.wait(60) == 0, _log(tmp_path)
        served = [
            parts.enter_context(_headrow(part["command"], _settings(environment(name) | ours | own), tmp_path))
            for name, part in PARTS.items()
            if name != "migrate"
            for own in [told[name] | _of_a_container(name, tmp_path) | _known_to(part, keys)]
        ]
        yield Running(_ready(port, tmp_path, served), as_owner)


@dataclass(frozen=True)
class OnKubernetes:
    """What the manifests start: the gateway's address, the environment of each part, and where the emails go."""

    address: str
    environments: dict[str, dict[str, str]]
    mail: Path

    def mailed(self, to: str) -> None:
        """Wait for an email to this address."""
        deadline = time.monotonic() + STARTS_WITHIN
        while not any(f"To: {to}" in file.read_text() for file in self.mail.glob("*.eml")):
            assert time.monotonic() < deadline, f"nothing was mailed to {to}"
            time.sleep(0.1)


@pytest.fixture
def on_kubernetes(
    tmp_path: Path, fresh_rabbitmq: str, rabbitmq_server: servers.RabbitMQ, postgresql_server: servers.PostgreSQL
) -> Iterator[OnKubernetes]:
    """What the manifests start, on a broker and a database that docs/operations.md's commands made ready.

    The database is of a role that may make no others, as CloudNativePG makes it, and roles.sql is run by another.
    """
    followed = by_the_page.follow(tmp_path)
    rabbitmq_server.import_definitions(_of_vhost(followed.definitions, urlsplit(fresh_rabbitmq).path.strip("/")))
    with _owned_database(postgresql_server) as (database, uri):
        make_roles_by(followed.roles, database)
        secrets = {**followed.secrets, "postgres-app": {"uri": uri}}
        told = {
            part: _settings(_at(kubernetes.environment(part, secrets), fresh_rabbitmq, database, tmp_path))
            for part in kubernetes.WORKLOADS
        }
        commands = {part: kubernetes.container(part)["args"] for part in kubernetes.PARTS}
        with ExitStack() as parts:
            migration = parts.enter_context(_headrow(commands.pop("migrate"), told["migrate"], tmp_path))
            assert migration.wait(60) == 0, _log(tmp_path)
            served = [
                parts.enter_context(_headrow(command, told[part] | _of_a_container(part, tmp_path), tmp_path))
                for part, command in commands.items()
            ]
            port = int(told["gateway"]["HEADROW_HTTP_PORT"])
            yield OnKubernetes(_ready(port, tmp_path, served), told, tmp_path / "mail")


@contextmanager
def _owned_database(server: servers.PostgreSQL) -> Iterator[tuple[str, str]]:
    """Make a database that is of a role of its own; yield its address for the superuser, and for that role."""
    owner = fresh_name()
    server.run(f"CREATE ROLE {owner} LOGIN PASSWORD '{PASSWORD}' ROLE CURRENT_USER")
    try:
        with server.fresh_database() as database:
            server.run(f"ALTER DATABASE {urlsplit(database).path.strip('/')} OWNER TO {owner}")
            yield database, as_user(database, owner)
    finally:
        server.run(f"DROP ROLE {owner}")


def _of_vhost(definitions: dict[str, Any], vhost: str) -> dict[str, Any]:
    """Return definitions for another virtual host than headrow."""
    inside = {
        kind: [{**one, "vhost": vhost} for one in definitions[kind]]
        for kind in ("permissions", "topic_permissions", "exchanges")
    }
    return {**definitions, **inside, "vhosts": [{"name": vhost}]}


def _at(told: dict[str, str], bus: str, database: str, folder: Path) -> dict[str, str]:
    """Return what a part is told, with the addresses of the servers and the gateway that are here."""
    here = {"HEADROW_BUS": bus, "HEADROW_DATABASE": database}
    ours = {name: as_user_of(told[name], there) for name, there in here.items() if name in told}
    if "HEADROW_HTTP_PORT" in told:
        ours["HEADROW_HTTP_PORT"] = str(servers.free_port())
    if "HEADROW_MAIL" in told:
        ours["HEADROW_MAIL"] = f"file:{folder}/mail"
    return told | ours | {"HEADROW_DATA": str(folder / "data")}


@pytest.fixture(
    params=[
        "one_process",
        pytest.param("many_processes", marks=[pytest.mark.postgresql, pytest.mark.rabbitmq]),
    ]
)
def running(request: pytest.FixtureRequest) -> Running:
    """Headrow with the sample programme, both ways in which it runs."""
    return request.getfixturevalue(request.param)


@contextmanager
def _headrow(command: list[str], settings: dict[str, str], folder: Path) -> Iterator[subprocess.Popen]:
    """Run one `headrow` command, and end it in the way that a supervisor does."""
    with (folder / "log").open("a") as log:
        headrow = [sys.executable, "-m", "services", *command]
        process = subprocess.Popen(headrow, cwd=ROOT, env=settings, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            status = process.wait(30)
    assert status == 0, _log(folder)


def _users(told: dict[str, str]) -> dict[str, str | None]:
    """Return as whom a part goes to the broker and to the database."""
    return {name: urlsplit(told[name]).username for name in ("HEADROW_BUS", "HEADROW_DATABASE") if name in told}


def _known_to(part: dict[str, Any], keys: dict[str, str]) -> dict[str, str]:
    """Return those of the keys that compose gives to a part."""
    return {name: key for name, key in keys.items() if name in part["environment"]}


def _keys() -> dict[str, str]:
    """Return a pair of keys as `headrow keys` prints it."""
    printed = subprocess.run([sys.executable, "-m", "services", "keys"], cwd=ROOT, check=True, capture_output=True)
    return dict(line.split("=", 1) for line in printed.stdout.decode().split())


def _of_a_container(name: str, folder: Path) -> dict[str, str]:
    """Return the settings that can be the same for all parts only where each has a container of its own."""
    return {"HEADROW_ALIVE": f"{folder}/alive-{name}", "HEADROW_METRICS": f"127.0.0.1:{servers.free_port()}"}


def _settings(settings: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with these settings of Headrow, and no others."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HEADROW_")} | settings


def _ready(port: int, folder: Path, processes: list[subprocess.Popen]) -> str:
    """Return the gateway's address once everything behind it answers; fail if a process has ended."""
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            urllib.request.urlopen(f"http://localhost:{port}/health/all", timeout=4).close()
            return f"localhost:{port}"
        except OSError:
            alive = all(process.poll() is None for process in processes)
            assert alive, _log(folder)
            assert time.monotonic() < deadline, _log(folder)
            time.sleep(0.1)


def _log(folder: Path) -> str:
    return (folder / "log").read_text()


def _sample_of_today(folder: Path) -> Path:
    """Return the sample programme around today: many processes keep to the real clock."""
    file = folder / "programme.json"
    file.write_text(json.dumps(moved_to(leeds_programme(), date.today())))
    return file
