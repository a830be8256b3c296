"""The figures of the places: told to the gateways, which know of no rule but the clock."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.events import places_changed
from services.registration.models import MODES, PlacesAnnounced, Session
from services.registration.places.waiting_list import SHOW_PLACES, may_pass_on
from services.runtime.dialects import upsert
from services.runtime.paging import cursor_after, key_of

PAGE = 500


@upsert
def _announced(insert: Any) -> Any:
    new = insert(PlacesAnnounced.__table__)
    return new.on_conflict_do_update(index_elements=["session_slug"], set_={"version": new.excluded.version})


def announce(db: OrmSession, now: datetime, limit: int = PAGE) -> None:
    """Announce the figures of all sessions that changed since they were last announced, in one event."""
    seen = select(Session, PlacesAnnounced).outerjoin(PlacesAnnounced, PlacesAnnounced.session_slug == Session.slug)
    changed = seen.where(or_(PlacesAnnounced.version.is_(None), PlacesAnnounced.version != Session.version))
    rows = db.execute(changed.order_by(Session.slug).limit(limit)).all()
    if rows:
        announced = [{"session_slug": session.slug, "version": session.version} for session, _ in rows]
        db.connection().execute(_announced(db), announced)
        places_changed(db, [of_session(session, now) for session, _ in rows], now)
    if len(rows) == limit:
        wake(db, SHOW_PLACES)


def page(db: OrmSession, cursor: str | None, now: datetime) -> dict[str, Any]:
    """Return a page of all sessions' figures, as `{items, next}`. Raises Invalid."""
    query = select(Session).order_by(Session.slug).limit(PAGE + 1)
    if cursor:
        query = query.where(Session.slug > key_of(cursor, str)[0])
    sessions = db.scalars(query).all()
    items = [of_session(session, now) for session in sessions[:PAGE]]
    return {"items": items, "next": cursor_after(sessions[PAGE - 1].slug) if len(sessions) > PAGE else None}


def of_session(session: Session, now: datetime) -> dict[str, Any]:
    """Return what a gateway knows, as `{session, version, catalogue_version, places, over, waiting, held, open}`.

    Whoever books gets a place if one is `open`, or if one is `held` for their sector. `open` is told by mode: as it is
    now (`from` is None), and from each moment at which held places are let go. `over` counts the places that the team
    gave beyond the capacity, which are in none of the other figures and are for the team to see. The figures are those
    of the session as it stands in the `catalogue_version`.
    """
    return {
        "session": session.slug,
        "version": session.version,
        "catalogue_version": session.catalogue_version,
        "places": {mode: {"capacity": session.capacity(mode), "left": session.left(mode)} for mode in MODES},
        "over": {mode: session.over(mode) for mode in MODES},
        "waiting": session.waiting_in_room + session.waiting_online,
        "held": {sector: places for mode in MODES for sector, places in _held(session, mode, now).items()},
        "open": [
            {"from": at, **{mode: _open(session, mode, at or now) for mode in MODES}}
            for at in (None, *session.releases(now))
        ],
    }


def _held(session: Session, mode: str, now: datetime) -> dict[str, int]:
    """Return how many of the places that are left are held for each sector; the team may hold more than are left."""
    held = session.held_left(mode, now)
    return {sector: min(places, max(0, session.free_for(mode, sector, now))) for sector, places in held.items()}


def _open(session: Session, mode: str, at: datetime) -> int:
    """Return how many places are open to all at that moment, once those who wait have had theirs."""
    due = session.list_length(mode) if may_pass_on(session, at) else 0
    return max(0, session.free_for(mode, None, at) - due)
