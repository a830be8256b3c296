"""A booking that is about to be made."""

from datetime import datetime
from typing import Any

from services.registration.accounts.people import check_apart
from services.registration.models import Booking, Person
from services.registration.references import new_reference


def new_booking(person: Person, now: datetime, **said: Any) -> Booking:
    """Return a booking of the person that has no place yet. Raises Unavailable: see `check_apart`."""
    if person.merged_into is not None:
        check_apart(person)
    plain = {"either": False, "extra": False, "expired_offers": 0, "version": 1, "created_at": now}
    return Booking(reference=new_reference(), person_id=person.id, sector=person.sector, **{**plain, **said})
