"""Who sits where in all rounds, as numbers, and what an exchange of two would cost.

`add[a][b]` is what it costs to seat b with a once more than now, `off[a][b]` what is saved by seating them together
once less. Both are kept up to date by every exchange, so that weighing one up is four sums over a table's chairs.
"""

from collections.abc import Iterable

from services.community.seating.room import Room

Tables = list[list[int]]


class Floor:
    """The tables of each round, each a list of numbers of a room; it changes in place."""

    def __init__(self, room: Room, rounds: Iterable[Tables] = ()) -> None:
        self.room = room
        self.first = room.prices()
        self.again = self._prices_again()
        self.times = [[0] * room.seats for _ in range(room.seats)]
        self.add = [row[:] for row in self.first]
        self.off = [row[:] for row in self.first]
        for a, b in sorted(room.met):
            self._meet(a, [b])
        self.rounds: list[Tables] = [[[] for _ in range(room.tables)] for _ in range(room.rounds)]
        self.at = [[-1] * room.seats for _ in range(room.rounds)]
        self.steps = self._steps()
        self.cost = 0
        for round, tables in enumerate(rounds):
            for table, people in enumerate(tables):
                for one in people:
                    self.sit(round, table, one)

    def restore(self, rounds: list[Tables], cost: int) -> None:
        """Have everybody sit where they sat when this copy was made, and it cost that."""
        for round, tables in enumerate(rounds):
            for table, people in enumerate(tables):
                for one in people:
                    self._bring(round, one, table, people)
        self.cost = cost

    def _bring(self, round: int, one: int, table: int, people: list[int]) -> None:
        """Have one sit at a table, in exchange for somebody there who is not of these people."""
        if self.at[round][one] != table:
            self.exchange(round, one, next(other for other in self.rounds[round][table] if other not in people))

    def sit(self, round: int, table: int, one: int) -> None:
        """Seat one who has no chair in this round yet."""
        self.cost += self.price(round, table, one)
        self._meet(one, self.rounds[round][table])
        self.rounds[round][table].append(one)
        self.at[round][one] = table

    def price(self, round: int, table: int, one: int) -> int:
        """Return what it costs to seat one at a table of a round, beside those who are there."""
        steps = self.steps[one]
        return sum(map(self.add[one].__getitem__, self.rounds[round][table])) + (steps[table] if steps else 0)

    def weigh(self, round: int, a: int, b: int) -> int:
        """Return by how much the cost rises if these two, of different tables, exchange their chairs in a round."""
        at, tables, add, off = self.at[round], self.rounds[round], self.add, self.off
        ours, theirs = tables[at[a]], tables[at[b]]
        rise = sum(map(add[b].__getitem__, ours)) - add[b][a] - sum(map(off[a].__getitem__, ours))
        rise += sum(map(add[a].__getitem__, theirs)) - add[a][b] - sum(map(off[b].__getitem__, theirs))
        for one, there, here in ((a, at[b], at[a]), (b, at[a], at[b])):
            if steps := self.steps[one]:
                rise += steps[there] - steps[here]
        return rise

    def weigh_parties(self, round: int, leaving: list[int], coming: list[int]) -> int:
        """Return by how much the cost rises if as many people of one table and of another exchange their chairs."""
        at, tables = self.at[round], self.rounds[round]
        here, there = at[leaving[0]], at[coming[0]]
        rise = 0
        for party, others, old, new in ((leaving, coming, here, there), (coming, leaving, there, here)):
            left = [one for one in tables[old] if one not in party]
            joined = [one for one in tables[new] if one not in others]
            for one in party:
                rise += sum(map(self.add[one].__getitem__, joined)) - sum(map(self.off[one].__getitem__, left))
                if steps := self.steps[one]:
                    rise += steps[new] - steps[old]
        return rise

    def exchange(self, round: int, a: int, b: int) -> None:
        """Have two of different tables exchange their chairs in a round; `cost` is for whoever weighed it to change."""
        at, tables = self.at[round], self.rounds[round]
        here, there = at[a], at[b]
        ours, theirs = tables[here], tables[there]
        ours[ours.index(a)], theirs[theirs.index(b)] = b, a
        at[a], at[b] = there, here
        self._part(a, ours, b)
        self._meet(b, ours)
        self._part(b, theirs, a)
        self._meet(a, theirs)

    def repeats(self) -> int:
        """Return how many meetings are of pairs that have met, those left out who always sit together."""
        people, together = len(self.room.people), self.room.together
        repeated = sum(times - 1 for one in range(people) for times in self.times[one][:one] if times > 1)
        return repeated - sum(self.times[one][other] - 1 for one, other in together if self.times[one][other] > 1)

    @property
    def keeps_rules(self) -> bool:
        """Whether no constraint is broken."""
        room = self.room
        return self.cost + room.hard * len(room.together) * room.rounds < room.hard

    def copy(self) -> list[Tables]:
        """Return the tables of each round, apart from ours."""
        return [[people[:] for people in tables] for tables in self.rounds]

    def _meet(self, one: int, table: list[int]) -> None:
        """Count that one meets all others of a table once more."""
        times, add, off, again = self.times, self.add, self.off, self.again[one]
        for other in table:
            if other != one:
                count = times[one][other] = times[other][one] = times[one][other] + 1
                if count == 1:
                    add[one][other] = add[other][one] = again[other]
                elif count == 2:
                    off[one][other] = off[other][one] = again[other]

    def _part(self, one: int, table: list[int], came: int) -> None:
        """Count that one, in whose place another came, meets all others of a table once less."""
        times, add, off, first = self.times, self.add, self.off, self.first[one]
        for other in table:
            if other != came:
                count = times[one][other] = times[other][one] = times[one][other] - 1
                if count == 0:
                    add[one][other] = add[other][one] = first[other]
                elif count == 1:
                    off[one][other] = off[other][one] = first[other]

    def _prices_again(self) -> list[list[int]]:
        """Return what it costs that two share a table who have met: more, but for those who always sit together."""
        room, people = self.room, range(len(self.room.people))
        again = [row[:] for row in self.first]
        for a in people:
            for b in people:
                if a != b and (min(a, b), max(a, b)) not in room.together:
                    again[a][b] += room.again
        return again

    def _steps(self) -> list[list[int] | None]:
        """Return what each table costs those who must sit at a step-free one."""
        room, steps = self.room, [None] * self.room.seats
        costs = [0 if table < room.step_free_tables else room.hard for table in range(room.tables)]
        return [costs if one in room.needs else none for one, none in enumerate(steps)]
