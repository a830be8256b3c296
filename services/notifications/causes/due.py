"""Telling what it is time for, to those for whom it makes sense by then."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session as OrmSession

from services.notifications import messages
from services.notifications.causes import (
    changes,
    evaluations,
    facilitators,
    follow_ups,
    interests,
    materials,
    reminders,
    scheduled_notices,
)
from services.notifications.models import ScheduledNotice, Session

AT_A_TIME: Final = 20  # notices in a transaction
Tell = Callable[[OrmSession, ScheduledNotice, Session, datetime], list[messages.Draft]]
DRAFTS: Final[dict[str, Tell]] = {
    "reminder_week": reminders.drafts,
    "reminder_day": reminders.drafts,
    "reminder_hour": reminders.drafts,
    "thanks": follow_ups.thanks,
    "missed": follow_ups.missed,
    "feedback_asked": follow_ups.questions,
    "pledge_reminder": follow_ups.pledges,
    "interests": interests.held_back,
    **dict.fromkeys(evaluations.MOMENTS, evaluations.drafts),
    "materials": materials.drafts,
    "changes": changes.held_back,
    "facilitators": facilitators.held_back,
}


def tell(db: OrmSession, now: datetime) -> None:
    """Queue what is due; of what nobody could tell in time, none."""
    for notice in scheduled_notices.next_due(db, now, AT_A_TIME):
        session = db.get_one(Session, notice.session)
        if session.status == "published" and now <= notice.due_at + scheduled_notices.RULES[notice.what].late:
            drafts = DRAFTS[notice.what](db, notice, session, now)
            messages.queue(db, scheduled_notices.cause_of(notice), drafts, now)
        notice.told_at = now
