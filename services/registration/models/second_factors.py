"""The second factor of people who have a role. What is kept here makes no code without the secret key."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Moment


class SecondFactor(Base):
    """Someone's authenticator app: one that is on since a moment, and one that is being set up, if there are such.

    A `seed` is no secret: the secret is made of it and of the secret key. `begun_by` is the hash of the token of
    whoever sets one up.
    """

    __tablename__ = "second_factors"

    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), primary_key=True)
    seed: Mapped[str | None] = mapped_column(String(36))
    since: Mapped[datetime | None] = mapped_column(Moment)
    last_step: Mapped[int | None] = mapped_column(BigInteger)  # of the last code that was taken: none is taken twice
    next_seed: Mapped[str | None] = mapped_column(String(36))
    begun_at: Mapped[datetime | None] = mapped_column(Moment)
    begun_by: Mapped[str | None] = mapped_column(String(64))


class RecoveryCode(Base):
    """A code for the day when the phone is lost. Only its hash is kept, until it is used."""

    __tablename__ = "recovery_codes"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)


class FactorTry(Base):
    """A wrong code that was tried as someone's second factor; `short` where it was one of six digits.

    `by` is a hash of what tried it, a browser or a token, which is forgiven once it gets the code right.
    """

    __tablename__ = "second_factor_tries"
    __table_args__ = (Index("ix_second_factor_tries_person_id_at", "person_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    short: Mapped[bool]
    by: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Moment)
