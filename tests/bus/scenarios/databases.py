"""Outages of the database: it is away, hangs, or breaks a connection, and nothing is lost."""

import time
from typing import ClassVar

import eventlet
from sqlalchemy import text
from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import Database, rpc, timer
from tests.bus.scenarios.outages import SOON, answers, is_available, note, seconds_until_unavailable
from tests.bus.scenarios.programme import with_servers
from tests.bus.scenarios.proxy import Proxy
from tests.bus.scenarios.services import Echo, Hear, Pass, take_effect
from tests.bus.scenarios.system import System, an_event, at_once, eventually

CUT_EVERYBODY = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name LIKE 'headrow %'"
)


class Patient:
    """Does things in its database, and counts how often it set about it."""

    name = "patient"
    database = Database()
    attempts: ClassVar[list[str]] = []
    ticks: ClassVar[list[float]] = []

    @rpc()
    def doze(self, db: OrmSession) -> str:
        self.attempts.append("doze")
        take_effect(db, "dozed")
        db.execute(text("SELECT pg_sleep(0.5)"))
        return "woke up"

    @timer(0.2)
    def tick(self, db: OrmSession) -> None:
        db.execute(text("SELECT 1"))
        self.ticks.append(time.monotonic())


@with_servers
def services_start_while_the_database_is_away(system: System) -> None:
    system.prepare(Patient, Echo, Hear)
    with Proxy(system.settings.database, open=False) as proxy:
        system.start(Patient, Echo, Hear, prepared=True, database=proxy.url)
        for _ in range(2):
            assert seconds_until_unavailable(lambda: system.call("echo", "note", given={"text": "early"})) < 4
        proxy.open()
        eventually(lambda: is_available(lambda: system.call("echo", "note", given={"text": "news"})))
        eventually(lambda: system.effects("hear") == ["news"])
        eventually(lambda: Patient.ticks)
    assert system.effects("echo") == ["news"]


@with_servers
def services_start_before_their_tables_are_there(system: System) -> None:
    """As where everything is started at once, the migration among them."""
    system.learn(Echo, Hear)
    system.start(Echo, Hear, prepared=True)
    system.raw.event(an_event("early").to_json())
    eventlet.sleep(1)
    system.prepare(Echo, Hear)
    eventually(lambda: system.effects("hear") == ["early"])
    system.call("echo", "note", given={"text": "news"})
    eventually(lambda: system.effects("hear") == ["early", "news"])


@with_servers
def a_call_survives_the_loss_of_its_database_connection(system: System) -> None:
    system.start(Patient)
    eventually(lambda: Patient.ticks)
    doze = eventlet.spawn(system.call, "patient", "doze")
    eventually(lambda: Patient.attempts)
    eventlet.sleep(0.1)
    _cut_everybody(system)
    assert doze.wait().value == "woke up"
    assert len(Patient.attempts) == 2
    assert system.effects("patient") == ["dozed"]
    ticks = len(Patient.ticks)
    eventually(lambda: len(Patient.ticks) > ticks + 2)


@with_servers
def events_survive_the_loss_of_database_connections(system: System) -> None:
    system.start(Echo, Hear, Pass)
    eventually(lambda: answers(system))
    for number in range(60):
        with system.database("echo") as db:
            note(db, str(number))
        if number % 20 == 10:
            _cut_everybody(system)
        eventlet.sleep(0.01)
    eventually(lambda: len(system.effects("hear")) >= 60)
    assert sorted(system.effects("hear"), key=int) == [str(number) for number in range(60)]
    eventually(lambda: len(system.effects("pass")) == 60)


@with_servers
def events_wait_at_the_broker_while_the_database_is_away(system: System) -> None:
    system.prepare(Echo, Hear)
    with Proxy(system.settings.database) as proxy:
        system.start(Hear, prepared=True, database=proxy.url)
        system.start(Echo)
        system.call("echo", "note", given={"text": "before"})
        eventually(lambda: system.effects("hear") == ["before"])
        proxy.close()
        for text_ in ("during", "still during"):
            system.call("echo", "note", given={"text": text_})
        eventually(lambda: all(row.published_at for row in system.outbox("echo")))
        eventlet.sleep(1)
        proxy.open()
        eventually(lambda: system.effects("hear") == ["before", "during", "still during"])


@with_servers
def calls_end_by_their_deadline_while_the_database_hangs(system: System) -> None:
    system.prepare(Echo)
    with Proxy(system.settings.database) as proxy:
        system.start(Echo, prepared=True, database=proxy.url)
        eventually(lambda: answers(system))
        proxy.stall()
        took = at_once(20, lambda _: seconds_until_unavailable(lambda: system.call("echo", "health", timeout=1)))
        assert max(took) < SOON
        proxy.flow()
        eventually(lambda: answers(system))


def _cut_everybody(system: System) -> None:
    system.let_go()
    with system.database("public") as db:
        db.execute(CUT_EVERYBODY)
