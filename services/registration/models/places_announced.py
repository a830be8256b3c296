"""Which figures of places were announced."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base


class PlacesAnnounced(Base):
    """Which version of a session's figures was announced last.

    It is kept apart, and refers to no row of `sessions`, so that announcing locks no session and waits for none.
    """

    __tablename__ = "places_announced"

    session_slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int]
