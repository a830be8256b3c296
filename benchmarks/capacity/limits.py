"""What one site can take at most, and how much of that a city, a region or a country would ask of it."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.capacity import costs, demand
from benchmarks.capacity.demand import EACH, RUSH, Place
from benchmarks.report import Table, figure

MEMORY = 1.0  # GB that one gateway may use for sessions (deploy/kubernetes gives it no more)
LONGEST_LIST = 50.0  # milliseconds that a list may take: for so long no other request has its turn
LONGEST_LOOK = 50.0  # milliseconds that announcing places may take: ten times a second, that is half of a core
MOST_CORES = 64  # of the machine that PostgreSQL has to itself
UTILISATION = 0.6  # of a core, at the peak: above that, waiting grows fast


@dataclass(frozen=True)
class Limit:
    """The most that one site can do or keep of something, with its unit, and what a place asks of it."""

    what: str
    most: float
    unit: str
    asked: Callable[[Place], float]


def limits(one_session: float, one_site: float, postgresql: float) -> Table:
    """Return what there is at most, and how many times that each place asks for, the scarcest for a country first.

    `one_session` and `one_site` are the bookings a second that the simulation gives for each, `postgresql` the
    milliseconds of CPU that a booking costs PostgreSQL, its pages included.
    """
    table = Table(
        "Capacity: what one site has at most, and what is asked of it", "at most", *(place.name for place in EACH)
    )
    for limit in sorted(
        _limits(one_session, one_site, postgresql), key=lambda limit: -limit.asked(EACH[-1]) / limit.most
    ):
        most = f"{figure(limit.most)} {limit.unit}"
        table.add(limit.what, most, *(_times(limit.asked(place) / limit.most) for place in EACH))
    return table


def _limits(one_session: float, one_site: float, postgresql: float) -> list[Limit]:
    by_postgresql = 1000 * MOST_CORES * UTILISATION / postgresql
    return [
        Limit("bookings of one session", one_session, "a second", lambda place: place.wanted / RUSH),
        Limit("bookings in all", one_site, "a second", lambda place: place.peak),
        Limit("events by registration's relay", costs.RELAY, "a second", lambda place: place.peak),
        Limit("emails by GOV.UK Notify", demand.NOTIFY, "a second", lambda place: place.peak),
        Limit("PostgreSQL on one machine", by_postgresql, "a second", lambda place: place.peak),
        Limit("sessions in a gateway", MEMORY * 1e6 / costs.SESSION_KEPT, "kept", lambda place: place.sessions),
        Limit("sessions in a list", LONGEST_LIST / costs.LIST * 1000, "to come", lambda place: place.to_come),
        Limit("sessions to look through", LONGEST_LOOK / costs.LOOK * 1000, "kept", lambda place: place.sessions),
        Limit("changes that a gateway hears", 1000 * UTILISATION / costs.PLACES_LEFT, "a second", lambda p: p.peak),
    ]


def _times(load: float) -> str:
    """Say how much of a limit is asked for: a share, or how many times all of it."""
    return f"{figure(load * 100)} %" if load < 1 else f"{figure(load)} times"
