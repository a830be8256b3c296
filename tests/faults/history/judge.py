"""Judges a recorded history: `python judge.py FOLDER`. Imports nothing of Headrow.

The folder holds, as JSON: `asked.jsonl`, a line for each time that something was asked ({person, what, key, began,
ended, status, …}, in seconds of one clock; a status of 0 is no answer); `sessions.json`, the places of each session;
`bookings.json`, what each person's list said in the end; `shown.json`, the places left that the catalogue showed in the
end; and `mail.json`, all emails ({to, subject, id}).
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
HOLDING = ("confirmed", "offered")  # states of a booking that holds a place
LIVE = (*HOLDING, "waiting")


class History:
    """What was asked and answered, in the order of the answers, and how it all stood in the end."""

    def __init__(self, folder: Path) -> None:
        lines = (folder / "asked.jsonl").read_text().splitlines()
        self.asked: list[Row] = sorted((json.loads(line) for line in lines), key=lambda row: row["ended"])
        self.places: dict[str, int] = json.loads((folder / "sessions.json").read_text())
        self.bookings: dict[str, list[Row]] = json.loads((folder / "bookings.json").read_text())
        self.left: dict[str, int] = json.loads((folder / "shown.json").read_text())
        self.mail: list[Row] = json.loads((folder / "mail.json").read_text())

    def done(self) -> Iterator[Row]:
        """Yield what was done, each request once, however often it was asked: the first time that it was answered."""
        seen = set()
        for row in self.asked:
            if row["status"] in (200, 201) and row["key"] not in seen:
                seen.add(row["key"])
                yield row

    def last(self) -> dict[str, Row]:
        """Return what was done last to each booking, by reference."""
        return {row["reference"]: row for row in self.done()}

    def in_the_end(self) -> dict[str, Row]:
        """Return each booking as its owner's list had it, by reference."""
        return {booking["reference"]: booking for theirs in self.bookings.values() for booking in theirs}


def faults(history: History) -> Iterator[str]:
    """Yield a sentence for each thing that should not have been."""
    for rule in (lost, answered_otherwise, undone, doubled, oversold, passed_by, shown_otherwise, told_twice, not_told):
        yield from (f"{rule.__name__}: {fault}" for fault in rule(history))


def lost(history: History) -> Iterator[str]:
    """A booking that was answered with 201 is not in its owner's list."""
    for row in history.done():
        theirs = [booking["reference"] for booking in history.bookings[row["person"]]]
        if row["what"] == "book" and row["reference"] not in theirs:
            yield f"{row['person']} was given {row['reference']}, and does not have it"


def answered_otherwise(history: History) -> Iterator[str]:
    """The same request got two answers."""
    answers: dict[str, set[Any]] = defaultdict(set)
    for row in history.asked:
        if 0 < row["status"] < 500:
            answers[row["key"]].add((row["status"], row.get("reference"), row.get("state")))
    yield from (f"{key} was answered {sorted(map(str, said))}" for key, said in answers.items() if len(said) > 1)


def undone(history: History) -> Iterator[str]:
    """What someone did last to a booking does not stand."""
    there = history.in_the_end()
    for reference, row in history.last().items():
        booking = there.get(reference)
        if booking is None:
            continue  # `lost` says so
        if row["state"] == "cancelled" and booking["state"] != "cancelled":
            yield f"{reference} was cancelled and is {booking['state']}"
        if row["state"] == "confirmed" and booking["state"] != "confirmed":
            yield f"{reference} was confirmed and is {booking['state']}"
        if row["state"] != "cancelled" and booking["session"] != row["session"]:
            yield f"{reference} was of {row['session']} and is of {booking['session']}"


def doubled(history: History) -> Iterator[str]:
    """Someone has two live bookings of a session."""
    for person, theirs in history.bookings.items():
        live = Counter(booking["session"] for booking in theirs if booking["state"] in LIVE)
        yield from (f"{person} has {number} of {session}" for session, number in live.items() if number > 1)


def oversold(history: History) -> Iterator[str]:
    """At some moment, or in the end, more people held a place for certain than there were places.

    A place is held for certain from the answer that gave it until its owner asks for something that may end it.
    """
    for session, places in history.places.items():
        there = [booking for booking in history.in_the_end().values() if booking["session"] == session]
        holding = sum(booking["state"] in HOLDING for booking in there)
        if holding > places:
            yield f"{session} has {places} places and {holding} have one"
    for session, changes in _certain(history).items():
        held, most = 0, 0
        for _, change in sorted(changes):
            held += change
            most = max(most, held)
        if most > history.places[session]:
            yield f"{session} has {history.places[session]} places, and {most} held one at a time"


def _certain(history: History) -> dict[str, list[tuple[float, int]]]:
    """Return, for each session, when a place was given for certain (+1), and may have been given back (-1)."""
    asked_again = defaultdict(list)
    for row in history.asked:
        if row["what"] != "book":
            asked_again[row["of"]].append(row["began"])
    changes = defaultdict(list)
    for row in history.done():
        if row["state"] == "confirmed":
            until = [began for began in asked_again[row["reference"]] if began > row["ended"]]
            changes[row["session"]] += [(row["ended"], 1), (min(until, default=float("inf")), -1)]
    return changes


def passed_by(history: History) -> Iterator[str]:
    """Someone waits although a place is free."""
    for session, places in history.places.items():
        states = Counter(b["state"] for b in history.in_the_end().values() if b["session"] == session)
        if states["waiting"] and sum(states[state] for state in HOLDING) < places:
            yield f"{session} has {places} places, {dict(states)}"


def shown_otherwise(history: History) -> Iterator[str]:
    """The catalogue shows other figures than the bookings add up to."""
    for session, places in history.places.items():
        there = history.in_the_end().values()
        holding = sum(b["session"] == session and b["state"] in HOLDING for b in there)
        if history.left[session] != places - holding:
            yield f"{session} shows {history.left[session]} places left, and {places - holding} are"


def told_twice(history: History) -> Iterator[str]:
    """An email was sent twice."""
    yield from (id for id, number in Counter(mail["id"] for mail in history.mail).items() if number > 1)


def not_told(history: History) -> Iterator[str]:
    """Someone who has a place was never told of it."""
    told = Counter(mail["to"] for mail in history.mail)
    for person, theirs in history.bookings.items():
        holding = [booking for booking in theirs if booking["state"] in HOLDING]
        if len(holding) > told[person]:
            yield f"{person} has {len(holding)} places and got {told[person]} emails"


if __name__ == "__main__":
    found = list(faults(History(Path(sys.argv[1]))))
    print("\n".join(found) or "nothing lost, nothing doubled, nothing oversold")
    sys.exit(1 if found else 0)
