"""Bookings that are made at the same moment, in one transaction (`services/bus/grouped.py`).

The rules are those of a booking that is made by itself, for one after the other in the order in which they came; what
they need is read once for all, and what comes of them is written once for all. Left out are those to whom something
else comes first: a place that they are offered from another waiting list, and held places that are to be let go.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.grouped import Member
from services.registration.models import LIVE, Booking, QuestionSet, Session
from services.registration.places import bookings
from services.registration.places.clashes import LONGEST_WAY, Appointment, first_clash
from services.registration.places.waiting_list import lets_go
from services.runtime.database import together
from services.runtime.refusals import NotFound, Refusal

_LOCKED = (
    select(Session)
    .where(Session.slug.in_(bindparam("slugs", expanding=True)))
    .order_by(Session.slug)  # as whoever locks several does, so that nobody waits in a ring
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)
_NEAR = and_(
    Booking.state == "confirmed",
    Session.status == "published",
    Session.starts_at < bindparam("until"),
    Session.ends_at > bindparam("since"),
)
_LIVE = (
    select(Booking.person_id, Booking.id, Booking.reference, Booking.state, Booking.instead_of_id, Session)
    .join(Session)
    .where(
        Booking.person_id.in_(bindparam("people", expanding=True)),
        Booking.state.in_(LIVE),
        or_(Booking.session_slug.in_(bindparam("slugs", expanding=True)), _NEAR),
    )
    .order_by(Session.starts_at)
)


class _Made(NamedTuple):
    """A booking that one of the calls led to, and what is announced of it."""

    call: Member
    session: Session
    booking: Booking
    how: bookings.Taken


class _Live:
    """What those who book have already: their bookings of the sessions that are booked, and where else they will be."""

    def __init__(self, db: OrmSession, people: Collection[str], sessions: Collection[Session]) -> None:
        self._references: dict[tuple[str, str], str] = {}
        self._offered: set[tuple[str, str]] = set()
        self._appointments: defaultdict[str, list[Appointment]] = defaultdict(list)
        named = {"people": [*people], "slugs": [session.slug for session in sessions]}
        since = min(session.starts_at for session in sessions) - LONGEST_WAY
        until = max(session.ends_at for session in sessions) + LONGEST_WAY
        for person, id, reference, state, instead_of, session in db.execute(
            _LIVE, {**named, "since": since, "until": until}
        ):
            self._references[person, session.slug] = reference
            if state == "offered" and instead_of is not None:
                self._offered.add((person, session.slug))
            if state == "confirmed" and session.status == "published":
                self._appointments[person].append(Appointment(id, reference, session))

    def is_offered(self, person: str, session: Session) -> bool:
        """Tell whether they are offered a place there as someone who waits for another session."""
        return (person, session.slug) in self._offered

    def reference(self, person: str, session: Session) -> str | None:
        """Return the reference of their live booking of the session."""
        return self._references.get((person, session.slug))

    def clash(self, person: str, session: Session) -> Appointment | None:
        """Return where else they will be while the session is."""
        return first_clash(session, sorted(self._appointments[person], key=lambda one: one.session.starts_at))

    def add(self, booking: Booking, session: Session) -> None:
        """Count a booking that was made just now."""
        self._references[booking.person_id, session.slug] = booking.reference
        if booking.state == "confirmed":
            self._appointments[booking.person_id].append(Appointment(None, booking.reference, session))


def book(db: OrmSession, calls: Sequence[Member], now: datetime) -> None:
    """Take a place for each caller as `first_refusal.book` does; set what it returns or raises as the outcome.

    All callers are locked. A call to which something else comes first keeps the outcome None.
    """
    slugs = {call.given["session"] for call in calls}
    sessions = {session.slug: session for session in db.scalars(_LOCKED, {"slugs": [*slugs]})}
    live = _Live(db, {call.caller.id for call in calls}, sessions.values()) if sessions else None
    asking = [session.slug for session in sessions.values() if session.answers_until is not None]
    kept = db.scalars(select(QuestionSet).where(QuestionSet.session_slug.in_(asking))).all() if asking else []
    made = [one for call in calls if (one := _made(db, call, sessions.get(call.given["session"]), live, now))]
    db.add_all(one.booking for one in made)
    db.flush()
    del kept  # until here, so that the rules find them without asking
    with together(db):
        for one in made:
            with one.call.following(db):
                one.call.outcome = bookings.tell(db, one.session, one.booking, one.how, now, by="person")


def _made(db: OrmSession, call: Member, session: Session | None, live: _Live | None, now: datetime) -> _Made | None:
    """Return the booking that a call leads to; None where it is refused, or left to be made by itself."""
    person = call.caller
    try:
        bookings.check_complete(person)
        if session is None or live is None:
            raise NotFound("There is no such session.")
        if live.is_offered(person.id, session) or lets_go(session, now):
            return None
        said = {name: value for name, value in call.given.items() if name != "session"}
        find_clash = partial(live.clash, person.id, session)
        booking = bookings.take(db, person, session, live.reference(person.id, session), find_clash, now, **said)
    except Refusal as refusal:
        call.outcome = refusal
        return None
    live.add(booking, session)
    return _Made(call, session, booking, bookings.taken(session, booking))
