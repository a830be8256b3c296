"""With which identity providers people sign in, and the sign-ins there that are under way."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import Moment


class Identity(Base):
    """Who a person is for an identity provider: a way for them to sign in."""

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
        Index("ix_identities_person_id", "person_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)


class ProviderSignIn(Base):
    """One way to a provider and back, of the browser that began it: its id is the flow's `state`, and good once.

    `person_id` is whoever adds a way to sign in. What the provider said is here from `proven_at` on, until that person
    is signed in, which may take a code more.
    """

    __tablename__ = "provider_sign_ins"
    __table_args__ = (
        Index("ix_provider_sign_ins_person_id", "person_id"),
        Index("ix_provider_sign_ins_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    provider: Mapped[str] = mapped_column(String(40))
    browser: Mapped[str] = mapped_column(String(64))  # a hash of what the browser keeps that began it
    person_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(Moment)
    proven_at: Mapped[datetime | None] = mapped_column(Moment)
    issuer: Mapped[str | None] = mapped_column(String(255))
    subject: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str | None] = mapped_column(String(254))
    factored: Mapped[bool] = mapped_column(default=False, server_default=false())
    session: Mapped[str | None] = mapped_column(String(255))
