"""Changes of the addresses that someone signs in with."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import Json, Moment


class EmailChange(Base):
    """A change that someone asked for and, once the code that went to the new address came back, has made.

    `what` is `changed` (one address in the place of another), `added`, `removed` or `preferred` (emails go to another
    one of theirs). `before` is `{email, addresses}`: what the account had, which comes back when this is undone; None
    in the rows of the release before. Until `undo_until` whoever reads an address that the account had can take it
    back, so nobody else gets an account with one that is gone (`old_email`). A change to an address that has an account
    has no code that fits.
    """

    __tablename__ = "email_changes"
    __table_args__ = (
        Index("ix_email_changes_person_id", "person_id"),
        Index("ix_email_changes_email", "email"),
        Index("ix_email_changes_old_email", "old_email"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    what: Mapped[str] = mapped_column(String(10), default="changed", server_default="changed")
    email: Mapped[str] = mapped_column(String(254))
    old_email: Mapped[str | None] = mapped_column(String(254))  # the one that is gone, once it is made
    before: Mapped[dict[str, Any] | None] = mapped_column(Json)
    code_hash: Mapped[str] = mapped_column(String(64))
    digits: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    confirmed_at: Mapped[datetime | None] = mapped_column(Moment)
    undo_until: Mapped[datetime | None] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)
