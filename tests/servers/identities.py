"""A user of the broker and a role of the database for each part, as `deploy/` gives them out."""

import os
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from services.bus.permissions import OWNER, definitions
from services.headrow.broker_commands import parts
from services.headrow.names import SERVICES
from tests.servers import installed
from tests.servers.named import RabbitMQ

ROLES = Path(__file__).parents[2] / "deploy" / "postgresql" / "roles.sql"
PASSWORD = "narrow"
Identities = dict[str, dict[str, str]]  # by part: its HEADROW_BUS, and its HEADROW_DATABASE where it has one


def identities(broker: RabbitMQ, bus: str, database: str) -> Identities:
    """Give each part an identity of its own on this virtual host and in this database; return what it is to be told.

    The users and roles are there for all tests of a server, with one password: what they may do is by virtual host and
    by database.
    """
    vhost = urlsplit(bus).path.strip("/")
    narrow = parts()
    passwords = dict.fromkeys((OWNER, *(part.user for part in narrow)), PASSWORD)
    broker.import_definitions(definitions(narrow, vhost, passwords))
    make_roles(database)
    told = {part.name: {"HEADROW_BUS": as_user(bus, part.user)} for part in narrow}
    for name in SERVICES:
        told[name]["HEADROW_DATABASE"] = as_user(database, f"headrow_{name}")
    return told


def make_roles(database: str, **environment: str) -> None:
    """Run roles.sql as an operator does. Raises subprocess.CalledProcessError."""
    passwords = {f"{name.upper()}_POSTGRES_PASSWORD": PASSWORD for name in SERVICES}
    _psql("--file", str(ROLES), database, environment={**passwords, **environment})


def make_roles_by(script: str, database: str) -> None:
    """Have psql read the script, which sets the passwords and holds roles.sql. Raises subprocess.CalledProcessError."""
    _psql(database, script=script, environment={})


def _psql(*arguments: str, environment: dict[str, str], script: str | None = None) -> None:
    command = [str(installed.POSTGRESQL.found() / "psql"), "--no-psqlrc", "--quiet", *arguments]
    for attempt in range(5):
        done = subprocess.run(
            command, env={**os.environ, **environment}, input=script, capture_output=True, text=True, check=False
        )
        # Tests beside this one share the roles; installations do not.
        if "concurrently" not in done.stderr and "already exists" not in done.stderr:
            break
        time.sleep(0.2 * (attempt + 1))
    if done.returncode:
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)


def as_user(url: str, user: str) -> str:
    """Return the address, as that user with PASSWORD."""
    there = urlsplit(url)
    place = there.netloc.rpartition("@")[2]
    return urlunsplit(there._replace(netloc=f"{user}:{PASSWORD}@{place}"))


def as_user_of(url: str, there: str) -> str:
    """Return the address `there`, as the user and with the password of `url`."""
    who = urlsplit(url).netloc.rpartition("@")[0]
    server = urlsplit(there)
    return urlunsplit(server._replace(netloc=f"{who}@{server.netloc.rpartition('@')[2]}"))
