"""A gathering as numbers, for the search: people and empty chairs, and what it costs if two of them share a table.

Each table has equally many chairs. The chairs that stay empty are seated like people and kept apart from one another,
so that no table is short of more than one: every change of a plan is an exchange of two, and sizes take care of
themselves.
"""

from functools import cached_property
from itertools import combinations

from services.community.seating.checks import check, tables_of
from services.community.seating.gathering import Gathering, Person
from services.community.seating.groups import groups_of

SAME_SECTOR, SAME_ORGANISATION = 1, 2
HARD = 1000  # times the price of meeting again: what a broken constraint costs


class Room:
    """A gathering as numbers: `people` by id, 0 to n−1, then the empty chairs."""

    def __init__(self, gathering: Gathering) -> None:
        """Raise CannotBeSeated where it is plain that the gathering cannot be seated."""
        check(gathering)
        self.people: list[Person] = sorted(gathering.people, key=lambda person: person.id)
        self.number = {person.id: number for number, person in enumerate(self.people)}
        self.rounds = gathering.rounds
        self.tables = tables_of(gathering)
        self.chairs = -(-len(self.people) // self.tables)
        self.seats = self.tables * self.chairs
        self.again = 6 * self.chairs  # above all that one exchange can win by mixing sectors
        self.hard = self.again * HARD
        self.groups = [[self.number[id] for id in group] for group in groups_of(gathering)]
        self.apart = {self._pair(*pair) for pair in gathering.apart if {*pair} <= {*self.number}}
        self.met = {self._pair(*pair) for pair in gathering.met if {*pair} <= {*self.number}}
        self.step_free_tables = self.tables if gathering.step_free_tables is None else gathering.step_free_tables
        self.fixed = self._fixed(gathering)

    @cached_property
    def empty(self) -> range:
        """The chairs that stay empty."""
        return range(len(self.people), self.seats)

    @cached_property
    def has_preferences(self) -> bool:
        """Whether it matters who takes which place of a design."""
        return self.mixes or bool(self.met) or bool(self.apart)

    @cached_property
    def needs(self) -> list[int]:
        """Those who must sit at a step-free table, where not all are."""
        restricted = self.step_free_tables < self.tables
        return [number for number, person in enumerate(self.people) if person.step_free and restricted]

    @cached_property
    def mixes(self) -> bool:
        """Whether some share a sector or an organisation, so that mixing the tables means something."""
        sectors = [person.sector for person in self.people if person.sector is not None]
        organisations = [person.organisation for person in self.people if person.organisation is not None]
        return len({*sectors}) < len(sectors) or len({*organisations}) < len(organisations)

    def kind(self, one: int) -> tuple[str, str]:
        """Return what makes people alike: sector, then organisation."""
        person = self.people[one]
        return person.sector or "", person.organisation or ""

    @cached_property
    def together(self) -> set[tuple[int, int]]:
        """The pairs who always share a table."""
        return {pair for group in self.groups for pair in combinations(sorted(group), 2)}

    def prices(self) -> list[list[int]]:
        """Return what it costs, each time, that two share a table: below nothing for those who must."""
        prices = [[0] * self.seats for _ in range(self.seats)]
        for a, b in combinations(range(self.seats), 2):
            prices[a][b] = prices[b][a] = self._price(a, b)
        return prices

    def _price(self, a: int, b: int) -> int:
        if b >= len(self.people):
            return self.hard if a >= len(self.people) else 0
        if (a, b) in self.together:
            return -self.hard
        one, other = self.people[a], self.people[b]
        same_sector = one.sector is not None and one.sector == other.sector
        same_organisation = one.organisation is not None and one.organisation == other.organisation
        mixing = SAME_SECTOR * same_sector + SAME_ORGANISATION * same_organisation
        return mixing + self.hard * ((a, b) in self.apart)

    def _pair(self, one: str, other: str) -> tuple[int, int]:
        a, b = self.number[one], self.number[other]
        return (a, b) if a < b else (b, a)

    def _fixed(self, gathering: Gathering) -> dict[int, int]:
        """Return the tables of the hosts, and of those who are always with one: step-free ones for who needs them."""
        parties = []
        for id in gathering.hosts:
            host = self.number[id]
            parties.append(next((group for group in self.groups if host in group), [host]))
        parties.sort(key=lambda party: not any(self.people[one].step_free for one in party))
        return {one: table for table, party in enumerate(parties) for one in party}
