"""Events: announced with their cause, handled once, in order."""

import eventlet
import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session as OrmSession

from services.bus import health, relay, replay
from services.bus import inbox as inbox_of_a_service
from services.bus.envelope import Envelope
from services.bus.inbox import row_of
from services.bus.models import inbox, outbox
from services.bus.outbox import addressed_to, announce
from services.bus.replay import NotTakenIn, Party, tell_again
from services.runtime.refusals import Refused
from tests.bus.scenarios.programme import everywhere
from tests.bus.scenarios.services import Echo, Hear, Pass
from tests.bus.scenarios.system import System, an_event, eventually
from tests.sentences import says


@everywhere
def an_event_is_handled_by_every_service_that_reads_it(system: System) -> None:
    system.start(Echo, Hear, Pass)
    system.call("echo", "note", given={"text": "news"})
    eventually(lambda: system.effects("hear") == ["news"])
    eventually(lambda: len(system.effects("pass")) == 1)
    eventually(lambda: [row.published_at is not None for row in system.outbox("echo")] == [True])


@everywhere
def an_event_takes_effect_once_however_often_it_comes(system: System) -> None:
    system.start(Hear)
    event = an_event("once")
    for _ in range(3):
        system.raw.event(event.to_json())
    eventually(lambda: system.effects("hear") == ["once"])
    system.raw.event(event.to_json())
    system.raw.event(an_event("last").to_json())
    eventually(lambda: "last" in system.effects("hear"))
    assert system.effects("hear") == ["once", "last"]


@everywhere
def five_hundred_events_are_handled_in_order(system: System) -> None:
    system.start(Echo, Hear)
    wanted = [f"number {n}" for n in range(500)]
    with system.database("echo") as db:
        for number, text in enumerate(wanted):
            announce(db, "echo.noted.v1", "notes", number, {"text": text})
    eventually(lambda: len(system.effects("hear")) >= 500)
    assert system.effects("hear") == wanted


@everywhere
def an_event_is_handled_soon_and_not_when_somebody_looks(system: System) -> None:
    relay.IDLE = inbox_of_a_service.IDLE = 30.0
    system.start(Echo, Hear)
    for text in ("one", "two", "three"):
        system.call("echo", "note", given={"text": text})
        eventually(lambda wanted=text: system.effects("hear")[-1:] == [wanted])


@everywhere
def what_is_for_one_service_reaches_no_other(system: System) -> None:
    system.start(Echo, Hear, Pass)
    with system.database("echo") as db:
        announce(db, "echo.noted.v1", "notes", 1, {"text": "for all"})
        with addressed_to(db, "hear", {"echo.noted.v1"}):
            announce(db, "echo.noted.v1", "notes", 1, {"text": "for one"})
        announce(db, "echo.noted.v1", "notes", 2, {"text": "for all again"})
    eventually(lambda: system.effects("hear") == ["for all", "for one", "for all again"])
    eventually(lambda: len(system.effects("pass")) == 2)
    assert len(system.inbox("pass")) == 2


@everywhere
def what_is_told_again_is_taken_in_by_one_reader_in_order_and_not_kept(system: System) -> None:
    system.start(Echo, Hear, Pass)
    tell = TellingNumbers(pages=9)
    reads = {"echo.noted.v1"}
    echo, hear = (Party(name, system.transactions(name)) for name in ("echo", "hear"))
    taken_in = [[event.data["text"] for event in told] for told in tell_again(echo, hear, reads, tell)]
    assert taken_in == [[f"{page}.{n}" for n in range(50)] for page in range(9)]
    assert system.effects("hear") == [text for told in taken_in for text in told]
    assert tell.most_ahead <= replay.UNDER_WAY + 1
    assert system.inbox("pass") == []
    assert len(system.outbox("echo")) <= 50


@everywhere
def what_nobody_takes_in_is_said_to_be_stuck(system: System) -> None:
    system.prepare(Echo, Hear)
    echo, hear = (Party(name, system.transactions(name)) for name in ("echo", "hear"))
    for running in (None, Echo):
        if running:
            system.start(running, prepared=True)
        with pytest.raises(NotTakenIn, match=says("refusal.not_taken_in", seconds=1)):
            list(tell_again(echo, hear, {"echo.noted.v1"}, TellingNumbers(pages=1), patience=1.0))
    system.start(Hear, prepared=True)
    eventually(lambda: len(system.effects("hear")) == 100)


