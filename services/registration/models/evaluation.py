"""What people are asked before a session, on the day and months later, and what they answered."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import BigId, Json, Moment


class Evaluation(Base):
    """The questions of one programme or session, in their order, and the moments at which they are asked.

    `subject` is `programmes/{slug}` or `sessions/{slug}`. `items` are `[{id, kind, text, hint, options, low, high,
    asked}]`: one that is no longer `asked` stays for its answers. It refers to no session, since a draft has one too,
    and neither drafts nor programmes are known here.
    """

    __tablename__ = "evaluations"

    subject: Mapped[str] = mapped_column(String(100), primary_key=True)
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    moments: Mapped[list[str]] = mapped_column(Json)
    version: Mapped[int]


class EvaluationLink(Base):
    """Whose answers to one evaluation have that `key`, which is random; the row goes after `linked_until`.

    Answers of one key are one person's, whether the row is there or not.
    """

    __tablename__ = "evaluation_links"
    __table_args__ = (UniqueConstraint("person_id", "subject", name="uq_evaluation_links_person_id_subject"),)

    key: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(100))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    linked_until: Mapped[datetime] = mapped_column(Moment, index=True)


class EvaluationAnswer(Base):
    """What one key answered at one moment; a second answer replaces the first in the same row.

    `answers` are by the id of the question. They are in reports from `counted_from` on, and do not change after that.
    Once the link to the person is gone, there is neither a text nor a time at which it was given.
    """

    __tablename__ = "evaluation_answers"
    __table_args__ = (
        UniqueConstraint("key", "moment", name="uq_evaluation_answers_key_moment"),
        Index("ix_evaluation_answers_of_subject", "subject", "moment"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(100))
    moment: Mapped[str] = mapped_column(String(16))
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    counted_from: Mapped[datetime] = mapped_column(Moment)
    given_at: Mapped[datetime | None] = mapped_column(Moment)
    version: Mapped[int] = mapped_column(default=1)
