"""The row that travels through registration: a booking as its owner sees it, and as the team does."""

from datetime import datetime
from typing import NotRequired, TypedDict

from services.registration.models import Person


class Offer(TypedDict):
    """A place held for somebody until then."""

    expires_at: datetime


class BookingRow(TypedDict):
    """A booking as `schemas.BookingView` writes it out."""

    reference: str
    session: str
    mode: str
    state: str
    position: int | None
    either: bool
    offer: Offer | None
    access_needs: str | None
    created_at: datetime
    version: int
    attended_share: NotRequired[float | None]
    join_url: NotRequired[str]


class BookingOfPerson(BookingRow):
    """The same with whose it is."""

    person: Person
