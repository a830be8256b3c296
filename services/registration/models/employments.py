"""Where someone works now, and where they worked before."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column, validates
from sqlalchemy.orm import Session as OrmSession

from services.registration.models.people import Base, Folded, Person, folded
from services.runtime.dialects import Moment
from services.runtime.schemas import CITY


class Employment(Base):
    """One employment: in a sector, at an organisation, in a role, from one day to another.

    The one without an end is the present one, and is what stands in the columns of `Person`. Days are those of the
    city. Without `since` it is not known when it began; `until` is the last day.
    """

    __tablename__ = "employments"
    __table_args__ = (
        Index("ix_employments_of_person", "person_id", "since"),
        Index(
            "uq_employments_one_present",
            "person_id",
            unique=True,
            postgresql_where=text('"until" IS NULL'),
            sqlite_where=text('"until" IS NULL'),
        ),
        CheckConstraint('"until" >= since', name="ends_after_it_began"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    sector: Mapped[str | None] = mapped_column(String(40))
    organisation: Mapped[str | None] = mapped_column(String(160))
    organisation_key: Mapped[str | None] = mapped_column(Folded)
    job_role: Mapped[str | None] = mapped_column(String(120))
    since: Mapped[date | None] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Moment)

    @validates("organisation")
    def _fold(self, _: str, organisation: str | None) -> str | None:
        self.organisation_key = folded(organisation or "") or None
        return organisation

    @property
    def began_at(self) -> datetime | None:
        """The first moment of the day on which it began, or when that was said on the day itself."""
        if self.since is None or self.created_at.astimezone(CITY).date() != self.since:
            return first_moment(self.since)
        return self.created_at

    @staticmethod
    def all_of(db: OrmSession, person: Person) -> list["Employment"]:
        """Return the person's employments, in the order in which they began, as far as that is known."""
        theirs = select(Employment).where(Employment.person_id == person.id)
        rows = db.scalars(theirs.order_by(Employment.created_at, Employment.id))
        return sorted(rows, key=lambda row: (row.since or date.min, row.until or date.max))

    @staticmethod
    def steps_of(db: OrmSession, person: Person) -> list[dict[str, Any]]:
        """Return from when on the person worked where, `{sector, organisation, since}`, in order.

        `since` is None where that is not known. The present one of unknown age came after all that have ended.
        """
        return Employment.steps(Employment.all_of(db, person))

    @staticmethod
    def steps(rows: Sequence["Employment"]) -> list[dict[str, Any]]:
        """Return what `steps_of` does, for these employments of one person."""
        ended = max((row.until for row in rows if row.until), default=None)
        begun = [(row.began_at if row.since or row.until else first_moment(ended), row) for row in rows]
        begun.sort(key=lambda step: step[0].timestamp() if step[0] else float("-inf"))
        return [{"sector": row.sector, "organisation": row.organisation, "since": since} for since, row in begun]


def first_moment(day: date | None) -> datetime | None:
    """Return when a day of the city begins."""
    return datetime.combine(day, time.min, CITY) if day else None
