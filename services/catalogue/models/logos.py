"""Pictures for the head of the site."""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from services.catalogue.models.catalogue import Base
from services.runtime.dialects import Moment


class Logo(Base):
    """A picture as it is served, under the SHA-256 of its bytes: what is under a name never changes."""

    __tablename__ = "logos"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    media: Mapped[str] = mapped_column(String(20))
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[datetime] = mapped_column(Moment)
