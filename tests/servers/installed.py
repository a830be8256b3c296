"""Where PostgreSQL, RabbitMQ, Chromium and Node are on this machine; `provide` is what installs those that are not."""

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


class Missing(Exception):
    """A server or a browser that the tests need is neither named nor installed; the message says what to do."""


@dataclass(frozen=True)
class Program:
    """A program that the tests need: how it is found, and otherwise how to get it or name another."""

    name: str
    package: str
    variable: str
    example: str
    find: Callable[[], Path | None]

    @property
    def named(self) -> str | None:
        """What the environment names in its place."""
        return os.environ.get(self.variable)

    @property
    def remedy(self) -> str:
        """How to get it."""
        return f"Install it (on Debian: apt-get install {self.package}), or set {self.variable}={self.example}."

    def found(self) -> Path:
        """Return where it is. Raises Missing."""
        if path := self.find():
            return path
        raise Missing(f"{self.name} is not on this machine, and these tests need it. {self.remedy}")


def chromium() -> Path:
    """Return the browser of HEADROW_TEST_CHROMIUM, or this machine's own. Raises Missing."""
    if named := CHROMIUM_BROWSER.named:
        if found := shutil.which(named):
            return Path(found)
        raise Missing(f"HEADROW_TEST_CHROMIUM is set, but there is no program at {named}.")
    return CHROMIUM_BROWSER.found()


def node() -> Path:
    """Return the Node that the pages were dressed with: this machine's, or that of a wheel. Raises Missing."""
    with_wheels = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
    if found := shutil.which("node", path=with_wheels):
        return Path(found)
    raise Missing("These tests need Node, which this machine has not. `make dev` gets it from a wheel.")


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
PROGRAMS = (POSTGRESQL, RABBITMQ, CHROMIUM_BROWSER)
