"""The sample programme with its dates moved to a day: some sessions are over by then, the others are soon."""

import calendar
from collections.abc import Iterable
from copy import deepcopy
from datetime import date, datetime, timedelta
from typing import Any

Part = dict[str, Any]

# In which week each session begins, counted from the week of the day, which is 0. None is in that week itself, so that
# whatever the weekday, what is over is over and what is to come is to come.
WEEKS = {
    "people-systems-psychology": -24,
    "myrons-maxims": -16,
    "organisational-flexibility": -8,  # six weeks and more ago: people have been asked what became of their pledges
    "response-across-the-city": -1,
    "maxims-in-practice": 1,
    "slp-march-cohort": 3,
    "leading-across-boundaries": 5,
    "slp-june-virtual-cohort": 10,
}
HOLIDAYS = {(12, 25), (12, 26), (1, 1)}  # months and days on which nothing takes place
MONDAY_TO_FRIDAY = range(5)


def moved_to(programme: Part, day: date) -> Part:
    """Return the sample programme as it would be if `day` were today. Raises KeyError for a session of another file.

    Each session moves by whole weeks, in the city's local time: weekdays and times of day stay. Where that is a
    holiday, it takes place on the last working day before. A title that names the month names the new one; the
    session's name in addresses does without.
    """
    moved = deepcopy(programme)
    for part in moved["programmes"]:
        part["sessions"] = [_moved(session, day) for session in part["sessions"]]
    return moved


def as_of(programme: Part, moment: datetime) -> Part:
    """Return the programme as its file stood at a moment in local time: without materials of what was not over."""
    known = deepcopy(programme)
    for session in _sessions(known):
        if datetime.fromisoformat(session["meetings"][-1]["ends_at"]) > moment:
            session["materials"] = []
    return known


def neutral(slug: str, month: str) -> str:
    """Return a session's name in addresses without the name of a month."""
    return "-".join(word for word in slug.split("-") if word != month.lower())


def _moved(session: Part, day: date) -> Part:
    first = datetime.fromisoformat(session["meetings"][0]["starts_at"])
    by = _monday(day) + timedelta(weeks=WEEKS[session["slug"]]) - _monday(first.date())
    month = calendar.month_name[first.month]
    for times in (*session["meetings"], *session.get("held_places", [])):
        for name in {"starts_at", "ends_at", "until"} & times.keys():
            times[name] = _working(datetime.fromisoformat(times[name]) + by).isoformat()
    begins = datetime.fromisoformat(session["meetings"][0]["starts_at"])
    title = session["title"].replace(month, calendar.month_name[begins.month])
    return {**session, "slug": neutral(session["slug"], month), "title": title}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _working(moment: datetime) -> datetime:
    """Return the moment, or the same time of day on the last working day before."""
    while (moment.month, moment.day) in HOLIDAYS or moment.weekday() not in MONDAY_TO_FRIDAY:
        moment -= timedelta(days=1)
    return moment


def _sessions(programme: Part) -> Iterable[Part]:
    return (session for part in programme["programmes"] for session in part["sessions"])
