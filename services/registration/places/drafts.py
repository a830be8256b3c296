"""What registration keeps for drafts, which it does not know yet: questions, and who is to facilitate them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts import facilitators
from services.registration.models import Person, PlannedFacilitator, QuestionSet, Session
from services.registration.schemas import KEPT_DAYS
from services.runtime.refusals import NotFound


def copy(
    db: OrmSession, caller: Person, slug: str, now: datetime, *, copies: Sequence[str], parts: Sequence[str]
) -> None:
    """Give drafts the questions of a session, and plan that the same people facilitate them, as far as that is asked.

    Asked again, nothing changes: what a draft has by then stays. Raises NotFound where one of them is published.
    """
    for copy in copies:
        _check_draft(db, copy)
        if "questions" in parts:
            _copy_questions(db, slug, copy)
        if "facilitators" in parts:
            facilitators.plan(db, caller, slug, copy, now)
    db.flush()


def forget(db: OrmSession, slug: str) -> None:
    """Forget what was kept for a draft that is deleted. Raises NotFound where it is published."""
    _check_draft(db, slug)
    db.execute(delete(QuestionSet).where(QuestionSet.session_slug == slug))
    db.execute(delete(PlannedFacilitator).where(PlannedFacilitator.session == slug))


def forget_all(db: OrmSession, slugs: Sequence[str]) -> None:
    """Forget what was kept for drafts that are deleted; a slug that is published by now is another session's."""
    published = select(Session.slug).where(Session.slug.in_(slugs), Session.status != "draft")
    gone = set(slugs).difference(db.scalars(published))
    db.execute(delete(QuestionSet).where(QuestionSet.session_slug.in_(gone)))
    db.execute(delete(PlannedFacilitator).where(PlannedFacilitator.session.in_(gone)))


def _check_draft(db: OrmSession, slug: str) -> None:
    status = db.scalar(select(Session.status).where(Session.slug == slug))
    if status not in (None, "draft"):
        raise NotFound("There is no such draft.")


def _copy_questions(db: OrmSession, slug: str, copy: str) -> None:
    there: QuestionSet | None = db.get(QuestionSet, slug)
    if there is None or db.get(QuestionSet, copy) is not None:
        return
    items: list[dict[str, Any]] = [question for question in there.items if question["asked"]]
    if items or there.kept_days != KEPT_DAYS:
        db.add(QuestionSet(session_slug=copy, items=items, kept_days=there.kept_days, version=1))
