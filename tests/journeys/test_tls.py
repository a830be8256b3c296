"""TLS with the broker and the database: a certificate must be good, and for that very host."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.running import ROOT, Distributed
from tests.servers import PrivatePostgreSQL, PrivateRabbitMQ
from tests.servers.certificates import Certificate, certificate_for

pytestmark = [pytest.mark.slow, pytest.mark.rabbitmq, pytest.mark.postgresql, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder = tmp_path_factory.mktemp("certificates")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # servers that do not run as we do read them
    return certificate_for("localhost", folder)


@pytest.fixture(scope="module")
def broker(certificate):
    with PrivateRabbitMQ.running(tls=certificate) as broker:
        yield broker


@pytest.fixture(scope="module")
def server(certificate):
    with PrivatePostgreSQL.running(tls=certificate) as server:
        yield server


def doctor(tmp_path: Path, **environment: str) -> str:
    """Return what `headrow doctor` says."""
    given = {"PATH": "/usr/bin:/bin", "HEADROW_DATA": str(tmp_path), "HEADROW_SECRET_KEY": "x" * 32, **environment}
    command = [sys.executable, "-m", "services", "doctor", "catalogue"]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False).stdout


def test_headrow_works_over_tls_also_after_the_broker_was_killed(tmp_path, certificate, broker, server, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    with server.fresh_database() as database:
        system = Distributed(
            tmp_path,
            f"amqps://guest:guest@localhost:{broker.tls_port}/{broker.new_vhost()}",
            f"{database.replace('127.0.0.1', 'localhost')}?sslmode=verify-full&sslrootcert={certificate.authority}",
            together=True,
        )
        try:
            system.start()
            asha = system.caller("asha@example.org")
            first, second = [session["slug"] for session in asha.get("/sessions").json()["items"]][:2]
            asha.book(first)
            system.mailed("asha@example.org", ".")
            broker.kill()
            broker.start()
            system.wait_until_ready()
            asha.book(second)
            system.mailed("asha@example.org", ".", count=2)
            assert set(system.stop().values()) == {0}
        finally:
            for process in system.processes.values():
                process.kill()


@pytest.mark.parametrize(
    ("host", "known", "well"),
    [("localhost", True, True), ("127.0.0.1", True, False), ("localhost", False, False)],
    ids=["good", "for another host", "by an authority that nobody knows"],
)
def test_a_broker_has_a_good_certificate_for_its_host_or_is_not_spoken_to(
    tmp_path, certificate, broker, host, known, well
):
    bus = f"amqps://guest:guest@{host}:{broker.tls_port}/"
    said = doctor(tmp_path, HEADROW_BUS=bus, **({"SSL_CERT_FILE": str(certificate.authority)} if known else {}))
    [line] = [line for line in said.splitlines() if " bus at " in line]
    assert line.startswith("ok" if well else "BAD"), said
    assert well or "certificate verify failed" in line.lower()


@pytest.mark.parametrize(
    ("host", "known", "well"),
    [("localhost", True, True), ("127.0.0.1", True, False), ("localhost", False, False)],
    ids=["good", "for another host", "by an authority that nobody knows"],
)
def test_a_database_has_a_good_certificate_for_its_host_or_is_not_spoken_to(
    tmp_path, certificate, server, host, known, well
):
    authority = f"&sslrootcert={certificate.authority}" if known else ""
    url = f"postgresql://headrow@{host}:{server.port}/postgres?sslmode=verify-full{authority}"
    said = doctor(tmp_path, HEADROW_BUS="embedded://", HEADROW_DATABASE=url)
    [line] = [line for line in said.splitlines() if " database of catalogue" in line]
    assert line.startswith("ok" if well else "BAD"), said
