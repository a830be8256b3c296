"""What notifications lets go of by itself, and when: each rule is a period of `services/runtime/retention.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, null, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus.keeping import Rule
from services.notifications.causes import farewell
from services.notifications.causes.meeting_emails import TEMPLATES
from services.notifications.delivery import mail_folder
from services.notifications.models import Mailing, Message, MessageDraft
from services.runtime.retention import period

LAST_EMAILS: Final = (farewell.TEMPLATE, TEMPLATES["CANCEL"])


def _bodies(since: datetime) -> Select[Any]:
    over = select(Message.id).where(Message.state != "queued", Message.finished_at <= since)
    over = over.where(Message.created_at <= since, Message.facts.is_not(None))
    return over.order_by(Message.created_at, Message.id)


def _forget_bodies(db: OrmSession, ids: Sequence[str], now: datetime) -> None:
    db.execute(update(Message).where(Message.id.in_(ids)).values(facts=null(), error=None))


def _team_messages(since: datetime) -> Select[Any]:
    over = select(Mailing.position).where(Mailing.created_at <= since, Mailing.body.is_not(None))
    return over.order_by(Mailing.position)


def _forget_team_messages(db: OrmSession, positions: Sequence[int], now: datetime) -> None:
    db.execute(update(Mailing).where(Mailing.position.in_(positions)).values(subject=None, body=None))


def _drafts(since: datetime) -> Select[Any]:
    old = select(MessageDraft.position).where(MessageDraft.saved_at <= since)
    return old.order_by(MessageDraft.position)


def _forget_drafts(db: OrmSession, positions: Sequence[int], now: datetime) -> None:
    db.execute(delete(MessageDraft).where(MessageDraft.position.in_(positions)))


RULES: Final = (
    Rule("message_bodies", Message, _bodies, _forget_bodies),
    Rule("team_messages", Mailing, _team_messages, _forget_team_messages),
    Rule("message_drafts", MessageDraft, _drafts, _forget_drafts),
)


def drop_files(db: OrmSession, mail: str, now: datetime) -> None:
    """Drop emails as files whose time is over; of the last ones to someone who is erased, that is soon."""
    if not mail.startswith("file:"):
        return
    folder = mail_folder.folder_of(mail)
    mail_folder.drop_before(folder, now - period("mail_files"))
    last = select(Message.id).where(Message.person.is_(None), Message.template.in_(LAST_EMAILS))
    last = last.where(Message.state != "queued", Message.finished_at <= now - period("last_emails"))
    mail_folder.forget(folder, None, set(db.scalars(last.where(Message.created_at > now - period("mail_files")))))
