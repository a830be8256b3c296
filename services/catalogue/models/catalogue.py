"""City, speakers, programmes and sessions, and the rule that each row protects."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import CheckConstraint, ForeignKey, MetaData, String, Text, false, text
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.ext.orderinglist import ordering_list
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from services.catalogue import errors
from services.runtime.dialects import NAMING, BigId, Json, Moment

MOST_PLACES = 100_000


# How a row keeps the parts that have no life of their own. They are always read along.
IN_ORDER: dict[str, Any] = {
    "collection_class": ordering_list("position"),
    "cascade": "all, delete-orphan",
    "lazy": "selectin",
}
ITS_OWN: dict[str, Any] = {"uselist": False, "cascade": "all, delete-orphan", "lazy": "selectin"}


class Base(DeclarativeBase):
    """What all tables of the catalogue are registered with."""

    metadata = MetaData(naming_convention=NAMING)


def one_of(column: str, *words: str) -> CheckConstraint:
    """Return the constraint that `column` holds one of `words`."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=column)


class Venue(TypedDict):
    """Where people meet, and how they get in."""

    name: str
    address: str
    access: str


class Announced:
    """Something that is told of, each time under a later version."""

    version: Mapped[int] = mapped_column(default=1)

    def count_up(self, now: datetime) -> None:
        """Say that it is not what it was."""
        self.version += 1


class Removed(Base):
    """The highest version of anything of a kind that was removed: see `versions.py`."""

    __tablename__ = "removed"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    version: Mapped[int]


class City(Announced, Base):
    """The one city that this catalogue is for; of how its site presents itself, what is None is ours."""

    __tablename__ = "cities"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"), CheckConstraint("workforce >= 0", name="workforce"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(200))
    workforce: Mapped[int | None]
    time_zone: Mapped[str] = mapped_column(String(60))
    ways_to_get_involved: Mapped[list[dict[str, str]]] = mapped_column(Json, default=list)
    site_name: Mapped[str | None] = mapped_column(String(60))
    contact_email: Mapped[str | None] = mapped_column(String(254))
    contact_phone: Mapped[str | None] = mapped_column(String(40))
    contact_text: Mapped[str | None] = mapped_column(Text)
    hero_heading: Mapped[str | None] = mapped_column(String(120))
    hero_text: Mapped[str | None] = mapped_column(Text)
    accent: Mapped[str | None] = mapped_column(String(7))
    logo: Mapped[str | None] = mapped_column(String(64))
    logo_alt: Mapped[str | None] = mapped_column(String(200))
    sectors: Mapped[list[Sector]] = relationship(order_by="Sector.position", lazy="selectin")

    @property
    def subject(self) -> str:
        """What its events are about."""
        return "city"


class Sector(Base):
    """A setting that people work in, what it takes in, and how many do; without a workforce there is no share."""

    __tablename__ = "sectors"
    __table_args__ = (CheckConstraint("workforce >= 0", name="workforce"),)

    code: Mapped[str] = mapped_column(String(60), primary_key=True)
    city_id: Mapped[int] = mapped_column(BigId, ForeignKey("cities.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    hint: Mapped[str] = mapped_column(String(200), default="", server_default=text("''"))
    workforce: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))


