"""Reports of who was there, as other programmes write them: Teams, Zoom, a list of emails, or any table with a header.

A table is found by its header, whatever separates its columns and whatever stands above or below it. What there is of
times is added up for each person: what overlaps is counted once.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from services.registration.attendance.report_times import minutes_between, minutes_in, times_in
from services.runtime.visible_text import caseless

MOST_HEADER_LINES: Final = 60  # above a table
COLUMNS: Final[Mapping[str, frozenset[str]]] = {  # by what we call them: how they are headed, in lower case
    "reference": frozenset({"reference", "booking reference", "booking"}),
    "meeting": frozenset({"meeting", "meeting number"}),
    "present": frozenset({"present", "attended", "here"}),
    "name": frozenset(
        {"name", "full name", "name (original name)", "user name", "participant", "participant name", "attendee"}
        | {"attendee name", "display name", "user name (original name)"}
    ),
    "first": frozenset({"first name", "forename", "given name"}),
    "last": frozenset({"last name", "surname", "family name"}),
    "email": frozenset({"email", "email address", "user email", "e-mail", "e-mail address", "attendee email", "mail"}),
    "upn": frozenset({"participant id (upn)", "upn", "user principal name"}),
    "organisation": frozenset({"organisation", "organization", "company", "employer"}),
    "joined": frozenset({"join time", "first join", "first join time", "joined", "joined at"}),
    "left": frozenset({"leave time", "last leave", "last leave time", "left", "left at"}),
    "minutes": frozenset(
        {"duration", "in-meeting duration", "duration (minutes)", "total duration (minutes)", "minutes"}
        | {"time in session (minutes)", "time in meeting (minutes)", "attendance duration"}
    ),
    "action": frozenset({"user action", "action"}),
    "at": frozenset({"timestamp"}),
}
WHO: Final = ("reference", "name", "first", "email")  # a header has at least one of them
JOINS: Final = ("joined", "joined before")
ROLE: Final = re.compile(r"\s*[(\[](?:guest|external|unverified|host|co-host|me|organi[sz]er|presenter)[)\]]", re.I)
BLOCK: Final = re.compile(r"\d+\.\s+\D")  # how Teams heads the parts of a report: “3. In-Meeting Activities”
ADDRESS: Final = re.compile(r"[^\s<>,;:\"'()\[\]]+@[^\s<>,;:\"'()\[\]]+\.[^\s<>,;:\"'()\[\].]+")
Span = tuple[datetime, datetime]


@dataclass
class Attendee:
    """Someone in a report: the line where they come first, and all that it says of them; `said` is in minutes."""

    line: int
    name: str = ""
    email: str = ""
    reference: str = ""
    organisation: str = ""
    meeting: str = ""
    present: str | None = None  # where there is a column of that
    spans: list[Span] = field(default_factory=list)
    said: list[float] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """How they may be called in a list of bookings: the likeliest first."""
        return names_in(self.name)


def minutes_of(parts: Iterable[Attendee]) -> int | None:
    """Return for how many minutes someone was there, by all that is said of them; None where nothing is."""
    several = list(parts)
    spans, said = [span for part in several for span in part.spans], [m for part in several for m in part.said]
    told = [*([minutes_between(spans)] if spans else []), *([sum(said)] if said else [])]
    return round(min(told)) if told else None


def names_in(text: str) -> list[str]:
    """Return the names that a report may mean: “Zoe (Zoë Okafor)”, “OKAFOR, Zoë (ELM COURT)”, “Zoë Okafor (Guest)”."""
    plain = ROLE.sub("", text).strip()
    inner = re.fullmatch(r"(.*?)\s*\((.*)\)", plain)
    found = [plain, *(inner.groups() if inner else ())]
    turned = [f"{first} {last}" for last, comma, first in (name.partition(",") for name in found) if comma]
    return [name for name in dict.fromkeys(" ".join(name.split()) for name in [*found, *turned]) if name]


def read(text: str) -> list[Attendee]:
    """Return everyone in a report, in its order, each once; nobody where it has neither a header nor an address."""
    text = text.lstrip("\ufeff")
    header, places, rows = _table(text)
    if header is None:
        return _together(_addresses(text))
    body = [(line, {name: row[n] if n < len(row) else "" for name, n in places.items()}) for line, row in rows]
    if "action" in places and "at" in places:
        return _together(_of_actions(body))
    joined = times_in([row.get("joined", "") for _, row in body], [row.get("left", "") for _, row in body])
    return _together(_attendee(line, row, span) for (line, row), span in zip(body, joined, strict=True))


def _table(text: str) -> tuple[int | None, dict[str, int], list[tuple[int, list[str]]]]:
    """Return the line of the header that tells most, where its columns stand, and the rows below it."""
    best: tuple[int, int | None, dict[str, int], list[tuple[int, list[str]]]] = (0, None, {}, [])
    for separator in "\t;,":
        rows = _rows(text, separator)
        for n, (line, row) in enumerate(rows[:MOST_HEADER_LINES]):
            places = _places(row)
            if len(places) > best[0]:
                best = (len(places), line, places, rows[n + 1 :])
    _, header, places, rows = best
    ends = next((n for n, (_, row) in enumerate(rows) if BLOCK.match(row[0]) and not any(row[1:])), len(rows))
    return header, places, rows[:ends]


def _rows(text: str, separator: str) -> list[tuple[int, list[str]]]:
    """Return each row that is not blank, with the line that it begins on."""
    try:
        return _split(text, separator)
    except csv.Error:  # a quotation mark that is not closed would swallow what follows
        return [(n, [cell.strip(' "') for cell in line.split(separator)]) for n, line in _lines(text)]


def _split(text: str, separator: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, begins = [], 1
    for row in reader:
        if any(cell.strip() for cell in row):
            rows.append((begins, [cell.strip() for cell in row]))
        begins = reader.line_num + 1
    return rows


def _lines(text: str) -> Iterable[tuple[int, str]]:
    return ((n, line) for n, line in enumerate(text.splitlines(), start=1) if line.strip())


def _places(row: Sequence[str]) -> dict[str, int]:
    """Return where our columns stand, if this is a header; of two that are headed alike, the first."""
    heads = [" ".join(cell.lower().split()) for cell in row]
    places = {
        name: next(n for n, head in enumerate(heads) if head in known)
        for name, known in COLUMNS.items()
        if not known.isdisjoint(heads)
    }
    return places if any(name in places for name in WHO) else {}


def _attendee(line: int, row: Mapping[str, str], span: Span | None) -> Attendee:
    name = row.get("name") or " ".join(part for part in (row.get("first", ""), row.get("last", "")) if part)
    email = next(
        (found[0] for text in (row.get("email", ""), row.get("upn", "")) if (found := ADDRESS.search(text))), ""
    )
    said = minutes_in(row.get("minutes", ""))
    kept = {column: row.get(column, "") for column in ("reference", "organisation", "meeting")}
    return Attendee(
        line,
        name="" if ADDRESS.fullmatch(name) else name,
        email=(email or (name if ADDRESS.fullmatch(name) else "")).lower(),
        spans=[span] if span else [],
        said=[] if said is None else [said],
        present=row.get("present"),
        **kept,
    )


def _of_actions(body: Sequence[tuple[int, Mapping[str, str]]]) -> Iterable[Attendee]:
    """Yield a part for each time that someone was there; who is not said to have left was there to the end."""
    at = [span[0] if span else None for span in times_in([row.get("at", "") for _, row in body], None)]
    last = max((time for time in at if time is not None), default=None)
    there: dict[str, tuple[int, Mapping[str, str], datetime | None]] = {}
    for (line, row), time in zip(body, at, strict=True):
        who = row.get("email") or row.get("name", "")
        if row.get("action", "").lower() in JOINS:
            there.setdefault(who, (line, row, time))
        elif who in there:
            began, joined, since = there.pop(who)
            yield _attendee(began, joined, (since, max(since, time)) if since and time else None)
        else:
            yield _attendee(line, row, None)
    for line, row, since in there.values():
        yield _attendee(line, row, (since, max(since, last)) if since and last else None)


def _addresses(text: str) -> Iterable[Attendee]:
    """Yield everyone whose address stands in a text that is no table, with their name if it is before the address."""
    for line, words in enumerate(text.splitlines(), start=1):
        for part in re.split(r"[;,](?![^<]*>)|\t", words):
            for found in ADDRESS.findall(part):
                before = part.split("<")[0].strip(' "\t') if "<" in part else ""
                yield Attendee(line, name="" if "@" in before else before, email=found.strip(".").lower())


def _together(parts: Iterable[Attendee]) -> list[Attendee]:
    """Return each person once, with all that is said of them: by reference and meeting, or address, or name."""
    people: dict[tuple[str, str], Attendee] = {}
    for part in sorted(parts, key=lambda part: part.line):
        who = part.reference.upper() or part.email or caseless(part.name)
        if not who:
            continue
        first = people.setdefault((who, part.meeting), part)
        if first is not part:
            first.spans += part.spans
            first.said += part.said
            first.name = first.name or part.name
            first.organisation = first.organisation or part.organisation
    return list(people.values())
