"""What is wished for people at tables, by the references of their bookings, and when it is forgotten.

That someone needs a table without steps tells of their health. It goes as access needs do, and with the person.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Booking, Plan, Session

EACH: Final = ("hosts", "step_free")  # wishes that name people one by one
GROUPS: Final = ("keep_apart", "keep_together")
NOBODY: Final = "[]"


def of_person(db: OrmSession, person: str) -> list[dict[str, Any]]:
    """Return what was wished for the person, for the export; not whom they are to sit with or apart from."""
    theirs = db.scalars(select(Booking.reference).where(Booking.person == person).order_by(Booking.reference)).all()
    plans = db.scalars(select(Plan).where(_names_someone()).order_by(Plan.session, Plan.status)).all()
    return [
        {"session": plan.session, "status": plan.status, "reference": one, **_wished(plan, one)}
        for plan in plans
        for one in theirs
        if any(_wished(plan, one).values())
    ]


def _wished(plan: Plan, reference: str) -> dict[str, bool]:
    said = {"host": "hosts", "step_free": "step_free", "kept_apart": "keep_apart", "kept_together": "keep_together"}
    return {name: reference in _named(plan, wish) for name, wish in said.items()}


def _named(plan: Plan, wish: str) -> set[str]:
    told = plan.wishes.get(wish, ())
    return {*told} if wish in EACH else {one for group in told for one in group}


def forget(db: OrmSession, references: Collection[str]) -> None:
    """Forget what was wished for the owners of these bookings, who are erased: also where a booking has moved since."""
    gone = {*references}
    plans = db.scalars(select(Plan).where(_names_someone())).all()
    there = [plan.id for plan in plans if any(gone & _named(plan, wish) for wish in (*EACH, *GROUPS))]
    theirs = select(Booking.session).where(Booking.reference.in_(gone))  # of which a plan may just be changing
    locked = select(Plan).where(or_(Plan.id.in_(there), Plan.session.in_(theirs))).order_by(Plan.id).with_for_update()
    for plan in db.scalars(locked.execution_options(populate_existing=True)):
        wishes = dict(plan.wishes)
        for name in EACH:
            wishes[name] = [one for one in wishes.get(name, ()) if one not in gone]
        for name in GROUPS:
            groups = [[one for one in group if one not in gone] for group in wishes.get(name, ())]
            wishes[name] = [group for group in groups if len(group) > 1]
        if wishes != plan.wishes:
            plan.wishes = wishes


def over(since: datetime) -> Select[Any]:
    """Return the query of the plans that name someone, of sessions that ended before then."""
    ended = select(Plan.id).join(Session, Session.slug == Plan.session).where(Session.ends_at <= since)
    return ended.where(_names_someone()).order_by(Plan.id)


def let_go(db: OrmSession, ids: Sequence[int], now: datetime) -> None:
    """Forget for whom something was wished in these plans; who sat where stays."""
    for plan in db.scalars(select(Plan).where(Plan.id.in_(ids))):
        plan.wishes = {**plan.wishes, **{name: [] for name in (*EACH, *GROUPS)}}
    db.flush()


def _names_someone() -> ColumnElement[bool]:
    return or_(*(Plan.wishes[name].as_string() != NOBODY for name in (*EACH, *GROUPS)))
