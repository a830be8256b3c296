"""Who may do what in notifications. Whoever holds a link from an email needs no more than that link."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session as OrmSession

from services.bus.callers import Person, known, themselves, with_role
from services.runtime.refusals import NotAllowed

__all__ = ["facilitator", "operator", "team", "themselves", "themselves_or_team"]

team: Final = with_role("team")
operator: Final = with_role("operator")


def themselves_or_team(db: OrmSession, caller: Person | None, now: datetime, named: Mapping[str, Any]) -> None:
    """Let in the team, and whoever asks about themselves. Raises NotAllowed, NotSignedIn."""
    if "team" not in known(caller)["roles"]:
        themselves(db, caller, now, named)


def facilitator(db: OrmSession, caller: Person | None, now: datetime, named: Mapping[str, Any]) -> None:
    """Let in the team, and those who facilitate the session that the call names by `slug`.

    Raises NotAllowed, NotSignedIn.
    """
    person = known(caller)
    if "team" not in person["roles"] and named["slug"] not in person.get("facilitates", ()):
        raise NotAllowed


def facilitating(caller: Person) -> str | None:
    """Return the id of whoever facilitates, who may do less than the team; None for the team."""
    return None if "team" in caller["roles"] else str(caller["id"])
