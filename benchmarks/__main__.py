"""`make bench`: measures Headrow beside what it is built from, and prints what was expected beside what was found.

`python -m benchmarks [PART…] [--quick | --tiny]` measures some parts (rpc, bookings, reads, pages, cost, messages,
following, conversion, growth, seating, reach, flat, groups, rush, scaling, statements), or all of them; the last,
capacity, simulates and measures nothing. It is no test: only what breaks is an error. An answer that is no success
breaks it, and so does a booking or a letter that is lost or there twice. The figures of `--tiny` are worth nothing: it
shows that all of it still runs, and a test has it do so.
"""

import argparse
import os
import platform
import sys
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")  # see services/runtime/monkey_patch.py

from benchmarks import (  # noqa: E402
    bookings,
    capacity,
    conversion,
    cost,
    every_page,
    flat,
    following,
    groups,
    growth,
    messages,
    pages,
    pgbench,
    processes,
    reach,
    reads,
    rpc,
    rush,
    scaling,
    seating,
    seed,
    statements,
)
from benchmarks.load import Broken  # noqa: E402
from benchmarks.processes import Site  # noqa: E402
from benchmarks.report import Table, figure  # noqa: E402
from tests.servers import Missing  # noqa: E402

PARTS = ("rpc", "bookings", "reads", "pages", "cost", "messages", "following", "conversion", "growth", "seating")
PARTS += ("reach", "flat", "groups", "rush", "scaling", "statements", "capacity")
EXPECTED_OF_PGBENCH = {"spread": 0.40, "hot": 0.80}
Opened = Callable[[Callable[[Site], None]], AbstractContextManager[Site]]
Measure = Callable[[Collection[str], str], Iterator[Table]]  # of the parts that are asked for, in this size


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for; return 1 if something broke."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures Headrow.")
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], metavar="PART", help=f"of {', '.join(PARTS)}")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--quick", dest="size", action="store_const", const="quick", help="shorter, and less exact")
    sizes.add_argument("--tiny", dest="size", action="store_const", const="tiny", help="only to see that it runs")
    given = parser.parse_args(arguments)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f} before\n")
    asked = set(given.parts or PARTS)
    broken = [not _shown(asked & measured, measure, given.size or "full") for measured, measure in MEASURES]
    return int(any(broken))


def _shown(parts: Collection[str], measure: Measure, size: str) -> bool:
    """Measure some parts and show what came of it; tell whether that went well, as the others can go on without."""
    try:
        for table in measure(parts, size) if parts else ():
            print(f"{table}\n", flush=True)
    except (Broken, Missing) as error:
        print(f"broken: {', '.join(sorted(parts))}: {error}", file=sys.stderr, flush=True)
        return False
    return True


def _sites(parts: Collection[str], size: str) -> Iterator[Table]:
    """Measure what is asked for of Headrow over HTTP, in one process and then in several."""
    booked, read, seen = bookings.new_table(), reads.new_table(), pages.new_table()
    tables = {"reads": read, "bookings": booked, "pages": seen}
    together = _on(processes.embedded, parts, size, tables)
    apart = _on(processes.distributed, {*parts} - {"pages"}, size, tables)
    yield from (table for part, table in tables.items() if part in parts)
    if "bookings" in parts:
        yield _beside_pgbench(apart, size)
        yield bookings.ratios(together, apart)


def _on(site: Opened, parts: Collection[str], size: str, tables: dict[str, Table]) -> dict[str, bookings.Run]:
    """Measure one site, and return what bookings came to."""
    if not parts:
        return {}
    amount, tokens = bookings.AMOUNTS[size], []

    def fill(site: Site) -> None:
        seed.add_sessions(site, seed.SESSIONS[size])
        tokens.extend(seed.add_people(site, amount.people if "bookings" in parts else 1))

    with site(fill) as running:
        seed.wait_until_known(running)
        if "reads" in parts:
            reads.add(tables["reads"], running, reads.AMOUNTS[size])
        if "pages" in parts:
            pages.add(tables["pages"], running, tokens[0], pages.AMOUNTS[size])
        return bookings.add(tables["bookings"], running, tokens, amount) if "bookings" in parts else {}


def _beside_pgbench(runs: dict[str, bookings.Run], size: str) -> Table:
    amount = pgbench.AMOUNTS[size]
    alone, statements = pgbench.measure(amount)
    title = f"POST /bookings, distributed, beside its own {statements} statements in pgbench -c {pgbench.CLIENTS}"
    table = Table(f"{title}, one booking a transaction", "÷ pgbench", "bookings a second", "pgbench")
    for where, run in runs.items():
        ratio = figure(run.rate / alone[where], at_least=EXPECTED_OF_PGBENCH[where])
        table.add(run.where, ratio, figure(run.rate), figure(alone[where]))
    return table


def _rpc(_: Collection[str], size: str) -> Iterator[Table]:
    yield rpc.measure(*rpc.AMOUNTS[size])


def _every_page(_: Collection[str], size: str) -> Iterator[Table]:
    yield every_page.measure(*every_page.AMOUNTS[size])


def _cost(_: Collection[str], size: str) -> Iterator[Table]:
    yield cost.measure(cost.AMOUNTS[size])


def _seating(_: Collection[str], size: str) -> Iterator[Table]:
    amount = seating.AMOUNTS[size]
    yield seating.golfers(amount.golfers)
    yield seating.gatherings(amount.gatherings)


def _messages(_: Collection[str], size: str) -> Iterator[Table]:
    yield messages.measure(messages.AMOUNTS[size])


def _conversion(_: Collection[str], size: str) -> Iterator[Table]:
    yield conversion.measure(conversion.AMOUNTS[size])


def _following(_: Collection[str], size: str) -> Iterator[Table]:
    yield following.measure(following.AMOUNTS[size])


def _groups(_: Collection[str], size: str) -> Iterator[Table]:
    yield groups.measure(groups.AMOUNTS[size])


def _growth(_: Collection[str], size: str) -> Iterator[Table]:
    yield growth.gateway(growth.AMOUNTS[size])
    yield growth.registration(growth.AMOUNTS[size])


def _capacity(_: Collection[str], size: str) -> Iterator[Table]:
    yield from capacity.measure(capacity.AMOUNTS[size])


def _reach(_: Collection[str], size: str) -> Iterator[Table]:
    yield reach.measure(reach.AMOUNTS[size])


def _flat(_: Collection[str], size: str) -> Iterator[Table]:
    yield flat.measure(flat.AMOUNTS[size])


def _rush(_: Collection[str], size: str) -> Iterator[Table]:
    yield from rush.measure(rush.AMOUNTS[size])


def _scaling(_: Collection[str], size: str) -> Iterator[Table]:
    yield scaling.measure(scaling.AMOUNTS[size], size)


def _statements(_: Collection[str], size: str) -> Iterator[Table]:
    yield from statements.measure(statements.AMOUNTS[size], size)


MEASURES: tuple[tuple[set[str], Measure], ...] = (
    ({"rpc"}, _rpc),
    ({"bookings", "reads", "pages"}, _sites),
    ({"pages"}, _every_page),
    ({"cost"}, _cost),
    ({"groups"}, _groups),
    ({"seating"}, _seating),
    ({"messages"}, _messages),
    ({"following"}, _following),
    ({"conversion"}, _conversion),
    ({"growth"}, _growth),
    ({"reach"}, _reach),
    ({"flat"}, _flat),
    ({"rush"}, _rush),
    ({"scaling"}, _scaling),
    ({"statements"}, _statements),
    ({"capacity"}, _capacity),
)


if __name__ == "__main__":
    sys.exit(main())
