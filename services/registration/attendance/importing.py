"""Taking attendance from a report of another programme: first what would be recorded is shown, then it is recorded.

Who is in the report is found among those who booked: by reference, by any of their addresses, or by a name that one of
them alone has. Those who were there for too short a time stay as they are, and so does everyone who is not found, until
it is said what to do with them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.attendance import arriving, recording
from services.registration.attendance.report_times import either_way_round
from services.registration.attendance.reports import Attendee, minutes_of, read
from services.registration.models import Address, Attendance, Booking, Person, Session
from services.registration.schemas import MOST_RECORDS, AttendeeAdded
from services.runtime import search
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotFound
from services.runtime.schemas import CITY, load

SOURCE = "csv"
WORDS = {
    **dict.fromkeys(("true", "yes", "y", "1", "100%", "attended", "present"), True),
    **dict.fromkeys(("false", "no", "n", "0", "0%", "absent"), False),
}


@dataclass(frozen=True)
class Booked:
    """A booking of the session, and what its owner is called."""

    booking: Booking
    name: str | None
    email: str | None


@dataclass
class Found:
    """Someone of a report, the booking that is theirs, and how it was found."""

    parts: list[Attendee]
    meeting: int
    booked: Booked
    by: str

    @property
    def here(self) -> bool | None:
        """Whether the report says in words that they were there; None where its words cannot be read."""
        said = {WORDS.get(part.present.strip().lower()) for part in self.parts if part.present is not None}
        return True if not said or True in said else False if False in said else None


@dataclass
class Sorted:
    """A report against the bookings of a session: who is to be recorded, who was there too shortly, who is unknown."""

    session: Session
    meeting: int
    minutes: int
    matched: list[Found]
    below: list[Found]
    unmatched: list[Attendee]
    added: list[Attendee]
    other_day: date | None


def look(db: OrmSession, slug: str, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return what would be recorded. Nothing is kept. Raises NotFound, Invalid with all that is wrong."""
    session = db.get(Session, slug)
    if session is None:
        raise NotFound("There is no such session.")
    return {**_shown(_sorted(db, session, given, now)), "id": None, "recorded": 0, "unchanged": 0}


