"""Nominating: a coordinator has colleagues booked for a session, and learns nothing of them by it.

What is answered follows from the list, from what the coordinator nominated before, and from the number of free places,
which everyone sees: not from who has an account, is booked already, or gets which place (docs/decisions/0047).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import CHANGED
from services.bus.outbox import trial
from services.registration.accounts.people import ensure_account, other_name
from services.registration.audit import recording
from services.registration.errors import AlreadyNominated, SessionFull
from services.registration.listed import Listed, read
from services.registration.many import lock_people, problem_of
from services.registration.models import LIVE, Booking, Coordinator, Nomination, Person, Session, new_booking
from services.registration.places import bookings
from services.registration.places.waiting_list import settle, show_at_once
from services.registration.schemas.coordinators import MOST_NOMINATED
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, Refusal

Row = dict[str, Any]


def foresee(db: OrmSession, caller: Person, id: str, now: datetime, **given: Any) -> Row:
    """Return what `nominate` would. Nothing is kept. Raises what that does."""
    with trial(db):
        return nominate(db, caller, id, now, **given)


def nominate(
    db: OrmSession, caller: Person, id: str, now: datetime, session: str, csv: str, mode: str | None = None
) -> Row:
    """Have everyone on the list `csv` booked for the session, or wait for it; return the result of each line.

    `id` is that of a coordinator. Who is booked already stays as they are, and so does whoever the coordinator
    nominated before. Raises NotFound, SessionCancelled, BookingClosed, SessionFull, and Invalid where there is nothing
    to read or the mode is missing.
    """
    coordinator = db.scalars(select(Coordinator).where(Coordinator.id == id)).one()
    lines = read(csv, MOST_NOMINATED)
    people, problems = _accounts(db, lines, now)
    lock_people(db, [person.id for person in people.values()])
    wanted = Session.locked(db, session)
    wanted.check_open(now)
    chosen = wanted.mode_for(mode)
    settle(db, wanted, now)
    before = _nominated(db, coordinator, session)
    problems = {**_listed_before(lines, {row.email for row in before}), **problems}
    accepted = [line for line in lines if line.line not in problems]
    sure = max(wanted.free_for(chosen, None, now), 0)
    if wanted.waiting_list == "none" and len(accepted) > sure:
        raise SessionFull
    settled = {*_booked(db, session, people), *(row.person_id for row in before)}
    for line in accepted:
        person = people[line.email]
        if person.id not in settled:
            settled.add(person.id)
            _book(db, coordinator, wanted, person, line, chosen, now)
        _note(db, coordinator, session, person, line, now)
    show_at_once(db, wanted)
    places = {line.line: "confirmed" if n < sure else "waiting" for n, line in enumerate(accepted)}
    return {
        "items": [_row(line, places.get(line.line), problems.get(line.line)) for line in lines],
        **{"done": len(accepted), "refused": len(lines) - len(accepted)},
    }


def page(db: OrmSession, caller: Person, id: str, cursor: str | None, limit: int) -> Row:
    """Return a page of who the caller nominated as the coordinator of that id, the latest first. Raises Invalid."""
    key = db.scalars(select(Coordinator.organisation_key).where(Coordinator.id == id)).one()
    query = select(Nomination, Session.title).join(Session, Session.slug == Nomination.session)
    query = query.where(Nomination.nominated_by == caller.id, Nomination.organisation_key == key)
    rows, after = page_of(db, query, Nomination.position, cursor, limit, latest_first=True)
    names = ("session", "email", "name", "nominated_at")
    return {
        "items": [{**{name: getattr(row, name) for name in names}, "title": title} for row, title, _ in rows],
        "next": after,
    }


def _accounts(db: OrmSession, lines: Sequence[Listed], now: datetime) -> tuple[dict[str, Person], dict[int, Refusal]]:
    """Return whose address is on which line, with an account made for who had none, and what is wrong with lines."""
    people: dict[str, Person] = {}
    problems: dict[int, Refusal] = {}
    first: dict[str, int] = {}
    for line in lines:
        try:
            if line.fault is not None:
                raise Invalid([line.fault])
            if line.email in first:
                raise Invalid.field("email", "listed-twice", line=first[line.email])
            first[line.email] = line.line
            people[line.email] = ensure_account(db, line.email, now, line.name or None)
        except Invalid as refusal:
            problems[line.line] = refusal
    return people, problems


def _nominated(db: OrmSession, coordinator: Coordinator, session: str) -> Sequence[Nomination]:
    theirs = select(Nomination).where(Nomination.nominated_by == coordinator.person_id, Nomination.session == session)
    return db.scalars(theirs.where(Nomination.organisation_key == coordinator.organisation_key)).all()


def _listed_before(lines: Sequence[Listed], emails: set[str]) -> dict[int, Refusal]:
    return {line.line: AlreadyNominated() for line in lines if line.email in emails}


def _booked(db: OrmSession, session: str, people: Mapping[str, Person]) -> Sequence[str]:
    """Return the ids of those who have a live booking for the session, which is locked."""
    ids = [person.id for person in people.values()]
    live = (Booking.session_slug == session, Booking.state.in_(LIVE))
    return db.scalars(select(Booking.person_id).where(*live, Booking.person_id.in_(ids))).all()


def _book(
    db: OrmSession, coordinator: Coordinator, session: Session, person: Person, line: Listed, mode: str, now: datetime
) -> None:
    booking = new_booking(person, now, allow_clash=True)
    session.take_place(booking, mode, "wait", now)
    said = {"meant_for": other_name(person, line.name), "nominated_by": coordinator.organisation}
    bookings.keep(db, session, booking, now, by="colleague", actor=coordinator.person_id, **said)


def _note(db: OrmSession, coordinator: Coordinator, session: str, person: Person, line: Listed, now: datetime) -> None:
    by = {"nominated_by": coordinator.person_id, "nominated_at": now, "organisation_key": coordinator.organisation_key}
    db.add(Nomination(session=session, person_id=person.id, email=line.email, name=line.name or None, **by))
    db.flush()
    about = f"coordinators/{coordinator.id}/nominations"
    recording.record(db, coordinator.person_id, CHANGED, about, now, person=person.id, session=session)


def _row(line: Listed, place: str | None, problem: Refusal | None) -> Row:
    return {
        **{"line": line.line, "email": line.email, "name": line.name or None},
        **{"nominated": place is not None, "foreseen": place, "problem": problem_of(problem) if problem else None},
    }
