"""The figures of a sector that may be shown, made of what was gathered: it reads nothing, and keeps nothing."""

from collections.abc import Iterable, Iterator
from typing import Any

from services.community.reach.counts import Counted, Gathered, Slice, count
from services.community.reach.disclosure import DEAR, Table
from services.community.reach.periods import ALL, parent_of
from services.community.reach.tables import FEWEST, Cell, Holds, Shown, Sum

NOTHING_SHOWN = None
FEW = f"<{FEWEST}"
WORTH = {"people": 1000, "organisation": 500, "booked": 300, "new": 200, "returning": 100}


def shown(gathered: Gathered) -> list[tuple[str, str, dict[str, Any]]]:
    """Return what may be shown of a sector: a period, a programme, and the figures of both."""
    return [(*of, figures) for of, figures in _shown(count(gathered))]


def _shown(counted: Counted) -> Iterator[tuple[Slice, dict[str, Any]]]:
    """Yield what may be shown of each slice."""
    table = table_of(counted)
    shown = table.protect()

    def of(cell: Cell) -> int | str | None:
        how = shown.get(cell, Shown.UNDER_FIVE)
        return (
            table.figures[table.name(cell)] if how is Shown.EXACT else FEW if how is Shown.UNDER_FIVE else NOTHING_SHOWN
        )

    named: dict[str, list[str]] = {}
    for period, name in sorted(counted.organisations):
        named.setdefault(period, []).append(name)
    for period, programme in {(ALL, ""), *counted.booked}:
        people = of(("people", period, programme))
        figures: dict[str, Any] = {"people": people, "booked": of(("booked", period, programme))}
        for name in ("new", "returning"):
            figures[name] = of((name, period, programme)) if isinstance(people, int) else people
        reached = len(counted.reached[period, programme])
        figures["organisations"] = reached if isinstance(people, int) else None
        if not programme:
            figures["named"] = [[name, of(("organisation", period, name))] for name in named.get(period, [])]
        if (period, programme) == (ALL, ""):
            figures["never_reached"] = counted.never
        yield (period, programme), figures


def table_of(counted: Counted) -> Table:
    """Return the figures of a sector with all that follows from one another among them."""
    figures: dict[Cell, int] = {}
    for period, programme in counted.booked:
        here = (period, programme)
        people, new = len(counted.came.get(here, ())), len(counted.new.get(here, ()))
        figures["people", *here], figures["booked", *here] = people, len(counted.booked[here])
        figures["new", *here], figures["returning", *here] = new, people - new
    for (period, name), people_of in counted.organisations.items():
        figures["organisation", period, name] = len(people_of)
    figures = {cell: number for cell, number in figures.items() if number}
    return Table(figures, {cell: _worth(*cell) for cell in figures}, _sums(figures))  # type: ignore[misc]


def _worth(kind: str, period: str, of: str) -> int:
    if (kind, period, of) == ("people", ALL, ""):
        return DEAR
    wide = 3 if period == ALL else 1 if "-" in period else 2
    return WORTH[kind] + 10 * wide + (50 if not of else 0)


def _sums(figures: Iterable[Any]) -> Iterator[Sum]:
    parts: dict[tuple[Cell, Holds], list[Cell]] = {}
    for kind, period, of in figures:
        here = (kind, period, of)
        if kind in ("new", "returning"):
            parts.setdefault((("people", period, of), Holds.EXACTLY), []).append(here)
        if kind == "people":
            parts.setdefault((("booked", period, of), Holds.AT_MOST), []).append(here)
        if kind == "organisation":
            parts.setdefault((("people", period, ""), Holds.AT_LEAST), []).append(here)
        if of and kind != "organisation":
            parts.setdefault(((kind, period, ""), Holds.AT_LEAST), []).append(here)
        if (wider := parent_of(period)) and kind != "returning":
            holds = Holds.AT_MOST if kind == "new" else Holds.AT_LEAST
            parts.setdefault(((kind, wider, of), holds), []).append(here)
    # programmes, organisations and shorter periods each cover the whole by themselves
    for (whole, holds), cells in parts.items():
        groups: dict[object, list[Cell]] = {}
        for cell in cells:
            kind, period, of = cell  # type: ignore[misc]
            groups.setdefault((kind == "organisation", period == whole[1]), []).append(cell)  # type: ignore[index]
        for group in groups.values():
            yield Sum(whole, tuple(group), holds)
