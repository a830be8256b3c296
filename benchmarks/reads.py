"""Reading over HTTP: what anybody may read of the sessions, answered from the gateway's memory."""

from benchmarks import load, seed
from benchmarks.processes import Site
from benchmarks.report import Table, figure

CONNECTIONS = 32
EXPECTED_RATE = 3500  # lists a second, from one gateway process on two cores
AMOUNTS = {"full": 8.0, "quick": 2.0, "tiny": 0.2}  # seconds


def new_table() -> Table:
    """Return the table that sites are added to."""
    return Table(
        f"Reading, {CONNECTIONS} connections, one gateway process",
        "a second",
        "p50",
        "p99",
        "load's CPU",
        "others' CPU",
    )


def add(table: Table, site: Site, seconds: float) -> None:
    """Measure one site, and add it to the table. Raises Broken."""
    pages = {
        "GET /sessions": ["/api/v1/sessions"],
        "GET /sessions/{slug}": [f"/api/v1/sessions/{slug}" for slug in seed.slugs_of(site)],
    }
    for what, paths in pages.items():
        requests = [load.get(path) for path in paths]
        load.put_on(site.port, requests, connections=CONNECTIONS).check()
        before = site.read()
        outcome = load.put_on(site.port, requests, connections=CONNECTIONS, seconds=seconds)
        outcome.check()
        aim = site.name == "distributed" and what == "GET /sessions"
        table.add(
            f"{site.name}, {what}",
            figure(outcome.rate, at_least=EXPECTED_RATE if aim else None),
            figure(outcome.p50, " ms"),
            figure(outcome.p99, " ms"),
            figure(outcome.own_share, " cores"),
            figure(site.others_since(before), " cores"),
        )
