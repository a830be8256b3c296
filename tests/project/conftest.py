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
from tests.project.compose import PARTS, environment
from tests.project.tracked import ROOT
from tests.servers.identities import identities

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
