"""Accounts that nobody uses: an email warns, and a month later they are erased like any other.

Someone uses their account who signs in, or is there while they are signed in, or has or had a place in a session. A
role, a session to facilitate or an organisation to coordinate is in use. Guests have no account: see
`my_data.guests_since`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.events import account_unused
from services.registration.models import Booking, Coordinator, Facilitator, Person, Role, Session
from services.runtime.retention import period

NOTED_EVERY: Final = timedelta(days=1)  # how exactly it is known when an account was last used
_LAST_USED = func.coalesce(Person.last_used_at, Person.created_at)


def use(db: OrmSession, person: Person, now: datetime) -> None:
    """Note that the account is used, unless that was noted today."""
    if person.last_used_at is None or person.last_used_at <= now - NOTED_EVERY or person.warned_at is not None:
        db.execute(update(Person).where(Person.id == person.id).values(last_used_at=now, warned_at=None))


def to_warn(since: datetime) -> Select[Any]:
    """Return the query of the accounts that were not used since then, and whose people were not warned yet."""
    return _unused(since).where(Person.warned_at.is_(None))


def to_erase(since: datetime) -> Select[Any]:
    """Return the query of the accounts that were not used since then, and whose people had a month after a warning."""
    warned = since + period("unused_erased") - period("warning")
    return _unused(since).where(Person.warned_at <= warned)


def warn(db: OrmSession, ids: Sequence[str], now: datetime) -> None:
    """Have these people warned."""
    for person in db.scalars(select(Person).where(Person.id.in_(ids)).order_by(Person.id)).all():
        person.warned_at = now
        account_unused(db, person, now, now + max(period("warning"), period("unused_erased") - period("unused_warned")))
    db.flush()


def _unused(since: datetime) -> Select[Any]:
    accounts = select(Person.id).where(Person.email.is_not(None), Person.erased_at.is_(None), since >= _LAST_USED)
    accounts = accounts.where(Person.merged_into.is_(None))
    places = select(Booking.id).join(Session).where(Booking.person_id == Person.id, _counts(since))
    roles = select(Role.id).where(Role.person_id == Person.id)
    facilitates = select(Facilitator.id).join(Session, Session.slug == Facilitator.session)
    facilitates = facilitates.where(Facilitator.person_id == Person.id, Session.ends_at > since)
    coordinates = select(Coordinator.id).where(Coordinator.person_id == Person.id)
    accounts = accounts.where(~places.exists(), ~roles.exists(), ~facilitates.exists(), ~coordinates.exists())
    return accounts.order_by(Person.id)


def _counts(since: datetime) -> ColumnElement[bool]:
    return (Session.ends_at > since) & or_(Booking.state != "cancelled", Booking.created_at > since)
