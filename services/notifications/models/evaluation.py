"""Evaluations as registration announced them, and who need not be asked any more."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.replica import Copy
from services.notifications.models.people import Base
from services.runtime.dialects import Json


class Evaluation(Copy, Base):
    """When a programme or a session asks its people something: `subject` is `programmes/{slug}` or `sessions/{slug}`.

    `moments` is None where it has no questions; a session's people are then asked those of its programme.
    """

    __tablename__ = "evaluations"

    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    moments: Mapped[list[str] | None] = mapped_column(Json)


class EvaluationAsked(Base):
    """That a person was asked at a moment of an evaluation, or answered by themselves: they are not asked again."""

    __tablename__ = "evaluations_asked"

    person: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    moment: Mapped[str] = mapped_column(String(16), primary_key=True)
