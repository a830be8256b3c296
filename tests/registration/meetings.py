"""When sessions meet."""

from datetime import timedelta

from tests.registration.conftest import START

HOUR = timedelta(hours=1)


def meeting(starts_at, hours=1):
    """Return one meeting of a session, as the catalogue tells of it."""
    return {"starts_at": starts_at, "ends_at": starts_at + hours * HOUR}


TWO_MEETINGS = [meeting(START, 6), meeting(START + timedelta(days=7), 2)]
SPANS = [(meeting["starts_at"], meeting["ends_at"]) for meeting in TWO_MEETINGS]
AFTER = START + timedelta(days=8)