def take(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Record it, all or nothing, and return what `look` does, with the `id` by which it can be undone.

    Raises NotFound, Invalid with all that is wrong, AttendanceTooEarly, SessionCancelled, SessionFinished.
    """
    session = Session.locked(db, slug)
    sorted_ = _sorted(db, session, given, now)
    taken = {"recorded": 0, "unchanged": 0}
    if sorted_.matched:
        taken = _record(db, caller, sorted_, now)
    for one in sorted_.added:
        _add(db, caller, sorted_, one, given.get("reason"), now)
    mine = select(func.min(Attendance.id)).join(Booking, Booking.id == Attendance.booking_id)
    mine = mine.where(Booking.session_slug == slug, Attendance.source == SOURCE, Attendance.recorded_at == now)
    id = db.scalar(mine.where(Attendance.recorded_by == caller.id))
    counts = {"recorded": taken["recorded"] + len(sorted_.added), "unchanged": taken["unchanged"]}
    return {**_shown(sorted_), "id": id, **counts}


def at(line: int, column: str) -> str:
    """Return how a field of a report is named in an error."""
    return f"line {line}, {column}"


def _record(db: OrmSession, caller: Person, sorted_: Sorted, now: datetime) -> dict[str, Any]:
    records = [
        {"reference": found.booked.booking.reference, "meeting": found.meeting, "present": found.here is not False}
        for found in sorted_.matched
    ]

    def field(index: int, column: str) -> str:
        return at(sorted_.matched[index].parts[0].line, column)

    return recording.record(db, caller, sorted_.session.slug, records, SOURCE, now, field)


def _add(
    db: OrmSession, caller: Person, sorted_: Sorted, one: Attendee, reason: str | None, now: datetime
) -> dict[str, Any]:
    """Add someone who has no booking, as they are in the report. Raises Invalid at their line."""
    said = {"meeting": _meeting(one, sorted_.meeting), "email": one.email or None, "reason": reason or None}
    said |= {"name": next(iter(one.names), None), "organisation": one.organisation or None}
    try:
        checked = load(AttendeeAdded(), said)
    except Invalid as refusal:
        raise Invalid([{**error, "field": at(one.line, error["field"])} for error in refusal.errors]) from refusal
    return arriving.add(db, caller, sorted_.session.slug, now, source=SOURCE, **checked)


def _sorted(db: OrmSession, session: Session, given: Mapping[str, Any], now: datetime) -> Sorted:
    people = read(given["csv"])
    if not people:
        raise Invalid.field("csv", "no-rows")
    if len(people) > MOST_RECORDS:
        raise Invalid.field("csv", "too-many-records", max=MOST_RECORDS)
    meeting = given.get("meeting") or _last_begun(session, now)
    if fault := recording.fault_of_meeting(session, meeting):
        raise Invalid([fault.at("meeting")])
    asked, minutes = given.get("minutes"), _half(session, meeting)
    sorted_ = Sorted(session, meeting, minutes if asked is None else asked, [], [], [], [], _other_day(session, people))
    _check_meetings(session, people)
    _sort(db, sorted_, people, {choice["line"]: choice for choice in given.get("choices") or ()})
    return sorted_


def _sort(db: OrmSession, sorted_: Sorted, people: Iterable[Attendee], choices: Mapping[int, dict[str, Any]]) -> None:
    known = _Known(db, sorted_.session)
    found: dict[tuple[int, int], Found] = {}
    chosen: set[tuple[int, int]] = set()
    for one in people:
        choice = choices.get(one.line, {})
        booked, by = known.chosen(one.line, choice) if choice.get("do") == "match" else known.of(one)
        if choice.get("do") == "leave":
            continue
        if choice.get("do") == "add":
            sorted_.added.append(one)
        elif booked is None:
            sorted_.unmatched.append(one)
        else:
            key = (booked.booking.id, _meeting(one, sorted_.meeting))
            found.setdefault(key, Found([], key[1], booked, by)).parts.append(one)
            if choice:
                chosen.add(key)
    for key, one_found in found.items():
        counts = key in chosen or _counts(sorted_, one_found)
        (sorted_.matched if counts else sorted_.below).append(one_found)


def _counts(sorted_: Sorted, found: Found) -> bool:
    """Tell whether something is recorded of them: they were there long enough, or it is said that they were not."""
    if found.here is None:
        return False
    if found.here is False:
        return recording.can_be_marked(sorted_.session, found.booked.booking, False)
    minutes = minutes_of(found.parts)
    return minutes is None or minutes >= sorted_.minutes


class _Known:
    """Those who booked the session: each with the booking that counts, a live one before one that was cancelled."""

    def __init__(self, db: OrmSession, session: Session) -> None:
        theirs = select(Booking, Person).join(Person).where(Booking.session_slug == session.slug)
        rows = db.execute(theirs.where(Person.erased_at.is_(None)).order_by(Booking.id)).all()
        best: dict[str, Booked] = {}
        for booking, person in sorted(rows, key=lambda row: row[0].live):
            best[person.id] = Booked(booking, person.name, person.email)
        self._by_reference = {b.reference: best[p.id] if not b.live else Booked(b, p.name, p.email) for b, p in rows}
        here = select(Booking.person_id).where(Booking.session_slug == session.slug)
        held = db.execute(select(Address.email, Address.person_id).where(Address.person_id.in_(here)))
        self._by_email = {email: best[person_id] for email, person_id in held if person_id in best}
        self._by_email |= {booked.email: booked for booked in best.values() if booked.email}
        self._by_name: dict[str, list[Booked]] = {}
        for booked in best.values():
            self._by_name.setdefault(search.key_of(booked.name) or "", []).append(booked)

    def of(self, one: Attendee) -> tuple[Booked | None, str]:
        """Return the booking of someone in a report, and by what it was found."""
        if one.reference:
            return self._by_reference.get(one.reference.upper()), "reference"
        if booked := self._by_email.get(one.email):
            return booked, "email"
        for name in one.names:
            if len(alike := self._by_name.get(search.key_of(name) or "", [])) == 1:
                return alike[0], "name"
        return None, ""

    def chosen(self, line: int, choice: Mapping[str, Any]) -> tuple[Booked, str]:
        """Return the booking that was chosen. Raises Invalid."""
        booked = self._by_reference.get((choice.get("reference") or "").upper())
        if booked is None:
            raise Invalid.field(at(line, "reference"), "no-such-booking")
        return booked, "choice"


def _check_meetings(session: Session, people: Iterable[Attendee]) -> None:
    """Raise Invalid with each line whose own number of a meeting is wrong."""
    errors = []
    for one in people:
        number = _number(one.meeting)
        fault = Fault("not-a-meeting") if number is None else recording.fault_of_meeting(session, number)
        if one.meeting and fault:
            errors.append(fault.at(at(one.line, "meeting")))
    if errors:
        raise Invalid(errors)


def _meeting(one: Attendee, default: int) -> int:
    return _number(one.meeting) or default


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None


def _last_begun(session: Session, now: datetime) -> int:
    return max((n for n, (starts, _) in enumerate(session.spans, 1) if starts <= now), default=1)


def _half(session: Session, meeting: int) -> int:
    starts, ends = session.spans[meeting - 1]
    return (ends - starts) // timedelta(minutes=2)


def _other_day(session: Session, people: Iterable[Attendee]) -> date | None:
    """Return the first day that a report has times of, where it has none of a day of the session; else None."""
    days = {start.date() for one in people for start, _ in one.spans}
    held = {moment.astimezone(CITY).date() for span in session.spans for moment in span}
    if not days or any(held & either_way_round(day) for day in days):
        return None
    return min(days)


def _shown(sorted_: Sorted) -> dict[str, Any]:
    return {
        "session": sorted_.session.slug,
        "meeting": sorted_.meeting,
        "minutes": sorted_.minutes,
        "other_day": sorted_.other_day,
        "matched": [_found(found) for found in sorted_.matched],
        "below": [_found(found) for found in sorted_.below],
        "unmatched": [_person(one, [one]) for one in sorted_.unmatched],
        "added": [_person(one, [one]) for one in sorted_.added],
    }


def _found(found: Found) -> dict[str, Any]:
    shown = {"reference": found.booked.booking.reference, "booked_name": found.booked.name, "by": found.by}
    return {**_person(found.parts[0], found.parts), **shown, "meeting": found.meeting, "present": found.here}


def _person(one: Attendee, parts: list[Attendee]) -> dict[str, Any]:
    names = one.names
    return {
        "line": one.line,
        "name": names[0] if names else None,
        "email": one.email or None,
        "minutes": minutes_of(parts),
    }
