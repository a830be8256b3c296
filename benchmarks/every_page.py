"""Every page of the route table: what one costs the gateway, signed in, in the sample that the browser's tests use."""

import re
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import requests

from benchmarks.load import Broken
from benchmarks.report import HEADER, Table, figure
from gateway.web.routing import Route
from tests.browser.addresses import PAGES, TEAM, paths_of
from tests.browser.sample import Sample, new_system

EXPECTED = 15.0  # ms of the gateway's time, at the median
SHOWN = 10
AMOUNTS = {"full": (25, None), "quick": (9, None), "tiny": (1, 1)}  # looks, at so many addresses of each page


@dataclass(frozen=True)
class Cost:
    """What a page costs, in milliseconds at the median: the gateway, and all that is in its process; and its calls."""

    path: str
    own: float
    all: float
    calls: float


def measure(looks: int, addresses: int | None) -> Table:
    """Measure all of them, each at the costliest of the addresses that it has. Raises Broken."""
    with tempfile.TemporaryDirectory(prefix="headrow-bench-") as folder:
        headrow = new_system(Path(folder))
        headrow.serving = [sys.executable, "-m", "benchmarks.gateway_time"]
        try:
            headrow.start()
            costs = _costs(Sample(headrow), looks, addresses)
        finally:
            headrow.stop()
    return _table(costs)


def _costs(sample: Sample, looks: int, most: int | None) -> list[Cost]:
    costs = []
    for route in PAGES:
        with requests.Session() as browser:
            if token := sample.tokens[_who(route)]:
                browser.cookies.set("headrow_session", token)
            addresses = [sample.headrow.url + path for path in paths_of(route, sample)[:most]]
            measured = [_cost(browser, route, address, looks) for address in addresses]
        costs.append(max(measured, key=lambda cost: cost.own))
    return sorted(costs, key=lambda cost: cost.own, reverse=True)


def _who(route: Route) -> str:
    if route.requires == "operator":
        return "operator"
    return "team" if route.path.startswith(TEAM) else "asha"


def _cost(browser: requests.Session, route: Route, address: str, looks: int) -> Cost:
    browser.get(address, timeout=20)  # the first one compiles the template
    seen = [_seen(browser.get(address, timeout=20)) for _ in range(looks)]
    return Cost(route.path, *(statistics.median(column) for column in zip(*seen, strict=True)))


def _seen(answer: requests.Response) -> list[float]:
    """Return what an answer says that it cost; a refusal is a page too. Raises Broken."""
    if answer.status_code >= 500:
        raise Broken(f"{answer.url}: {answer.status_code}")
    return [float(found) for found in re.findall(r"dur=([0-9.]+)", answer.headers[HEADER])]


def _table(costs: list[Cost]) -> Table:
    dear = [cost for cost in costs if cost.own > EXPECTED]
    title = f"Every page, signed in, one connection: the costliest {SHOWN} of {len(costs)}, in CPU time at the median"
    table = Table(title, "gateway", "with the services", "calls")
    for cost in costs[: max(SHOWN, len(dear))]:
        own = figure(cost.own, " ms", at_most=EXPECTED)
        table.add(f"GET {cost.path}", own, figure(cost.all, " ms"), f"{cost.calls:.0f}")
    middle = statistics.median(cost.own for cost in costs)
    table.note(f"over {EXPECTED:.0f} ms: {len(dear)} of {len(costs)}; half of them take no more than {middle:.1f} ms")
    return table
