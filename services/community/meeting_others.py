"""Whom a member has met, and whom they might meet: people from other sectors, with why."""

import hashlib
import re
from datetime import datetime
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from services.community import acquaintance, members
from services.community.models import Introduction, Member, Person, Sector, Session
from services.runtime.paging import cursor_after, key_of

SUGGESTED: Final = 10


def suggested(db: OrmSession, caller: members.Caller) -> dict[str, Any]:
    """Return up to ten members from other sectors whom the caller has not met, as `{items, next}`: most shared first.

    Nobody with whom there has been an introduction already, whatever became of it: to be suggested again or not would
    tell what became of it. Among those who share as much, the order is one of the caller's own, so that the same few
    are not suggested to everybody. Raises NotAMember.
    """
    me = caller["id"]
    mine, my_sector = members.require(db, me), db.get_one(Person, me).sector
    met = acquaintance.met_by(db, me)
    left_out = met.keys() | _introduced(db, me)
    query = members.seen_by(me).where(Person.sector != my_sector).with_only_columns(Member.person, Member.topics)
    ranked = sorted(
        (-len(set(mine.topics) & set(topics)), _lot(me, person), person)
        for person, topics in db.execute(query)
        if person not in left_out
    )[:SUGGESTED]
    best = [person for _, _, person in ranked]
    rows = {member.person: (member, person) for member, person in _of(db, me, best)}
    familiar = set(db.scalars(select(Person.sector).where(Person.id.in_(met.keys()))))
    names = {sector.code: sector.name for sector in db.scalars(select(Sector))}
    items = []
    for id in best:
        member, person = rows[id]
        shared = [topic for topic in mine.topics if topic in member.topics]
        why = _why(shared, names.get(str(person.sector), str(person.sector)), person.sector in familiar)
        items.append({**members.shown(member, person), "why": why})
    return {"items": items, "next": None}


def met(
    db: OrmSession, caller: members.Caller, cursor: str | None, limit: int, session: str | None = None
) -> dict[str, Any]:
    """Return a page of the members whom the caller has met, with the sessions: those met last first.

    With `session`, those alone whom the caller met there. Only where both chose to tell whom they met that they are
    here. Raises NotAMember, Invalid.
    """
    mine = members.require(db, caller["id"])
    where_met = acquaintance.met_by(db, caller["id"]) if mine.tell_tablemates else {}
    if session is not None:
        where_met = {person: slugs for person, slugs in where_met.items() if session in slugs}
    rows = [(member, person) for member, person in _of(db, mine.person, where_met) if member.tell_tablemates]
    sessions = _sessions(db, {slug for member, _ in rows for slug in where_met[member.person]})
    found = []
    for member, person in rows:
        theirs = [sessions[slug] for slug in where_met[member.person] if slug in sessions]
        theirs.sort(key=lambda session: (_iso(session["at"]), session["slug"]), reverse=True)
        found.append({**members.shown(member, person), "sessions": theirs})
    return _page(found, cursor, limit)


def _page(found: list[dict[str, Any]], cursor: str | None, limit: int) -> dict[str, Any]:
    keyed = sorted(((_met_last(item), item["id"], item) for item in found), key=lambda row: row[:2], reverse=True)
    if cursor:
        last = tuple(key_of(cursor, str, str))
        keyed = [row for row in keyed if row[:2] < last]
    shown, more = keyed[:limit], len(keyed) > limit
    return {"items": [item for _, _, item in shown], "next": cursor_after(*shown[-1][:2]) if more else None}


def _met_last(item: dict[str, Any]) -> str:
    return max((_iso(session["at"]) for session in item["sessions"]), default="")


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _of(db: OrmSession, me: str, people: Any) -> list[tuple[Member, Person]]:
    found = db.execute(members.seen_by(me).where(Member.person.in_(list(people))))
    return [(member, person) for member, person in found]


def _sessions(db: OrmSession, slugs: set[str]) -> dict[str, dict[str, Any]]:
    rows = db.scalars(select(Session).where(Session.slug.in_(slugs)))
    return {row.slug: {"slug": row.slug, "title": row.title, "at": row.begins_at} for row in rows}


def _introduced(db: OrmSession, me: str) -> set[str]:
    mine = select(Introduction.by, Introduction.to).where(or_(Introduction.by == me, Introduction.to == me))
    return {person for pair in db.execute(mine) for person in pair}


def _lot(me: str, other: str) -> str:
    return hashlib.sha256(f"{me}/{other}".encode()).hexdigest()


def _why(shared: list[str], sector: str, is_familiar: bool) -> list[str]:
    words = [_in_words(topic) for topic in shared]
    listed = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    where = f"From another sector: {sector}" if is_familiar else f"From a sector where you have met nobody: {sector}"
    return [f"You both picked {listed}", where] if words else [where]


def _in_words(topic: str) -> str:
    """Return a topic as people write it: “Systems thinking”, “Covid-19”."""
    text = re.sub(r"-(?!\d)", " ", topic)
    return text[:1].upper() + text[1:]
