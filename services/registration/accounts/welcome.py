"""How the first team member comes in: an address that is good for one use and an hour, while there is no team.

Whoever started this installation reads the address where it was started, and nobody else does: that is the proof that
they may run it. The newest address is the only one that works.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import people, roles, tokens
from services.registration.errors import WelcomeOver
from services.registration.models import Person, Welcome

LIFE = timedelta(hours=1)


def invite(db: OrmSession, now: datetime) -> str | None:
    """Return a token for the first team member, in the place of any before it; None where there is a team."""
    if roles.is_there_a_team(db):
        return None
    db.execute(delete(Welcome))
    token = secrets.token_urlsafe(32)
    db.add(Welcome(hash=tokens.hash_of(token), expires_at=now + LIFE))
    db.flush()
    return token


def check(db: OrmSession, token: str, now: datetime) -> None:
    """Raise WelcomeOver unless someone can come in with this token now; nothing changes."""
    good = select(Welcome.hash).where(Welcome.hash == tokens.hash_of(token), Welcome.expires_at > now)
    if db.scalar(good) is None or roles.is_there_a_team(db):
        raise WelcomeOver


def come_in(db: OrmSession, token: str, email: str, name: str | None, now: datetime) -> Person:
    """Return the first team member, whose account is made now if there is none. Raises WelcomeOver.

    Of two who come in at once the second waits for the first, and then finds the token used.
    """
    used = db.execute(delete(Welcome).where(Welcome.hash == tokens.hash_of(token), Welcome.expires_at > now))
    if not used.rowcount or roles.is_there_a_team(db):  # type: ignore[attr-defined]
        raise WelcomeOver
    person = people.ensure_account(db, email, now, name)
    if name and not person.name:
        people.change(db, person, person.version, {"name": name}, now)
    roles.give(db, person, roles.TEAM, now)
    return person
