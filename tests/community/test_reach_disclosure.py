"""Nobody is worked out of the figures of reach, whatever is asked for, and however it is put together."""

from itertools import product

import highspy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.community.reach.counts import counted_of
from services.community.reach.disclosure import Table
from services.community.reach.figures import table_of
from services.community.reach.linear import Silent, worked_out
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
    """Return another number that a hidden figure could be as well; None where there is none.

    Nothing here is shared with the service's own attack: it moves what is hidden by fractions, and this asks for whole
    numbers that agree with all that is shown. Tried one after the other they would take hours, of some tables.
    """
    bounds = {Shown.UNDER_FIVE: (1, 4), Shown.NOTHING: (1, highspy.kHighsInf)}
    truth = table.figures[cell]
    for others in (range(1, truth), range(truth + 1, 10**6)):  # so many people there never are
        solver = Silent()
        numbers = {one: solver.addIntegral(*bounds.get(table.shown[one], (n, n))) for one, n in table.figures.items()}
        solver.addConstr(numbers[cell] >= others.start)
        solver.addConstr(numbers[cell] <= others.stop - 1)
        for line in table.sums:
            whole, total = numbers[line.whole], sum(numbers[part] for part in line.parts)
            if line.holds is not Holds.AT_MOST:
                solver.addConstr(total >= whole)
            if line.holds is not Holds.AT_LEAST:
                solver.addConstr(total <= whole)
            for part in line.parts:
                solver.addConstr(numbers[part] <= whole)
        solver.run()
        if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            return round(solver.val(numbers[cell]))
    return None


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


def test_what_the_solver_finds_no_answer_to_is_hidden(monkeypatch):
    lost = highspy.HighsModelStatus.kUnknown
    monkeypatch.setattr(Silent, "getModelStatus", lambda _: lost)
    shown = table_with([{("2026-4/slp", "Large", True)}] * 9 + [{("2027-1/slp", "Small", True)}] * 3).protect()
    assert Shown.UNDER_FIVE not in shown.values()
    assert shown["organisation", "all", "Small"] is Shown.NOTHING


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
