"""The link check: which addresses of published materials there are, which is asked next, and which are broken."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import asking
from services.catalogue.models import Link, Material
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid

Begin = Callable[[], AbstractContextManager[OrmSession]]
LEASE = timedelta(minutes=15)  # for which an address that is being asked is nobody else's


def keep_up(db: OrmSession, now: datetime) -> None:
    """Take up the addresses that published materials have by now, and let go of those that none has any more."""
    shown = select(Material.url).where(Material.status == "published")
    db.execute(delete(Link).where(Link.url.not_in(shown)))
    for url in db.scalars(shown.where(Material.url.not_in(select(Link.url))).distinct()).all():
        db.add(Link(url=url, host=_host_of(url), due_at=now))
    db.flush()


def claim(db: OrmSession, now: datetime) -> tuple[int, str] | None:
    """Return the number and the address of the link that is to be asked now, held for the caller; None if none is."""
    db.execute(update(Link).where(Link.held_until <= now).values(held_until=None))
    busy = select(Link.host).where(Link.held_until.is_not(None))
    due = select(Link).where(Link.due_at <= now, Link.held_until.is_(None), Link.host.not_in(busy))
    link = db.scalars(due.order_by(Link.due_at, Link.id).limit(1).with_for_update(skip_locked=True)).one_or_none()
    if link is None:
        return None
    try:
        with db.begin_nested():
            link.held_until = now + LEASE
            db.flush()
    except IntegrityError:  # another process began to ask this host meanwhile
        return None
    return link.id, link.url


def note(db: OrmSession, id: int, answer: asking.Answer, now: datetime) -> None:
    """Keep what came of asking. An address that cannot be asked from here is not broken."""
    link = db.scalars(select(Link).where(Link.id == id).with_for_update()).one_or_none()
    if link is not None:
        link.note(answer.ok is not False, answer.said, now)
        db.flush()


def check_next(begin: Begin, now: Callable[[], datetime], ask: Callable[[str], asking.Answer] = asking.ask) -> bool:
    """Ask one address that is due, outside any transaction; say whether there was one."""
    with begin() as db:
        link = claim(db, now())
    if link is None:
        return False
    id, url = link
    answer = ask(url)
    with begin() as db:
        note(db, id, answer, now())
    return True


def broken(db: OrmSession, cursor: str | None = None, limit: int = 20) -> dict[str, Any]:
    """Return `{items, next, total, checked}`: broken links with their materials, and how many were checked at all.

    `limit` is 1 to 100. Raises Invalid.
    """
    if not 1 <= limit <= 100:
        raise Invalid.field("limit", "out-of-range", min=1, max=100, of="whole number")
    those = select(Link).where(Link.broken_since.is_not(None))
    rows, after = page_of(db, those, Link.id, cursor, limit)
    links = [link for link, _ in rows]
    theirs = select(Material).where(Material.url.in_([link.url for link in links]), Material.status == "published")
    materials = db.scalars(theirs.order_by(Material.number)).all()
    items = [
        {
            **{name: getattr(link, name) for name in ("url", "said", "broken_since", "checked_at")},
            "materials": [material for material in materials if material.url == link.url],
        }
        for link in links
    ]
    return {
        "items": items,
        "next": after,
        "total": db.scalar(select(func.count()).select_from(those.subquery())),
        "checked": db.scalar(select(func.count(Link.checked_at))),
    }


def _host_of(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "")[:253]
    except ValueError:
        return ""
