"""Who may join the community, and who may write to its members: accounts that anybody can make are not enough.

What is asked is set for the site: `HEADROW_COMMUNITY_OPEN_TO` and `HEADROW_NEW_ACCOUNTS_WAIT`. Who runs the programme
may join in any case.
"""

import math
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as OrmSession

from services.community import organisations
from services.community.errors import AccountTooNew, NotOpenToYou
from services.community.models import Person, Presence

ANYONE: Final = "anyone"
STAFF: Final = frozenset(("team", "operator", "facilitator"))


def check_open(db: OrmSession, caller: dict[str, Any], person: Person, open_to: str) -> None:
    """Raise NotOpenToYou for whoever nobody has met yet, and nobody vouches for.

    `open_to` is `anyone`, or `attended`: who was at a session, or works where the team has confirmed it.
    """
    if open_to == ANYONE or STAFF & {*caller["roles"]}:
        return
    came = db.scalar(select(exists().where(Presence.person == person.id)))
    if not came and organisations.of(db, person) is None:
        raise NotOpenToYou(organisation=person.organisation)


def check_age(person: Person, now: datetime, wait: timedelta) -> None:
    """Raise AccountTooNew, with the moment from which they can write to people, for an account younger than `wait`."""
    if person.created_at is None or person.created_at + wait <= now:
        return
    again_at = person.created_at + wait
    hours = math.ceil(wait.total_seconds() / 3600)
    raise AccountTooNew(
        f"Your account is new. You can ask to meet people {hours} hours after you got it.",
        retry_after=max(1, math.ceil((again_at - now).total_seconds())),
        again_at=again_at.isoformat(),
    )
