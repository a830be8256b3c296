"""The questions that a session asks of those who book it."""

from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from services.registration.models.people import Base
from services.runtime.dialects import Json


class QuestionSet(Base):
    """The questions of one session, in their order, and for how many days after it their answers are kept.

    `items` are `[{id, kind, text, hint, options, required, facilitators, asked}]`: one that is no longer `asked` stays
    for its answers, which are on the bookings. It refers to no session, since a draft has questions too, and drafts are
    not known here.
    """

    __tablename__ = "question_sets"

    session_slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    kept_days: Mapped[int]
    version: Mapped[int]
