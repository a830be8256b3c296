"""Servers that somebody runs: a fresh database or virtual host on them for each test, and nothing left behind."""

import base64
import contextlib
import json
import os
import secrets
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2

from tests.servers.installed import Missing

EVERYTHING = {"configure": ".*", "write": ".*", "read": ".*"}


def fresh_name() -> str:
    """Return a name for a database or a virtual host that nobody else has."""
    return f"headrow_{secrets.token_hex(6)}"


class PostgreSQL:
    """A server whose user may create databases; `url` names one to create them from."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextlib.contextmanager
    def fresh_database(self) -> Iterator[str]:
        """Yield the URL of an empty database, dropped afterwards with whoever is still connected (50 ms in all)."""
        name = fresh_name()
        self.run(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        finally:
            self.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """Run one statement outside any transaction."""
        connection = psycopg2.connect(self.url, connect_timeout=5)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
        finally:
            connection.close()


class RabbitMQ:
    """A broker whose user is an administrator; new virtual hosts are made through its management API."""

    def __init__(self, url: str) -> None:
        self.url = url

    @contextlib.contextmanager
    def fresh_vhost(self) -> Iterator[str]:
        """Yield the URL of a virtual host that nobody has used. Raises Missing."""
        name = self.new_vhost()
        try:
            yield urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))
        finally:
            self.drop_vhost(name)

    def new_vhost(self) -> str:
        """Make a virtual host, let our user in, and return its name."""
        name = fresh_name()
        user = urlsplit(self.url).username or "guest"
        self._manage("PUT", f"vhosts/{name}", {})
        self._manage("PUT", f"permissions/{name}/{quote(user)}", EVERYTHING)
        return name

    def import_definitions(self, definitions: dict[str, Any]) -> None:
        """Take over users, and what they may do, as `rabbitmqctl import_definitions` does."""
        self._manage("POST", "definitions", definitions)

    def drop_vhost(self, name: str) -> None:
        """Delete a virtual host with all that it holds."""
        self._manage("DELETE", f"vhosts/{name}", {})

    def _manage(self, method: str, path: str, content: dict[str, Any]) -> None:
        broker = urlsplit(self.url)
        api = os.environ.get("HEADROW_TEST_RABBITMQ_MANAGEMENT", f"http://{broker.hostname}:15672")
        login = base64.b64encode(f"{broker.username or 'guest'}:{broker.password or 'guest'}".encode()).decode()
        request = urllib.request.Request(f"{api}/api/{path}", json.dumps(content).encode(), method=method)
        request.add_header("Authorization", f"Basic {login}")
        request.add_header("Content-Type", "application/json")
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except OSError as error:
            raise Missing(
                f"HEADROW_TEST_RABBITMQ is set, but {api} does not do {method} {path.split('/')[0]}: {error}. "
                "Each test needs a virtual host of its own: enable the management plugin, and name its address with "
                "HEADROW_TEST_RABBITMQ_MANAGEMENT=http://host:15672."
            ) from error
