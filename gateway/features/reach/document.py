"""Who the programme reaches, in words: as the rows of a sheet, and as one page of A4 for the board (PDF/UA-1)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from gateway.projection.read_model import Data, ReadModel
from gateway.projection.views import organiser_of
from gateway.web.documents.sheets import Cell
from gateway.web.documents.typesetting import Typeset
from gateway.web.times import MONTHS

TEMPLATE: Final = Path(__file__).parent / "templates" / "reach.typ"
COUNTS: Final = ("new", "returning", "booked", "attended", "absent", "organisations", "hours")
COLUMNS: Final = (
    *("figures", "from", "to", "programme", "sector", "organisation", "people", "workforce", "share"),
    *COUNTS,
    "first_meetings",
)
EXACT: Final = "exact: for the team only"
TO_SHARE: Final = "to share: 1 to 4 hidden, the rest to the nearest 5"
RULE: Final = "“<5” means 1 to 4. Everything else is rounded to the nearest 5, so parts may not add up to the total."
ONCE: Final = "The total counts everyone once. Someone who has worked in two sectors counts in each of them."
FIGURES: Final = (  # of the total, in the order of the page
    ("people", "People reached"),
    ("new", "New people"),
    ("returning", "Returning people"),
    ("booked", "Places booked"),
    ("attended", "Places attended"),
    ("absent", "Places not attended"),
    ("first_meetings", "First meetings across sectors"),
    ("hours", "Hours of learning"),
    ("organisations", "Organisations"),
)


def cells_of(told: Data) -> Iterator[list[Cell]]:
    """Yield the rows of a sheet, in the order of COLUMNS: sectors, the total, the year before, and organisations."""
    which = TO_SHARE if told["shared"] else EXACT
    begins: list[Cell] = [which, told["from"] or "", told["to"] or "", told["programme"] or ""]
    names = {row["sector"]: row["name"] for row in told["sectors"]}
    for row in told["sectors"]:
        yield [*begins, row["name"], "", *_numbers(row), ""]
    yield [*begins, "Total", "", *_numbers(told["total"]), told["total"]["first_meetings"]]
    if before := told["year_before"]:
        yield [*begins, "Total a year before", "", *_numbers(before), before["first_meetings"]]
    for row in told["organisations"]:
        sector = names.get(row["sector"], row["sector"]) or "Not said"
        yield [*begins, sector, row["organisation"] or "Not said", row["people"], *[""] * 10]
    for row in told["never_reached"]:
        sector = names.get(row["sector"], row["sector"]) or "Not said"
        yield [*begins, sector, row["organisation"], "never reached", *[""] * 10]


def _numbers(row: Data) -> list[Cell]:
    share = f"{row['share']:.2%}" if row["share"] is not None else ""
    return [row["people"], row["workforce"], share, *(figure(row[name], "") for name in COUNTS)]


def figure(number: Any, none: str = "–") -> Any:
    """Return a figure as a reader sees it: hours without a nought behind the point."""
    if isinstance(number, float):
        return int(number) if number == int(number) else number
    return none if number is None else number


def share_in_words(share: float | None) -> str:
    """Return for example “1.2%”."""
    return "" if share is None else f"{share:.1%}"


def period_of(told: Data) -> str:
    """Return for example “1 April 2026 to 31 March 2027”, “From 1 April 2026”, or “All time”."""
    first, last = told["from"], told["to"]
    if first and last:
        return f"{day_of(first)} to {day_of(last)}"
    return f"From {day_of(first)}" if first else f"Up to {day_of(last)}" if last else "All time"


def day_of(text: str) -> str:
    """Return for example “1 April 2026”."""
    day = date.fromisoformat(text)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def pdf_of(told: Data, model: ReadModel, mail_from: str, typeset: Typeset) -> bytes:
    """Return the page for the board. The same figures give the same bytes."""
    programme = model.get("programmes", told["programme"] or "")
    total = told["total"]
    page = {
        "title": "Who we reach",
        "organiser": organiser_of(model, mail_from),
        "period": period_of(told),
        "programme": programme.data["title"] if programme else "All programmes",
        "facts": [
            [str(total["people"]), "people reached"],
            [share_in_words(total["share"]) or "–", "of the workforce"],
            [str(figure(total["hours"])), "hours of learning"],
            [str(total["first_meetings"]), "first meetings across sectors"],
        ],
        "head": ["Sector", "People", "Share", "New", "Returning", "Booked", "Attended", "Not attended"],
        "rows": [_row(row) for row in [*told["sectors"], *_totals(told)]],
        "chart": [{"name": row["name"], "length": _length(row["people"], told)} for row in told["sectors"]],
        "chart_words": "People reached by sector: "
        + "; ".join(f"{row['name']} {row['people']}" for row in told["sectors"]),
        "notes": [f"Figures {TO_SHARE}.", RULE, ONCE],
    }
    return typeset(TEMPLATE, page)


def _totals(told: Data) -> list[Data]:
    before = told["year_before"]
    return [{**told["total"], "name": "Total"}, *([{**before, "name": "A year before"}] if before else [])]


def _row(row: Data) -> list[str]:
    counted = [str(row[name]) for name in ("new", "returning", "booked", "attended", "absent")]
    return [row["name"], str(row["people"]), share_in_words(row["share"]) or "–", *counted]


def _length(people: Any, told: Data) -> str:
    most = max((row["people"] for row in told["sectors"] if isinstance(row["people"], int)), default=0)
    return f"{100 * people / most:.1f}" if isinstance(people, int) and most else "0"
