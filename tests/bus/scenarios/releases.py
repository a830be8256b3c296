"""Two releases of a service side by side, over a change of the database and of an event."""

from typing import Any

import eventlet
from marshmallow import fields
from sqlalchemy import text
from sqlalchemy.orm import Session as OrmSession

from services.bus import outbox
from services.bus.entrypoints import rpc, subscribe
from services.bus.envelope import Envelope
from tests.bus.scenarios.programme import with_servers
from tests.bus.scenarios.services import Echo, Hear, Note, Noted, take_effect
from tests.bus.scenarios.system import System, at_once, eventually


class NotedWithMood(Noted):
    """What the next Hear reads: an older Echo does not tell the mood."""

    mood = fields.String(load_default="plain")


class NextEcho(Echo):
    """Writes a column that the older Echo does not know, and tells of it."""

    @rpc(Note)
    def note(self, db: OrmSession, given: Any) -> Any:
        number = take_effect(db, given["text"])
        db.execute(text("UPDATE effects SET mood = 'glad' WHERE what = :what"), {"what": given["text"]})
        outbox.announce(db, "echo.noted.v1", "notes", number, {"text": given["text"], "mood": "glad"})
        return {"number": number}


class NextHear(Hear):
    """Reads the mood as well."""

    @subscribe("echo.noted.v1", "echo.whispered.v1", reads=NotedWithMood)
    def hear(self, db: OrmSession, event: Envelope) -> None:
        take_effect(db, event.data["text"])
        db.execute(text("UPDATE effects SET mood = :mood WHERE what = :text"), event.data)


@with_servers
def two_releases_of_a_service_work_side_by_side(system: System) -> None:
    system.prepare(Echo, Hear)
    older = [system.start(service, prepared=True) for service in (Echo, Hear)]
    wanted = note_some(system, "with the old")
    for service in ("echo", "hear"):  # the newer release's migration comes first, and only adds
        with system.database(service) as db:
            db.execute(text("ALTER TABLE effects ADD COLUMN mood VARCHAR(20)"))
    system.start(NextEcho, prepared=True)
    wanted += note_some(system, "with a new Echo")
    system.start(NextHear, prepared=True)
    wanted += note_some(system, "with both")
    eventually(lambda: sorted(system.effects("hear")) == sorted(wanted))
    for runner in older:
        runner.stop()
        system.runners.remove(runner)
    for service in ("echo", "hear"):  # and takes away, or insists, once the older release is gone
        with system.database(service) as db:
            db.execute(text("UPDATE effects SET mood = 'plain' WHERE mood IS NULL"))
            db.execute(text("ALTER TABLE effects ALTER COLUMN mood SET NOT NULL, ALTER COLUMN mood SET DEFAULT ''"))
    wanted += note_some(system, "with the new")
    eventually(lambda: sorted(system.effects("hear")) == sorted(wanted))
    eventlet.sleep(0.5)
    assert sorted(system.effects("echo")) == sorted(system.effects("hear")) == sorted(wanted), "and each of them once"
    assert {row.state for row in system.inbox("hear")} == {"done"}
    for service in ("echo", "hear"):
        assert moods(system, service) == {"plain", "glad"}, "both releases had their share"


def note_some(system: System, when: str) -> list[str]:
    """Have twenty notes taken, by whichever process; return them."""
    texts = [f"{when} {number}" for number in range(20)]
    at_once(20, lambda number: system.call("echo", "note", given={"text": texts[number]}))
    return texts


def moods(system: System, service: str) -> set[str]:
    """Return which moods there are in the database of a service."""
    with system.database(service) as db:
        return set(db.scalars(text("SELECT DISTINCT mood FROM effects")))
