"""What becomes of open introductions when one of the two leaves, or blocks the other: nobody is told."""

from sqlalchemy import update
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Introduction


def close(db: OrmSession, person: str, other: str | None = None) -> None:
    """Withdraw what the person asked, and decline what they were asked, and is open: all of it, or with `other`."""
    sides = ((Introduction.by, Introduction.to, "withdrawn"), (Introduction.to, Introduction.by, "declined"))
    for mine, theirs, state in sides:
        still_open = update(Introduction).where(mine == person, Introduction.state == "proposed")
        if other is not None:
            still_open = still_open.where(theirs == other)
        db.execute(still_open.values(state=state, version=Introduction.version + 1))
