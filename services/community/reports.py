"""Reports: what a member tells the team of another one's conduct. Whoever reports somebody blocks them, too."""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.bus.paging import page_of
from services.community import blocks, introductions, members
from services.community.models import Introduction, Person, Report


def report(db: OrmSession, caller: members.Caller, id: str, now: datetime, text: str) -> dict[str, Any]:
    """Tell the team of the other one of an introduction, and block them; return the introduction.

    Another report of the same introduction takes the place of the first. Raises NotAMember, NotFound.
    """
    me = caller["id"]
    members.require(db, me)
    introduction = introductions.own(db, me, id)
    other = introduction.other_than(me)
    members.lock(db, me, other)
    made = db.scalar(select(Report).where(Report.introduction == id, Report.by == me))
    if made is None:
        db.add(Report(introduction=id, by=me, person=other, text=text, created_at=now))
    else:
        made.text = text
    blocks.hide(db, me, other, now)
    db.flush()
    return introductions.one(db, caller, id, now)


def page(db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of reports for the team, the latest first, as `{items, next}`. Raises Invalid."""
    by, about = aliased(Person), aliased(Person)
    query = select(Report, Introduction, by, about).join(Introduction, Introduction.id == Report.introduction)
    query = query.join(by, by.id == Report.by).join(about, about.id == Report.person)
    rows, after = page_of(db, query, Report.position, cursor, limit, latest_first=True)
    return {"items": [_view(*row[:4]) for row in rows], "next": after}


def _view(report: Report, introduction: Introduction, by: Person, about: Person) -> dict[str, Any]:
    return {
        "id": report.id,
        "by": {"id": by.id, "name": by.name},
        "about": {"id": about.id, "name": about.name},
        "asked_by": introduction.by,
        "message": introduction.message,
        "text": report.text,
        "created_at": report.created_at,
    }
