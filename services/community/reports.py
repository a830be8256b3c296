"""Reports: what a member tells the team of another one's conduct. Whoever reports somebody blocks them, too.

The team deals with each and notes what was done; neither of the two learns that from here.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.community import blocks, introductions, members
from services.community.models import Introduction, Person, Removal, Report
from services.runtime.paging import cursor_after, key_of
from services.runtime.refusals import Invalid, NotFound, StaleVersion

STATUSES = ("open", "dealt_with")


def report(db: OrmSession, caller: members.Caller, id: str, now: datetime, text: str) -> dict[str, Any]:
    """Tell the team of the other one of an introduction, and block them; return the introduction.

    Another report of the same introduction takes the place of the first, and is open, whatever was done about that.
    Raises NotAMember, NotFound.
    """
    me = caller["id"]
    members.require(db, me)
    introduction = introductions.own(db, me, id)
    other = introduction.other_than(me)
    members.lock(db, me, other)
    made = db.scalar(select(Report).where(Report.introduction == id, Report.by == me).with_for_update())
    if made is None:
        db.add(Report(introduction=id, by=me, person=other, text=text, created_at=now, version=1))
    elif made.text != text:
        made.text, made.dealt_with_at, made.version = text, None, made.version + 1
    blocks.hide(db, me, other, now)
    db.flush()
    return introductions.one(db, caller, id, now)


def page(db: OrmSession, cursor: str | None, limit: int, status: str | None = None) -> dict[str, Any]:
    """Return a page of reports for the team, as `{items, next}`: open ones first, and of each kind the latest.

    `status` is one of STATUSES, for those alone. Raises Invalid.
    """
    if status is not None and status not in STATUSES:
        raise Invalid.field("status", "not-a-choice", choices=[*STATUSES])
    is_done = Report.dealt_with_at.is_not(None)
    done = case((is_done, 1), else_=0)
    query = _query().add_columns(done).order_by(done, Report.position.desc())
    if status is not None:
        query = query.where(is_done if status == "dealt_with" else ~is_done)
    if cursor:
        group, last = key_of(cursor, int, int)
        query = query.where(or_(done > group, and_(done == group, Report.position < last)))
    rows = db.execute(query.limit(limit + 1)).all()
    more = len(rows) > limit
    after = cursor_after(rows[limit - 1][-1], rows[limit - 1][0].position) if more else None
    return {"items": [_view(*row[:-1]) for row in rows[:limit]], "next": after}


def one(db: OrmSession, id: str) -> dict[str, Any]:
    """Return a report for the team. Raises NotFound."""
    found = db.execute(_query().where(Report.id == id)).one_or_none()
    if found is None:
        raise NotFound("There is no such report.")
    return _view(*found)


def waiting(db: OrmSession) -> dict[str, int]:
    """Return how many reports are open, as `{open}`."""
    is_open = select(func.count()).select_from(Report).where(Report.dealt_with_at.is_(None))
    return {"open": db.scalar(is_open) or 0}


def deal_with(
    db: OrmSession, caller: members.Caller, id: str, version: int, now: datetime, note: str
) -> dict[str, Any]:
    """Note what was done about a report, by whom and when; return it. Raises NotFound, StaleVersion."""
    made = _locked(db, id, version)
    made.note, made.dealt_with_at, made.dealt_with_by = note, now, caller["id"]
    made.version += 1
    db.flush()
    return one(db, id)


def reopen(db: OrmSession, id: str, version: int) -> dict[str, Any]:
    """Open a report again; what was done about it stays there to be read. Raises NotFound, StaleVersion."""
    made = _locked(db, id, version)
    if made.dealt_with_at is not None:
        made.dealt_with_at = None
        made.version += 1
        db.flush()
    return one(db, id)


def _locked(db: OrmSession, id: str, version: int) -> Report:
    query = select(Report).where(Report.id == id).with_for_update().execution_options(populate_existing=True)
    made = db.scalar(query)
    if made is None:
        raise NotFound("There is no such report.")
    if made.version != version:
        raise StaleVersion(version=made.version)
    return made


def _query() -> Select[*tuple[Any, ...]]:
    by, about, handler = aliased(Person), aliased(Person), aliased(Person)
    query = select(Report, Introduction, by, about, handler, Removal)
    query = query.join(Introduction, Introduction.id == Report.introduction).join(by, by.id == Report.by)
    query = query.join(about, about.id == Report.person).outerjoin(handler, handler.id == Report.dealt_with_by)
    return query.outerjoin(Removal, and_(Removal.person == Report.person, Removal.let_in_at.is_(None)))


def _view(
    report: Report, introduction: Introduction, by: Person, about: Person, handler: Person | None, out: Removal | None
) -> dict[str, Any]:
    return {
        "id": report.id,
        "by": {"id": by.id, "name": by.name},
        "about": {"id": about.id, "name": about.name, "removed": out is not None},
        "asked_by": introduction.by,
        "message": introduction.message,
        "text": report.text,
        "created_at": report.created_at,
        "status": "open" if report.dealt_with_at is None else "dealt_with",
        "note": report.note,
        "dealt_with_at": report.dealt_with_at,
        "dealt_with_by": {"id": handler.id, "name": handler.name} if handler is not None else None,
        "version": report.version,
    }
