"""The city's time zone as iCalendar text, and the way to put it into a calendar."""

from typing import Final

from services.runtime.schemas import CITY
from services.runtime.time_zones import in_icalendar

TIME_ZONE: Final = in_icalendar(CITY)


def with_time_zone(calendar: bytes) -> bytes:
    """Return the written calendar with the city's time zone before its first event, or as all that it holds."""
    before = b"BEGIN:VEVENT\r\n" if b"BEGIN:VEVENT\r\n" in calendar else b"END:VCALENDAR\r\n"
    return calendar.replace(before, TIME_ZONE.encode() + before, 1)
