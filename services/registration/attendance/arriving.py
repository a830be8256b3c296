"""Adding those who came and are not expected: people with an account, a new address, or a name alone."""

from datetime import datetime
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.access import is_of_team
from services.registration.accounts.people import ensure_account, give_name, lock, other_name
from services.registration.attendance import reading, recording
from services.registration.attendance.letting_in import let_in, seat, tell
from services.registration.errors import SessionCancelled, SessionFinished
from services.registration.events import person_event
from services.registration.models import LIVE, Booking, Person, Sector, Session, folded, new_booking
from services.registration.places.waiting_list import SHOW_PLACES
from services.registration.schemas import LATE
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid


def add(
    db: OrmSession,
    caller: Person,
    slug: str,
    now: datetime,
    meeting: int,
    email: str | None = None,
    name: str | None = None,
    sector: str | None = None,
    organisation: str | None = None,
    reason: str | None = None,
    source: str = "list",
) -> dict[str, Any]:
    """Record that someone was at a meeting who is not expected, and return what is known of their attendance.

    With an address they have an account, or get one; without, they are a guest of that name, who is counted, and is
    written to by nobody. Who has a booking already is recorded there. Who has no name gets `name`; the answer says
    whether that is theirs. Raises NotFound, SessionCancelled, AttendanceTooEarly, SessionFinished, Invalid.
    """
    said = {"name": name, "sector": sector, "organisation": organisation}
    person = _account(db, email, said, now) if email else None
    session = Session.locked(db, slug)
    session.check_shown(now)
    _check_said(db, session, meeting, email or name, sector)
    _check_time(session, caller, meeting, reason, now)
    name_used = give_name(db, person, name) if person else None if name is None else True
    if person is None:
        person = _guest(db, slug, said, now)
    booking = _latest(db, person, slug) or _new(db, session, person, said, now, caller, reason)
    let_in(db, session, booking, now, caller)
    recording.write(db, session, [recording.Mark(booking, meeting, True)], source, caller, now)
    wake(db, SHOW_PLACES)
    known = reading.attended(db, session, booking, person, addresses=is_of_team(caller))
    return {**known, "name_used": name_used}


def _check_said(db: OrmSession, session: Session, meeting: int, who: str | None, sector: str | None) -> None:
    """Raise Invalid with all that is wrong with what was said."""
    faults = {
        "meeting": recording.fault_of_meeting(session, meeting),
        "name": None if who else Fault("name-or-email"),
        "sector": Fault("unknown-sector") if sector is not None and db.get(Sector, sector) is None else None,
    }
    if any(faults.values()):
        raise Invalid([fault.at(field) for field, fault in faults.items() if fault])


def _check_time(session: Session, caller: Person, meeting: int, reason: str | None, now: datetime) -> None:
    if session.status == "cancelled":
        raise SessionCancelled
    recording.check_begun(session, {meeting}, now)
    if now > session.ends_at + LATE:
        if not is_of_team(caller):
            raise SessionFinished
        if not reason:
            raise Invalid.field("reason", "late-reason-missing")


def _account(db: OrmSession, email: str, said: dict[str, str | None], now: datetime) -> Person:
    person = ensure_account(db, email, now, **said)
    lock(db, person)
    return person


def _guest(db: OrmSession, slug: str, said: dict[str, str | None], now: datetime) -> Person:
    """Return the session's guest of that name, or a new one."""
    name = folded(said["name"] or "")
    guests = select(Person).join(Booking).where(Booking.session_slug == slug, Person.email.is_(None))
    for guest in db.scalars(guests.where(Person.erased_at.is_(None)).order_by(Person.id)):
        if folded(guest.name or "") == name and guest.sector == said["sector"]:
            return guest
    guest = Person(email=None, created_at=now, version=1, granted=[], **said)
    db.add(guest)
    db.flush()
    person_event(db, "registration.person_registered.v1", guest)
    return guest


def _latest(db: OrmSession, person: Person, slug: str) -> Booking | None:
    """Return the person's live booking for the session, or else the last that was cancelled."""
    theirs = select(Booking).where(Booking.person_id == person.id, Booking.session_slug == slug)
    live_first = case((Booking.state.in_(LIVE), 0), else_=1)
    return db.scalar(theirs.order_by(live_first, Booking.id.desc()).limit(1))


def _new(
    db: OrmSession,
    session: Session,
    person: Person,
    said: dict[str, str | None],
    now: datetime,
    caller: Person,
    reason: str | None,
) -> Booking:
    booking = new_booking(person, now, let_in_as="walk_in", version=0, reason=reason)
    booking.session_slug, booking.mode = session.slug, "in_room" if session.has("in_room") else "online"
    booking.sector = person.sector or said["sector"]
    seat(session, booking, now)
    db.add(booking)
    tell(db, booking, now, caller, other_name(person, said["name"]))
    return booking
