"""What would become of a session's bookings with other places: found out by giving it those, and undoing that."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import trial
from services.registration.models import LIVE, MODES, Attendance, Booking, Person, Session
from services.registration.places.sessions import as_told, keep

Seat = tuple[str, str]  # mode and state of a booking
OTHER_PLACE, SAME_PLACE, LOST, ASKED = "change_mode", "stay", "wait", "offered"


def of_change(db: OrmSession, slug: str, now: datetime, **said: Any) -> dict[str, Any]:
    """Return what would become of whom, were there so many `places_in_room` and `places_online`, and these `meetings`.

    What is not said stays. Raises NotFound.

    `live` counts the bookings by state, as they are now. Of those who have a place or the offer of one, counted by the
    mode that they then have: so many `stay`, so many `wait_again`, and so many `moved` to it from the other. So many
    places are left over and `free`, which go to those who wait; of them, `moved_waiting` then wait for another mode.
    Of those who have a place, so many are `over` the capacity now, and so many of those who `stay` are then.

    `plan` counts the same by person: who keeps the place or the offer that they have (`stay`), has it of the other mode
    (`change_mode`), has to `wait`, or is `offered` a place; `people` are all for whom something changes. So many people
    have a record at a meeting that would be gone (`attendance_removed`).
    """
    with trial(db):
        session = Session.locked(db, slug)
        before, over = _seats(db, slug), _over(session)
        meetings = {*session.numbers}
        keep(db, {**as_told(session), "version": session.catalogue_version + 1, **said}, now)
        removed = _people_at(db, slug, meetings - {*session.numbers})
        after = _seats(db, slug)
        left = {mode: session.left(mode) for mode in MODES}
        over_then = _over(session)
    changes = {id: (seat, after[id]) for id, seat in before.items()}
    counted = {"over": over, "over_then": over_then, "plan": {**_plan(db, changes), "attendance_removed": removed}}
    return {**_compared([*changes.values()], left), **counted}


def _over(session: Session) -> dict[str, int]:
    return {mode: session.over(mode) for mode in MODES}


def _people_at(db: OrmSession, slug: str, meetings: set[int]) -> int:
    """Return of how many people it is recorded whether they were at one of those meetings."""
    recorded = select(func.count(Attendance.booking_id.distinct())).join(Booking).where(Booking.session_slug == slug)
    return db.scalar(recorded.where(Attendance.meeting.in_(meetings), Attendance.replaced_at.is_(None))) or 0


def of_reinstatement(db: OrmSession, slug: str, now: datetime) -> dict[str, Any]:
    """Return `{live}`: how many bookings would stand again, by state, were the cancelled session called back.

    Raises NotFound.
    """
    with trial(db):
        session = Session.locked(db, slug)
        keep(db, {**as_told(session), "version": session.catalogue_version + 1, "status": "published"}, now)
        states = Counter(state for _, state in _seats(db, slug).values())
    return {"live": {state: states[state] for state in LIVE}}


def _plan(db: OrmSession, changes: dict[int, tuple[Seat, Seat]]) -> dict[str, Any]:
    counted = Counter(_outcome(was, then) for was, then in changes.values())
    named = select(Booking.id, Booking.reference, Person.name).join(Person).order_by(Booking.id)
    rows = db.execute(named.where(Booking.id.in_([id for id, (was, then) in changes.items() if was != then])))
    people = [
        {"reference": reference, "name": name, "from": _seat(changes[id][0]), "to": _seat(changes[id][1])}
        for id, reference, name in rows
    ]
    return {**{outcome: counted[outcome] for outcome in (SAME_PLACE, OTHER_PLACE, LOST, ASKED)}, "people": people}


def _outcome(was: Seat, then: Seat) -> str | None:
    if _has_lost(was, then):
        return LOST
    if was[1] != "waiting":
        return SAME_PLACE if was[0] == then[0] else OTHER_PLACE
    return ASKED if then[1] == "offered" else None


def _seat(seat: Seat) -> dict[str, str]:
    mode, state = seat
    return {"mode": mode, "state": state}


def _seats(db: OrmSession, slug: str) -> dict[int, Seat]:
    db.flush()
    live = select(Booking.id, Booking.mode, Booking.state)
    rows = db.execute(live.where(Booking.session_slug == slug, Booking.state.in_(LIVE)))
    return {id: (mode, state) for id, mode, state in rows}


def _compared(changes: list[tuple[Seat, Seat]], left: dict[str, int]) -> dict[str, Any]:
    had = [(was, then) for was, then in changes if was[1] != "waiting"]
    waited = [(was, then) for was, then in changes if was[1] == "waiting"]
    states = Counter(state for (_, state), _ in changes)
    served = _by_mode(then for was, then in changes if _is_served(was, then))
    return {
        "live": {state: states[state] for state in LIVE},
        "stay": _by_mode(then for was, then in had if not _has_lost(was, then)),
        "wait_again": _by_mode(was if _is_served(was, then) else then for was, then in had if _has_lost(was, then)),
        "moved": _by_mode(then for was, then in had if then[0] != was[0] and not _is_served(was, then)),
        "moved_waiting": _by_mode(then for was, then in waited if then[0] != was[0] and not _is_served(was, then)),
        "free": {mode: left[mode] + served[mode] for mode in MODES},
    }


def _has_lost(was: Seat, then: Seat) -> bool:
    return was[1] != "waiting" and then[1] not in ("confirmed", was[1])


def _is_served(was: Seat, then: Seat) -> bool:
    """Tell whether somebody gets one of the places left over: one who waited, or who lost theirs and is offered it."""
    return then[1] != "waiting" and (was[1] == "waiting" or _has_lost(was, then))


def _by_mode(seats: Iterable[Seat]) -> dict[str, int]:
    counted = Counter(mode for mode, _ in seats)
    return {mode: counted[mode] for mode in MODES}
