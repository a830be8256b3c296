"""Organisations that the team has confirmed: their people may join the community."""

import uuid
from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.community.models.people import Base
from services.runtime.dialects import BigId
from services.runtime.visible_text import caseless

MOST_KEY = 160


def folded(name: str) -> str:
    """Return what is the same for all names that differ in case and spaces only."""
    return caseless(name)[:MOST_KEY]


class ConfirmedOrganisation(Base):
    """An organisation by its name, as people type it; `email_domain` is what its addresses end in, where that is asked.

    Whoever says that they work there may have made it up: only an address, which is theirs, cannot be made up.
    """

    __tablename__ = "confirmed_organisations"

    position: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True, default=lambda: str(uuid.uuid4()))
    key: Mapped[str] = mapped_column(String(MOST_KEY), unique=True)
    name: Mapped[str] = mapped_column(String(160))
    email_domain: Mapped[str | None] = mapped_column(String(200))
    confirmed_at: Mapped[datetime]
    confirmed_by: Mapped[str | None] = mapped_column(String(36))

    def is_of(self, email: str | None) -> bool:
        """Say whether an address is of this organisation: where no domain is asked, any is."""
        if self.email_domain is None:
            return True
        domain = (email or "").rpartition("@")[2]
        return domain == self.email_domain or domain.endswith(f".{self.email_domain}")
