"""Pages over HTTP: what somebody who is not signed in reads, and what a page costs the gateway."""

from benchmarks import load, seed
from benchmarks.processes import Site
from benchmarks.report import Table, figure
from gateway.assembly import SITE
from gateway.web.routing import Router
from services.runtime.refusals import Refusal

CONNECTIONS = 32
EXPECTED_RATE = 400  # lists a second, from one process
EXPECTED_MEDIAN = 15.0  # ms of the gateway's time
AMOUNTS = {"full": 8.0, "quick": 2.0, "tiny": 0.2}  # seconds


def new_table() -> Table:
    """Return the table that sites are added to."""
    title = f"Pages, {CONNECTIONS} connections, one gateway process; the gateway's time is for one connection alone"
    return Table(title, "a second", "p50", "p99", "gateway, p50", "of the first time", "others' CPU")


def add(table: Table, site: Site, token: str, seconds: float) -> None:
    """Measure one site, and add it to the table. Raises Broken."""
    listed = _first_that_is_there("/sessions", "/")
    one = f"/sessions/{seed.slug_of(1)}"
    pages = {
        f"GET {listed}": ([listed], None),
        "GET /sessions/{slug}": ([f"/sessions/{slug}" for slug in seed.slugs_of(site)], None),
        f"GET {listed}, signed in": ([listed], token),
        "GET /sessions/{slug}, signed in": ([one], token),
    }
    for what, (paths, who) in pages.items():
        requests = [_get(path, who) for path in paths]
        first = load.put_on(site.port, requests[:50], connections=1)
        first.check()
        load.put_on(site.port, requests, connections=CONNECTIONS).check()
        before = site.read()
        outcome = load.put_on(site.port, requests, connections=CONNECTIONS, seconds=seconds)
        alone = load.put_on(site.port, requests, connections=1, seconds=seconds / 4)
        for measured in (outcome, alone):
            measured.check()
        table.add(
            f"{site.name}, {what}",
            figure(outcome.rate, at_least=EXPECTED_RATE if what == f"GET {listed}" else None),
            figure(outcome.p50, " ms"),
            figure(outcome.p99, " ms"),
            figure(alone.p50, " ms", at_most=EXPECTED_MEDIAN),
            figure(first.p50, " ms"),
            figure(site.others_since(before), " cores"),
        )


def _get(path: str, token: str | None) -> str:
    return load.get(path, **({"Authorization": f"Bearer {token}"} if token else {}))


def _first_that_is_there(*paths: str) -> str:
    router = Router(SITE.routes)
    for path in paths:
        try:
            router.find("GET", path)
        except Refusal:
            continue
        return path
    raise load.Broken(f"none of {', '.join(paths)} is a page")
