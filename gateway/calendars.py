"""Sessions as iCalendar (RFC 5545), for people's own calendars."""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar, Event, Timezone

from gateway.read_model import Data, Thing
from gateway.views import page_of
from services.bus.schemas import CITY

# The rule since 1996, in four lines; icalendar would write out a date for every year, in spring an hour late.
LONDON = """\
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
TZNAME:BST
DTSTART:19810329T010000
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:GMT
DTSTART:19961027T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
END:VTIMEZONE
"""


def session_calendar(session: Thing, public_url: str) -> bytes:
    """Return a calendar with one VEVENT a meeting, in the city's time."""
    calendar = Calendar()
    calendar.add("prodid", "-//Headrow//Headrow//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(Timezone.from_ical(LONDON))
    for number, meeting in enumerate(session.data["meetings"], start=1):
        calendar.add_component(_event(session, meeting, number, public_url))
    return bytes(calendar.to_ical())


def _event(session: Thing, meeting: dict[str, datetime], number: int, public_url: str) -> Event:
    data = session.data
    page = page_of(public_url, "sessions", data["slug"])
    event = Event()
    _add(event, "uid", f"session-{data['slug']}-{number}@{urlsplit(public_url).hostname}")
    _add(event, "dtstamp", session.changed_at)
    _add(event, "sequence", session.version)
    _add(event, "dtstart", meeting["starts_at"].astimezone(CITY))
    _add(event, "dtend", meeting["ends_at"].astimezone(CITY))
    _add(event, "summary", _title(data, number))
    _add(event, "description", f"{data['summary'] or data['title']}\n\n{page}")
    _add(event, "url", page)
    _add(event, "status", "CANCELLED" if data["status"] == "cancelled" else "CONFIRMED")
    if place := place_of(data):
        _add(event, "location", place)
    return event


def _add(event: Event, name: str, value: Any) -> None:
    event.add(name, value)


def _title(data: Data, number: int) -> str:
    count = len(data["meetings"])
    return f"{data['title']} ({number} of {count})" if count > 1 else str(data["title"])


def place_of(data: Data) -> str:
    """Return where a session meets, in one line; empty if it meets online only."""
    venue = data["venue"]
    return ", ".join(filter(None, (venue["name"], venue["address"]))) if venue else ""
