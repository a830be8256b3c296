"""What runs by itself: timers, and loops that work while there is work."""

import time
from typing import ClassVar

import eventlet
from sqlalchemy.orm import Session as OrmSession

from services.bus import outbox
from services.bus.entrypoints import Database, rpc, timer, worker_loop
from tests.bus.scenarios.programme import everywhere, with_servers
from tests.bus.scenarios.services import take_effect
from tests.bus.scenarios.system import System, eventually


class Clockwork:
    """Ticks often, cleans up once an hour or when it is woken, and carries while there is something to carry."""

    name = "clockwork"
    database = Database()
    ticks: ClassVar[list[float]] = []
    cleaned: ClassVar[list[float]] = []
    load: ClassVar[list[str]] = []
    carried: ClassVar[list[str]] = []
    rests: ClassVar[list[float]] = []  # when a copy of the loop had nothing to carry

    @timer(0.2)
    def tick(self, db: OrmSession) -> None:
        self.ticks.append(time.monotonic())
        if len(self.ticks) == 2:
            raise RuntimeError("the spring broke")

    @timer(3600, after_wake=0.3)
    def clean(self, db: OrmSession) -> None:
        self.cleaned.append(time.monotonic())

    @worker_loop(idle=3600, copies=2)
    def carry(self) -> bool:
        if self.load:
            piece = self.load.pop()
            eventlet.sleep(0.05)
            self.carried.append(piece)
            if piece == "slippery":
                raise RuntimeError("dropped it")
            return True
        self.rests.append(time.monotonic())
        return False

    @rpc()
    def make_a_mess(self, db: OrmSession, clean: bool = True) -> None:
        outbox.wake(db, "clean")
        if not clean:
            raise RuntimeError("on second thoughts")

    @rpc()
    def bring(self, db: OrmSession) -> None:
        outbox.wake(db, "carry")


@everywhere
def a_timer_runs_again_and_again_even_after_an_error(system: System) -> None:
    system.start(Clockwork)
    eventually(lambda: len(Clockwork.ticks) >= 5)
    pauses = [later - earlier for earlier, later in zip(Clockwork.ticks, Clockwork.ticks[1:], strict=False)]
    assert min(pauses) >= 0.19


@everywhere
def a_wake_runs_a_timer_soon_and_once_for_many(system: System) -> None:
    system.start(Clockwork)
    eventually(lambda: len(Clockwork.cleaned) == 1)
    began = time.monotonic()
    for _ in range(20):
        system.call("clockwork", "make_a_mess")
    eventlet.sleep(0.7)
    assert 2 <= len(Clockwork.cleaned) <= 2 + (time.monotonic() - began) / 0.3


@everywhere
def a_wake_that_was_undone_wakes_nobody(system: System) -> None:
    system.start(Clockwork)
    eventually(lambda: len(Clockwork.cleaned) == 1)
    eventlet.spawn(system.call, "clockwork", "make_a_mess", clean=False)
    eventlet.sleep(0.6)
    assert len(Clockwork.cleaned) == 1


@everywhere
def a_loop_works_while_there_is_work_and_wakes_on_a_wake(system: System) -> None:
    Clockwork.load[:] = ["a", "b", "c"]
    system.start(Clockwork)
    eventually(lambda: sorted(Clockwork.carried) == ["a", "b", "c"] and len(Clockwork.rests) == 2)
    Clockwork.load[:] = ["d"]
    eventlet.sleep(0.2)
    assert len(Clockwork.carried) == 3
    system.call("clockwork", "bring")
    eventually(lambda: Clockwork.carried[3:] == ["d"])


@everywhere
def a_loop_outlives_an_error(system: System) -> None:
    system.start(Clockwork)
    Clockwork.load[:] = ["slippery"]
    system.call("clockwork", "bring")
    eventually(lambda: Clockwork.carried == ["slippery"])
    Clockwork.load[:] = ["after"]
    eventually(lambda: system.call("clockwork", "bring") and Clockwork.carried == ["slippery", "after"])


class Careful:
    """Does one thing at a time, in however many processes."""

    name = "careful"
    database = Database()
    now: ClassVar[list[int]] = []
    most: ClassVar[list[int]] = [0]

    @timer(0.02, once=True)
    def do(self, db: OrmSession) -> None:
        self.now.append(1)
        self.most.append(len(self.now))
        take_effect(db, "done")
        eventlet.sleep(0.05)
        self.now.pop()


@with_servers
def what_may_happen_in_one_process_only_never_happens_in_two_at_a_time(system: System) -> None:
    for _ in range(3):
        system.start(Careful)
    eventually(lambda: len(system.effects("careful")) >= 10)
    assert max(Careful.most) == 1