class TellingNumbers:
    """Tells pages of 50 events, and sees how many pages are told before the reader has had one."""

    def __init__(self, pages: int) -> None:
        self.pages, self.most_ahead = pages, 0

    def __call__(self, db: OrmSession, after: int | None) -> int | None:
        page = after or 0
        for n in range(50):
            announce(db, "echo.noted.v1", "notes", page + 1, {"text": f"{page}.{n}"})
        waiting = db.scalar(select(func.count()).select_from(outbox)) or 0
        self.most_ahead = max(self.most_ahead, waiting // 50)
        return page + 1 if page + 1 < self.pages else None


@everywhere
def what_was_undone_is_not_announced(system: System) -> None:
    system.start(Echo, Hear)
    Echo.room = 0
    with pytest.raises(Refused):
        system.call("echo", "note", given={"text": "undone"})
    Echo.room = 1000
    system.call("echo", "note", given={"text": "done"})
    eventually(lambda: system.effects("hear") == ["done"])
    assert len(system.outbox("echo")) == 1


@everywhere
def a_sensitive_event_is_blanked_once_it_is_through(system: System) -> None:
    system.start(Echo, Hear)
    system.call("echo", "whisper", given={"text": "the code"})
    eventually(lambda: system.effects("hear") == ["the code"])
    eventually(lambda: [row.published_at is not None for row in system.outbox("echo")] == [True])
    eventually(lambda: [row.state for row in system.inbox("hear")] == ["done"])
    assert [row.envelope for row in (*system.outbox("echo"), *system.inbox("hear"))] == [None, None]


@everywhere
def an_event_that_nobody_reads_holds_up_none(system: System) -> None:
    system.start(Echo, Hear)
    with system.database("echo") as db:
        announce(db, "echo.sighed.v1", "sighs", 1, {})
    system.call("echo", "note", given={"text": "news"})
    eventually(lambda: system.effects("hear") == ["news"])
    eventually(lambda: all(row.published_at for row in system.outbox("echo")))


@everywhere
def events_wait_for_a_reader_that_comes_later(system: System) -> None:
    system.prepare(Echo, Hear)
    system.start(Echo)
    for number in range(5):
        system.call("echo", "note", given={"text": str(number)})
    eventlet.sleep(0.3)
    system.start(Hear)
    eventually(lambda: system.effects("hear") == ["0", "1", "2", "3", "4"])


@everywhere
def what_a_crash_left_behind_is_done_after_the_next_start(system: System) -> None:
    """Rows that were committed and never relayed, and rows that were stored and never handled."""
    system.prepare(Echo, Hear)
    with system.database("echo") as db:
        announce(db, "echo.noted.v1", "notes", 1, {"text": "never relayed"})
    with system.database("hear") as db:
        _store(db, an_event("never handled"))
    system.start(Echo, Hear)
    eventually(lambda: sorted(system.effects("hear")) == ["never handled", "never relayed"])
    eventually(lambda: all(row.published_at for row in system.outbox("echo")))


@everywhere
def health_tells_how_far_behind_a_service_is(system: System) -> None:
    system.prepare(Echo, Hear)
    with system.database("hear") as db:
        _store(db, an_event("one"))
        _store(db, an_event("two"))
    eventlet.sleep(0.1)
    with system.database("hear") as db:
        behind = health.report(db)["inbox"]
    assert (behind["waiting"], behind["parked"], behind["lag_seconds"] >= 0.1) == (2, 0, True)
    system.start(Echo, Hear)
    eventually(lambda: len(system.effects("hear")) == 2)
    with system.database("hear") as db:
        nothing = dict.fromkeys(("waiting", "lag_seconds", "retrying", "parked", "missing"), 0)
        assert health.report(db)["inbox"] == nothing


def _store(db: OrmSession, event: Envelope) -> None:
    db.execute(insert(inbox).values(row_of(event.to_json())))
