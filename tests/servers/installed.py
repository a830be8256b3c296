"""Where PostgreSQL, RabbitMQ, Chromium, promtool and Node are; `provide` is what gets those that are not there."""

import glob
import os
import shutil
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POSTGRESQL_PACKAGES = "/usr/lib/postgresql/*/bin"
RABBITMQ_PACKAGE = "/usr/lib/rabbitmq/bin"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
OURS = Path(sysconfig.get_path("scripts"))  # what is put here is gone with the environment: see `make clean`


class Missing(Exception):
    """A server or a browser that the tests need is neither named nor installed; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """A program that the tests need: how it is found, and otherwise how to get it or name another.

    Of a package that would start a server of its own, `alone` names the one program that is taken out of it.
    """

    name: str
    package: str
    variable: str
    example: str
    find: Callable[[], Path | None]
    alone: str | None = None

    @property
    def named(self) -> str | None:
        """What the environment names in its place."""
        return os.environ.get(self.variable)

    @property
    def remedy(self) -> str:
        """How to get it."""
        how = f"Install it (on Debian: apt-get install {self.package})"
        if self.alone:
            how = f"Get it (on Debian: make provided, which takes it out of the package {self.package})"
        return f"{how}, or set {self.variable}={self.example}."

    def found(self) -> Path:
        """Return where it is. Raises Missing."""
        if path := self.find():
            return path
        raise Missing(f"{self.name} is not on this machine, and these tests need it. {self.remedy}")


def chromium() -> Path:
    """Return the browser of HEADROW_TEST_CHROMIUM, or this machine's own. Raises Missing."""
    return _named_or_found(CHROMIUM_BROWSER)


def promtool() -> Path:
    """Return what checks Prometheus' files: that of HEADROW_TEST_PROMTOOL, or this machine's. Raises Missing."""
    return _named_or_found(PROMTOOL)


def _named_or_found(program: Program) -> Path:
    if named := program.named:
        if found := shutil.which(named):
            return Path(found)
        raise Missing(f"{program.variable} is set, but there is no program at {named}.")
    return program.found()


def node() -> Path:
    """Return the Node that the pages were dressed with: this machine's, or that of a wheel. Raises Missing."""
    if found := _here("node"):
        return found
    raise Missing("These tests need Node, which this machine has not. `make dev` gets it from a wheel.")


def _here(name: str) -> Path | None:
    """Return a program of this machine, or of the environment that we run in."""
    found = shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), str(OURS)]))
    return Path(found) if found else None


def _newest_postgresql() -> Path | None:
    packaged = [Path(path).parent for path in glob.glob(f"{POSTGRESQL_PACKAGES}/initdb")]
    if packaged:
        return max(packaged, key=lambda folder: int("0" + "".join(filter(str.isdigit, folder.parent.name))))
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path and shutil.which("postgres") else None


def _rabbitmq_scripts() -> Path | None:
    # Debian's script on PATH changes to its own user and folder; the one that it wraps does as it is told.
    found = shutil.which("rabbitmq-server", path=os.pathsep.join([RABBITMQ_PACKAGE, os.environ.get("PATH", "")]))
    return Path(found).parent if found and shutil.which("epmd") else None


def _chromium() -> Path | None:
    return next((Path(found) for name in CHROMIUM if (found := shutil.which(name))), None)


POSTGRESQL = Program(
    "PostgreSQL",
    "postgresql",
    "HEADROW_TEST_POSTGRESQL",
    "postgresql://user:password@host/database",
    _newest_postgresql,
)
RABBITMQ = Program(
    "RabbitMQ", "rabbitmq-server", "HEADROW_TEST_RABBITMQ", "amqp://user:password@host:5672/", _rabbitmq_scripts
)
CHROMIUM_BROWSER = Program("Chromium", "chromium", "HEADROW_TEST_CHROMIUM", "/path/to/chromium", _chromium)
PROMTOOL = Program(
    "promtool", "prometheus", "HEADROW_TEST_PROMTOOL", "/path/to/promtool", lambda: _here("promtool"), alone="promtool"
)
PROGRAMS = (POSTGRESQL, RABBITMQ, CHROMIUM_BROWSER, PROMTOOL)
