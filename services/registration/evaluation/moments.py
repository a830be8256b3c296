"""When people are asked: before a session, on the day, and 3, 6 and 12 months later; and until when they can answer."""

from datetime import datetime, timedelta
from typing import Final

from services.registration.models import Session

LATER: Final = {  # from the end of the last meeting
    "after_3_months": timedelta(days=91),
    "after_6_months": timedelta(days=182),
    "after_12_months": timedelta(days=365),
}
ON_THE_DAY_FOR: Final = timedelta(days=14)  # as long as facilitators can record who came
LATER_FOR: Final = timedelta(days=28)


def window(session: Session, moment: str) -> tuple[datetime | None, datetime]:
    """Return from when until when a session's people can answer at a moment; before it, from their booking on (None).

    On the day, that is from the start of the last meeting, so that people can answer while they are together.
    """
    if moment == "before":
        return None, session.starts_at
    if moment == "on_the_day":
        return session.spans[-1][0], session.ends_at + ON_THE_DAY_FOR
    opens_at = session.ends_at + LATER[moment]
    return opens_at, opens_at + LATER_FOR


def open_at(session: Session, moments: list[str], now: datetime) -> str | None:
    """Return which of these moments it is for a session. No two of a session are at the same time."""
    for moment in moments:
        opens_at, closes_at = window(session, moment)
        if (opens_at is None or opens_at <= now) and now < closes_at:
            return moment
    return None
