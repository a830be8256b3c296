"""Registration's own copy of sessions and sectors, kept by the catalogue's events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.models import LIVE, MODES, Booking, Sector, Session, other_mode
from services.registration.places.bookings import leave
from services.registration.places.history import record
from services.registration.places.waiting_list import SHOW_PLACES, pass_on_everywhere, position_of
from services.runtime.refusals import NotFound

COPIED = ("title", "programme", "topics", "status", "join_url", "waiting_list", "booking_opens_at", "travel_minutes")
COUNTERS = (
    "line_end",
    "line_front",
    *(f"{what}_{mode}" for what in ("capacity", "taken", "extra", "waiting", "either") for mode in MODES),
)


def keep_sectors(db: OrmSession, sectors: list[dict[str, Any]]) -> None:
    """Keep the settings that people can say they work in; one that went stays valid for those who chose it."""
    for sector in sectors:
        db.merge(Sector(**sector))


def keep(db: OrmSession, told: dict[str, Any], now: datetime) -> None:
    """Bring our copy up to what the catalogue told, unless we know better already; pass on places that this frees."""
    try:
        session = Session.locked(db, told["slug"])
    except NotFound:
        session = Session(slug=told["slug"], catalogue_version=0, version=1)
        for counter in COUNTERS:
            setattr(session, counter, 0)
        session.taken_by_sector = {}
        db.add(session)
    if told["version"] <= session.catalogue_version:
        return
    _copy(session, told)
    session.plan_release(now)
    coming = _bring_all_along(db, session, told)
    for mode in MODES:
        _change_capacity(db, session, mode, told[f"places_{mode}"], now, "converted" if coming else "places_reduced")
    _tell_of_coming_along(db, coming, now)
    db.flush()
    if session.status == "cancelled":
        _cancel_all(db, session, told["cancel_reason"], now)
    pass_on_everywhere(db, session, now)
    wake(db, SHOW_PLACES)


def _copy(session: Session, told: dict[str, Any]) -> None:
    for name in COPIED:
        setattr(session, name, told[name])
    session.meetings = [{name: at.isoformat() for name, at in meeting.items()} for meeting in told["meetings"]]
    session.starts_at = min(meeting["starts_at"] for meeting in told["meetings"])
    session.ends_at = max(meeting["ends_at"] for meeting in told["meetings"])
    session.held_places = [{**held, "until": held["until"].isoformat()} for held in told["held_places"]]
    session.catalogue_version = told["version"]
    session.version += 1


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


def _bring_all_along(db: OrmSession, session: Session, told: dict[str, Any]) -> dict[Booking, int]:
    """Where one kind of place is no more, have its bookings be for the other kind; return them with their versions.

    For now there are places for all: who has to wait again is decided when the number of places is changed.
    """
    for mode in MODES:
        other = other_mode(mode)
        if told[f"places_{other}"] and not told[f"places_{mode}"]:
            live = select(Booking).where(Booking.session_slug == session.slug, Booking.state.in_(LIVE))
            coming = db.scalars(live.where(Booking.mode == mode).order_by(Booking.id)).all()
            room = max(session.capacity(other), session.taken_in_room + session.taken_online)
            setattr(session, f"capacity_{other}", room)
            for booking in coming:
                session.bring_along(booking, other)
            db.flush()
            return {booking: booking.version for booking in coming}
    return {}


def _tell_of_coming_along(db: OrmSession, coming: dict[Booking, int], now: datetime) -> None:
    """Tell of those who came along, but for those who have been told already that they wait again."""
    there = [booking for booking, version in coming.items() if booking.version == version]
    for booking in there:
        booking.version += 1
    db.flush()
    for booking in there:
        what = {
            "confirmed": "registration.booking_confirmed.v1",
            "offered": "registration.place_offered.v1",
            "waiting": "registration.booking_waitlisted.v1",
        }[booking.state]
        was_confirmed, position = booking.state == "confirmed", position_of(db, booking)
        record(db, what, booking, now, cause="converted", by="team", position=position, was_confirmed=was_confirmed)


def _change_capacity(
    db: OrmSession, session: Session, mode: str, places: int, now: datetime, cause: str = "places_reduced"
) -> None:
    """Set the number of places. Where it falls below what is taken, the latest wait again, before all others."""
    _wait_again(db, session, _latest(db, session, mode, session.taken(mode) - places), now, cause)
    setattr(session, f"capacity_{mode}", places)


def _latest(db: OrmSession, session: Session, mode: str, number: int) -> Sequence[Booking]:
    """Return the holders of so many places, the latest first; offers go before confirmed places."""
    if number <= 0:
        return []
    holders = select(Booking).where(
        Booking.session_slug == session.slug,
        Booking.mode == mode,
        Booking.state.in_(("offered", "confirmed")),
        Booking.extra.is_(False),
    )
    latest = holders.order_by(Booking.state.desc(), Booking.confirmed_at.desc(), Booking.id.desc())
    return db.scalars(latest.limit(number)).all()


def _wait_again(db: OrmSession, session: Session, latest_first: Sequence[Booking], now: datetime, cause: str) -> None:
    had_a_place = {booking.id: booking.state == "confirmed" for booking in latest_first}
    for booking in latest_first:
        session.join_line(booking, first=True)
        booking.confirmed_at = None
        booking.version += 1
    db.flush()
    for booking in latest_first:
        record(
            db,
            "registration.booking_waitlisted.v1",
            booking,
            now,
            cause=cause,
            by="team",
            position=position_of(db, booking),
            was_confirmed=had_a_place[booking.id],
        )


def _cancel_all(db: OrmSession, session: Session, reason: str | None, now: datetime) -> None:
    live = select(Booking).where(Booking.session_slug == session.slug, Booking.state.in_(LIVE)).order_by(Booking.id)
    for booking in db.scalars(live).all():
        leave(db, session, booking, now, cause="session_cancelled", by="team", reason=reason)
