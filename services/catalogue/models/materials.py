"""Materials, and the rule that each row protects."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalogue import errors
from services.catalogue.models.catalogue import Announced, Base, Programme, Session, one_of
from services.runtime.dialects import BigId

CHECKS = ("speaker_consents", "captions_checked", "attendee_voices_checked")  # what a recording is published with
OF_NEITHER = text("session_id IS NULL AND programme_id IS NULL")


class Material(Announced, Base):
    """What people come back for: a recording, slides, a document or a link, of one session, of a programme, or neither.

    A recording is only ever published with its three checks; the database holds to that too. An address is once among
    the materials of one session, of one programme, and of neither.
    """

    __tablename__ = "materials"
    __table_args__ = (
        one_of("kind", "recording", "slides", "document", "link"),
        one_of("audience", "everyone", "community", "attendees", "booked"),
        one_of("status", "draft", "published", "withdrawn"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint(
            "kind <> 'recording' OR status <> 'published' OR "
            "(speaker_consents AND captions_checked AND attendee_voices_checked)",
            name="checked",
        ),
        CheckConstraint("session_id IS NULL OR programme_id IS NULL", name="of_one"),
        CheckConstraint("session_id IS NOT NULL OR audience IN ('everyone', 'community')", name="audience_of_session"),
        UniqueConstraint("session_id", "url"),
        UniqueConstraint("programme_id", "url"),
        Index("uq_materials_url_of_neither", "url", unique=True, sqlite_where=OF_NEITHER, postgresql_where=OF_NEITHER),
    )

    number: Mapped[int] = mapped_column(BigId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    session_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("sessions.id"))
    programme_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("programmes.id"))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    url: Mapped[str] = mapped_column(String(2000))
    minutes: Mapped[int | None]
    captions: Mapped[bool | None]
    audience: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20), default="draft")
    speaker_consents: Mapped[bool] = mapped_column(default=False)
    captions_checked: Mapped[bool] = mapped_column(default=False)
    attendee_voices_checked: Mapped[bool] = mapped_column(default=False)

    session: Mapped[Session | None] = relationship(lazy="selectin", back_populates="materials")
    programme: Mapped[Programme | None] = relationship(lazy="selectin", back_populates="materials")

    @property
    def subject(self) -> str:
        """What its events are about."""
        return f"materials/{self.id}"

    @property
    def topics(self) -> list[str]:
        """What it is about: the topics of what it is of."""
        of = self.session or self.programme
        return list(of.topics) if of else []

    @property
    def published(self) -> bool:
        """Whether its audience sees it."""
        return self.status == "published"

    def publish(self, checks: Mapping[str, bool]) -> None:
        """Show it to its audience. `checks` says which of `CHECKS` were done; only a recording needs them.

        Raises SessionNotPublished, PublicationCheckIncomplete with the fact `missing`.
        """
        if self.status == "published":
            return
        if self.session and self.session.status == "draft":
            raise errors.SessionNotPublished("Publish the session first: nobody has been told of it yet.")
        missing = [check for check in CHECKS if not checks.get(check)]
        if self.kind == "recording" and missing:
            raise errors.PublicationCheckIncomplete(missing=missing)
        self.status = "published"
        for check in CHECKS:
            setattr(self, check, bool(checks.get(check)))

    def withdraw(self) -> None:
        """Take it back; to publish it again takes the checks again. What was never published stays a draft."""
        if self.status == "published":
            self.status = "withdrawn"
