"""What those who run a session need on its day beside who is coming: the link to join, and how many have needs."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Booking, Session
from services.runtime.refusals import NotFound


def facts(db: OrmSession, slug: str) -> dict[str, Any]:
    """Return `{join_url, needs}`: `needs` counts those who have a place and wrote what they need. Raises NotFound.

    What they wrote, and who they are, is for the team alone. A session that is off has no link.
    """
    session = db.get(Session, slug)
    if session is None:
        raise NotFound("There is no such session.")
    theirs = select(func.count()).select_from(Booking).where(Booking.session_slug == slug, Booking.state == "confirmed")
    needs = db.scalar(theirs.where(Booking.access_needs.is_not(None)))
    return {"join_url": session.join_url if session.status == "published" else None, "needs": needs}
