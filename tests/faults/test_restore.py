"""The restore that docs/operations.md describes: one dump of the databases, beside a broker that has forgotten all."""

import subprocess
import time

import pytest
from sqlalchemy import func, select

from services.bus.models import outbox
from services.registration.models import Booking
from tests.faults.audit import LETTERS, SESSION, audit, rows
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Caller, Distributed, eventually
from tests.servers import installed

pytestmark = pytest.mark.slow
PEOPLE = 12


def postgresql(program, *arguments):
    """Run a program that comes with PostgreSQL."""
    command = [str(installed.POSTGRESQL.found() / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_what_was_booked_is_announced_after_a_restore_although_the_broker_has_lost_it(
    rabbitmq_server, postgresql_server, tmp_path, figure
):
    dump = tmp_path / "headrow.dump"
    (tmp_path / "before").mkdir()
    (tmp_path / "after").mkdir()
    with (
        rabbitmq_server.fresh_vhost() as broker,
        postgresql_server.fresh_database() as database,
        killed_in_the_end(Distributed(tmp_path / "before", broker, database)) as system,
    ):
        system.start()
        people = system.crowd(PEOPLE)
        system.kill("notifications")
        for person in people:
            person.book(SESSION)
        published = select(func.count()).where(outbox.c.published_at.is_(None))
        eventually(lambda: rows(system, "registration", published)[0][0] == 0)
        postgresql("pg_dump", "--format=custom", f"--file={dump}", database)
        key = system.environment["HEADROW_SECRET_KEY"]
        tokens = [person.http.headers["Authorization"] for person in people]

    with (
        rabbitmq_server.fresh_vhost() as broker,
        postgresql_server.fresh_database() as database,
        killed_in_the_end(Distributed(tmp_path / "after", broker, database, HEADROW_SECRET_KEY=key)) as system,
    ):
        postgresql("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={database}", str(dump))
        system.start()
        began = time.monotonic()
        eventually(lambda: len(system.mail()) >= PEOPLE * LETTERS, 150)
        figure(f"{time.monotonic() - began:.1f} s after all is ready, until all have their emails")
        audit(system)
        assert {str(mail["To"]).rpartition("<")[2].rstrip(">") for mail in system.mail()} == {
            f"p{n}@example.org" for n in range(PEOPLE)
        }
        assert len(system.mail()) == PEOPLE * LETTERS
        assert len(rows(system, "registration", select(Booking.reference))) == PEOPLE
        again = Caller(system.url)
        again.http.headers["Authorization"] = tokens[0]
        assert len(again.get("/bookings").json()["items"]) == 1, "they are still signed in"
