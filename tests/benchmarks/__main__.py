"""`make bench`: measures Headrow beside what it is built from, and prints what was expected beside what was found.

`python -m tests.benchmarks [PART…] [--quick]` measures some parts (rpc, bookings, reads, pages, cost, messages,
seating, reach), or all of them. It is no test: only what breaks is an error. An answer that is no success breaks it,
and so does a booking or a letter that is lost or there twice.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.benchmarks import (
    bookings,
    cost,
    every_page,
    messages,
    pages,
    pgbench,
    processes,
    reach,
    reads,
    rpc,
    seating,
    seed,
)
from tests.benchmarks.load import Broken
from tests.benchmarks.processes import Site
from tests.benchmarks.report import Table, figure
from tests.servers import Missing

PARTS = ("rpc", "bookings", "reads", "pages", "cost", "messages", "seating", "reach")
Opened = Callable[[Callable[[Site], None]], AbstractContextManager[Site]]


def main() -> int:
    """Measure what is asked for; return 1 if something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description="Measures Headrow.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="shorter, and less exact")
    given = parser.parse_args()
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before\n")
    try:
        _measure(given.parts or PARTS, given.quick)
    except (Broken, Missing) as error:
        print(f"broken: {error}", file=sys.stderr)
        return 1
    return 0


def _measure(parts: list[str] | tuple[str, ...], quick: bool) -> None:
    if "rpc" in parts:
        _show(rpc.measure(quick))
    if {"bookings", "reads"} & {*parts}:
        booked, read = bookings.new_table(), reads.new_table()
        _on(processes.embedded, parts, quick, booked, read)
        rates = _on(processes.distributed, parts, quick, booked, read)
        if "reads" in parts:
            _show(read)
        if "bookings" in parts:
            _show(booked)
            _show(_beside_pgbench(rates, quick))
    if "pages" in parts:
        _show(_pages(quick))
        _show(every_page.measure(every_page.QUICK if quick else every_page.FULL))
    if "cost" in parts:
        _show(cost.measure(cost.QUICK if quick else cost.FULL))
    if "seating" in parts:
        _show(seating.golfers())
        _show(seating.gatherings())
    if "messages" in parts:
        _show(messages.measure(messages.QUICK if quick else messages.FULL))
    if "reach" in parts:
        _show(reach.measure(reach.QUICK if quick else reach.FULL))


def _pages(quick: bool) -> Table:
    """Measure what one process serves that does everything, and keeps everything."""
    table = pages.new_table()
    tokens: list[str] = []

    def fill(site: Site) -> None:
        seed.add_sessions(site)
        tokens.extend(seed.add_people(site, 1))

    with processes.embedded(fill) as running:
        seed.wait_until_known(running)
        pages.add(table, running, tokens[0], pages.QUICK if quick else pages.FULL)
    return table


def _on(site: Opened, parts: list[str] | tuple[str, ...], quick: bool, booked: Table, read: Table) -> dict[str, float]:
    """Measure one site, and return its bookings a second."""
    amount = bookings.QUICK if quick else bookings.FULL
    tokens: list[str] = []

    def fill(site: Site) -> None:
        seed.add_sessions(site)
        if "bookings" in parts:
            tokens.extend(seed.add_people(site, amount.people))

    with site(fill) as running:
        seed.wait_until_known(running)
        if "reads" in parts:
            reads.add(read, running, reads.QUICK if quick else reads.FULL)
        return bookings.add(booked, running, tokens, amount) if "bookings" in parts else {}


def _beside_pgbench(rates: dict[str, float], quick: bool) -> Table:
    alone, statements = pgbench.measure(pgbench.QUICK if quick else pgbench.FULL)
    title = f"POST /bookings, distributed, beside its own {statements} statements in pgbench -c {pgbench.CLIENTS}"
    table = Table(title, "÷ pgbench", "bookings a second", "pgbench")
    for where, name in {"spread": "over 1,000 sessions", "hot": "in one session"}.items():
        table.add(name, figure(rates[where] / alone[where]), figure(rates[where]), figure(alone[where]))
    return table


def _show(table: Table) -> None:
    print(f"{table}\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
