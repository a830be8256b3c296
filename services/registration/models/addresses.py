"""The addresses that someone can sign in with, each confirmed by a code that went there."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm import Session as OrmSession

from services.registration.models.people import Base, Person
from services.runtime.dialects import Moment


class Address(Base):
    """One address of one account; that nobody else has it is what the unique key protects.

    The one that emails go to is `Person.email`. It has a row here as well, but for accounts that the release before
    made: whoever looks for an address looks at both.
    """

    __tablename__ = "addresses"

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    added_at: Mapped[datetime] = mapped_column(Moment)

    @staticmethod
    def all_of(db: OrmSession, person: Person) -> list[str]:
        """Return the person's addresses, the one that emails go to first; a guest has none."""
        theirs = select(Address.email).where(Address.person_id == person.id).order_by(Address.added_at, Address.email)
        others = [email for email in db.scalars(theirs) if email != person.email]
        return [*([person.email] if person.email else []), *others]
