"""PostgreSQL and RabbitMQ for the tests and the benchmarks: those that the environment names, or private ones.

A private server is started from the binaries on this machine, which `provide.py` puts there. It listens on 127.0.0.1
alone, and is gone with the process that asked for it, however that process ends: see `keeper.py`.
"""

import contextlib
import os
from collections.abc import Iterator

import psycopg2

from tests.servers.installed import Missing
from tests.servers.named import PostgreSQL, RabbitMQ
from tests.servers.private import free_port
from tests.servers.private_postgresql import PrivatePostgreSQL
from tests.servers.private_rabbitmq import PrivateRabbitMQ

__all__ = [
    "Missing",
    "PostgreSQL",
    "PrivatePostgreSQL",
    "PrivateRabbitMQ",
    "RabbitMQ",
    "free_port",
    "postgresql",
    "postgresql_server",
    "rabbitmq",
    "rabbitmq_server",
]


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Yield the URL of a fresh database, on the server of HEADROW_TEST_POSTGRESQL or a private one. Raises Missing."""
    with postgresql_server() as server, server.fresh_database() as url:
        yield url


@contextlib.contextmanager
def rabbitmq() -> Iterator[str]:
    """Yield the URL of a fresh virtual host, on the broker of HEADROW_TEST_RABBITMQ or our own. Raises Missing."""
    with rabbitmq_server() as server, server.fresh_vhost() as url:
        yield url


@contextlib.contextmanager
def postgresql_server() -> Iterator[PostgreSQL]:
    """Yield the server of HEADROW_TEST_POSTGRESQL, or a private one. Raises Missing."""
    named = os.environ.get("HEADROW_TEST_POSTGRESQL")
    if named:
        server = PostgreSQL(named)
        try:
            server.run("SELECT 1")
        except psycopg2.OperationalError as error:
            raise Missing(f"HEADROW_TEST_POSTGRESQL is set, but that server does not answer: {error}") from error
        yield server
        return
    with PrivatePostgreSQL.running() as server:
        yield server


@contextlib.contextmanager
def rabbitmq_server() -> Iterator[RabbitMQ]:
    """Yield the server of HEADROW_TEST_RABBITMQ, or a private one. Raises Missing."""
    named = os.environ.get("HEADROW_TEST_RABBITMQ")
    if named:
        yield RabbitMQ(named)
        return
    with PrivateRabbitMQ.running() as server:
        yield server
