"""iCalendar (RFC 5545): invites that mail programs act on (iTIP, RFC 5546), and feeds that are only read."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress, vText

from services.notifications.composing.email_layout import EmailLayout
from services.notifications.composing.headers import one_line
from services.notifications.composing.wording import Wording, in_language
from services.notifications.models import Facts
from services.runtime.city_time import with_time_zone
from services.runtime.schemas import CITY

PRODID = "-//Headrow//Notifications//EN"
STATUS = {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED", "OFFER": "TENTATIVE"}
LONGEST_LINE = 75  # bytes, with the line break's first
REFRESHED = timedelta(hours=1)
MAILTO_SAFE = "@!$'()*+,-._~"  # RFC 6068, 2


def write(invite: Facts, email_layout: EmailLayout, address: str, name: str | None) -> str:
    """Return what was issued of one meeting (see `invites.py`), as text, for the person at `address` alone."""
    calendar = _calendar(invite["method"])
    event = _event(invite, email_layout)
    event.add("attendee", _party(name or "", address, ROLE="REQ-PARTICIPANT", PARTSTAT="ACCEPTED", RSVP="FALSE"))
    calendar.add_component(event)
    return _written(calendar)


def publish(entries: Iterable[Facts], email_layout: EmailLayout, name: str | None = None) -> str:
    """Return these entries as text to be read, or subscribed to under a `name`: it asks nobody to come.

    What is offered has the method OFFER, and `offer_expires_at`.
    """
    calendar = _calendar("PUBLISH")
    if name is not None:
        calendar.add("name", name)  # RFC 7986, 5.1
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})  # RFC 7986, 5.7
        calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry, email_layout))
    return _written(calendar)


def _calendar(method: str) -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODID)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method)
    return calendar


def _written(calendar: Calendar) -> str:
    lines = "\r\n".join(_folded(line) for line in calendar.content_lines() if line)
    return with_time_zone(f"{lines}\r\n".encode()).decode()


def _folded(line: Any) -> str:
    """Return the line as RFC 5545, 3.1 has it. icalendar looks at each character, also of a line that is short."""
    return str(line) if len(line.encode()) < LONGEST_LINE else bytes(line.to_ical()).decode()


def _event(entry: Facts, email_layout: EmailLayout) -> Event:
    event, wording = Event(), in_language(email_layout.language)
    event.add("uid", f"{entry['reference']}-{entry['n']}@{entry['host']}")
    event.add("sequence", entry["sequence"])
    event.add("dtstamp", datetime.fromisoformat(entry["issued_at"]).astimezone(UTC))
    event.add("dtstart", datetime.fromisoformat(entry["starts_at"]).astimezone(CITY))
    event.add("dtend", datetime.fromisoformat(entry["ends_at"]).astimezone(CITY))
    event.add("summary", _summary(entry, wording))
    event.add("location", _location(entry, wording))
    event.add("description", _description(entry, email_layout, wording))
    event.add("url", page_of(entry, email_layout))
    event.add("status", STATUS[entry["method"]])
    event.add("transp", "OPAQUE" if entry["method"] == "REQUEST" else "TRANSPARENT")
    event.add("organizer", _party(*email_layout.sender))
    return event


def _party(name: str, address: str, **parameters: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{quote(address, safe=MAILTO_SAFE)}")
    for key, value in {"CN": one_line(name) or address, **parameters}.items():
        party.params[key] = vText(value)
    return party


def _summary(entry: Facts, wording: Wording) -> str:
    title = one_line(entry["title"])
    if entry["of"] > 1:
        _ = wording.translations.gettext
        title = _("%(title)s (%(nth)s of %(of)s)") % {"title": title, "nth": entry["nth"], "of": entry["of"]}
    return f"{_offer(entry, wording)}: {title}" if entry["method"] == "OFFER" else title


def _offer(entry: Facts, wording: Wording) -> str:
    _, until = wording.translations.gettext, entry["offer_expires_at"]
    return _("Offer, answer by %(time)s") % {"time": wording.moment(until)} if until else _("Offer")


def _location(entry: Facts, wording: Wording) -> str:
    _, venue = wording.translations.gettext, entry["venue"]
    if entry["mode"] == "online":
        return _("Online")
    return one_line(", ".join(filter(None, (venue["name"], venue["address"])))) if venue else _("To be announced")


def _description(entry: Facts, email_layout: EmailLayout, wording: Wording) -> str:
    _, venue = wording.translations.gettext, entry["venue"]
    facilitates = entry.get("facilitates")
    booked = _("Booking %(reference)s") % {"reference": entry["reference"]}
    lines = [_("You facilitate this session.") if facilitates else booked]
    if facilitates:
        lines.append(_("Who is coming, the tables and the link to join are on its page."))
    elif entry["method"] == "OFFER":
        lines += [_offer(entry, wording), _("The place is not yours until you say yes on your booking page.")]
    elif entry["mode"] == "online":
        lines.append(_("The link to join is on your booking page from 30 minutes before the start."))
    if entry["mode"] != "online" and venue and venue["access"]:
        lines.append(_("Getting in and around: %(access)s") % {"access": one_line(venue["access"])})
    page = _("The sessions that you facilitate: %(address)s") if facilitates else _("Your booking: %(address)s")
    return "\n".join([*lines, page % {"address": page_of(entry, email_layout)}])


def page_of(entry: Facts, email_layout: EmailLayout) -> str:
    """Return the address of the page about an entry. A release before wrote entries of bookings alone."""
    return email_layout.facilitating if entry.get("facilitates") else email_layout.booking(entry["reference"])
