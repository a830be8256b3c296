"""The rows that travel through the gateway: a session as the catalogue tells it, and a booking as registration does."""

from datetime import datetime
from typing import TypedDict

from services.registration.schemas import BookingRow as Booking

BookingRow = Booking[str]  # as JSON, in which moments are text


class Meeting(TypedDict):
    """One time that a session meets."""

    starts_at: datetime
    ends_at: datetime


class Venue(TypedDict):
    """Where people meet, and how they get in."""

    name: str
    address: str | None
    access: str | None


class SeenPicture(TypedDict):
    """What a picture shows, and the size of its largest file in pixels."""

    alt: str
    width: int
    height: int


class Picture(SeenPicture):
    """A picture, as `events.Picture` reads it."""

    hash: str
    widths: list[int]


class PictureView(SeenPicture):
    """A picture as pages show it."""

    url: str
    srcset: str


class SpeakerName(TypedDict):
    """Somebody who speaks, by name."""

    slug: str
    name: str


class Speaker(SpeakerName):
    """Somebody who speaks."""

    bio: str | None
    affiliation: str | None
    picture: Picture | None


class HeldPlaces(TypedDict):
    """Places for one sector until a moment."""

    sector: str
    places: int
    until: datetime


class HeldPlacesLeft(HeldPlaces):
    """The same, and how many of them nobody has taken."""

    left: int


class _Session(TypedDict):
    slug: str
    programme: str
    programme_title: str | None
    title: str
    summary: str | None
    topics: list[str]
    delivery: str
    meetings: list[Meeting]
    venue: Venue | None
    status: str
    cancel_reason: str | None
    waiting_list: str
    booking_opens_at: datetime | None
    by_application: bool
    applications_until: datetime | None


class SessionRow(_Session):
    """A session, as `events.Session` reads it."""

    speakers: list[Speaker]
    cancel_days: int | None
    places_in_room: int
    places_online: int
    held_places: list[HeldPlaces]
    changed_at: datetime | None
    picture: Picture | None


class ModePlaces(TypedDict):
    """Places of one kind."""

    capacity: int
    left: int


class PlacesByMode(TypedDict):
    """Places in the room and online."""

    in_room: ModePlaces
    online: ModePlaces


class OverCapacity(TypedDict):
    """How many people have a place beyond the capacity, in the room and online."""

    in_room: int
    online: int


class SessionView(_Session):
    """A session as everybody may see it: `shapes.Session`."""

    speakers: list[SpeakerName]
    places: PlacesByMode
    held_places: list[HeldPlacesLeft]
    waiting: int
    booking: str
    share: dict[str, str]
    picture: PictureView | None
    version: int
