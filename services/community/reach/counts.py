"""Counts the people of a sector: in each period and programme, and by organisation. Exact, and for nobody's eyes.

What is counted here goes through `disclosure` before anything of it is kept or shown.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Person, Reached, Session
from services.community.reach.periods import ALL, quarter_of, year_of

Slice = tuple[str, str]  # a period, and a programme ("" for all)
People = dict[Slice, set[str]]


@dataclass
class Counted:
    """The people of a sector. `organisations` has a period where the others have a programme too."""

    came: People = field(default_factory=lambda: defaultdict(set))
    booked: People = field(default_factory=lambda: defaultdict(set))
    new: People = field(default_factory=lambda: defaultdict(set))
    organisations: dict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    reached: dict[Slice, set[str]] = field(default_factory=lambda: defaultdict(set))  # organisations, of a slice
    never: list[str] = field(default_factory=list)
    rows: int = 0


def count(db: OrmSession, sector: str, now: datetime) -> Counted:
    """Count the people of a sector in the sessions that have ended, or that it is recorded who attended."""
    over = {slug: (quarter_of(ends_at), programme, ends_at <= now) for slug, programme, ends_at in _sessions(db)}
    rows = select(Reached.person, Reached.session, Reached.organisation, Reached.attended)
    counted = counted_of(db.execute(rows.where(Reached.sector == sector)), over, _first_quarters(db, sector))
    counted.never = _never_reached(db, sector, {name for _, name in counted.organisations})
    return counted


def counted_of(rows: Iterable[Any], sessions: Mapping[str, tuple[str, str, bool]], first: Mapping[str, str]) -> Counted:
    """Count rows of `(person, session, organisation, attended)`.

    A session is its quarter, its programme, and whether it is over; `first` is when people were first reached.
    """
    counted = Counted()
    for person, session, organisation, attended in rows:
        counted.rows += 1
        quarter, programme, is_over = sessions.get(session, ("", "", False))
        if not quarter or not (is_over or attended):
            continue
        counted.booked[quarter, programme].add(person)
        if attended:
            counted.came[quarter, programme].add(person)
            counted.organisations[quarter, organisation or ""].add(person)
            if organisation:
                counted.reached[quarter, programme].add(organisation)
    for leaves in (counted.came, counted.booked, counted.reached):
        _add_up(leaves)
    _add_up_periods(counted.organisations)
    _find_new(counted, first)
    return counted


def _sessions(db: OrmSession) -> Iterator[tuple[str, str, datetime]]:
    for slug, programme, ends_at in db.execute(select(Session.slug, Session.programme, Session.ends_at)):
        if ends_at is not None:
            yield slug, programme, ends_at


def _add_up(leaves: dict[Slice, set[str]]) -> None:
    """Join the quarters of each programme to years and all time, and the programmes to all of them."""
    for (quarter, programme), people in list(leaves.items()):
        for period in (quarter, year_of(quarter), ALL):
            for of in ("", programme):
                if (period, of) != (quarter, programme):
                    leaves[period, of] |= people


def _add_up_periods(leaves: dict[tuple[str, str], set[str]]) -> None:
    for (quarter, name), people in list(leaves.items()):
        leaves[year_of(quarter), name] |= people
        leaves[ALL, name] |= people


def _first_quarters(db: OrmSession, sector: str) -> Mapping[str, str]:
    """Return the quarter in which each person of a sector was reached for the first time, in whatever sector."""
    here = select(Reached.person).where(Reached.sector == sector, Reached.attended)
    first = select(Reached.person, func.min(Session.ends_at)).join(Session, Session.slug == Reached.session)
    rows = db.execute(first.where(Reached.attended, Reached.person.in_(here)).group_by(Reached.person))
    quarters: dict[datetime, str] = {}
    return {person: quarters.setdefault(at, quarter_of(at)) for person, at in rows if at is not None}


def _find_new(counted: Counted, first: Mapping[str, str]) -> None:
    """Find who was reached in a period and never before it."""
    began: dict[str, set[str]] = defaultdict(set)
    for person, quarter in first.items():
        began[quarter].add(person)
        began[year_of(quarter)].add(person)
    for (period, programme), people in counted.came.items():
        counted.new[period, programme] = people if period == ALL else people & began[period]


def _never_reached(db: OrmSession, sector: str, reached: set[str]) -> list[str]:
    """Return the organisations that people of the sector have accounts from, and none attended from."""
    named = select(Person.organisation).where(Person.sector == sector, ~Person.erased).distinct()
    return sorted({name for name in db.scalars(named) if name} - reached)