class Topic(Announced, Base):
    """A theme, known from the first time that it is named; or an old name, which leads on to what it `became`."""

    __tablename__ = "topics"
    __table_args__ = (CheckConstraint("became IS NULL OR (became <> slug AND NOT removed)", name="became"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    became: Mapped[str | None] = mapped_column(String(80), index=True)
    removed: Mapped[bool] = mapped_column(default=False, server_default=false())
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"topics/{self.slug}"

    @property
    def new(self) -> str | None:
        """What it is called now; None where it was removed."""
        return None if self.removed else self.became or self.slug


class Speaker(Announced, Base):
    """Somebody who leads sessions."""

    __tablename__ = "speakers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    bio: Mapped[str] = mapped_column(Text)
    affiliation: Mapped[str | None] = mapped_column(String(200))
    picture: Mapped[Any] = relationship("Picture", **ITS_OWN)

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"speakers/{self.slug}"


class ProgrammeTopic(Base):
    """A theme of a programme, in its place among the others."""

    __tablename__ = "programme_topics"

    programme_id: Mapped[int] = mapped_column(BigId, ForeignKey("programmes.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(80), ForeignKey("topics.slug"), primary_key=True)
    position: Mapped[int]


class Programme(Announced, Base):
    """What sessions belong to: a structured course, or a series."""

    __tablename__ = "programmes"
    __table_args__ = (one_of("format", "structured", "series"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    format: Mapped[str] = mapped_column(String(20))
    summary: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(Text)
    outcomes: Mapped[list[str]] = mapped_column(Json, default=list)
    ambition: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    hand_on: Mapped[str] = mapped_column(
        String(16), default="if_nobody_waits", server_default=text("'if_nobody_waits'")
    )
    cancel_days: Mapped[int | None]
    by_application: Mapped[bool] = mapped_column(default=False, server_default=false())  # said of its new sessions
    topic_links: Mapped[list[ProgrammeTopic]] = relationship(order_by=ProgrammeTopic.position, **IN_ORDER)
    topics: AssociationProxy[list[str]] = association_proxy(
        "topic_links", "topic", creator=lambda slug: ProgrammeTopic(topic=slug)
    )

    materials: Mapped[list[Any]] = relationship("Material", order_by="Material.number", back_populates="programme")

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"programmes/{self.slug}"


class Meeting(Base):
    """One time that a session meets; a session may take several days."""

    __tablename__ = "meetings"
    __table_args__ = (CheckConstraint("ends_at > starts_at", name="in_order"),)

    session_id: Mapped[int] = mapped_column(BigId, ForeignKey("sessions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(Moment)
    ends_at: Mapped[datetime] = mapped_column(Moment)


class HeldPlace(Base):
    """Places that are kept for one sector until a moment, and are everybody's from then on."""

    __tablename__ = "held_places"
    __table_args__ = (CheckConstraint(f"places BETWEEN 1 AND {MOST_PLACES}", name="places"),)

    session_id: Mapped[int] = mapped_column(BigId, ForeignKey("sessions.id"), primary_key=True)
    sector: Mapped[str] = mapped_column(String(60), ForeignKey("sectors.code"), primary_key=True)
    position: Mapped[int]
    places: Mapped[int]
    until: Mapped[datetime] = mapped_column(Moment)


class SessionTopic(Base):
    """A theme of a session, in its place among the others."""

    __tablename__ = "session_topics"

    session_id: Mapped[int] = mapped_column(BigId, ForeignKey("sessions.id"), primary_key=True)
    topic: Mapped[str] = mapped_column(String(80), ForeignKey("topics.slug"), primary_key=True)
    position: Mapped[int]


class SessionSpeaker(Base):
    """A speaker of a session, in their place among the others."""

    __tablename__ = "session_speakers"

    session_id: Mapped[int] = mapped_column(BigId, ForeignKey("sessions.id"), primary_key=True)
    speaker_id: Mapped[int] = mapped_column(BigId, ForeignKey("speakers.id"), primary_key=True, index=True)
    position: Mapped[int]
    speaker: Mapped[Speaker] = relationship(lazy="selectin")


class Session(Announced, Base):
    """Something that people attend: a draft, then published, and perhaps cancelled, and called back.

    "Finished" is not stored: the clock says it of a published session whose last meeting is over.
    """

    __tablename__ = "sessions"
    __table_args__ = (
        one_of("delivery", "face_to_face", "virtual", "hybrid"),
        one_of("status", "draft", "published", "cancelled"),
        one_of("waiting_list", "automatic", "offer", "none"),
        CheckConstraint(f"places_in_room BETWEEN 0 AND {MOST_PLACES}", name="places_in_room"),
        CheckConstraint(f"places_online BETWEEN 0 AND {MOST_PLACES}", name="places_online"),
        CheckConstraint("(delivery = 'virtual') = (places_in_room = 0)", name="room_for_whom"),
        CheckConstraint("(delivery = 'virtual') = (venue_name IS NULL)", name="venue"),
        CheckConstraint("(delivery = 'face_to_face') = (places_online = 0)", name="online_for_whom"),
        CheckConstraint("delivery <> 'face_to_face' OR join_url IS NULL", name="join_url"),
        CheckConstraint("(status = 'cancelled') = (cancel_reason IS NOT NULL)", name="cancel_reason"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    programme_id: Mapped[int] = mapped_column(BigId, ForeignKey("programmes.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    delivery: Mapped[str] = mapped_column(String(20))
    venue_name: Mapped[str | None] = mapped_column(String(200))
    venue_address: Mapped[str | None] = mapped_column(String(500))
    venue_access: Mapped[str | None] = mapped_column(String(500))
    join_url: Mapped[str | None] = mapped_column(String(2000))
    places_in_room: Mapped[int]
    places_online: Mapped[int]
    waiting_list: Mapped[str] = mapped_column(String(20))
    booking_opens_at: Mapped[datetime | None] = mapped_column(Moment)
    by_application: Mapped[bool] = mapped_column(default=False, server_default=false())
    applications_until: Mapped[datetime | None] = mapped_column(Moment)
    travel_minutes: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    status: Mapped[str] = mapped_column(String(20), default="draft")
    cancel_reason: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(Moment)
    template: Mapped[str | None] = mapped_column(String(120))  # what a draft is called that is only ever copied

    programme: Mapped[Programme] = relationship(lazy="selectin")
    meetings: Mapped[list[Meeting]] = relationship(order_by=Meeting.position, **IN_ORDER)
    held_places: Mapped[list[HeldPlace]] = relationship(order_by=HeldPlace.position, **IN_ORDER)
    topic_links: Mapped[list[SessionTopic]] = relationship(order_by=SessionTopic.position, **IN_ORDER)
    speaker_links: Mapped[list[SessionSpeaker]] = relationship(order_by=SessionSpeaker.position, **IN_ORDER)
    # Typed loosely, as these are in a module of their own, which imports this one.
    materials: Mapped[list[Any]] = relationship("Material", order_by="Material.number", back_populates="session")
    picture: Mapped[Any] = relationship("Picture", **ITS_OWN)
    topics: AssociationProxy[list[str]] = association_proxy(
        "topic_links", "topic", creator=lambda slug: SessionTopic(topic=slug)
    )
    speakers: AssociationProxy[list[Speaker]] = association_proxy(
        "speaker_links", "speaker", creator=lambda speaker: SessionSpeaker(speaker=speaker)
    )

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"sessions/{self.slug}"

    @property
    def venue(self) -> Venue | None:
        """Where it meets, None where it is virtual."""
        if self.venue_name is None:
            return None
        return Venue(name=self.venue_name, address=self.venue_address or "", access=self.venue_access or "")

    @venue.setter
    def venue(self, venue: Venue | None) -> None:
        self.venue_name = venue["name"] if venue else None
        self.venue_address = venue["address"] if venue else None
        self.venue_access = venue["access"] if venue else None

    def count_up(self, now: datetime) -> None:
        """Say that it is not what it was, and since when."""
        super().count_up(now)
        self.changed_at = now

    def publish(self) -> None:
        """Show it to everybody; once is enough. Raises SessionCancelled, SessionIsTemplate."""
        self.check_not_cancelled()
        if self.template is not None:
            raise errors.SessionIsTemplate
        self.status = "published"

    def unpublish(self) -> None:
        """Make it a draft again; once is enough. Raises SessionCancelled."""
        self.check_not_cancelled()
        self.status = "draft"

    def cancel(self, reason: str, now: datetime) -> None:
        """Call it off; the first reason stays. Raises SessionNotPublished, SessionFinished."""
        if self.status == "cancelled":
            return
        if self.status == "draft":
            raise errors.SessionNotPublished("A draft is not cancelled: nobody has been told of it.")
        if self.is_finished(now):
            raise errors.SessionFinished("The session is over, and cannot be cancelled any more.")
        self.status, self.cancel_reason = "cancelled", reason

    def reinstate(self, now: datetime) -> None:
        """Have it take place after all, as it was. Raises SessionNotCancelled, SessionFinished."""
        if self.status != "cancelled":
            raise errors.SessionNotCancelled
        if self.has_ended(now):
            raise errors.SessionFinished("The session would be over by now, so it cannot be called back.")
        self.status, self.cancel_reason = "published", None

    def is_finished(self, now: datetime) -> bool:
        """Tell whether it took place: it was published, and its last meeting is over."""
        return self.status == "published" and self.has_ended(now)

    def has_ended(self, now: datetime) -> bool:
        """Tell whether its last meeting is over, or would be."""
        return max(meeting.ends_at for meeting in self.meetings) <= now

    def check_not_cancelled(self) -> None:
        """Raise SessionCancelled if it was."""
        if self.status == "cancelled":
            raise errors.SessionCancelled
