"""Where PostgreSQL, RabbitMQ, Chromium and Node are on this machine, and how they get there."""

import glob
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

POSTGRESQL_PACKAGES = "/usr/lib/postgresql/*/bin"
RABBITMQ_PACKAGE = "/usr/lib/rabbitmq/bin"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


class Missing(Exception):
    """A server or a browser that the tests need is neither named nor installed; the message says what to do."""


def postgresql() -> Path:
    """Return the folder of the newest PostgreSQL on this machine. Raises Missing."""
    if found := _newest_postgresql():
        return found
    _install("PostgreSQL", "postgresql", "HEADROW_TEST_POSTGRESQL=postgresql://user:password@host/database")
    if found := _newest_postgresql():
        return found
    raise Missing("PostgreSQL was installed, and its `initdb` and `postgres` are still not to be found.")


def rabbitmq() -> Path:
    """Return the folder of RabbitMQ's scripts. Raises Missing."""
    if found := _rabbitmq_scripts():
        return found
    _install("RabbitMQ", "rabbitmq-server", "HEADROW_TEST_RABBITMQ=amqp://user:password@host:5672/")
    if found := _rabbitmq_scripts():
        return found
    raise Missing("RabbitMQ was installed, and its `rabbitmq-server` and `epmd` are still not to be found.")


def chromium() -> Path:
    """Return the browser of HEADROW_TEST_CHROMIUM, or this machine's own. Raises Missing."""
    if named := os.environ.get("HEADROW_TEST_CHROMIUM"):
        if found := shutil.which(named):
            return Path(found)
        raise Missing(f"HEADROW_TEST_CHROMIUM is set, but there is no program at {named}.")
    if found := _chromium():
        return found
    _install("Chromium", "chromium", "HEADROW_TEST_CHROMIUM=/path/to/chromium")
    if found := _chromium():
        return found
    raise Missing("Chromium was installed, and its `chromium` is still not to be found.")


def node() -> Path:
    """Return the Node that the pages were dressed with: this machine's, or that of a wheel. Raises Missing."""
    with_wheels = os.pathsep.join([os.environ.get("PATH", ""), sysconfig.get_path("scripts")])
    if found := shutil.which("node", path=with_wheels):
        return Path(found)
    raise Missing("These tests need Node, which this machine has not. `make dev` gets it from a wheel.")


def _chromium() -> Path | None:
    return next((Path(found) for name in CHROMIUM if (found := shutil.which(name))), None)


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


def _install(server: str, package: str, variable: str) -> None:
    """Install a Debian package where we are root. Raises Missing where we cannot."""
    remedy = f"Install it (on Debian: apt-get install {package}), or set {variable}."
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Missing(f"These tests need {server}, which this machine has not. {remedy}")
    print(f"{server} is not here: installing it with apt-get …", file=sys.stderr, flush=True)
    quietly = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-qy", "--no-install-recommends", package]):
        done = subprocess.run(command, env=quietly, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"`{' '.join(command)}` failed: {done.stderr.strip()[-500:]}. {remedy}")
