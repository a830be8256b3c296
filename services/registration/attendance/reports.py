"""Reports of who was there, as other programmes write them: Teams, Zoom, a list of emails, or any table with a header.

A table is found by its header, whatever separates its columns and whatever stands above or below it. What there is of
times is added up for each person: what overlaps is counted once.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from services.registration import who
from services.registration.attendance.report_times import minutes_between, minutes_in, times_in
from services.runtime import tables
from services.runtime.visible_text import caseless

COLUMNS: Final[tables.Columns] = {
    "reference": frozenset({"reference", "booking reference", "booking"}),
    "meeting": frozenset({"meeting", "meeting number"}),
    "present": frozenset({"present", "attended", "here", "attendance"}),  # the last one in our own sheet of bookings
    **who.COLUMNS,
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
    table = tables.find(text, COLUMNS, WHO)
    if table is None:
        return _together(_addresses(text))
    ends = next((n for n, (_, row) in enumerate(table.rows) if BLOCK.match(row[0]) and not any(row[1:])), None)
    body = table.cells()[:ends]
    if "action" in table.places and "at" in table.places:
        return _together(_of_actions(body))
    joined = times_in([row.get("joined", "") for _, row in body], [row.get("left", "") for _, row in body])
    return _together(_attendee(line, row, span) for (line, row), span in zip(body, joined, strict=True))


def _attendee(line: int, row: Mapping[str, str], span: Span | None) -> Attendee:
    name = who.name_in(row)
    email = next(
        (found[0] for text in (row.get("email", ""), row.get("upn", "")) if (found := who.ADDRESS.search(text))), ""
    )
    said = minutes_in(row.get("minutes", ""))
    kept = {column: row.get(column, "") for column in ("reference", "organisation", "meeting")}
    return Attendee(
        line,
        name="" if who.ADDRESS.fullmatch(name) else name,
        email=(email or (name if who.ADDRESS.fullmatch(name) else "")).lower(),
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
            for found in who.ADDRESS.findall(part):
                before = part.split("<")[0].strip(' "\t') if "<" in part else ""
                yield Attendee(line, name="" if "@" in before else before, email=found.strip(".").lower())


def _together(parts: Iterable[Attendee]) -> list[Attendee]:
    """Return each person once, with all that is said of them: by reference and meeting, or address, or name."""
    people: dict[tuple[str, str], Attendee] = {}
    for part in sorted(parts, key=lambda part: part.line):
        who = part.reference.upper() or part.email or caseless(part.name)
        if not who and part.present:
            who = f"line {part.line}"  # of someone, though it does not say who
        if not who:
            continue
        first = people.setdefault((who, part.meeting), part)
        if first is not part:
            first.spans += part.spans
            first.said += part.said
            first.name = first.name or part.name
            first.organisation = first.organisation or part.organisation
    return list(people.values())
