"""Nobody is worked out of the figures of reach, whatever is asked for, and however it is put together."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.community.reach.counts import counted_of
from services.community.reach.disclosure import Table
from services.community.reach.figures import table_of
from services.community.reach.linear import worked_out
from services.community.reach.tables import Holds, Shown, Sum

QUARTERS = ("2026-4", "2027-1", "2027-3")
PROGRAMMES = ("slp", "talks", "days")
SESSIONS = {f"{q}/{p}": (q, p, True) for q, p in product(QUARTERS, PROGRAMMES)}


def table_with(rows):
    """Return the table of people given as `(session, organisation, attended)`, each a set of rows of its own."""
    facts = [(n, session, organisation, came) for n, mine in enumerate(rows) for session, organisation, came in mine]
    first: dict = {}
    for person, session, _, came in facts:
        if came:
            first[person] = min(first.get(person, "9"), SESSIONS[session][0])
    return table_of(counted_of(facts, SESSIONS, first))


def attacked(table):
    """Return what a reader of the whole table can work out."""
    return worked_out(table.figures, table.sums, table.shown)


group = st.tuples(
    st.integers(1, 9),  # so many people
    st.lists(st.tuples(st.sampled_from(sorted(SESSIONS)), st.booleans()), min_size=1, max_size=3),
    st.sampled_from(["Elm Court", "General", None]),
)


@settings(max_examples=120, deadline=None)
@given(st.lists(group, min_size=1, max_size=6))
def test_no_group_of_one_to_four_can_be_worked_out(groups):
    rows = [
        {(session, organisation, came) for session, came in attended}
        for number, attended, organisation in groups
        for _ in range(number)
    ]
    table = table_with(rows)
    shown = table.protect()
    assert attacked(table) == []
    for cell, how in shown.items():
        assert how is not Shown.EXACT or table.figures[table.name(cell)] >= 5
        assert how is not Shown.UNDER_FIVE or table.figures[table.name(cell)] < 5


def could_be(table, cell):
    """Return another number that a hidden figure could be as well, found by trying; None where there is none.

    Nothing here is shared with the service's own attack: numbers are whole, and are tried one after the other.
    """
    hidden = [one for one, how in table.shown.items() if how is not Shown.EXACT]
    hidden.sort(key=lambda one: (one != cell, sum(one not in (line.whole, *line.parts) for line in table.sums)))
    numbers = {one: n for one, n in table.figures.items() if table.shown[one] is Shown.EXACT}
    lines = {one: [line for line in table.sums if one in (line.whole, *line.parts)] for one in hidden}

    def holds(line):
        if not all(one in numbers for one in (line.whole, *line.parts)):
            return True
        whole, parts = numbers[line.whole], [numbers[part] for part in line.parts]
        is_so = {Holds.EXACTLY: sum(parts) == whole, Holds.AT_LEAST: sum(parts) >= whole}
        return max(parts) <= whole and is_so.get(line.holds, sum(parts) <= whole)

    def fits(at):
        if at == len(hidden):
            return True
        one = hidden[at]
        truth = table.figures[one]
        near = range(1, 5) if table.shown[one] is Shown.UNDER_FIVE else range(max(1, truth - 5), truth + 6)
        for number in sorted(near, key=lambda number: abs(number - truth)):
            if at == 0 and number == truth:
                continue
            numbers[one] = number
            if all(map(holds, lines[one])) and fits(at + 1):
                return True
        numbers.pop(one, None)
        return False

    return numbers[cell] if fits(0) else None


@settings(max_examples=60, deadline=None)
@given(st.lists(group, min_size=1, max_size=4))
def test_each_figure_under_five_could_be_another_whole_number(groups):
    rows = [
        {(session, organisation, came) for session, came in attended[:2]}
        for number, attended, organisation in groups
        for _ in range(number)
    ]
    table = table_with(rows)
    table.protect()
    for cell, how in table.shown.items():
        if how is not Shown.EXACT and table.figures[cell] < 5:
            assert could_be(table, cell) is not None, cell


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(0, 30))
def test_all_time_of_a_sector_is_exact_from_five_on_where_that_is_safe(one, other):
    rows = [{("2026-4/slp", "Elm Court", True)}] * one + [{("2027-1/talks", "General", True)}] * other
    table = table_with(rows)
    shown = table.protect()
    assert shown["people", "all", ""] is (Shown.EXACT if one + other >= 5 else Shown.UNDER_FIVE)


def test_the_attack_finds_what_is_not_protected():
    """The proof would prove nothing if the attacker were blind."""
    figures = {"all": 12, "a": 9, "b": 3}
    table = Table(figures, dict.fromkeys(figures, 1), [Sum("all", ("a", "b"), Holds.AT_LEAST)])
    assert attacked(table) == [("b",), ("all", "a")]


def test_the_attack_finds_small_ones_that_are_all_as_large_as_can_be():
    figures = {"all": 8, "a": 4, "b": 4}
    table = Table(figures, {"all": 9, "a": 1, "b": 1}, [Sum("all", ("a", "b"), Holds.AT_LEAST)])
    assert {("a",), ("b",)} <= set(attacked(table))
    table.protect()
    assert attacked(table) == []


def test_the_attack_finds_one_in_sums_across_and_down():
    """Each row and each column has two that are hidden; the rows less the columns leave one."""
    sums, figures = [], {}
    grid = [[9, 8, 20], [7, 9, 3], [20, 20, 6]]
    hidden = {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2)}
    for r, c in product(range(3), range(3)):
        figures[r, c] = grid[r][c]
    for n in range(3):
        figures["row", n], figures["column", n] = sum(grid[n]), sum(row[n] for row in grid)
        sums.append(Sum(("row", n), tuple((n, c) for c in range(3)), Holds.AT_LEAST))
        sums.append(Sum(("column", n), tuple((r, n) for r in range(3)), Holds.AT_LEAST))
    table = Table(figures, dict.fromkeys(figures, 1), sums)
    table.shown = {cell: Shown.NOTHING if cell in hidden else Shown.EXACT for cell in figures}
    assert ((1, 2),) in attacked(table)
    table.protect()
    assert attacked(table) == []


@pytest.mark.parametrize("few", range(1, 5))
def test_one_small_organisation_takes_another_with_it(few):
    rows = [{("2026-4/slp", "Small", True)}] * few + [{("2026-4/slp", "Large", True)}] * 9
    rows += [{("2026-4/slp", "Middle", True)}] * 7
    table = table_with(rows)
    shown = table.protect()
    assert shown["people", "all", ""] is Shown.EXACT
    assert shown["organisation", "all", "Large"] is Shown.EXACT
    assert shown["organisation", "all", "Middle"] is Shown.NOTHING


@pytest.mark.parametrize(("came", "absent", "shown"), [(9, 0, True), (9, 2, False), (9, 5, True)])
def test_how_many_were_booked_is_hidden_where_few_did_not_come(came, absent, shown):
    rows = [{("2026-4/slp", None, True)}] * came + [{("2026-4/slp", None, False)}] * absent
    table = table_with(rows)
    assert (table.protect()["booked", "all", ""] is Shown.EXACT) == shown
