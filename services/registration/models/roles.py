"""Who has a role beyond that of a person, and how the first of the team comes in."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class Role(Base):
    """That someone is of the team, or an operator: since when, and by whose word.

    `Person.granted` says which roles someone has, and is read with every request; this says the rest. `since` is null
    where that was not written down yet, and `given_by` where a command gave the role.
    """

    __tablename__ = "roles"
    __table_args__ = (UniqueConstraint("person_id", "role"),)

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime | None] = mapped_column(Moment)
    given_by: Mapped[str | None] = mapped_column(ForeignKey("people.id"))


class Welcome(Base):
    """An address at which the first team member comes in, once. Only the hash of its token is kept."""

    __tablename__ = "welcomes"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Moment)
