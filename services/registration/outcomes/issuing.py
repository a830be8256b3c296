"""Issuing certificates, and revoking them: there is one in force for each booking whose owner was there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import THERE, Booking, Certificate, new_reference

LENGTH = 20  # of a code: 30^20 is 98 random bits, not to be guessed


def follow(db: OrmSession, before: Sequence[tuple[Booking, str | None]], now: datetime) -> None:
    """Issue certificates, and revoke others for good, where what a booking came to is not what it was `before`."""
    lost = [b.id for b, was in before if was in THERE and b.attendance not in THERE]
    won = [b.id for b, was in before if was not in THERE and b.attendance in THERE]
    if lost:
        theirs = update(Certificate).where(Certificate.booking_id.in_(lost), Certificate.revoked_at.is_(None))
        db.execute(theirs.values(revoked_at=now), execution_options={"synchronize_session": False})
    db.add_all(Certificate(code=new_reference(LENGTH), booking_id=booking_id, issued_at=now) for booking_id in won)
    db.flush()


def forget(db: OrmSession, person_id: str) -> None:
    """Forget the codes of somebody who is erased: nobody can look them up by these any more."""
    theirs = select(Booking.id).where(Booking.person_id == person_id)
    db.execute(delete(Certificate).where(Certificate.booking_id.in_(theirs)))
