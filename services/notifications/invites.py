"""Calendar invites as rows: what each booking's calendar was last told, and under which sequence (invariant 6).

`calendars.py` writes them as iCalendar. An invite's facts are `{reference, host, method, sequence, issued_at, title,
mode, meetings: [{n, starts_at, ends_at}], venue}`; `n` counts from 1 and makes the UID.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import as_json
from services.notifications import calendars
from services.notifications.errors import NoInvite
from services.notifications.letterhead import Letterhead
from services.notifications.models import Booking, Facts, Invite, Person, Session


def of(db: OrmSession, booking: Booking) -> Invite | None:
    """Return the booking's invite, locked for change; a booking that was never told of has none."""
    return db.get(Invite, booking.reference, with_for_update=True) if booking.version else None


def ask(
    db: OrmSession, booking: Booking, earlier: Invite | None, details: Facts, public_url: str, now: datetime
) -> Facts:
    """Put the session into the person's calendar, or what it is now in the place of what it was. Returns the facts."""
    invite = earlier
    if invite is None:
        host = urlsplit(public_url).hostname or "headrow"
        invite = Invite(reference=booking.reference, host=host, sequence=-1)
        db.add(invite)
    return renew(invite, numbered(details), now)


def renew(invite: Invite, told: Facts, now: datetime) -> Facts:
    """Put these details (with numbered meetings) into the person's calendar. Returns the facts."""
    invite.told = told
    return _issue(invite, "REQUEST", now)


def call_off(invite: Invite | None, now: datetime) -> Facts | None:
    """Take the session out of the person's calendar. Returns the facts, or None where it is not in there."""
    if invite is None or invite.method == "CANCEL":
        return None
    return _issue(invite, "CANCEL", now)


def call_off_meetings(invite: Invite, gone: list[Facts], now: datetime) -> Facts:
    """Take only these meetings (as the invite told of them) out of the person's calendar. Returns the facts."""
    facts = _issue(invite, invite.method, now)
    return {**facts, "method": "CANCEL", "meetings": gone}


def meetings_beyond(invite: Invite | None, session: Session) -> list[Facts]:
    """Return the meetings in the person's calendar that the session has none for; its invite replaces the others."""
    return invite.told["meetings"][len(session.meetings) :] if invite and invite.method == "REQUEST" else []


def last_issued(db: OrmSession, reference: str, letterhead: Letterhead) -> dict[str, Any]:
    """Return `{ics}`, the invite as it was last issued. Raises NoInvite."""
    invite, booking = db.get(Invite, reference), db.get(Booking, reference)
    person = db.get(Person, booking.person) if booking else None
    if invite is None or person is None or person.email is None:
        raise NoInvite()
    return {"ics": calendars.write(_facts(invite), letterhead, person.email, person.name)}


def numbered(details: Facts) -> Facts:
    """Return the details with the place of each meeting among them."""
    return {**details, "meetings": [{"n": n, **meeting} for n, meeting in enumerate(details["meetings"], start=1)]}


def _issue(invite: Invite, method: str, now: datetime) -> Facts:
    invite.method, invite.sequence, invite.issued_at = method, invite.sequence + 1, now
    return _facts(invite)


def _facts(invite: Invite) -> Facts:
    named = ("reference", "host", "method", "sequence", "issued_at")
    return {**invite.told, **{name: as_json(getattr(invite, name)) for name in named}}


def as_it_is_now(db: OrmSession, issued: Facts) -> Facts | None:
    """Return what a message asks of a calendar, under the sequence of now; None where another one has undone it.

    A calendar passes over what comes under an older sequence than it has seen.
    """
    invite = db.get(Invite, issued["reference"], with_for_update={"read": True})
    if invite is None:
        return None
    now = _facts(invite)
    if issued["method"] == invite.method:
        return now
    there = {meeting["n"] for meeting in invite.told["meetings"]}
    if issued["method"] == "CANCEL" and not any(meeting["n"] in there for meeting in issued["meetings"]):
        return {**now, "method": "CANCEL", "meetings": issued["meetings"]}
    return None
