"""Whom the programme reaches, in words: as the rows of a sheet, and as one page of A4 for the board (PDF/UA-1)."""

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
NOT_SHOWN: Final = "not shown"
COLUMNS: Final = (
    *("from", "to", "programme", "sector", "organisation", "people", "workforce", "share"),
    *("new", "returning", "booked", "attended", "organisations"),
)
SMALL: Final = "“<5” is fewer than five people, or nobody."
HIDDEN: Final = "“Not shown” is a figure from which a smaller one could be worked out."
IN_TOTAL: Final = (
    "The total adds up what is shown, so that it is at least this. Whoever moved between sectors counts in each."
)


def cells_of(told: Data) -> Iterator[list[Cell]]:
    """Yield the rows of a sheet, in the order of COLUMNS: sectors, the total, and organisations."""
    begins: list[Cell] = [told["from"] or "", told["to"] or "", told["programme"] or ""]
    names: dict[str | None, str] = {}
    for row in [*told["sectors"], {**told["total"], "name": "All that is shown", "sector": "*"}]:
        names[row["sector"]] = row["name"]
        yield [*begins, row["name"], "", *_numbers(row)]
    for row in told["organisations"]:
        sector = names.get(row["sector"], row["sector"])
        yield [*begins, sector, row["organisation"] or "Not said", figure(row["people"]), *[""] * 7]
    for row in told["never_reached"]:
        yield [*begins, names.get(row["sector"], row["sector"]), row["organisation"], "never reached", *[""] * 7]


def _numbers(row: Data) -> list[Cell]:
    share = f"{row['share']:.2%}" if row["share"] is not None else ""
    counted: list[Cell] = [figure(row[name]) for name in ("new", "returning", "booked", "attended")]
    return [figure(row["people"]), row["workforce"], share, *counted, row["organisations"]]


def figure(number: Any) -> Cell:
    """Return a figure as a reader sees it."""
    return NOT_SHOWN if number is None else number


def share_in_words(share: float | None) -> str:
    """Return for example “1.2%”."""
    return "" if share is None else f"{share:.1%}"


def period_of(told: Data) -> str:
    """Return for example “1 April 2026 to 31 March 2027”, “From 1 April 2026”, or “All time”."""
    first, last = told["from"], told["to"]
    if first and last:
        return f"{day_of(first)} to {day_of(last)}"
    return f"From {day_of(first)}" if first else f"Up to {day_of(last)}" if last else "All time"


def another_period(told: Data) -> str:
    """Say which period is answered where it is not the one that was asked for; "" where it is."""
    asked = told["asked"]
    if not any(asked.values()) or (asked["from"], asked["to"]) == (told["from"], told["to"]):
        return ""
    wanted, shown = (period[0].lower() + period[1:] for period in (period_of(asked), period_of(told)))
    return f"You asked for: {wanted}. These figures are for {shown}."


def day_of(text: str) -> str:
    """Return for example “1 April 2026”."""
    day = date.fromisoformat(text)
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def pdf_of(told: Data, model: ReadModel, mail_from: str, typeset: Typeset) -> bytes:
    """Return the page for the board. The same figures give the same bytes."""
    programme = model.get("programmes", told["programme"] or "")
    total = told["total"]
    page = {
        "title": "Whom we reach",
        "organiser": organiser_of(model, mail_from),
        "period": period_of(told),
        "programme": programme.data["title"] if programme else "All programmes",
        "facts": [
            [str(figure(total["people"])), "people reached"],
            [share_in_words(total["share"]) or "–", "of the workforce"],
            [str(total["organisations"]), "organisations"],
            [f"at least {told['meetings']['cross_sector']}", "pairs met across sectors"],
        ],
        "head": ["Sector", "People", "Share", "New", "Returning", "Had a place", "Came"],
        "rows": [_row(row) for row in [*told["sectors"], {**total, "name": "All that is shown"}]],
        "chart": [{"name": row["name"], "length": _length(row["people"], told)} for row in told["sectors"]],
        "chart_words": "People reached by sector: "
        + "; ".join(f"{row['name']} {figure(row['people'])}" for row in told["sectors"]),
        "notes": [*filter(None, [another_period(told)]), SMALL, HIDDEN, IN_TOTAL],
    }
    return typeset(TEMPLATE, page)


def _row(row: Data) -> list[str]:
    counted = [str(figure(row[name])) for name in ("new", "returning", "booked", "attended")]
    return [row["name"], str(figure(row["people"])), share_in_words(row["share"]) or "–", *counted]


def _length(people: Any, told: Data) -> str:
    most = max((row["people"] for row in told["sectors"] if isinstance(row["people"], int)), default=0)
    return f"{100 * people / most:.1f}" if isinstance(people, int) else "0"
