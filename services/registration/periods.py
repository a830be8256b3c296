"""A period of days, as lists and figures are asked for it."""

from datetime import date, datetime, time

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from services.runtime.refusals import Invalid
from services.runtime.schemas import CITY


def within(moment: InstrumentedAttribute[datetime], first: date | None, last: date | None) -> list[ColumnElement[bool]]:
    """Return the conditions for a moment that lies on these days of the city, both included; None is no limit.

    Raises Invalid where the last day is before the first.
    """
    if first and last and last < first:
        raise Invalid.field("to", "last-before-first")
    since = [moment >= datetime.combine(first, time.min, CITY)] if first else []
    until = [moment <= datetime.combine(last, time.max, CITY)] if last else []
    return [*since, *until]
