"""Invites as iCalendar (RFC 5545) that mail programs act on (iTIP, RFC 5546)."""

from datetime import datetime

from icalendar import Calendar, Event, vCalAddress, vText

from services.bus.schemas import CITY
from services.notifications.headers import one_line
from services.notifications.letterhead import Letterhead
from services.notifications.models import Facts

PRODID = "-//Headrow//Notifications//EN"
STATUS = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}
FIRST_EVENT = "BEGIN:VEVENT\r\n"

# The rule of the city's time since 1996, by hand: icalendar's own generator takes longer than all of an invite, and
# in 7.3 has summer begin an hour late. A test holds this against the time zone database.
TIME_ZONE = """\
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19960331T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
""".replace("\n", "\r\n")


def write(invite: Facts, letterhead: Letterhead, address: str, name: str | None) -> str:
    """Return the invite (see `invites.py`) as text with one VEVENT a meeting, for the person at `address`."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", invite["method"])
    organizer = _party(*letterhead.sender)
    attendee = _party(name or "", address, ROLE="REQ-PARTICIPANT", PARTSTAT="ACCEPTED", RSVP="FALSE")
    for meeting in invite["meetings"]:
        event = _event(invite, meeting, letterhead)
        event.add("organizer", organizer)
        event.add("attendee", attendee)
        calendar.add_component(event)
    return str(calendar.to_ical().decode()).replace(FIRST_EVENT, TIME_ZONE + FIRST_EVENT, 1)


def _event(invite: Facts, meeting: Facts, letterhead: Letterhead) -> Event:
    event = Event()
    event.add("uid", f"{invite['reference']}-{meeting['n']}@{invite['host']}")
    event.add("sequence", invite["sequence"])
    event.add("dtstamp", datetime.fromisoformat(invite["issued_at"]))
    event.add("dtstart", datetime.fromisoformat(meeting["starts_at"]).astimezone(CITY))
    event.add("dtend", datetime.fromisoformat(meeting["ends_at"]).astimezone(CITY))
    event.add("summary", one_line(invite["title"]))
    event.add("location", _location(invite))
    event.add("description", _description(invite, letterhead))
    event.add("url", letterhead.booking(invite["reference"]))
    event.add("status", STATUS[invite["method"]])
    event.add("transp", "OPAQUE" if invite["method"] == "REQUEST" else "TRANSPARENT")
    return event


def _party(name: str, address: str, **parameters: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{address}")
    for key, value in {"CN": one_line(name) or address, **parameters}.items():
        party.params[key] = vText(value)
    return party


def _location(invite: Facts) -> str:
    if invite["mode"] == "online":
        return "Online"
    venue = invite["venue"]
    return one_line(", ".join(filter(None, (venue["name"], venue["address"])))) if venue else "To be announced"


def _description(invite: Facts, letterhead: Letterhead) -> str:
    lines = [f"Booking {invite['reference']}"]
    if invite["mode"] == "online":
        lines.append("The link to join is on your booking page from 30 minutes before the start.")
    elif invite["venue"] and invite["venue"]["access"]:
        lines.append(f"Getting in and around: {invite['venue']['access']}")
    return "\n".join([*lines, f"Your booking: {letterhead.booking(invite['reference'])}"])
