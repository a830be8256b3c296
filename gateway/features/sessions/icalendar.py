"""Sessions as iCalendar (RFC 5545), for people's own calendars: one session to download, and all of them to follow."""

from collections.abc import Iterable
from datetime import date, timedelta
from email.utils import parseaddr
from typing import Any
from urllib.parse import quote, urlsplit

from icalendar import Calendar, Event, vCalAddress, vText

from gateway.parts.formatted import in_plain_text
from gateway.projection.read_model import Session
from gateway.projection.rows import Meeting, SessionRow
from gateway.projection.views import page_of
from services.runtime.city_time import with_time_zone
from services.runtime.schemas import CITY

REFRESHED = timedelta(hours=1)
FOLLOWED = timedelta(weeks=4)  # for how long a session that is over stays among those that are followed
MOST = 500  # sessions that are followed at a time, the soonest first
MAILTO_SAFE = "@!$'()*+,-._~"  # RFC 6068, 2


def session_calendar(session: Session, public_url: str, mail_from: str) -> bytes:
    """Return a calendar with one VEVENT a meeting, in the city's time; `mail_from` is who holds the session."""
    return _written(_calendar(), [session], public_url, mail_from)


def calendar_feed(title: str, sessions: Iterable[Session], public_url: str, address: str, mail_from: str) -> bytes:
    """Return a calendar of several sessions to subscribe to, at this address and under this title."""
    calendar = _calendar()
    calendar.add("name", title)  # RFC 7986, 5.1
    calendar.add("x-wr-calname", title)
    calendar.add("source", address, parameters={"VALUE": "URI"})  # RFC 7986, 5.8
    calendar.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})  # RFC 7986, 5.7
    calendar.add("x-published-ttl", "PT1H")
    return _written(calendar, sessions, public_url, mail_from)


def followed(sessions: Iterable[Session], day: date) -> list[Session]:
    """Return those that a subscriber's calendar shows on a day: sessions to come and those that ended not long ago."""
    shown = [session for session in sessions if session.ends_at.date() >= day - FOLLOWED]
    return sorted(shown, key=lambda session: (session.starts_at, session.data["slug"]))[:MOST]


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", "-//Headrow//Headrow//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    return calendar


def _written(calendar: Calendar, sessions: Iterable[Session], public_url: str, mail_from: str) -> bytes:
    organizer = _organizer(mail_from)
    for session in sessions:
        for number, meeting in enumerate(session.data["meetings"], start=1):
            event = _event(session, meeting, number, public_url)
            _add(event, "organizer", organizer)  # RFC 5546, 3.2.1: what is published names one
            calendar.add_component(event)
    return with_time_zone(bytes(calendar.to_ical()))


def _organizer(mail_from: str) -> vCalAddress:
    name, address = parseaddr(mail_from)
    party = vCalAddress(f"mailto:{quote(address, safe=MAILTO_SAFE)}")
    party.params["CN"] = vText(name or address)
    return party


def _event(session: Session, meeting: Meeting, number: int, public_url: str) -> Event:
    data = session.data
    page = page_of(public_url, data["slug"])
    event = Event()
    _add(event, "uid", f"session-{data['slug']}-{number}@{urlsplit(public_url).hostname}")
    _add(event, "dtstamp", session.changed_at)
    _add(event, "sequence", session.version)
    _add(event, "dtstart", meeting["starts_at"].astimezone(CITY))
    _add(event, "dtend", meeting["ends_at"].astimezone(CITY))
    _add(event, "summary", _title(data, number))
    _add(event, "description", f"{in_plain_text(data['summary']) or data['title']}\n\n{page}")
    _add(event, "url", page)
    _add(event, "status", "CANCELLED" if data["status"] == "cancelled" else "CONFIRMED")
    if place := place_of(data):
        _add(event, "location", place)
    return event


def _add(event: Event, name: str, value: Any) -> None:
    event.add(name, value)


def _title(data: SessionRow, number: int) -> str:
    count = len(data["meetings"])
    return f"{data['title']} ({number} of {count})" if count > 1 else data["title"]


def place_of(data: SessionRow) -> str:
    """Return where a session meets, in one line; empty if it meets online only."""
    venue = data["venue"]
    return ", ".join(filter(None, (venue["name"], venue["address"]))) if venue else ""
