"""The form of a session: what is typed into it, how that is told to the catalogue, and where its complaints belong.

A form is flat text by field, as browsers send it; rows of meetings, speakers and held places are numbered from 0. What
is typed goes to the catalogue even where it makes no sense: it is the catalogue that finds all that is wrong at once.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from gateway.parts import topic_choice
from gateway.parts.editing import number_of
from gateway.projection.read_model import Data
from gateway.projection.rows import HeldPlaces, Meeting
from gateway.web import times
from services.catalogue.schemas import NewSession
from services.runtime import limits
from services.runtime.schemas import CITY

Form = dict[str, str]
Places = dict[str, tuple[str, str]]  # by the path that the catalogue names: the id in the form, and what it is called

LABELS: Final = {
    "slug": "the name in the address",
    "programme": "the programme",
    "title": "the title",
    "summary": "the summary",
    "topics": "the topics",
    "speakers": "the speakers",
    "meetings": "the dates",
    "delivery": "how people take part",
    "venue": "the venue",
    "join_url": "the link to join",
    "waiting_list": "how the waiting list works",
    "places_in_room": "the number of places in the room",
    "places_online": "the number of places online",
    "held_places": "the held places",
    "booking_opens_at": "when booking opens",
    "by_application": "how places are given",
    "applications_until": "when applications close",
    "travel_minutes": "the minutes to travel",
}
PLAIN: Final = (
    *("slug", "programme", "title", "summary", "topics", "delivery", "waiting_list"),
    *("venue-name", "venue-address", "venue-access", "join_url", "places_in_room", "places_online", "travel_minutes"),
    *("opens-day", "opens-month", "opens-year", "opens-time"),
    *("by_application", "closes-day", "closes-month", "closes-year", "closes-time"),
)
ON_THE_PAGE: Final = (  # how the fields begin, from top to bottom
    *("programme", "title", "summary", "topics", "speakers", "meetings", "delivery", "places_in_room", "venue"),
    *("travel_minutes", "places_online", "join_url", "opens", "by_application", "closes", "waiting_list"),
    *("held", "slug"),
)
ROWS: Final = {  # the kinds of rows, the fields of one, and how many there may be
    "meetings": (("day", "month", "year", "from", "to", "days"), limits.most(NewSession, "meetings")),
    "speakers": (("slug",), limits.most(NewSession, "speakers")),
    "held": (("sector", "places", "day", "month", "year", "time"), limits.most(NewSession, "held_places")),
}
MOST: Final = {**{kind: most for kind, (_, most) in ROWS.items()}, "summary": limits.most(NewSession, "summary")}
STEP: Final = re.compile(r"(add|remove)-(meetings|speakers|held)(?:-(\d{1,2}))?")
TIME: Final = re.compile(r"(\d{1,2})(?:[.:]?(\d{2}))? ?(am|pm)?", re.ASCII)
APPLIED: Final = {True: "yes", False: "no"}  # nothing, where that is for the programme to say
NO_TIME: Final = "no time"  # what is sent where no date and time can be made out


def empty_form() -> Form:
    """Return the form of a session that is new."""
    return {**dict.fromkeys(PLAIN, ""), "waiting_list": "automatic", **_row("meetings", 0), **_row("speakers", 0)}


def form_of(session: Data) -> Form:
    """Return the form as it is for a session, as the catalogue tells of it (`SessionView`)."""
    venue = session["venue"] or {}
    form = {
        **{
            name: session[name] or "" for name in ("slug", "programme", "title", "delivery", "waiting_list", "join_url")
        },
        "summary": (session["summary"] or "").replace("\r\n", "\n"),
        **topic_choice.fields_of(session["topics"]),
        **{f"venue-{name}": venue.get(name) or "" for name in ("name", "address", "access")},
        **{name: str(session[name] or "") for name in ("places_in_room", "places_online", "travel_minutes")},
        **_moment("opens", session["booking_opens_at"]),
        "by_application": APPLIED[bool(session["by_application"])],
        **_moment("closes", session["applications_until"]),
    }
    for n, meeting in enumerate(session["meetings"]):
        form |= _meeting(n, meeting)
    for n, speaker in enumerate([*(speaker["slug"] for speaker in session["speakers"]), ""]):
        form[f"speakers-{n}-slug"] = speaker
    for n, held in enumerate(session["held_places"]):
        form |= {f"held-{n}-sector": held["sector"], f"held-{n}-places": str(held["places"])}
        form |= _moment(f"held-{n}", held["until"])
    return form


def read_form(given: Form) -> Form:
    """Return what was typed, of the fields that there are."""
    form = {**{name: given.get(name, "") for name in PLAIN}, **topic_choice.ticked(given)}
    for kind, (fields, _) in ROWS.items():
        for n in range(rows(given, kind)):
            form |= {f"{kind}-{n}-{name}": given.get(f"{kind}-{n}-{name}", "") for name in fields}
    return {name: text.replace("\r\n", "\n") for name, text in form.items()}


def rows(form: Form, kind: str) -> int:
    """Return how many rows of a kind the form has."""
    most = ROWS[kind][1]
    found = [int(n) for n in re.findall(rf"^{kind}-(\d{{1,2}})-", "\n".join(form), re.MULTILINE)]
    return min(max(found, default=-1) + 1, most)


def step(form: Form, wanted: str) -> tuple[Form, str] | None:
    """Return the form with a row more or less, and the field to go on with; None where no button `wanted` that."""
    asked = STEP.fullmatch(wanted)
    if asked is None:
        return None
    kind, there = asked[2], rows(form, asked[2])
    fields, most = ROWS[kind]
    if asked[1] == "add":
        new = _row(kind, there) if there < most else {}
        return {**form, **new}, f"{kind}-{min(there, most - 1)}-{fields[0]}"
    gone = int(asked[3] or 0)
    left = {name: text for name, text in form.items() if not name.startswith(f"{kind}-")}
    for n, row in enumerate(n for n in range(there) if n != gone):
        left |= {f"{kind}-{n}-{name}": form.get(f"{kind}-{row}-{name}", "") for name in fields}
    if kind != "held" and not rows(left, kind):
        left |= _row(kind, 0)
    return left, f"add-{kind}"


def wanted_of(form: Form) -> tuple[Data, Places]:
    """Return the session that was typed as `schemas.NewSession` takes it, and where complaints about it belong."""
    topics, places = topic_choice.wanted(form)
    venue = {name: form[f"venue-{name}"].strip() for name in ("name", "address", "access")}
    names = {"name": "the name of the venue", "address": "the address of the venue", "access": "how to get in"}
    places |= {f"venue.{name}": (f"venue-{name}", words) for name, words in names.items()}
    places["venue"] = ("venue-name", names["name"])
    wanted = {
        **{name: form[name] for name in ("programme", "title", "summary", "delivery", "waiting_list")},
        "topics": topics,
        "venue": venue if any(venue.values()) else None,
        "join_url": form["join_url"].strip() or None,
        **{name: number_of(form[name]) for name in ("places_in_room", "places_online", "travel_minutes")},
        "booking_opens_at": _asked(form, "opens", "opens-time", LABELS["booking_opens_at"], "booking_opens_at", places),
        "by_application": {words: said for said, words in APPLIED.items()}.get(form["by_application"]),
        "applications_until": _asked(
            form, "closes", "closes-time", LABELS["applications_until"], "applications_until", places
        ),
        "speakers": list(_speakers(form, places)),
        "meetings": list(_meetings(form, places)),
        "held_places": list(_held(form, places)),
    }
    return wanted, places


def field_of(part: str) -> str:
    """Return the field of a session that a part of the form belongs to."""
    beginning = part.partition("-")[0]
    parts = {"opens": "booking_opens_at", "closes": "applications_until", "held": "held_places", "topic": "topics"}
    return parts.get(beginning, beginning)


def time_of(text: str) -> str | None:
    """Return a time as people type it, “9:30am” or “14:00”, as `HH:MM`; None if it is none."""
    text = text.strip().lower()
    if text in ("midday", "noon", "midnight"):
        return "00:00" if text == "midnight" else "12:00"
    found = TIME.fullmatch(text)
    if found is None or (found[2] is None and found[3] is None):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return f"{hour:02}:{minute:02}" if hour < 24 and minute < 60 else None


def _row(kind: str, n: int) -> Form:
    return {f"{kind}-{n}-{name}": "" for name in ROWS[kind][0]}


def _moment(prefix: str, at: str | None) -> Form:
    if at is None:
        return {f"{prefix}-{name}": "" for name in ("day", "month", "year", "time")}
    moment = datetime.fromisoformat(at)
    return {**_day(prefix, moment), f"{prefix}-time": times.time_in_words(moment)}


def _day(prefix: str, moment: datetime) -> Form:
    local = moment.astimezone(CITY)
    return {f"{prefix}-day": str(local.day), f"{prefix}-month": str(local.month), f"{prefix}-year": str(local.year)}


def _meeting(n: int, meeting: Data) -> Form:
    starts, ends = (datetime.fromisoformat(meeting[name]).astimezone(CITY) for name in ("starts_at", "ends_at"))
    days = (ends.date() - starts.date()).days
    return {
        **_day(f"meetings-{n}", starts),
        f"meetings-{n}-from": times.time_in_words(starts),
        f"meetings-{n}-to": times.time_in_words(ends),
        f"meetings-{n}-days": str(days or ""),
    }


def _speakers(form: Form, places: Places) -> Iterator[str]:
    places["speakers"] = ("speakers-0-slug", LABELS["speakers"])
    sent = 0
    for n in range(rows(form, "speakers")):
        if slug := form[f"speakers-{n}-slug"].strip():
            places[f"speakers.{sent}"] = (f"speakers-{n}-slug", f"speaker {n + 1}")
            sent += 1
            yield slug


def _meetings(form: Form, places: Places) -> Iterator[Data]:
    places["meetings"] = ("meetings-0-day", "a date")
    sent = 0
    for n in range(rows(form, "meetings")):
        row = f"meetings-{n}"
        if not any(form[f"{row}-{name}"].strip() for name in ("day", "month", "year", "from", "to")):
            continue
        path, what = f"meetings.{sent}", f"date {n + 1}"
        later = int(days) if (days := form[f"{row}-days"]).isdigit() and len(days) < 4 else 0
        places[path] = (f"{row}-day", what)
        starts = _asked(form, row, f"{row}-from", f"the start of {what}", f"{path}.starts_at", places)
        ends = _asked(form, row, f"{row}-to", f"the end of {what}", f"{path}.ends_at", places, later)
        yield {"starts_at": starts or NO_TIME, "ends_at": ends or NO_TIME}
        sent += 1


def _held(form: Form, places: Places) -> Iterator[Data]:
    places["held_places"] = ("held-0-places", LABELS["held_places"])
    sent = 0
    for n in range(rows(form, "held")):
        row = f"held-{n}"
        if not any(form[f"{row}-{name}"].strip() for name in ROWS["held"][0]):
            continue
        path, what = f"held_places.{sent}", f"held places {n + 1}"
        places[f"{path}.sector"] = (f"{row}-sector", f"the sector of {what}")
        places[f"{path}.places"] = (f"{row}-places", f"the number of {what}")
        until = _asked(form, row, f"{row}-time", f"the end of {what}", f"{path}.until", places)
        yield {
            "sector": form[f"{row}-sector"],
            "places": number_of(form[f"{row}-places"]),
            "until": until or NO_TIME,
        }
        sent += 1


def _asked(form: Form, row: str, time: str, what: str, path: str, places: Places, later: int = 0) -> str | None:
    """Return the date and time that were typed as ISO 8601 in the city's time; None where nothing was.

    Notes in `places` which field is to be mended, if it is not right.
    """
    typed = [form[f"{row}-{name}"].strip() for name in ("day", "month", "year")]
    places[path] = (time, what)
    if not any(typed) and not form[time].strip():
        return None
    try:
        day = times.typed_day(*typed) + timedelta(days=later)
    except (ValueError, OverflowError):
        places[path] = (f"{row}-day", what.removeprefix("the start of ").removeprefix("the end of "))
        return NO_TIME
    clock = time_of(form[time])
    return f"{day.isoformat()}T{clock}:00" if clock else NO_TIME


def span(meeting: Meeting) -> str:
    """Return a meeting in words."""
    return times.span_in_words(meeting["starts_at"], meeting["ends_at"])


def held_in_words(held: HeldPlaces) -> str:
    """Return a line of held places in words."""
    return f"{held['places']} for {held['sector'].replace('_', ' ')} until {times.in_words(held['until'])}"


def moment_in_words(at: str | None) -> str:
    """Return a time that the catalogue told in words."""
    return times.in_words(datetime.fromisoformat(at)) if at else "At once"


def in_order(errors: dict[str, str]) -> dict[str, str]:
    """Return what is wrong from the top of the page to its bottom."""

    def place(field: str) -> int:
        return next((n for n, name in enumerate(ON_THE_PAGE) if field.startswith(name)), len(ON_THE_PAGE))

    return dict(sorted(errors.items(), key=lambda error: place(error[0])))
