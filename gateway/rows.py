"""The rows that travel through the gateway: a session as the catalogue tells it, and a booking as registration does."""

from datetime import datetime
from typing import NotRequired, TypedDict


class Meeting(TypedDict):
    """One time that a session meets."""

    starts_at: datetime
    ends_at: datetime


class Venue(TypedDict):
    """Where people meet, and how they get in."""

    name: str
    address: str | None
    access: str | None


class Speaker(TypedDict):
    """Somebody who speaks."""

    slug: str
    name: str
    bio: str | None
    affiliation: str | None


class SpeakerName(TypedDict):
    """Somebody who speaks, by name."""

    slug: str
    name: str


class HeldPlaces(TypedDict):
    """Places for one sector until a moment."""

    sector: str
    places: int
    until: datetime


class HeldPlacesLeft(HeldPlaces):
    """The same, and how many of them nobody has taken."""

    left: int


class SessionRow(TypedDict):
    """A session, as `events.Session` reads it."""

    slug: str
    programme: str
    programme_title: str | None
    title: str
    summary: str | None
    topics: list[str]
    speakers: list[Speaker]
    delivery: str
    meetings: list[Meeting]
    venue: Venue | None
    status: str
    cancel_reason: str | None
    waiting_list: str
    places_in_room: int
    places_online: int
    held_places: list[HeldPlaces]
    booking_opens_at: datetime | None
    changed_at: datetime | None


class ModePlaces(TypedDict):
    """Places of one kind."""

    capacity: int
    left: int


class PlacesByMode(TypedDict):
    """Places in the room and online."""

    in_room: ModePlaces
    online: ModePlaces


class SessionView(TypedDict):
    """A session as everybody may see it: `shapes.Session`."""

    slug: str
    programme: str
    programme_title: str | None
    title: str
    summary: str | None
    topics: list[str]
    speakers: list[SpeakerName]
    delivery: str
    meetings: list[Meeting]
    venue: Venue | None
    status: str
    cancel_reason: str | None
    places: PlacesByMode
    held_places: list[HeldPlacesLeft]
    waiting: int
    waiting_list: str
    booking: str
    booking_opens_at: datetime | None
    share: dict[str, str]
    version: int


class Offer(TypedDict):
    """A place on offer, and until when (ISO 8601)."""

    expires_at: str


class BookingRow(TypedDict):
    """A booking as its owner sees it: `services.registration.schemas.BookingView`, written out."""

    reference: str
    session: str
    mode: str
    state: str
    position: int | None
    either: bool
    offer: Offer | None
    access_needs: str | None
    created_at: str
    version: int
    attended_share: NotRequired[float]
    join_url: NotRequired[str]
