"""Who may do what in the community, besides members: `members.py` says what those may."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session as OrmSession

from services.bus.callers import Person, known, themselves, with_role
from services.runtime.refusals import NotAllowed

__all__ = ["facilitator", "team", "themselves"]

team: Final = with_role("team")


def facilitator(db: OrmSession, caller: Person | None, now: datetime, named: Mapping[str, Any]) -> None:
    """Let in the team, and those who facilitate the session that the call names by `slug`.

    Raises NotAllowed, NotSignedIn.
    """
    person = known(caller)
    if "team" not in person["roles"] and named["slug"] not in person.get("facilitates", ()):
        raise NotAllowed
