"""Runs of the simulation: connections that ask again and again, people who come one by one, and a rush."""

import random
from collections import Counter
from dataclasses import dataclass
from itertools import count

from simpy import Environment

from benchmarks.capacity.calls import BUSY, LATE, UNLIMITED, Session, Steps
from benchmarks.capacity.costs import Costs
from benchmarks.capacity.machine import MS, SECOND
from benchmarks.capacity.site import Layout, Site
from services.bus.rpc import ASK_AGAIN

SEED = 1


@dataclass(frozen=True)
class Outcome:
    """What came of a run. Times are in seconds, `took` in milliseconds, sorted; `busy` is the cores' utilisation."""

    answers: Counter[str]
    seconds: float  # until the last answer
    took: list[float]  # by each booking, from the first time that it was asked for
    told: float  # after the last answer, until notifications has handled all events
    known: float  # the same of the community
    mailed: float  # the same until all emails are out
    busy: float
    cpu: Counter[str]  # seconds until the last answer, by part
    commits: int  # until the last answer

    @property
    def rate(self) -> float:
        """Bookings a second."""
        return len(self.took) / self.seconds

    def within(self, share: float) -> float:
        """Return the milliseconds in which this share of the bookings was answered."""
        return self.took[min(len(self.took) - 1, int(len(self.took) * share))]


class Run:
    """A site, and the sessions that people book there."""

    def __init__(self, layout: Layout, sessions: int, places: int = UNLIMITED, costs: Costs | None = None) -> None:
        self.env = Environment()
        self.site = Site(self.env, layout, costs or Costs(), SEED)
        self.sessions = [Session(self.env, places, number) for number in range(sessions)]
        self.random = random.Random(SEED)
        self.answers: Counter[str] = Counter()
        self._took: list[int] = []
        self._keys = count(1)

    def wait(self, mean: float) -> int:
        """Return an exponentially distributed time, of `mean` seconds."""
        return round(self.random.expovariate(1 / mean) * SECOND)

    def book(self, session: Session) -> Steps:
        """Ask for a place, until there is an answer other than to ask again later."""
        began, key = self.env.now, next(self._keys)
        while (answer := (yield from self.site.book(session, key))) in (BUSY, LATE):
            self.answers[answer] += 1
            yield self.env.timeout(round(self.random.uniform(*ASK_AGAIN) * SECOND))
        self.answers[answer] += 1
        self._took.append(self.env.now - began)

    def read(self, pages: int) -> Steps:
        """Read some pages, a second each."""
        for _ in range(pages):
            self.answers[(yield from self.site.read())] += 1
            yield self.env.timeout(SECOND)

    def finish(self, people: list[Steps]) -> Outcome:
        """Have people do what they do, and go on until all that follows is done."""
        site, following = self.site, (self.site.relay.notifications, self.site.relay.community)
        self.env.run(self.env.all_of([self.env.process(person) for person in people]))
        ended, busy, cpu, commits = self.env.now, site.machine.busy, site.cpu(), site.disk.commits
        notifications, community = following
        while notifications.mailed < site.bookings or community.handled < site.bookings:
            self.env.run(self.env.now + SECOND // 10)
        ends = (notifications.last_handled, community.last_handled, notifications.last_mailed)
        return Outcome(
            self.answers,
            ended / SECOND,
            sorted(took / MS for took in self._took),
            *(max(0, end - ended) / SECOND for end in ends),
            busy / ended / site.layout.cores,
            cpu,
            commits,
        )


def closed(
    layout: Layout,
    sessions: int,
    bookings: int,
    connections: int = 32,
    costs: Costs | None = None,
    others: float = 0.0,
) -> Outcome:
    """Keep so many connections busy until so many bookings are made, as `python -m benchmarks bookings` does.

    Meanwhile, `others` is how many cores are busy with something else.
    """
    run = Run(layout, sessions, costs=costs)
    if others:
        run.env.process(run.site.others(others))
    numbers = iter(range(bookings))

    def connection() -> Steps:
        for number in numbers:
            yield run.site.load.use(run.site.work("load", "request"))
            yield from run.book(run.sessions[number % sessions])
            yield run.site.load.use(run.site.work("load", "answer"))

    return run.finish([connection() for _ in range(connections)])


def steady(layout: Layout, sessions: int, rate: float, seconds: float, pages: int) -> Outcome:
    """Have people come at a rate (a second, at random moments), read some pages, and book one of the sessions."""
    run = Run(layout, sessions)
    number = round(rate * seconds)

    def person(comes: int, session: Session) -> Steps:
        yield run.env.timeout(comes)
        yield from run.read(pages)
        yield from run.book(session)

    comings = [round(run.random.uniform(0, seconds) * SECOND) for _ in range(number)]
    return run.finish([person(comes, run.random.choice(run.sessions)) for comes in comings])


def rush(layout: Layout, people: int, mean: float, places: int, pages: int) -> Outcome:
    """Have so many people want one session: each comes some time after booking opens, `mean` seconds on average."""
    run = Run(layout, 1, places)

    def person() -> Steps:
        yield run.env.timeout(run.wait(mean))
        yield from run.read(pages)
        yield from run.book(run.sessions[0])

    return run.finish([person() for _ in range(people)])
