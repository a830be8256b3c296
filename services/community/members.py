"""Members: people who chose to be found by the others, what they say of themselves, and who sees them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, Text, and_, cast, exists, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.community import closing, joining
from services.community.errors import NotAMember, ProfileIncomplete, RemovedFromCommunity
from services.community.events import member_left
from services.community.models import Block, Member, Person, Removal, Session
from services.community.topics import current, settle
from services.runtime import search
from services.runtime.faults import Fault
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, NotFound, StaleVersion, Unavailable

MOST_WORDS: Final = 10
NOT_READY: Final = "Your account is not ready for this yet. Try again in a moment."
Caller = dict[str, Any]  # the person who asks, as registration knows them


def join(
    db: OrmSession,
    caller: Caller,
    now: datetime,
    about: str | None,
    topics: list[str],
    tell_tablemates: bool,
    open_to: str = joining.ANYONE,
    **account: str | None,
) -> dict[str, Any]:
    """Have the caller be found by other members; return their profile. Whoever is a member stays as they are.

    Raises ProfileIncomplete, RemovedFromCommunity, NotOpenToYou; Invalid, also where the `account` is said to be
    another than it is; Unavailable where this service has not heard of the account yet.
    """
    _check_complete(caller)
    _check_account(caller, account)
    person = db.get(Person, caller["id"], with_for_update=True)
    if person is None or not (person.name and person.sector):
        raise Unavailable(NOT_READY)
    _check_let_in(db, person.id)
    member = _row(db, person.id, lock=True)
    if member is None or member.joined_at is None:
        joining.check_open(db, caller, person, open_to)
        member = _joined(db, person, member, now, about, _known(db, topics, []), tell_tablemates)
    return _own(member, person)


def check_may_join(db: OrmSession, caller: Caller, open_to: str) -> None:
    """Raise what keeps the caller from joining: ProfileIncomplete, RemovedFromCommunity, NotOpenToYou.

    Raises Unavailable where this service has not heard of the account yet.
    """
    _check_complete(caller)
    person = db.get(Person, caller["id"])
    if person is None:
        raise Unavailable(NOT_READY)
    _check_let_in(db, person.id)
    joining.check_open(db, caller, person, open_to)


def leave(db: OrmSession, caller: Caller) -> None:
    """Forget the caller's profile, and close what is open, without a word to anybody."""
    member = _row(db, caller["id"], lock=True)
    if member is None or member.joined_at is None:
        return
    member.about, member.topics, member.tell_tablemates, member.joined_at = None, [], False, None
    member.version += 1
    member_left(db, member.person, member.version)
    closing.close(db, member.person)


def is_member(db: OrmSession, caller: Caller) -> dict[str, bool]:
    """Return whether the caller is a member, as `{member}`."""
    member = _row(db, caller["id"])
    return {"member": member is not None and member.joined_at is not None}


def profile(db: OrmSession, caller: Caller) -> dict[str, Any]:
    """Return the caller's own profile. Raises NotFound, RemovedFromCommunity."""
    return _own(*_mine(db, caller))


def change(db: OrmSession, caller: Caller, version: int, given: dict[str, Any]) -> dict[str, Any]:
    """Change what the caller says of themselves, and return it. Raises NotFound, StaleVersion, Invalid."""
    member, person = _mine(db, caller, lock=True)
    if member.version != version:
        raise StaleVersion(version=member.version)
    if "topics" in given:
        given = {**given, "topics": _known(db, given["topics"], member.topics)}
    changed = {name: value for name, value in given.items() if getattr(member, name) != value}
    for name, value in changed.items():
        setattr(member, name, value)
    member.version += bool(changed)
    return _own(member, person)


def page(
    db: OrmSession, caller: Caller, cursor: str | None, limit: int, **wanted: str | None
) -> dict[str, Any]:  # fmt: skip
    """Return a page of the members whom the caller sees, those who joined last first, as `{items, next}`.

    `wanted` are `sector`, `topic`, also by an old name, and `q`, words that all stand in a profile. Raises NotAMember,
    Invalid.
    """
    require(db, caller["id"])
    query = seen_by(caller["id"])
    if wanted.get("sector"):
        query = query.where(Person.sector == wanted["sector"])
    if chosen := wanted.get("topic"):
        topic = current(db, chosen) or chosen
        query = query.where(cast(Member.topics, Text).contains(f'"{topic}"', autoescape=True))
    for word in (wanted.get("q") or "").split()[:MOST_WORDS]:
        by_person = search.has(word, Person.search_key, Person.name, Person.organisation)
        by_profile = search.has(word, Member.search_key, Member.about, cast(Member.topics, Text))
        query = query.where(or_(by_person, by_profile))
    rows, after = page_of(db, query, Member.position, cursor, limit, latest_first=True)
    return {"items": [shown(member, person) for member, person, _ in rows], "next": after}


