"""Who is connected, by network, and who makes room when there are too many.

Whoever has not sent a whole head yet holds a place and is owed nothing, so they make room first, and those of the
network that has most of them before all others. A network has no more than its share, save those that stand for many
people, as our own proxies do.
"""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

from services.runtime.networks import Network, is_in, network_of, read_networks

THIS_MACHINE = read_networks("127.0.0.0/8, ::1/128")
C = TypeVar("C", bound=Hashable)


class Crowd(Generic[C]):
    """The connections of one door: `most` in all, and `most_of_one` of a network that is not in `unlimited`."""

    def __init__(self, most: int, most_of_one: int, unlimited: Iterable[Network] = THIS_MACHINE) -> None:
        self._most, self._most_of_one, self._unlimited = most, most_of_one, tuple(unlimited)
        self._network_of: dict[C, str] = {}
        self._by_network: dict[str, dict[C, None]] = {}
        self._waiting: dict[C, None] = {}  # without a whole head; longest first

    def __len__(self) -> int:
        return len(self._network_of)

    def makes_room_for(self, address: str) -> C | None:
        """Return who is to go so that someone from `address` can come in; None where there is room.

        Raises Crowded where nobody can be sent away for them.
        """
        network = network_of(address)
        if not self._is_unlimited(network) and len(self._by_network.get(network, ())) >= self._most_of_one:
            return self._longest_waiting((network,))
        if len(self) < self._most:
            return None
        return self._longest_waiting(sorted(self._by_network, key=self._weight, reverse=True))

    def _longest_waiting(self, networks: Iterable[str]) -> C:
        for network in networks:
            there = self._by_network[network]
            found = next((one for one in self._waiting if one in there), None)
            if found is not None:
                return found
        raise Crowded

    def _weight(self, network: str) -> tuple[bool, int]:
        return not self._is_unlimited(network), len(self._by_network[network])

    def _is_unlimited(self, network: str) -> bool:
        return is_in(network.partition("/")[0], self._unlimited)

    def add(self, one: C, address: str) -> None:
        """Note who has come in; they have sent nothing yet."""
        network = self._network_of[one] = network_of(address)
        self._by_network.setdefault(network, {})[one] = None
        self._waiting[one] = None

    def waits(self, one: C) -> None:
        """Note that someone is to send a head."""
        self._waiting.setdefault(one)

    def has_asked(self, one: C) -> None:
        """Note that someone has sent a whole head, or is on their way out."""
        self._waiting.pop(one, None)

    def remove(self, one: C) -> None:
        """Note who has gone."""
        self._waiting.pop(one, None)
        network = self._network_of.pop(one, None)
        if network is not None:
            del self._by_network[network][one]
            if not self._by_network[network]:
                del self._by_network[network]


class Crowded(Exception):
    """There is no room, and nobody who could make some."""
