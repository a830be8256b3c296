"""Bookings over HTTP: how many a second, how long each takes, and how soon everybody has been told."""

import random
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from benchmarks import load, seed
from benchmarks.load import Broken, Outcome
from benchmarks.processes import Site
from benchmarks.report import Table, figure
from services.notifications.models import Booking as KnownBooking
from services.notifications.models import Message
from services.registration.models import Booking, Session

CONNECTIONS = 32
EXPECTED_LATE = 1.5  # times the median, what the slowest of a hundred takes
EXPECTED_TOGETHER = 1.0  # times as many bookings a second in one process as in several
EXPECTED_MAILED = 10.0  # seconds after the last answer, of 4,000 bookings
EXPECTED_RATE, EXPECTED_P99 = 350, 200  # a second and milliseconds, distributed, over all sessions, on two cores


@dataclass(frozen=True)
class Amount:
    """How many bookings are made: at first, over all sessions, and in one."""

    warm_up: int
    spread: int
    hot: int

    @property
    def people(self) -> int:
        """How many people that takes: within a run, each booking is another person's."""
        return self.warm_up + max(self.spread, self.hot)


AMOUNTS = {"full": Amount(200, 4000, 2000), "quick": Amount(200, 600, 300), "tiny": Amount(10, 20, 10)}


@dataclass(frozen=True)
class Run:
    """What the bookings of one run came to; `mailed` is how many seconds after the last answer all emails were sent."""

    where: str
    outcome: Outcome
    mailed: float

    @property
    def rate(self) -> float:
        """Bookings a second."""
        return self.outcome.rate


def new_table() -> Table:
    """Return the table that sites are added to."""
    title = f"POST /bookings, {CONNECTIONS} connections, each booking by another person"
    return Table(title, "a second", "p50", "p99", "all told after", "all mailed after", "load's CPU", "others' CPU")


def add(table: Table, site: Site, tokens: Sequence[str], amount: Amount) -> dict[str, Run]:
    """Measure one site, and add it to the table; return its runs, spread and hot. Raises Broken."""
    several = [slug for _, slug in zip(range(amount.spread), cycle(seed.slugs_of(site)), strict=False)]
    random.Random(1).shuffle(several)
    first, rest = tokens[: amount.warm_up], tokens[amount.warm_up :]
    load.put_on(site.port, requests(first, several), connections=CONNECTIONS).check()
    wait_until_mailed(site, amount.warm_up)
    spread = _run(table, site, f"over {site.sessions:,} sessions", requests(rest, several), amount.warm_up)
    hot = _run(table, site, "in one session", requests(rest, [seed.HOT] * amount.hot), amount.warm_up + amount.spread)
    return {"spread": spread, "hot": hot}


def requests(tokens: Sequence[str], slugs: Sequence[str]) -> list[str]:
    """Return what books these sessions, each for another person."""
    return [
        load.post(
            "/api/v1/bookings",
            {"session": slug, "mode": "online", "access_needs": None},
            Authorization=f"Bearer {token}",
            Idempotency_Key=str(uuid.uuid4()),
        )
        for token, slug in zip(tokens, slugs, strict=False)
    ]


def _run(table: Table, site: Site, where: str, booked: list[str], there: int) -> Run:
    """Make the bookings, wait until all is over, and check that each is there exactly once."""
    before = site.read()
    outcome = load.put_on(site.port, booked, connections=CONNECTIONS)
    outcome.check()
    others, until_then = site.others_since(before), site.cpu() - before.processes
    told = site.wait_until("telling of the bookings", lambda: _told(site) == there + outcome.answers, within=300)
    mailed = told + wait_until_mailed(site, there + outcome.answers)
    check(site, there + outcome.answers)
    aim = site.name == "distributed" and where != "in one session"
    table.add(
        f"{site.name}, {where}",
        figure(outcome.rate, at_least=EXPECTED_RATE if aim else None),
        figure(outcome.p50, " ms"),
        figure(outcome.p99, " ms", at_most=EXPECTED_P99 if aim else None),
        figure(told, " s"),
        figure(mailed, " s"),
        figure(outcome.own_share, " cores"),
        figure(others, " cores"),
    )
    table.note(f"{site.name}, {where}: {_cpu_a_booking(site.cpu() - before.processes, outcome)}")
    table.note(f"{site.name}, {where}, up to the last answer: {_cpu_a_booking(until_then, outcome)}")
    return Run(where, outcome, mailed)


def ratios(together: dict[str, Run], apart: dict[str, Run]) -> Table:
    """Return what the runs are to each other: in one process, and in one process a service."""
    title = f"Bookings, as ratios of one run, {CONNECTIONS} connections"
    table = Table(title, "p99 ÷ p50", "embedded ÷ distributed", "all mailed after")
    for name, run in apart.items():
        late = figure(run.outcome.p99 / run.outcome.p50, at_most=EXPECTED_LATE)
        times = figure(together[name].rate / run.rate, at_least=EXPECTED_TOGETHER)
        mailed = figure(run.mailed, " s", at_most=EXPECTED_MAILED)
        table.add(f"distributed, {run.where}, {run.outcome.answers:,} bookings", late, times, mailed)
    return table


def _cpu_a_booking(used: Counter[str], outcome: Outcome) -> str:
    """Say how much CPU each process spent on one booking."""
    parts = [f"{name} {seconds * 1000 / outcome.answers:.2f}" for name, seconds in used.most_common()]
    return f"ms of CPU a booking: {', '.join(parts)}, load {outcome.own_cpu * 1000 / outcome.answers:.2f}"


def wait_until_mailed(site: Site, bookings: int) -> float:
    """Wait until as many emails are sent and nothing is left to do; return how many seconds that took."""
    return site.wait_until("mailing", lambda: _mailed(site) == bookings and seed.is_quiet(site), within=300)


def _told(site: Site) -> int:
    with site.databases["notifications"].begin() as db:
        return _count(db, KnownBooking)


def _mailed(site: Site) -> int:
    with site.databases["notifications"].begin() as db:
        return int(db.scalar(select(func.count()).select_from(Message).where(Message.state == "sent")) or 0)


def check(site: Site, bookings: int) -> None:
    """Raise Broken unless there are as many bookings as were answered with 201, and every place is counted."""
    with site.databases["registration"].begin() as db:
        there, taken = _count(db, Booking), int(db.scalar(select(func.sum(Session.taken_online))) or 0)
    if not there == taken == bookings:
        raise Broken(f"{bookings} were answered with 201, {there} bookings are there, {taken} places are taken")


def _count(db: OrmSession, model: type) -> int:
    return int(db.scalar(select(func.count()).select_from(model)) or 0)
