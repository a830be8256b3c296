"""Registration's own copy of sessions and sectors, kept by the catalogue's events."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.bus.outbox import wake
from services.registration.accounts import facilitators
from services.registration.models import LIVE, MODES, Booking, Sector, Session
from services.registration.outcomes.meetings import identify
from services.registration.outcomes.settling import settle_again
from services.registration.places import calling_back, questions
from services.registration.places.changes import Changes
from services.registration.places.rearranging import rearrange
from services.registration.places.waiting_list import SHOW_PLACES, pass_on
from services.runtime.refusals import NotFound

COPIED = (
    "title",
    "programme",
    "topics",
    "status",
    "join_url",
    "waiting_list",
    "booking_opens_at",
    "by_application",
    "applications_until",
    "travel_minutes",
    "hand_on",
    "cancel_days",
)
OFF = ("cancelled", "draft")  # a draft is one again, and nobody had booked it
COUNTERS = (
    "last_waiting_number",
    "first_waiting_number",
    *(f"{what}_{mode}" for what in ("capacity", "taken", "extra", "waiting", "either", "changing") for mode in MODES),
)


def keep_sectors(db: OrmSession, event: Envelope) -> None:
    """Keep the settings that people can say they work in; one that went stays valid for those who chose it."""
    Sector.keep_all(db, event.data["sectors"], event.version)


def keep(db: OrmSession, told: dict[str, Any], now: datetime) -> None:
    """Bring our copy up to what the catalogue told, unless we know better already; pass on places that this frees."""
    try:
        session = Session.locked(db, told["slug"])
    except NotFound:
        session = Session(slug=told["slug"], catalogue_version=0, version=1)
        for counter in COUNTERS:
            setattr(session, counter, 0)
        session.taken_by_sector, session.meetings, session.former_meetings = {}, [], []
        db.add(session)
    if told["version"] <= session.catalogue_version:
        return
    meetings, was_cancelled = session.meetings, session.status in OFF
    _copy(session, told, now)
    questions.keep_until(db, session)
    is_cancelled = session.status in OFF
    if not is_cancelled:
        db.flush()
        facilitators.name_planned(db, session, now)
    session.plan_release(now)
    changes = Changes()
    if is_cancelled:
        _cancel_all(db, session, told["cancel_reason"], changes)
    elif was_cancelled:
        calling_back.call_back(db, session, changes, now)
    rearrange(db, session, {mode: told[f"places_{mode}"] for mode in MODES}, changes)
    db.flush()
    pass_on(db, session, now, changes)
    changes.tell(db, now)
    if session.meetings != meetings or is_cancelled != was_cancelled:
        settle_again(db, session, now)
    wake(db, SHOW_PLACES)


def _copy(session: Session, told: dict[str, Any], now: datetime) -> None:
    for name in COPIED:
        setattr(session, name, told[name])
    identify(session, [(meeting["starts_at"], meeting["ends_at"]) for meeting in told["meetings"]], now)
    session.starts_at = min(meeting["starts_at"] for meeting in told["meetings"])
    session.ends_at = max(meeting["ends_at"] for meeting in told["meetings"])
    session.held_places = [{**held, "until": held["until"].isoformat()} for held in told["held_places"]]
    session.catalogue_version = told["version"]
    session.version += 1
    if session.status == "draft":
        session.withdrawn_until = None  # until it is published again nobody can book it


def as_told(session: Session) -> dict[str, Any]:
    """Return our copy as the catalogue would tell of it."""
    held = [{**held, "until": datetime.fromisoformat(held["until"])} for held in session.held_places]
    return {
        **{name: getattr(session, name) for name in COPIED},
        "slug": session.slug,
        "version": session.catalogue_version,
        "meetings": [{"starts_at": starts_at, "ends_at": ends_at} for starts_at, ends_at in session.spans],
        "held_places": held,
        "cancel_reason": None,
        **{f"places_{mode}": session.capacity(mode) for mode in MODES},
    }


def _cancel_all(db: OrmSession, session: Session, reason: str | None, changes: Changes) -> None:
    """Cancel the live bookings of the locked session; it is noted in `changes`, not told."""
    live = select(Booking).where(Booking.session_slug == session.slug, Booking.state.in_(LIVE)).order_by(Booking.id)
    for booking in db.scalars(live).all():
        calling_back.remember(booking)
        changes.note(booking, "session_cancelled", "team", lasting=True)
        session.cancel(booking)
        booking.reason = reason
    db.flush()