def one(db: OrmSession, caller: Caller, id: str) -> dict[str, Any]:
    """Return a member whom the caller sees, or the caller as others see them.

    Raises NotAMember; NotFound, whyever they are not seen.
    """
    require(db, caller["id"])
    id = Person.current(db, id)
    if id == caller["id"]:
        return shown(*_mine(db, caller))
    found = seen(db, caller["id"], id)
    if found is None:
        raise NotFound("There is no such member.")
    return shown(*found)


def require(db: OrmSession, person: str) -> Member:
    """Return the person's membership. Raises NotAMember, RemovedFromCommunity."""
    member = _row(db, person)
    if member is None or member.joined_at is None:
        _check_let_in(db, person)
        raise NotAMember
    return member


def lock(db: OrmSession, *people: str) -> None:
    """Keep the memberships of these people, in one order, from being changed until the transaction ends."""
    rows = select(Member).where(Member.person.in_(people)).order_by(Member.person).with_for_update()
    db.scalars(rows.execution_options(populate_existing=True)).all()


def seen_by(person: str) -> Select[Member, Person]:
    """Return the query of the other members whom a person sees: neither has blocked the other."""
    either = or_(
        and_(Block.by == person, Block.person == Member.person),
        and_(Block.by == Member.person, Block.person == person),
    )
    query = select(Member, Person).join(Person, Person.id == Member.person)
    there = (Member.joined_at.is_not(None), Person.name.is_not(None), Person.sector.is_not(None))
    return query.where(*there, Member.person != person, ~exists().where(either))


def seen(db: OrmSession, person: str, other: str) -> tuple[Member, Person] | None:
    """Return a member whom a person sees, or None."""
    found = db.execute(seen_by(person).where(Member.person == other)).one_or_none()
    return None if found is None else (found[0], found[1])


def shown(member: Member, person: Person) -> dict[str, Any]:
    """Return a member as the others see them: never with an address."""
    named = {name: getattr(person, name) for name in ("id", "name", "sector", "organisation")}
    return {**named, "about": member.about, "topics": member.topics}


def _check_complete(caller: Caller) -> None:
    missing = [name for name in ("name", "sector") if not caller.get(name)]
    if missing:
        raise ProfileIncomplete(missing=missing)


def _check_account(caller: Caller, account: dict[str, str | None]) -> None:
    """Raise Invalid with each field that is not as the caller's account has it."""
    others = [name for name, said in account.items() if said is not None and said != caller.get(name)]
    if others:
        raise Invalid([Fault("not-of-account").at(name) for name in others])


def _own(member: Member, person: Person) -> dict[str, Any]:
    more = {name: getattr(member, name) for name in ("tell_tablemates", "joined_at", "version")}
    return {**shown(member, person), **more}


def _joined(
    db: OrmSession,
    person: Person,
    before: Member | None,
    now: datetime,
    about: str | None,
    topics: list[str],
    tell_tablemates: bool,
) -> Member:
    version = 1
    if before is not None:  # a new row, so that who comes back stands first among the members
        version = before.version + 1
        db.delete(before)
        db.flush()
    member = Member(person=person.id, about=about or None, topics=topics, tell_tablemates=tell_tablemates)
    member.joined_at, member.version = now, version
    db.add(member)
    db.flush()
    return member


def _row(db: OrmSession, person: str, *, lock: bool = False) -> Member | None:
    mine = select(Member).where(Member.person == person)
    return db.scalar(mine.with_for_update().execution_options(populate_existing=True) if lock else mine)


def _mine(db: OrmSession, caller: Caller, *, lock: bool = False) -> tuple[Member, Person]:
    member, person = _row(db, caller["id"], lock=lock), db.get(Person, caller["id"])
    if member is None or member.joined_at is None or person is None:
        _check_let_in(db, caller["id"])
        raise NotFound("You are not a member of the community.")
    return member, person


def _check_let_in(db: OrmSession, person: str) -> None:
    """Raise RemovedFromCommunity, with the reason, for whoever was taken out and not let in again."""
    removal = db.scalar(select(Removal).where(Removal.person == person, Removal.let_in_at.is_(None)))
    if removal is not None:
        raise RemovedFromCommunity(reason=removal.reason, removed_at=removal.removed_at.isoformat())


def _known(db: OrmSession, topics: list[str], held: list[str]) -> list[str]:
    """Return the topics under the names that they have now, each once.

    Raises Invalid where no session is about one, unless it was `held` before.
    """
    chosen = settle(db, topics)
    if set(chosen) - set(held):
        there = {topic for of_session in db.scalars(select(Session.topics)) for topic in of_session}
        unknown = [topic for topic in chosen if topic not in there and topic not in held]
        if unknown:
            raise Invalid.field("topics", "unknown-topic", name=unknown[0])
    return chosen
