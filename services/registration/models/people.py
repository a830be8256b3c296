"""People: their accounts, the codes that they sign in with, and their tokens."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, MetaData, String, Text, false, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates

from services.bus.replica import Copy
from services.runtime import search
from services.runtime.dialects import NAMING, BigId, Json, Moment
from services.runtime.visible_text import caseless


class Base(DeclarativeBase):
    """Registration's tables."""

    metadata = MetaData(naming_convention=NAMING)


MOST_FOLDED = 160
# In the order of the code points on both databases, so that an index finds the names that begin with some letters.
Folded = String(MOST_FOLDED).with_variant(String(MOST_FOLDED, collation="C"), "postgresql")


def folded(name: str) -> str:
    """Return what is the same for all names that differ in case and spaces only."""
    return caseless(name)[:MOST_FOLDED]


class Sector(Copy, Base):
    """One of the settings that people work in, as the catalogue describes the city."""

    __tablename__ = "sectors"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    workforce: Mapped[int | None]
    version: Mapped[int] = mapped_column(default=0, server_default=text("0"))


class Person(Base):
    """Somebody with an account. After erasure the row remains for the counts, and names nobody."""

    __tablename__ = "people"
    __table_args__ = (
        Index(
            "ix_people_organisation",
            "organisation_key",
            "sector",
            "organisation",
            postgresql_where=text("organisation_key IS NOT NULL"),
            sqlite_where=text("organisation_key IS NOT NULL"),
        ),
        Index(
            "ix_people_erased_at",
            "erased_at",
            postgresql_where=text("erased_at IS NOT NULL"),
            sqlite_where=text("erased_at IS NOT NULL"),
        ),
        Index(
            "ix_people_shares_with",
            "shares_with",
            postgresql_where=text("shares_with IS NOT NULL"),
            sqlite_where=text("shares_with IS NOT NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    email: Mapped[str | None] = mapped_column(String(254), unique=True)
    name: Mapped[str | None] = mapped_column(String(120))
    sector: Mapped[str | None] = mapped_column(String(40))
    organisation: Mapped[str | None] = mapped_column(String(160))
    organisation_key: Mapped[str | None] = mapped_column(Folded)
    search_key: Mapped[str | None] = mapped_column(Text)  # of name and address, as services/runtime/search.py folds
    job_role: Mapped[str | None] = mapped_column(String(120))
    access_needs: Mapped[str | None] = mapped_column(Text)
    granted: Mapped[list[str]] = mapped_column(Json, default=list)
    created_at: Mapped[datetime] = mapped_column(Moment)
    erased_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)  # to the day
    warned_at: Mapped[datetime | None] = mapped_column(Moment)  # that nobody uses the account
    merged_into: Mapped[str | None] = mapped_column(String(36), index=True)  # the account that this one is a part of
    shares_with: Mapped[str | None] = mapped_column(Folded)  # the organisation whose coordinators see their places
    shares_since: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)

    withheld = False  # whether they are here, in this transaction, without the second factor that their roles need

    @property
    def roles(self) -> list[str]:
        """The roles that count here, `person` first."""
        return ["person", *([] if self.withheld else self.granted)]

    @property
    def roles_withheld(self) -> list[str]:
        """The roles that would count here with a second factor."""
        return [*self.granted] if self.withheld else []

    _found_by = search.found_by("name", "email")

    @validates("organisation")
    def _fold(self, _: str, organisation: str | None) -> str | None:
        self.organisation_key = folded(organisation or "") or None
        if self.shares_with != self.organisation_key:  # they agreed for one employer, and not for the next
            self.shares_with = self.shares_since = None
        return organisation


class SignInCode(Base):
    """A six-digit code that was mailed. Only its keyed hash is kept."""

    __tablename__ = "sign_in_codes"
    __table_args__ = (
        Index("ix_sign_in_codes_email_created_at", "email", "created_at"),
        Index("ix_sign_in_codes_address_created_at", "address", "created_at"),
        Index("ix_sign_in_codes_created_at", "created_at"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    email: Mapped[str] = mapped_column(String(254))
    address: Mapped[str] = mapped_column(String(64))  # a keyed hash of the network that it was asked for from
    browser: Mapped[str | None] = mapped_column(String(64))  # a hash of what the browser keeps that asked for it
    code_hash: Mapped[str] = mapped_column(String(64))
    digits: Mapped[int] = mapped_column(default=6, server_default="6")
    mailed: Mapped[int] = mapped_column(default=1, server_default="1")  # so many times
    tries: Mapped[int] = mapped_column(default=0)  # wrong ones, of anyone but that browser
    own_tries: Mapped[int] = mapped_column(default=0, server_default="0")  # and of that browser
    created_at: Mapped[datetime] = mapped_column(Moment)  # or mailed again
    expires_at: Mapped[datetime] = mapped_column(Moment)
    closed_at: Mapped[datetime | None] = mapped_column(Moment)

    def is_of(self, browser: str | None) -> bool:
        """Say whether this browser asked for the code."""
        return browser is not None and self.browser == browser

    def tries_of(self, browser: str | None) -> int:
        """Return how many wrong tries count for whoever tries next, from this browser."""
        return self.own_tries if self.is_of(browser) else self.tries

    def count_try(self, browser: str | None) -> None:
        """Count a wrong try. Those of others are counted apart: they do not use up the owner's own."""
        if self.is_of(browser):
            self.own_tries += 1
        else:
            self.tries += 1


class Guess(Base):
    """A wrong code that was tried: for a keyed hash of the address, as the guesser may have any address in mind."""

    __tablename__ = "sign_in_guesses"
    __table_args__ = (Index("ix_sign_in_guesses_whose_at", "whose", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    whose: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str | None] = mapped_column(String(64))
    codes: Mapped[int]  # with how many codes it was compared
    at: Mapped[datetime] = mapped_column(Moment)


class Token(Base):
    """A way to be known again until it expires or is signed out. Only its hash is kept.

    `device` is what someone signed in with, such as `Firefox on Windows`; a token without one is for a script.
    `factored` is whether they gave a second factor as well. Who signed in with an identity provider did so by
    `identity_id`, which may have `vouched` for one; `provider_session` is what it calls their sign-in there.
    """

    __tablename__ = "tokens"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    device: Mapped[str | None] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(Moment)
    seen_at: Mapped[datetime | None] = mapped_column(Moment)
    factored: Mapped[bool] = mapped_column(default=False, server_default=false())
    identity_id: Mapped[str | None] = mapped_column(String(36), index=True)
    provider_session: Mapped[str | None] = mapped_column(String(255))
    vouched: Mapped[bool] = mapped_column(default=False, server_default=false())
    expires_at: Mapped[datetime] = mapped_column(Moment)
