"""Reading mails as mail programs do."""

from email.message import EmailMessage

import icalendar


def part(mail: EmailMessage, content_type: str) -> EmailMessage:
    """Return the one part of this type."""
    parts = [part for part in mail.walk() if part.get_content_type() == content_type]
    assert len(parts) == 1, f"{len(parts)} parts of {content_type}"
    return parts[0]


def plain(mail: EmailMessage) -> str:
    """Return the plain text."""
    return part(mail, "text/plain").get_content().replace("\r\n", "\n")


def html(mail: EmailMessage) -> str:
    """Return the HTML."""
    return part(mail, "text/html").get_content().replace("\r\n", "\n")


def has_invite(mail: EmailMessage) -> bool:
    """Tell whether the mail carries an invite."""
    return any(part.get_content_type() == "text/calendar" for part in mail.walk())


def calendar(mail: EmailMessage) -> icalendar.Calendar:
    """Return the invite."""
    return icalendar.Calendar.from_ical(part(mail, "text/calendar").get_content())


def uids(calendar: icalendar.Calendar) -> list[str]:
    """Return the UIDs of the events, in order."""
    return [str(event["UID"]) for event in calendar.walk("VEVENT")]


def sequences(calendar: icalendar.Calendar) -> set[int]:
    """Return the sequence numbers that occur."""
    return {int(event["SEQUENCE"]) for event in calendar.walk("VEVENT")}
