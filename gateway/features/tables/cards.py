"""What is printed for a session's tables: a card for each table, and a badge for everybody."""

from pathlib import Path
from typing import Final

from gateway.projection.read_model import Data
from gateway.web.documents.typesetting import Typeset

CARDS: Final = Path(__file__).parent / "templates" / "table_cards.typ"
BADGES: Final = Path(__file__).parent / "templates" / "table_badges.typ"
NAMES: Final = {"tables": ("Table", "Tables"), "rooms": ("Breakout room", "Breakout rooms")}


def cards_of(view: Data, title: str, typeset: Typeset) -> bytes:
    """Return a PDF with a page for each table: its number, and who sits there in each round."""
    one, many = NAMES[view["kind"]]
    rounds = view["rounds"]
    cards = [
        {"number": f"{one} {n + 1}", "rounds": [_round(r, tables[n], len(rounds)) for r, tables in enumerate(rounds)]}
        for n in range(len(rounds[0]))
    ]
    return typeset(CARDS, {"title": f"{many}: {title}", "session": title, "cards": cards})


def badges_of(view: Data, title: str, typeset: Typeset) -> bytes:
    """Return a PDF with a badge for everybody: the name, the organisation, and where they sit in each round."""
    one, _ = NAMES[view["kind"]]
    people: dict[str, Data] = {}
    for number, tables in enumerate(view["rounds"]):
        for table, seats in enumerate(tables, start=1):
            for seat in seats:
                person = people.setdefault(seat["reference"], {**seat, "at": ["–"] * len(view["rounds"])})
                person["at"][number] = str(table)
    badges = [
        {
            "name": name_of(person),
            "organisation": person["organisation"] or "",
            "where": f"{one} {', '.join(person['at'])}",
        }
        for person in sorted(people.values(), key=lambda person: (name_of(person).casefold(), person["reference"]))
    ]
    return typeset(BADGES, {"title": f"Name badges: {title}", "session": title, "badges": badges})


def name_of(seat: Data) -> str:
    """Return what somebody is called at a table."""
    return str(seat["name"] or seat["reference"])


def _round(number: int, seats: list[Data], of: int) -> Data:
    people = [{"name": name_of(seat), "organisation": seat["organisation"] or ""} for seat in seats]
    return {"title": f"Round {number + 1}" if of > 1 else "Who sits here", "people": people}
