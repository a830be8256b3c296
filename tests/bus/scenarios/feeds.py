"""Feeds: every process hears every event, and takes a snapshot wherever it may have missed some."""

from typing import Any, ClassVar

import eventlet

from services.bus.entrypoints import broadcast
from services.bus.envelope import Envelope
from services.bus.extensions import FEED_PREFETCH, MANY
from services.bus.runner import Runner
from services.runtime.refusals import Unavailable
from tests.bus.scenarios.programme import everywhere, with_servers
from tests.bus.scenarios.proxy import Proxy
from tests.bus.scenarios.services import Echo
from tests.bus.scenarios.system import System, an_event, eventually


class Feed:
    """Notes what it hears, in order."""

    name = "feed"
    heard: ClassVar[list[str]] = []
    may_go: ClassVar[bool] = True
    came: ClassVar[list[tuple[int, bool]]] = []  # how many at once, and whether there may be more
    snapshots: ClassVar[list[str]] = []  # what each is to do: "refuse", "break" or "dawdle"

    @broadcast("echo.noted.v1", "echo.whispered.v1", on_gap="take_snapshot")
    def hear(self, events: list[Envelope], behind: bool) -> None:
        while not self.may_go:
            eventlet.sleep(0.01)
        self.heard += [event.data["text"] for event in events]
        self.came.append((len(events), behind))
        if any(event.data["text"] == "explosive" for event in events):
            raise RuntimeError("it went off")

    def take_snapshot(self) -> None:
        self.heard.append("snapshot begins")
        task = self.snapshots.pop(0) if self.snapshots else ""
        if task == "refuse":
            raise Unavailable
        if task == "break":
            raise RuntimeError("the snapshot is broken")
        if task == "dawdle":
            eventlet.sleep(0.5)
        self.heard.append("snapshot taken")


TAKEN = ["snapshot begins", "snapshot taken"]


@everywhere
def a_feed_takes_a_snapshot_and_then_hears_everything(system: System) -> None:
    system.start(Echo, Feed)
    eventually(lambda: Feed.heard == TAKEN)
    system.call("echo", "note", given={"text": "one"})
    system.call("echo", "whisper", given={"text": "two"})
    eventually(lambda: Feed.heard == [*TAKEN, "one", "two"])


@everywhere
def events_that_come_during_the_snapshot_are_handed_out_after_it(system: System) -> None:
    Feed.snapshots[:] = ["dawdle"]
    system.start(Echo, Feed)
    eventually(lambda: Feed.heard == ["snapshot begins"])
    for text in ("one", "two"):
        system.raw.event(an_event(text).to_json())
    eventually(lambda: Feed.heard == [*TAKEN, "one", "two"])


@everywhere
def a_snapshot_that_fails_is_taken_again(system: System) -> None:
    Feed.snapshots[:] = ["refuse", "break", ""]
    system.start(Feed)
    eventually(lambda: Feed.heard == ["snapshot begins", "snapshot begins", *TAKEN])


@everywhere
def a_feed_that_was_cut_off_takes_a_snapshot_again(system: System) -> None:
    runner = system.start(Echo, Feed)
    eventually(lambda: Feed.heard == TAKEN)
    _feed_of(runner).broker.renew()
    eventually(lambda: Feed.heard == TAKEN * 2)
    system.raw.event(an_event("after").to_json())
    eventually(lambda: Feed.heard == [*TAKEN * 2, "after"])


@everywhere
def a_feed_that_is_cut_off_during_its_snapshot_takes_another(system: System) -> None:
    Feed.snapshots[:] = ["dawdle", ""]
    runner = system.start(Feed)
    eventually(lambda: Feed.heard == ["snapshot begins"])
    _feed_of(runner).broker.renew()
    eventually(lambda: Feed.heard == TAKEN * 2)


@everywhere
def a_feed_outlives_garbage_and_its_own_mistakes(system: System) -> None:
    system.start(Feed)
    eventually(lambda: Feed.heard == TAKEN)
    for body in (b"garbage", b"", b"\xff", an_event("explosive").to_json(), an_event("after").to_json()):
        system.raw.event(body)
    eventually(lambda: Feed.heard == [*TAKEN, "explosive", "after"])


@everywhere
def a_feed_does_not_believe_what_another_service_announced_in_a_name_that_is_not_its_own(system: System) -> None:
    system.start(Feed)
    eventually(lambda: Feed.heard == TAKEN)
    system.raw.event(an_event("forged", type="hear.noted.v1").to_json())
    system.raw.event(an_event("after").to_json())
    eventually(lambda: Feed.heard == [*TAKEN, "after"])


@with_servers
def a_feed_takes_no_more_than_it_has_time_for_and_says_when_it_has_caught_up(system: System) -> None:
    """However much there is: the broker keeps the rest."""
    system.start(Feed)
    eventually(lambda: Feed.heard == TAKEN)
    Feed.may_go = False
    for number in range(2500):
        system.raw.event(an_event(str(number)).to_json())
    eventlet.sleep(0.5)
    Feed.may_go = True
    eventually(lambda: len(Feed.heard) == len(TAKEN) + 2500)
    assert Feed.heard[len(TAKEN) :] == [str(number) for number in range(2500)]
    eventually(lambda: not Feed.came[-1][1])
    assert MANY < max(number for number, _ in Feed.came) <= FEED_PREFETCH
    assert all(behind == (number >= MANY) for number, behind in Feed.came)


@everywhere
def every_process_hears_everything(system: System) -> None:
    for _ in range(2):
        system.start(Feed)
    eventually(lambda: Feed.heard.count("snapshot taken") == 2)
    system.raw.event(an_event("news").to_json())
    eventually(lambda: Feed.heard.count("news") == 2)


@with_servers
def a_feed_comes_back_after_the_broker_was_away(system: System) -> None:
    with Proxy(system.settings.bus) as proxy:
        system.start(Feed, bus=proxy.url)
        eventually(lambda: Feed.heard == TAKEN)
        proxy.close()
        eventlet.sleep(0.3)
        assert Feed.heard == TAKEN
        proxy.open()
        eventually(lambda: Feed.heard == TAKEN * 2)


def _feed_of(runner: Runner) -> Any:
    (entrypoint,) = runner.containers[-1].entrypoints
    return entrypoint
