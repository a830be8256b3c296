"""The restore that docs/operations.md describes: one dump of the databases, beside a broker that has forgotten all."""

import subprocess
import time

import pytest
from sqlalchemy import func, select

from services.bus.models import outbox
from services.community.models import Person as Acquaintance
from services.notifications.models import Message
from services.notifications.models import Person as Recipient
from services.registration.models import Booking, Person
from services.runtime.erasures import read
from tests.faults.audit import LETTERS, SESSION, audit, rows
from tests.faults.conftest import killed_in_the_end
from tests.journeys.running import Caller, Distributed, eventually
from tests.sentences import says
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


def test_who_was_erased_after_the_dump_is_erased_again_in_every_service_before_it_serves(
    rabbitmq_server, postgresql_server, tmp_path
):
    """Emails to them were waiting when it was made, and are not sent by a service that starts alone either."""
    dump, backups = tmp_path / "headrow.dump", tmp_path / "backups"
    for name in ("before", "after", "backups"):
        (tmp_path / name).mkdir()
    listed = {"HEADROW_ERASURES": str(backups / "headrow.erasures")}
    with (
        rabbitmq_server.fresh_vhost() as broker,
        postgresql_server.fresh_database() as database,
        killed_in_the_end(
            Distributed(tmp_path / "before", broker, database, HEADROW_MAIL="smtp://127.0.0.1:9", **listed)
        ) as system,
    ):
        system.start()
        gone, stays = system.crowd(2)
        erased = gone.get("/me").json()["id"]
        for person in (gone, stays):
            person.book(SESSION)
        queued = select(func.count()).where(Message.state == "queued")
        eventually(lambda: rows(system, "notifications", queued)[0][0] >= 2)
        known = select(func.count()).select_from(Acquaintance).where(Acquaintance.id == erased)
        eventually(lambda: rows(system, "community", known)[0][0] == 1)
        postgresql("pg_dump", "--format=custom", f"--file={dump}", database)
        assert gone.http.delete(f"{gone.url}/me", timeout=20).status_code == 202
        eventually(lambda: erased in read(backups / "headrow.erasures"))
        key = system.environment["HEADROW_SECRET_KEY"]

    with (
        rabbitmq_server.fresh_vhost() as broker,
        postgresql_server.fresh_database() as database,
        killed_in_the_end(
            Distributed(tmp_path / "after", broker, database, HEADROW_SECRET_KEY=key, **listed)
        ) as system,
    ):
        postgresql("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={database}", str(dump))
        ill = system.run("doctor", "registration", check=False)
        assert says("doctor.people_back", number=1) in ill.stdout
        system.serve("notifications")
        eventually(lambda: len(system.mail()) >= LETTERS)  # and none of registration, which is not there yet
        system.stop()
        system.start()
        eventually(lambda: says("doctor.nobody_back", listed=1) in system.run("doctor", check=False).stdout)
        there = select(Person.name).where(Person.id == erased)
        assert rows(system, "registration", there) == [(None,)]
        for service, model in (("notifications", Recipient), ("community", Acquaintance)):
            assert rows(system, service, select(model.erased, model.name).where(model.id == erased)) == [(True, None)]
        assert {str(mail["To"]).rpartition("<")[2].rstrip(">") for mail in system.mail()} == {"p1@example.org"}
