"""After a session: whoever sat with members of the community is told so, once; with how many, and never with whom.

Who is counted is who would be shown, see `meeting_others.met`: members who both chose to tell whom they met. What is
announced names nobody but its reader: it is kept in places from which nobody could take a name back.
See docs/decisions/0016-who-you-sat-with.md.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, exists, select
from sqlalchemy.orm import Session as OrmSession

from services.community import acquaintance, events, members
from services.community.models import Booking, Member, Person, Plan, Presence, Sector, Session, Sitting, ToldOfSitting
from services.community.table_people import kind_of
from services.runtime.dialects import upsert

AFTER: Final = timedelta(hours=1)  # from the end of the session, and from the last word of who was there
LATE: Final = timedelta(days=14)  # from the end of the session: later it is no news
AT_A_TIME: Final = 5  # sessions in a transaction


@upsert
def _planned(insert: Any) -> Any:
    """Plan when a session's people are told, whatever was planned before."""
    row = insert(Sitting).values(session=bindparam("slug"), due_at=bindparam("due"))
    return row.on_conflict_do_update(index_elements=["session"], set_={"due_at": row.excluded.due_at})


def expect(db: OrmSession, slug: str, now: datetime) -> None:
    """Have a session's people be told, now that somebody's attendance was recorded, once nothing more comes."""
    ends_at = db.scalar(select(Session.ends_at).where(Session.slug == slug))
    if ends_at is not None and now > ends_at + LATE:
        return
    due_at = (now if ends_at is None else max(now, ends_at)) + AFTER
    db.connection().execute(_planned(db), {"slug": slug, "due": due_at})


def tell(db: OrmSession, now: datetime) -> None:
    """Announce what is due by now: to each who was there, shared a table and was not told of this session before."""
    due = select(Sitting).where(Sitting.due_at <= now).order_by(Sitting.due_at).limit(AT_A_TIME)
    for sitting in db.scalars(due.with_for_update(skip_locked=True)):
        session = db.get(Session, sitting.session)
        sitting.due_at = None
        if session is None or session.status != "published" or session.ends_at is None:
            continue
        if now < session.ends_at + AFTER:  # it takes place later than was planned
            sitting.due_at = session.ends_at + AFTER
        elif now <= session.ends_at + LATE:
            _tell_of(db, session)


def _tell_of(db: OrmSession, session: Session) -> None:
    tables = select(Plan.id).where(Plan.session == session.slug, Plan.status == "published")
    if db.scalar(tables) is None:
        return
    gatherings = acquaintance.gatherings_in(db, session.slug)
    told = set(db.scalars(select(ToldOfSitting.person).where(ToldOfSitting.session == session.slug)))
    names = {sector.code: sector.name for sector in db.scalars(select(Sector))}
    bookings = _bookings(db, session.slug, _members(db, set().union(*gatherings)))
    for person, booking in sorted(bookings.items()):
        if person in told:
            continue
        found = _shown(db, person, {other for gathered in gatherings if person in gathered for other in gathered})
        if not found:
            continue
        db.add(ToldOfSitting(session=session.slug, person=person))
        sectors = sorted({names.get(str(other.sector), str(other.sector)) for other in found})
        which = (person, booking.reference, session.slug, kind_of(session))
        events.sat_together(db, *which, len(found), sectors, booking.attendance_version)


def _members(db: OrmSession, people: Collection[str]) -> set[str]:
    """Return who of these people tell whom they met that they are here; none of them is erased or leaves meanwhile."""
    theirs = select(Member.person).where(Member.person.in_(people), Member.joined_at.is_not(None))
    theirs = theirs.where(Member.tell_tablemates).order_by(Member.person)
    return set(db.scalars(theirs.with_for_update(read=True)))


def _bookings(db: OrmSession, slug: str, people: Collection[str]) -> dict[str, Booking]:
    """Return the bookings by which these people were there."""
    came = exists().where(Presence.session == Booking.session, Presence.person == Booking.person)
    theirs = select(Booking).where(Booking.session == slug, Booking.person.in_(people), came)
    return {booking.person: booking for booking in db.scalars(theirs.order_by(Booking.attendance_version))}


def _shown(db: OrmSession, person: str, others: Iterable[str]) -> list[Person]:
    """Return whom of these others the person is shown."""
    seen = members.seen_by(person).where(Member.person.in_(list(others)), Member.tell_tablemates)
    return [other for _, other in db.execute(seen)]
