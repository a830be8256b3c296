"""Two accounts of one person that were merged, and the codes by which someone proves that another account is theirs."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from services.bus.handover import HandedOver
from services.registration.models.people import Base
from services.runtime.dialects import Json, Moment


class Merge(Base):
    """That the account `merged_id` is a part of `kept_id`, until it is undone; the row goes once it cannot be.

    `by_id` is who merged them, and `reason` why, where that was someone of the team. `before` is `{name: [was, is]}`
    of what changed of the account that is kept, `let_go` the references of bookings that made way.
    """

    __tablename__ = "merges"
    __table_args__ = (Index("ix_merges_kept_id", "kept_id"), Index("ix_merges_merged_id", "merged_id"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    kept_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    merged_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    by_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(Json)
    let_go: Mapped[list[str]] = mapped_column(Json)
    merged_at: Mapped[datetime] = mapped_column(Moment)
    undo_until: Mapped[datetime] = mapped_column(Moment)
    undone_at: Mapped[datetime | None] = mapped_column(Moment)


class MergeMove(HandedOver, Base):
    """A row that passed to the account that is kept."""

    __tablename__ = "merge_moves"


class MergeCode(Base):
    """A code that was mailed to the address of another account, so that its owner can merge it; `proven_at` once it
    came back. Where that address has no account, or the asker's own, no code fits."""

    __tablename__ = "merge_codes"
    __table_args__ = (Index("ix_merge_codes_person_id", "person_id"), Index("ix_merge_codes_email", "email"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True, default=lambda: str(uuid.uuid4()))
    person_id: Mapped[str] = mapped_column(ForeignKey("people.id"))
    email: Mapped[str] = mapped_column(String(254))
    other_id: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    code_hash: Mapped[str] = mapped_column(String(64))
    digits: Mapped[int]
    tries: Mapped[int] = mapped_column(default=0, server_default="0")
    used: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    proven_at: Mapped[datetime | None] = mapped_column(Moment)
