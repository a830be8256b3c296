"""Introductions: one member asks to meet another; addresses are exchanged once both want it, and a no stays unsaid."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.community import events, joining, members, organisations
from services.community.errors import (
    AlreadyAsked,
    AlreadyIntroduced,
    IntroductionOver,
    IntroductionWaiting,
    TooManyIntroductions,
)
from services.community.models import Introduction, Member, Person
from services.runtime.links import defused
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, NotAllowed, NotFound, seconds_until

AT_ONCE: Final = timedelta(0)
OPEN_FOR: Final = timedelta(days=14)
WEEK: Final = timedelta(days=7)
MOST_IN_A_WEEK: Final = 3
ASK_AGAIN_AFTER: Final = timedelta(days=90)  # whatever became of it: otherwise the wait would tell


def propose(
    db: OrmSession, caller: members.Caller, now: datetime, to: str, message: str, wait: timedelta = AT_ONCE
) -> dict[str, Any]:
    """Ask another member to meet the caller; return the introduction as the caller sees it.

    An account has to be as old as `wait`. Raises NotAMember, AccountTooNew; Invalid where the caller sees no such
    member; IntroductionWaiting, AlreadyAsked, AlreadyIntroduced, TooManyIntroductions.
    """
    me, to = caller["id"], Person.current(db, to)
    members.lock(db, me, to)
    members.require(db, me)
    joining.check_age(db.get_one(Person, me), now, wait)
    if members.seen(db, me, to) is None:
        raise Invalid.field("to", "no-such-member")
    _check_pair(db, me, to, now)
    _check_week(db, me, now)
    first, second = sorted((me, to))
    introduction = Introduction(by=me, to=to, first=first, second=second, message=message, state="proposed", version=1)
    introduction.proposed_at, introduction.expires_at = now, now + OPEN_FOR
    db.add(introduction)
    db.flush()
    _announce_proposal(db, introduction)
    return _view(db, me, introduction, now)


def accept(db: OrmSession, caller: members.Caller, id: str, now: datetime) -> dict[str, Any]:
    """Say yes: each learns the other's address. Yes twice is yes. Raises NotAMember, NotFound, IntroductionOver."""
    introduction = _to_answer(db, caller["id"], id)
    if introduction.state != "accepted":
        _check_open(db, introduction, now)
        _change(introduction, "accepted")
        _announce_acceptance(db, introduction)
    return _view(db, caller["id"], introduction, now)


def decline(db: OrmSession, caller: members.Caller, id: str, now: datetime) -> dict[str, Any]:
    """Say no, of which nobody is told. Raises NotAMember, NotFound, IntroductionOver."""
    introduction = _to_answer(db, caller["id"], id)
    if introduction.state != "declined":
        _check_open(db, introduction, now)
        _change(introduction, "declined")
    return _view(db, caller["id"], introduction, now)


def withdraw(db: OrmSession, caller: members.Caller, id: str, now: datetime) -> dict[str, Any]:
    """Take back what the caller asked. Raises NotAMember, NotFound, IntroductionOver."""
    introduction = _locked(db, caller["id"], id)
    if introduction.by != caller["id"]:
        raise NotAllowed("Only the person who asked can take it back.")
    state = introduction.state_for(caller["id"], now)
    if state not in ("proposed", "withdrawn"):
        raise IntroductionOver(state=state)
    if state == "proposed":
        _change(introduction, "withdrawn")
    return _view(db, caller["id"], introduction, now)


def one(db: OrmSession, caller: members.Caller, id: str, now: datetime) -> dict[str, Any]:
    """Return an introduction of the caller's, as they may know it. Raises NotAMember, NotFound."""
    members.require(db, caller["id"])
    return _view(db, caller["id"], own(db, caller["id"], id), now)


def page(
    db: OrmSession, caller: members.Caller, now: datetime, cursor: str | None, limit: int, which: str | None = None
) -> dict[str, Any]:
    """Return a page of the caller's introductions, the latest first, as `{items, next}`.

    `which` of them: `received` and open, `sent` and not accepted, `accepted`; else all but those that were taken back
    before the caller answered. Raises NotAMember, Invalid.
    """
    me = caller["id"]
    members.require(db, me)
    to_me, by_me = Introduction.to == me, Introduction.by == me
    kinds = {
        None: or_(by_me, and_(to_me, Introduction.state != "withdrawn")),
        "received": and_(to_me, Introduction.state == "proposed", Introduction.expires_at > now),
        "sent": and_(by_me, Introduction.state != "accepted"),
        "accepted": and_(or_(by_me, to_me), Introduction.state == "accepted"),
    }
    if which not in kinds:
        raise Invalid.field("which", "not-a-choice", choices=[kind for kind in kinds if kind])
    query = select(Introduction).where(kinds[which])
    rows, after = page_of(db, query, Introduction.position, cursor, limit, latest_first=True)
    return {"items": views(db, me, [row for row, _ in rows], now), "next": after}


def expire(db: OrmSession, now: datetime) -> None:
    """Note which introductions have run out. They have since their time, whether or not this has run."""
    over = update(Introduction).where(Introduction.state == "proposed", Introduction.expires_at <= now)
    db.execute(over.values(state="expired", version=Introduction.version + 1))


