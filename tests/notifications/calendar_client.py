"""A little calendar that does with mails what RFC 5546 says, and a way to read iCalendar line by line."""

from dataclasses import dataclass, field
from datetime import datetime

import icalendar

Revision = tuple[int, datetime]


@dataclass(frozen=True)
class Shown:
    """What a calendar shows of one meeting."""

    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str


@dataclass
class CalendarClient:
    """Keeps the latest of each UID: the higher SEQUENCE, or at the same one the later DTSTAMP (RFC 5546, 2.1.5)."""

    kept: dict[str, tuple[Revision, Shown | None]] = field(default_factory=dict)

    def take_in(self, calendar: icalendar.Calendar) -> None:
        """Apply a request or a cancellation, in whatever order they come."""
        for event in calendar.walk("VEVENT"):
            revision = int(event["SEQUENCE"]), event["DTSTAMP"].dt
            known = self.kept.get(str(event["UID"]))
            if known is None or known[0] < revision:
                self.kept[str(event["UID"])] = revision, shown(event) if calendar["METHOD"] == "REQUEST" else None

    @property
    def shows(self) -> list[Shown]:
        """All that is in it, the soonest first."""
        return sorted((there for _, there in self.kept.values() if there), key=lambda there: there.starts_at)


def shown(event: icalendar.Event) -> Shown:
    """Return what a calendar shows of this event."""
    return Shown(event["DTSTART"].dt, event["DTEND"].dt, str(event["SUMMARY"]), str(event["LOCATION"]))


def unfolded(text: str) -> list[str]:
    """Return the content lines (RFC 5545, 3.1)."""
    return text.replace("\r\n ", "").replace("\r\n\t", "").removesuffix("\r\n").split("\r\n")


def properties(text: str, component: str) -> list[list[str]]:
    """Return the names of the properties of each such component, repetitions included."""
    found: list[list[str]] = []
    inside: list[str] = []
    for line in unfolded(text):
        name, _, value = line.replace(";", ":", 1).partition(":")
        if name == "BEGIN":
            inside.append(value)
            found += [[]] if value == component else []
        elif name == "END":
            inside.pop()
        elif inside and inside[-1] == component:
            found[-1].append(name)
    return found
