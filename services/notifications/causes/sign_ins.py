"""The code that lets somebody sign in."""

from datetime import datetime

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import Envelope
from services.notifications import messages


def send_code(db: OrmSession, event: Envelope, now: datetime) -> None:
    """Queue the code, ahead of all else, and to be sent only while it is good."""
    asked = event.data
    draft = messages.Draft(
        template="sign_in",
        recipient=event.subject,
        address=asked["email"],
        facts=asked,
        expires_at=asked["expires_at"],
    )
    messages.queue(db, event, [draft], now)