def own(db: OrmSession, person: str, id: str, *, lock: bool = False) -> Introduction:
    """Return an introduction that the person is one of the two of. Raises NotFound."""
    mine = select(Introduction).where(Introduction.id == id)
    mine = mine.where(or_(Introduction.by == person, Introduction.to == person))
    introduction = db.scalar(mine.with_for_update().execution_options(populate_existing=True) if lock else mine)
    if introduction is None:
        raise NotFound("There is no such introduction.")
    return introduction


def views(db: OrmSession, me: str, rows: Iterable[Introduction], now: datetime) -> list[dict[str, Any]]:
    """Return introductions as one of the two may know them; the other's address where both said yes, and see each
    other still."""
    rows = list(rows)
    ids = {row.other_than(me) for row in rows}
    named = {person.id: person for person in db.scalars(select(Person).where(Person.id.in_(ids)))}
    seen = set(db.scalars(members.seen_by(me).where(Member.person.in_(ids)).with_only_columns(Member.person)))
    return [_shown(row, me, named[row.other_than(me)], row.other_than(me) in seen, now) for row in rows]


def _view(db: OrmSession, me: str, introduction: Introduction, now: datetime) -> dict[str, Any]:
    return views(db, me, [introduction], now)[0]


def _shown(introduction: Introduction, me: str, other: Person, is_seen: bool, now: datetime) -> dict[str, Any]:
    names = ("id", "by", "to", "message", "proposed_at", "expires_at")
    where = {name: getattr(other, name) if is_seen else None for name in ("sector", "organisation")}
    exchanged = introduction.state == "accepted" and is_seen
    return {
        **{name: getattr(introduction, name) for name in names},
        "other": {"id": other.id, "name": other.name, **where},
        "state": introduction.state_for(me, now),
        "email": other.email if exchanged else None,
    }


def _check_pair(db: OrmSession, me: str, to: str, now: datetime) -> None:
    """Raise why the caller cannot ask the other one now. An introduction that has run out makes way."""
    first, second = sorted((me, to))
    pair = select(Introduction).where(Introduction.first == first, Introduction.second == second)
    before = list(db.scalars(pair.with_for_update().order_by(Introduction.position)))
    for introduction in before:
        if introduction.state == "accepted":
            raise AlreadyIntroduced(introduction=introduction.id)
        if introduction.by == to and introduction.is_open(now):
            raise IntroductionWaiting(introduction=introduction.id)
        again_at = introduction.proposed_at + ASK_AGAIN_AFTER
        if introduction.by == me and now < again_at:
            raise AlreadyAsked(introduction=introduction.id, again_at=again_at.isoformat())
        if introduction.state == "proposed":
            _change(introduction, "expired")
    db.flush()


def _check_week(db: OrmSession, me: str, now: datetime) -> None:
    lately = select(func.count(), func.min(Introduction.proposed_at)).where(
        Introduction.by == me, Introduction.proposed_at > now - WEEK
    )
    count, first = db.execute(lately).one()
    if count >= MOST_IN_A_WEEK:
        again_at = first + WEEK
        raise TooManyIntroductions(retry_after=seconds_until(again_at, now), again_at=again_at.isoformat())


def _locked(db: OrmSession, me: str, id: str) -> Introduction:
    """Return an introduction of the member's, locked, after the memberships of both. Raises NotAMember, NotFound."""
    found = own(db, me, id)
    members.lock(db, found.by, found.to)
    members.require(db, me)
    return own(db, me, id, lock=True)


def _to_answer(db: OrmSession, me: str, id: str) -> Introduction:
    introduction = _locked(db, me, id)
    if introduction.to != me:
        raise NotAllowed("Only the person who was asked can say yes or no.")
    return introduction


def _check_open(db: OrmSession, introduction: Introduction, now: datetime) -> None:
    if not introduction.is_open(now) or members.seen(db, introduction.to, introduction.by) is None:
        raise IntroductionOver(state=introduction.state_for(introduction.to, now))


def _change(introduction: Introduction, state: str) -> None:
    introduction.state = state
    introduction.version += 1


def _announce_proposal(db: OrmSession, introduction: Introduction) -> None:
    by = db.get_one(Person, introduction.by)
    events.introduction_proposed(
        db,
        introduction.id,
        by=by.id,
        to=introduction.to,
        name=defused(str(by.name)),
        organisation=defused(by.organisation) if by.organisation else None,
        proven=organisations.is_proven(db, by),
        message=introduction.message,
        expires_at=introduction.expires_at,
        version=introduction.version,
    )


def _announce_acceptance(db: OrmSession, introduction: Introduction) -> None:
    both = [db.get_one(Person, id) for id in (introduction.by, introduction.to)]
    names = ("name", "email", "organisation")
    named = [
        {"person": p.id, **{n: getattr(p, n) for n in names}, "proven": organisations.is_proven(db, p)} for p in both
    ]
    events.introduction_accepted(db, introduction.id, named, introduction.version)
