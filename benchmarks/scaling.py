"""More processes of registration: bookings a second with 1, 2 and 4 of them, and the CPU that each process uses.

They join one running site, one after the other, as an operator would add them: docs/operations.md, "Scaling".
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import cycle, islice

from benchmarks import bookings, load, processes, seed
from benchmarks.load import Outcome
from benchmarks.processes import BESIDE, Site
from benchmarks.report import Table, figure

REGISTRATION = "registration"
NUMBERS = (1, 2, 4)
OTHERS = ("gateway", "notifications", "community", "catalogue", "PostgreSQL", "RabbitMQ")


@dataclass(frozen=True)
class Amount:
    """How many bookings are made with each number of processes: at first, over all sessions, and in one."""

    warm_up: int
    spread: int
    hot: int

    @property
    def people(self) -> int:
        """How many people that takes: each booking is another person's."""
        return len(NUMBERS) * (self.warm_up + self.spread + self.hot)


AMOUNTS = {"full": Amount(200, 2000, 1000), "quick": Amount(100, 300, 200), "tiny": Amount(10, 10, 10)}


def measure(amount: Amount, size: str) -> Table:
    """Return bookings a second, and the CPU of each process until all emails are sent. Raises Broken."""
    title = (
        f"Processes of registration, {bookings.CONNECTIONS} connections: ms of CPU for each booking, all emails sent"
    )
    heads = ("a second", "p50", "p99", "registration, each", *OTHERS, "load", "others' CPU")
    table, tokens = Table(title, *heads), list[str]()

    def fill(site: Site) -> None:
        seed.add_sessions(site, seed.SESSIONS[size])
        tokens.extend(seed.add_people(site, amount.people))

    with processes.distributed(fill) as site, ExitStack() as more:
        seed.wait_until_known(site)
        left, made = iter(tokens), 0
        for number in NUMBERS:
            while len(_registrations(site)) < number:
                more.enter_context(processes.one_more(site, REGISTRATION))
            for where, slugs in _wanted(site, amount):
                made += len(slugs)
                _add(table, site, f"{number}, {where}", slugs, islice(left, len(slugs)), made)
    return table


def _registrations(site: Site) -> list[str]:
    return [name for name in site.processes if name.split()[0] == REGISTRATION]


def _wanted(site: Site, amount: Amount) -> Iterator[tuple[str, list[str]]]:
    """Yield what is booked in each run, and a name for it; "" for the first, which is not measured."""
    slugs = list(islice(cycle(seed.slugs_of(site)), amount.spread))
    random.Random(1).shuffle(slugs)
    yield "", list(islice(cycle(slugs), amount.warm_up))
    yield f"over {site.sessions:,} sessions", slugs
    yield "in one session", [seed.HOT] * amount.hot


def _add(table: Table, site: Site, what: str, slugs: Sequence[str], tokens: Iterator[str], made: int) -> None:
    """Make the bookings, wait for the emails, and add the figures; `made` is how many there are then."""
    before = site.read()
    outcome = load.put_on(site.port, bookings.requests(list(tokens), slugs), connections=bookings.CONNECTIONS)
    outcome.check()
    others, until_then = site.others_since(before), site.cpu() - before.processes
    bookings.wait_until_mailed(site, made)
    bookings.check(site, made)
    if what.endswith(", "):
        return
    cells = figure(outcome.rate), figure(outcome.p50, " ms"), figure(outcome.p99, " ms")
    used = _a_booking(site, site.cpu() - before.processes, outcome)
    table.add(what, *cells, *used, figure(others, " cores"))
    heads = ("registration", *OTHERS, "load")
    told = ", ".join(f"{name} {ms}" for name, ms in zip(heads, _a_booking(site, until_then, outcome), strict=True))
    table.note(f"{what}, up to the last answer: {told}")


def _a_booking(site: Site, used: Counter[str], outcome: Outcome) -> list[str]:
    """Return the ms of CPU a booking: of each process of registration, of the others with what they had done beside."""
    registrations = " ".join(_ms(used[name], outcome) for name in _registrations(site))
    others = [_ms(used[name] + used[f"{BESIDE} {name}"], outcome) for name in OTHERS]
    return [registrations, *others, _ms(outcome.own_cpu, outcome)]


def _ms(seconds: float, outcome: Outcome) -> str:
    return figure(seconds * 1000 / outcome.answers)
