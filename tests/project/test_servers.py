"""The test servers themselves: fresh for each test, as durable as production's, and gone when the run is."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import amqp
import psycopg2
import pytest
from kombu.utils.url import parse_url

ROOT = Path(__file__).parents[2]


def test_postgresql_is_as_durable_as_in_production(fresh_postgresql):
    with psycopg2.connect(fresh_postgresql) as connection, connection.cursor() as cursor:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            cursor.execute(f"SHOW {setting}")
            assert cursor.fetchone() == ("on",)
    connection.close()


def test_a_dropped_database_takes_its_connections_along(postgresql_server):
    with postgresql_server.fresh_database() as url:
        forgotten = psycopg2.connect(url)
    with pytest.raises(psycopg2.OperationalError), forgotten.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_each_test_has_a_virtual_host_of_its_own(fresh_rabbitmq, rabbitmq_url):
    def connect(url):
        parts = parse_url(url)
        return amqp.Connection(f"{parts['hostname']}:{parts['port']}", virtual_host=parts["virtual_host"])

    with connect(rabbitmq_url) as connection:
        connection.channel().queue_declare("mine", exclusive=True)
        with connect(fresh_rabbitmq) as elsewhere, pytest.raises(amqp.NotFound):
            elsewhere.channel().queue_declare("mine", passive=True)


DEADLY = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
STARTS_AND_WAITS = """
import sys, time
from tests import servers
with servers.{kind}_server() as server:
    print(server.folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize(
    ("kind", "deadly"),
    [
        *(pytest.param("postgresql", deadly, marks=pytest.mark.postgresql) for deadly in DEADLY),
        pytest.param("rabbitmq", signal.SIGKILL, marks=pytest.mark.rabbitmq),  # the keeper of both is the same
    ],
)
def test_a_server_is_gone_however_the_run_ends(kind, deadly):
    private = {name: value for name, value in os.environ.items() if not name.startswith("HEADROW_TEST_")}
    run = subprocess.Popen(
        [sys.executable, "-c", STARTS_AND_WAITS.format(kind=kind)],
        cwd=ROOT,
        env=private,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with run:
        folder = Path(run.stdout.readline().strip())
        assert folder.is_dir()
        run.send_signal(deadly)
    _wait_until(lambda: not folder.exists() and not _commands_that_name(folder), seconds=25)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "rabbitmq"])
def test_a_run_without_a_server_stops_and_says_what_is_missing(kind, tmp_path):
    test = tmp_path / "test_something.py"
    test.write_text(f"def test_something(fresh_{kind}): pass")
    (tmp_path / "conftest.py").write_text(NOTHING_INSTALLED)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"), str(test)],
        cwd=ROOT,
        env={"PATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 3
    assert f"HEADROW_TEST_{kind.upper()}=" in run.stdout + run.stderr


NOTHING_INSTALLED = """
from tests.conftest import *
from tests.servers import installed

installed.POSTGRESQL_PACKAGES = installed.RABBITMQ_PACKAGE = "/nowhere"
"""


def _commands_that_name(folder: Path) -> list[str]:
    commands = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(process.read_bytes().decode(errors="replace"))
        except OSError:
            continue  # it has ended meanwhile
    return [command for command in commands if str(folder) in command]


def _wait_until(holds, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not so after {seconds} s"
        time.sleep(0.1)
