"""What is announced of evaluations: when they ask, and who has answered. Never what was answered."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import announce
from services.registration.models import Evaluation, EvaluationAnswer


def evaluation_changed(db: OrmSession, evaluation: Evaluation) -> None:
    """Announce that a programme or a session asks its people at these moments; not what."""
    data = {
        "subject": evaluation.subject,
        "asks": any(question["asked"] for question in evaluation.items),
        "moments": evaluation.moments,
        "version": evaluation.version,
    }
    announce(db, "registration.evaluation_changed.v1", f"evaluations/{evaluation.subject}", evaluation.version, data)


def evaluation_answered(db: OrmSession, person: str, given: EvaluationAnswer, at: datetime) -> None:
    """Announce that someone answered at a moment, so that nobody asks them; neither what, nor their key."""
    data = {"person": person, "subject": given.subject, "moment": given.moment}
    subject, version = f"evaluation-answers/{person}", int(at.timestamp() * 1000)
    announce(db, "registration.evaluation_answered.v1", subject, version, data, erase_key=person)
