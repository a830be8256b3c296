"""The tables of docs/scaling.md: what the simulation gives beside what was measured, and then beyond it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil

from benchmarks.capacity import costs, demand
from benchmarks.capacity.demand import CITY, EACH, REGION, Place
from benchmarks.capacity.limits import UTILISATION, limits
from benchmarks.capacity.runs import Outcome, closed, rush, steady
from benchmarks.capacity.site import Layout
from benchmarks.report import Table, figure

SESSIONS = 1000  # that people book in a run, unless it is one
CALM = Layout(cores=4, registrations=2)
SEVERAL = Layout(16, 2, 4, 2, 4)


@dataclass(frozen=True)
class Amount:
    """How many bookings each kind of run makes, for how many seconds others go on, and how many of a rush come."""

    spread: int
    hot: int
    seconds: float
    share: float


AMOUNTS = {
    "full": Amount(4000, 2000, 20.0, 1.0),
    "quick": Amount(600, 300, 5.0, 0.1),
    "tiny": Amount(100, 100, 0.5, 0.01),
}


def measure(amount: Amount) -> Iterator[Table]:
    """Simulate, and return the tables one by one."""
    yield _beside_measured(amount)
    yield _demand()
    calm = steady(CALM, SESSIONS, CITY.peak, amount.seconds * 3, demand.PAGES)
    yield _needs(calm)
    largest = closed(_layout(64), SESSIONS, amount.spread * 4, 32 * 16)
    one_session = closed(SEVERAL, 1, amount.hot)
    yield limits(one_session.rate, largest.rate, calm.cpu["PostgreSQL"] * 1000 / len(calm.took))
    yield _one_session(amount, one_session)
    yield _one_site(amount, largest)
    yield _openings(amount, calm)


def _beside_measured(amount: Amount) -> Table:
    table = Table("Capacity: 32 connections on 2 cores: measured / simulated", "bookings a second", "p50", "p99")
    for measured in costs.MEASURED_RUNS:
        bookings = amount.hot if measured.sessions == 1 else amount.spread
        own = costs.Costs(measured.cpu)
        outcome = closed(Layout(), measured.sessions, bookings, costs=own, others=measured.others)
        table.add(
            measured.where,
            f"{figure(measured.rate)} / {figure(outcome.rate)}",
            f"{figure(measured.p50) if measured.p50 else '–'} / {figure(outcome.within(0.5), ' ms')}",
            f"{figure(measured.p99)} / {figure(outcome.within(0.99), ' ms')}",
        )
    return table


def _demand() -> Table:
    table = Table("Capacity: who books, as we assume", *(place.name for place in EACH))
    rows: dict[str, Callable[[Place], float]] = {
        "people": lambda place: place.people,
        "bookings a year": lambda place: place.bookings,
        "sessions that are kept": lambda place: place.sessions,
        "sessions of a term": lambda place: place.to_come,
        "bookings a second as a term opens": lambda place: place.peak,
        "people who want the same session": lambda place: place.wanted,
        "emails a day, on average": lambda place: place.bookings * demand.EMAILS / 365,
    }
    for what, of in rows.items():
        table.add(what, *(figure(of(place)) for place in EACH))
    return table


def _needs(calm: Outcome) -> Table:
    """Return what each part needs as a term opens, by what a booking and its pages cost in a calm run."""
    table = Table("Capacity: cores, and processes, as a term opens", "ms a booking", *(place.name for place in EACH))
    grows = {part: seconds for part, seconds in calm.cpu.items() if seconds}
    costs_of_each = {part: seconds * 1000 / len(calm.took) for part, seconds in grows.items()}
    for part, cost in costs_of_each.items():
        table.add(part, figure(cost), *(_cores(part, place.peak * cost / 1000) for place in EACH))
    all_cores = (place.peak * sum(costs_of_each.values()) / 1000 / UTILISATION for place in EACH)
    table.add("cores, of which 60 % are used", "", *(f"{ceil(cores):,}" for cores in all_cores))
    commits = calm.commits / len(calm.took)
    table.add("commits a second", "", *(figure(place.peak * commits) for place in EACH))
    return table


def _cores(part: str, cores: float) -> str:
    """Say how many cores are used, and by how many processes where each can use only one."""
    one_for_each = part not in ("PostgreSQL", "RabbitMQ")
    return f"{figure(cores)} ({ceil(cores / UTILISATION):,})" if one_for_each else figure(cores)


def _one_session(amount: Amount, several: Outcome) -> Table:
    titles = (f"{place.name}, {place.wanted:,.0f} people" for place in EACH)
    table = Table("Capacity: all want one session", "bookings a second", *titles)
    rates = {
        "2 cores": closed(Layout(), 1, amount.hot).rate,
        "4 cores, 2 processes of registration": closed(Layout(4, 1, 2, 1, 2), 1, amount.hot).rate,
        "16 cores, 4 processes": several.rate,
        "the same, 0.5 ms from PostgreSQL": closed(Layout(16, 2, 4, 2, 4, 0.5), 1, amount.hot).rate,
    }
    for what, rate in rates.items():
        table.add(what, figure(rate), *(_time(place.wanted / rate) for place in EACH))
    return table


def _one_site(amount: Amount, largest: Outcome) -> Table:
    table = Table("Capacity: one site, over 1,000 sessions", "bookings a second", "cores busy")
    for cores in (2, 4, 8, 16, 32, 64):
        layout = _layout(cores)
        bookings, connections = amount.spread * cores // 16, 32 * layout.gateways
        outcome = largest if cores == 64 else closed(layout, SESSIONS, bookings, connections)
        what = f"{cores} cores (gateways: {layout.gateways}, registration: {layout.registrations})"
        table.add(what, figure(outcome.rate), figure(outcome.busy * cores))
    return table


def _layout(cores: int) -> Layout:
    return Layout(cores, max(1, cores // 4), max(1, cores * 3 // 8), max(1, cores // 4), max(1, cores // 4))


def _openings(amount: Amount, calm: Outcome) -> Table:
    table = Table("Capacity: an opening", "p50", "p99", "sent away")

    def add(what: str, outcome: Outcome) -> None:
        sent_away = outcome.answers["busy"] + outcome.answers["late"]
        times = (figure(outcome.within(share), " ms") for share in (0.5, 0.99))
        table.add(what, *times, f"{sent_away:,}")

    city = round(CITY.wanted * amount.share)
    add("a city's term, 4 cores", calm)
    for layout in (Layout(), CALM):
        what = f"{city:,} people want one session, {layout.cores} cores"
        add(what, rush(layout, city, demand.RUSH, demand.PLACES, demand.PAGES))
    add("a region's term, 48 cores", steady(_layout(48), SESSIONS, REGION.peak, amount.seconds, demand.PAGES))
    return table


def _time(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
