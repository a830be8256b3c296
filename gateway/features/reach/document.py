"""Who the programme reaches, in words: as the rows of a sheet, and as one page of A4 for the board (PDF/UA-1)."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from gateway.parts import periods
from gateway.projection.read_model import Data, ReadModel
from gateway.projection.views import organiser_of
from gateway.web.documents.sheets import Cell
from gateway.web.documents.typesetting import Typeset

TEMPLATE: Final = Path(__file__).parent / "templates" / "reach.typ"
COUNTS: Final = ("new", "returning", "booked", "attended", "absent", "waiting", "organisations", "hours")
FEEDBACK: Final = ("feedback", "useful", "pledged", "pledges_kept", "pledges_partly_kept")
COLUMNS: Final = (
    *("figures", "from", "to", "programme", "sector", "organisation", "people", "workforce", "share"),
    *COUNTS,
    "first_meetings",
    *FEEDBACK,
)
EXACT: Final = "exact: for the team only"
TO_SHARE: Final = "to share: 1 to 4 hidden, the rest to the nearest 5"
RULE: Final = "“<5” means 1 to 4. Everything else is rounded to the nearest 5, so parts may not add up to the total."
ONCE: Final = "The total counts everyone once. Someone who has worked in two sectors counts in each of them."
WAITING: Final = "“Waiting” is people who were still on the waiting list when a session was over."
NUMBERS: Final = {"5": "5, very useful", "1": "1, not at all useful"}
FIGURES: Final = (  # of the total, in the order of the page
    ("people", "People reached"),
    ("new", "New people"),
    ("returning", "Returning people"),
    ("booked", "Places booked"),
    ("attended", "Places attended"),
    ("absent", "Places not attended"),
    ("waiting", "Still on a waiting list when the session was over"),
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
        yield _filled([*begins, row["name"], "", *_numbers(row)])
    yield [*begins, "Total", "", *_numbers(told["total"]), told["total"]["first_meetings"], *_said(told["feedback"])]
    if before := told["year_before"]:
        yield _filled([*begins, "Total a year before", "", *_numbers(before), before["first_meetings"]])
    for row in told["organisations"]:
        sector = names.get(row["sector"], row["sector"]) or "Not said"
        yield _filled([*begins, sector, row["organisation"] or "Not said", row["people"]])
    for row in told["never_reached"]:
        sector = names.get(row["sector"], row["sector"]) or "Not said"
        yield _filled([*begins, sector, row["organisation"], "never reached"])


def _filled(cells: list[Cell]) -> list[Cell]:
    """Return a row with empty cells up to its end."""
    return [*cells, *[""] * (len(COLUMNS) - len(cells))]


def _said(feedback: Data) -> list[Cell]:
    useful, did = feedback["useful"], feedback["did"] or {}
    mean = figure(useful["mean"], "") if useful else ""
    return [feedback["answers"], mean, feedback["pledged"], did.get("yes", ""), did.get("partly", "")]


def said_in_words(feedback: Data) -> str:
    """Return for example “12 answers on how useful it was: 4.3 of 5 on average.”, or that nothing was said."""
    if not feedback["useful"]:
        return "No session of this period has had three answers about how useful it was."
    mean = feedback["useful"]["mean"]
    on_average = f": {figure(mean)} of 5 on average" if mean is not None else ""
    return f"{feedback['answers']} answers on how useful the session was{on_average}."


def pledged_in_words(feedback: Data) -> str:
    """Return for example “8 people pledged to do something differently. Of 5 who said …, 3 did it and 1 did a part.”"""
    pledged = f"{feedback['pledged']} answers had a pledge to do something differently."
    if not (did := feedback["did"]):
        return pledged
    asked = f"Of {feedback['pledges_answered']} who later said what became of it"
    return f"{pledged} {asked}, {did['yes']} did it, {did['partly']} did a part and {did['not_yet']} had not yet."


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


def pdf_of(told: Data, model: ReadModel, mail_from: str, typeset: Typeset) -> bytes:
    """Return the page for the board. The same figures give the same bytes."""
    programme = model.get("programmes", told["programme"] or "")
    total = told["total"]
    page = {
        "title": "Who we reach",
        "organiser": organiser_of(model, mail_from),
        "period": periods.in_words(told),
        "programme": programme.data["title"] if programme else "All programmes",
        "facts": [
            [str(total["people"]), "people reached"],
            [share_in_words(total["share"]) or "–", "of the workforce"],
            [str(figure(total["hours"])), "hours of learning"],
            [str(total["first_meetings"]), "first meetings across sectors"],
        ],
        "head": ["Sector", "People", "Share", "New", "Returning", "Booked", "Attended", "Not attended", "Waiting"],
        "rows": [_row(row) for row in [*told["sectors"], *_totals(told)]],
        "chart": (sectors := _bars([(row["name"], row["people"]) for row in told["sectors"]])),
        "chart_words": _in_words("People reached by sector", sectors),
        "said": [said_in_words(told["feedback"]), pledged_in_words(told["feedback"])],
        "useful": (useful := _bars(answers_of(told["feedback"]["useful"]))),
        "useful_words": _in_words("How useful people found the sessions", useful),
        "notes": [RULE, ONCE, WAITING],
    }
    return typeset(TEMPLATE, page)


def _totals(told: Data) -> list[Data]:
    before = told["year_before"]
    return [{**told["total"], "name": "Total"}, *([{**before, "name": "A year before"}] if before else [])]


def _row(row: Data) -> list[str]:
    counted = [str(row[name]) for name in ("new", "returning", "booked", "attended", "absent", "waiting")]
    return [row["name"], str(row["people"]), share_in_words(row["share"]) or "–", *counted]


def answers_of(useful: Data | None) -> list[tuple[str, Any]]:
    """Return how many people chose each number, the best first."""
    counts = useful["counts"].items() if useful else []
    return [(NUMBERS.get(number, number), people) for number, people in reversed(counts)]


def most_of(numbers: Iterable[Any]) -> int:
    """Return the largest of some figures, of which some may be hidden."""
    return max((number for number in numbers if isinstance(number, int)), default=0)


def _bars(rows: Sequence[tuple[str, Any]]) -> list[Data]:
    """Return the bars of a chart; of a figure that is hidden there is none."""
    most = most_of(number for _, number in rows)
    return [
        {
            **{"name": name, "number": str(number)},
            "length": f"{100 * number / most:.1f}" if isinstance(number, int) and most else "0",
        }
        for name, number in rows
    ]


def _in_words(title: str, bars: list[Data]) -> str:
    return f"{title}: " + "; ".join(f"{bar['name']} {bar['number']}" for bar in bars)
