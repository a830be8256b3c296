"""Past bookings of another programme, with who came: they count as if they had been made here, and nobody is emailed.

A session has to be over for two weeks: until then its people still get emails, and who came is recorded on its page.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import case, delete, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration import who
from services.registration.attendance import recording
from services.registration.attendance.letting_in import seat
from services.registration.imports import people
from services.registration.imports.taking import Kept, Taking
from services.registration.models import (
    LIVE,
    Attendance,
    Booking,
    Certificate,
    Change,
    Feedback,
    ImportedLine,
    Person,
    Session,
    new_booking,
)
from services.registration.outcomes.settling import in_force
from services.registration.places.history import record
from services.registration.places.waiting_list import SHOW_PLACES
from services.registration.schemas import LATE
from services.registration.schemas.imports import BookingLine
from services.runtime.refusals import Invalid
from services.runtime.schemas import CITY
from services.runtime.sheets import Columns, Row, column

COLUMNS: Final[Columns] = {
    "email": column("Email", *who.COLUMNS["email"], required=True),
    "session": column("Session", "session slug", "slug", required=True),
    "state": column("State", "status", "attendance", required=True),
    "mode": column("Mode", "where"),
    "meetings": column("Meetings attended", "meetings", "attended meetings"),
    "booked_on": column("Booked on", "booked", "booking date"),
}
STATES: Final = {
    **{"confirmed": "confirmed", "booked": "confirmed", "cancelled": "cancelled", "canceled": "cancelled"},
    **dict.fromkeys(("attended", "present", "yes", "came"), "attended"),
    **dict.fromkeys(("partly attended", "attended part", "part"), "partly_attended"),
    **dict.fromkeys(("absent", "no", "did not attend", "no show"), "absent"),
}
MODES: Final = {"in room": "in_room", "in the room": "in_room", "face to face": "in_room", "online": "online"}
IMPORTED: Final = "imported"
UNDONE: Final = "import_undone"
Present = dict[int, bool]


@dataclass(frozen=True)
class Line:
    """What a line says, and the person it is about."""

    number: int
    person: Person
    said: Row


def take(taking: Taking) -> None:
    """Take bookings, session by session. All that is wrong is noted."""
    by_session: dict[str, list[Line]] = defaultdict(list)
    for line in _known(taking, _read(taking)):
        by_session[line.said["session"]].append(line)
    for slug in sorted(by_session):  # sessions are locked in one order, so that nobody waits in a ring
        _take_session(taking, slug, by_session[slug])
    wake(taking.db, SHOW_PLACES)


def undo(db: OrmSession, caller: Person, lines: Sequence[ImportedLine], now: datetime) -> Kept:
    """Undo what lines did to bookings; return which of them stay, each with the code of why."""
    kept: Kept = []
    references = {line.key: line for line in lines}
    there = select(Booking).where(Booking.reference.in_(references)).order_by(Booking.session_slug, Booking.id)
    bookings = db.scalars(there).all()
    for slug in sorted({booking.session_slug for booking in bookings}):
        session = Session.locked(db, slug)
        here = [booking for booking in bookings if booking.session_slug == slug]
        known, answered = in_force(db, here), _answered(db, here)
        back: list[tuple[Booking, ImportedLine]] = []
        for booking in here:
            line = references[booking.reference]
            present = {n: row.present for n, row in known[booking.id].items()}
            if booking.id in answered:
                kept.append((line.line, "feedback-since"))
            elif _stands(booking, present) != [is_ for _, is_ in (line.facts["state"], line.facts["meetings"])]:
                kept.append((line.line, "changed-since"))
            else:
                back.append((booking, line))
        _put_back(db, caller, session, back, known, now)
        _remove(db, caller, session, [booking for booking, line in back if line.what == "added"], now)
    wake(db, SHOW_PLACES)
    return kept


def _read(taking: Taking) -> list[tuple[int, Row]]:
    """Return what each line says that can be read."""
    schema, read = BookingLine(), []
    for number, cells in taking.sheet.lines:
        given: Row = dict(cells)
        if "booked_on" in given:
            given["booked_on"] = people.day_in(given["booked_on"])
        for name, words in (("state", STATES), ("mode", MODES)):
            if name in given:
                given[name] = words.get(" ".join(given[name].lower().replace("_", " ").split()), given[name])
        said = taking.loaded(schema, number, given)
        if said is not None:
            read.append((number, said))
    return read


def _known(taking: Taking, read: Sequence[tuple[int, Row]]) -> list[Line]:
    """Return the lines of people who have an account, locked, each once for a session."""
    owners = people.owners(taking.db, {said["email"] for _, said in read})
    people.lock(taking.db, owners.values())
    first: dict[tuple[str, str], int] = {}
    lines = []
    for number, said in read:
        person = owners.get(said["email"])
        if person is None:
            taking.wrong(number, "email", "no-such-account")
        elif (before := first.setdefault((person.id, said["session"]), number)) != number:
            taking.wrong(number, "email", "listed-twice", line=before)
        else:
            lines.append(Line(number, person, said))
    return lines


def _take_session(taking: Taking, slug: str, lines: Sequence[Line]) -> None:
    db, fault = taking.db, None
    if db.get(Session, slug) is None:
        fault = "no-such-session"
    else:
        session = Session.locked(db, slug)
        if session.status == "cancelled":
            fault = "session-cancelled"
        elif taking.now < session.ends_at + LATE:
            fault = "session-not-past"
    if fault is not None:
        for line in lines:
            taking.wrong(line.number, "session", fault)
        return
    there = _latest(db, slug, [line.person.id for line in lines])
    known = in_force(db, there.values())
    marks: list[recording.Mark] = []
    new: list[Booking] = []
    for line in lines:
        present = _present(taking, session, line)
        if present is None or not _days_fit(taking, session, line):
            continue
        booking = there.get(line.person.id)
        if booking is None:
            booking = _new(taking, session, line, present)
            new += [booking] if booking else []
        elif not _change(taking, line, booking, present, known[booking.id]):
            continue
        if booking is not None:
            marks += [recording.Mark(booking, n, was_there) for n, was_there in present.items()]
    _add(taking, new)
    recording.write(db, session, marks, "csv", taking.caller, taking.now, imported=True)


def _latest(db: OrmSession, slug: str, ids: Sequence[str]) -> dict[str, Booking]:
    """Return the live booking of each person for the session, or else the last that was cancelled."""
    theirs = select(Booking).where(Booking.session_slug == slug, Booking.person_id.in_(ids))
    rows = db.scalars(theirs.order_by(case((Booking.state.in_(LIVE), 1), else_=0), Booking.id))
    return {booking.person_id: booking for booking in rows}


def _present(taking: Taking, session: Session, line: Line) -> Present | None:
    """Return at which meetings someone was and was not, none where that is not known; None where it cannot be so."""
    state, count = line.said["state"], len(session.meetings)
    numbers = line.said.get("meetings")
    if numbers is None:
        if state == "partly_attended":
            taking.wrong(line.number, "meetings", "meetings-missing")
            return None
        known = state in ("attended", "absent")
        return dict.fromkeys(range(1, count + 1), state == "attended") if known else {}
    if beyond := [n for n in numbers if not 1 <= n <= count]:
        taking.wrong(line.number, "meetings", "out-of-range", min=1, max=count, of="number", found=beyond[0])
        return None
    there = len({*numbers})
    if state != ("attended" if there == count else "partly_attended" if there else "absent"):
        taking.wrong(line.number, "meetings", "unlike-state", max=count)
        return None
    return {n: n in numbers for n in range(1, count + 1)}


def _days_fit(taking: Taking, session: Session, line: Line) -> bool:
    booked_on: date | None = line.said.get("booked_on")
    if booked_on is None or booked_on <= session.ends_at.astimezone(CITY).date():
        return True
    taking.wrong(line.number, "booked_on", "booked-after-session")
    return False


def _new(taking: Taking, session: Session, line: Line, present: Present) -> Booking | None:
    """Return a booking of someone who has none for the session; without a day, as if it was made when that started."""
    day = line.said.get("booked_on")
    at = min(datetime.combine(day, time(12), CITY), session.ends_at) if day else session.starts_at
    booking = new_booking(line.person, at)
    try:
        modes = [mode for mode in ("in_room", "online") if session.has(mode)]
        booking.mode = session.mode_for(line.said.get("mode")) if modes else line.said.get("mode") or "in_room"
    except Invalid as refusal:
        taking.wrong(line.number, "mode", refusal.errors[0]["code"], **refusal.errors[0]["limits"])
        return None
    booking.session_slug = session.slug
    if line.said["state"] == "cancelled":
        booking.state = "cancelled"
    else:
        seat(session, booking, taking.now)
        booking.confirmed_at = at
    facts = {"session": [None, session.slug], "state": [None, booking.state], "mode": [None, booking.mode]}
    facts |= {"meetings": [None, _plain(present)]}
    taking.did(line.number, "added", facts, person=line.person, key=booking.reference)
    return booking


def _add(taking: Taking, new: Sequence[Booking]) -> None:
    taking.db.add_all(new)
    taking.db.flush()
    for booking in new:
        what = f"registration.booking_{booking.state}.v1"
        record(taking.db, what, booking, taking.now, cause=IMPORTED, by="team", actor=taking.caller.id)


def _change(taking: Taking, line: Line, booking: Booking, present: Present, known: Mapping[int, Attendance]) -> bool:
    """Tell whether a line says something new of a booking that is there; note where it says something else."""
    was = {n: row.present for n, row in known.items()}
    cancelled = line.said["state"] == "cancelled"
    if booking.state != ("cancelled" if cancelled else "confirmed") or (cancelled and was):
        taking.wrong(line.number, "state", "booked-otherwise", reference=booking.reference, state=booking.shown_state)
        return False
    if all(was.get(n) == there for n, there in present.items()):
        taking.same += 1
        return False
    facts: dict[str, list[Any]] = {"session": [booking.session_slug] * 2, "state": [booking.state] * 2}
    facts |= {"meetings": [_plain(was), _plain({**was, **present})]}
    taking.did(line.number, "changed", facts, person=line.person, key=booking.reference)
    return True


def _plain(present: Present) -> dict[str, bool]:
    return {str(n): there for n, there in sorted(present.items())}


def _stands(booking: Booking, present: Present) -> list[Any]:
    return [booking.state, _plain(present)]


def _answered(db: OrmSession, bookings: Sequence[Booking]) -> set[int]:
    """Return for which of these feedback was given."""
    ids = [booking.id for booking in bookings]
    return {id for id in db.scalars(select(Feedback.booking_id).where(Feedback.booking_id.in_(ids))) if id is not None}


def _put_back(
    db: OrmSession,
    caller: Person,
    session: Session,
    back: Sequence[tuple[Booking, ImportedLine]],
    known: Mapping[int, Mapping[int, Attendance]],
    now: datetime,
) -> None:
    """Have what was recorded before the import stand again."""
    marks = []
    for booking, line in back:
        was: dict[str, bool] = line.facts["meetings"][0] or {}
        marks += [recording.Mark(booking, int(n), there) for n, there in was.items()]
        for n, row in known[booking.id].items():
            if was.get(str(n)) != row.present:
                row.replaced_at = now
    db.flush()
    recorded = [booking for booking, _ in back if known[booking.id]]
    recording.follow(db, session, recorded, caller, now, imported=True)
    recording.write(db, session, marks, "csv", caller, now, imported=True)


def _remove(db: OrmSession, caller: Person, session: Session, bookings: Sequence[Booking], now: datetime) -> None:
    """Have bookings never have been: others hear that they are cancelled, as they know no other end."""
    for booking in bookings:
        if booking.live:
            session.cancel(booking)
        booking.version += 1
    db.flush()
    for booking in bookings:
        record(db, "registration.booking_cancelled.v1", booking, now, cause=UNDONE, by="team", actor=caller.id)
    ids = [booking.id for booking in bookings]
    for of in (Attendance.booking_id, Certificate.booking_id, Change.booking_id):
        db.execute(delete(of.class_).where(of.in_(ids)), execution_options={"synchronize_session": False})
    db.execute(delete(Booking).where(Booking.id.in_(ids)), execution_options={"synchronize_session": False})
    for booking in bookings:
        db.expunge(booking)
