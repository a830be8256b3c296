"""Each person's calendar as a feed: what they hold, are offered and facilitate, at an address that they can end."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session as OrmSession

from services.bus.envelope import as_json
from services.notifications.calendar import icalendar, invites
from services.notifications.calendar.meeting_numbers import is_over
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.composing.wording import in_language
from services.notifications.models import Booking, CalendarAddress, Facts, InCalendar, Invite, Person, Session
from services.runtime.dialects import upsert
from services.runtime.refusals import NotFound

_ended = upsert(
    lambda insert: insert(CalendarAddress).on_conflict_do_update(
        index_elements=["person"], set_={"generation": CalendarAddress.generation + 1}
    )
)


def generation_of(db: OrmSession, person: str) -> int:
    """Return the number that is signed into the address of a person's calendar."""
    address = db.get(CalendarAddress, person)
    return address.generation if address else 0


def end_address(db: OrmSession, person: str) -> None:
    """End the address of a person's calendar; the next one is another."""
    db.execute(_ended(db), {"person": person, "generation": 1})


def erase(db: OrmSession, person: str) -> None:
    """Forget that a person ended addresses; who is erased has no calendar any more."""
    db.execute(delete(CalendarAddress).where(CalendarAddress.person == person))


def written(db: OrmSession, person: str, generation: int, email_layout: EmailLayout, now: datetime) -> dict[str, Any]:
    """Return `{ics}`, a person's calendar. Raises NotFound where the address of this generation has ended."""
    there = db.get(Person, person)
    theirs = there and Person.current(db, person)  # an account that was merged keeps the address of its calendar
    if theirs is None or theirs.email is None or generation != generation_of(db, person):
        raise NotFound("There is no such calendar.")
    person = theirs.id
    entries = [*_held(db, person), *_offered(db, person, email_layout, now)]
    entries.sort(key=lambda entry: (entry["starts_at"], entry["reference"], entry["n"]))
    _ = in_language(email_layout.language).translations.gettext
    return {"ics": icalendar.publish(entries, email_layout, _("My sessions"))}


def _held(db: OrmSession, person: str) -> Iterator[Facts]:
    """Yield what is in the person's calendar by invites: as it was last issued, so that UIDs and sequences agree."""
    confirmed = (
        select(Invite)
        .join(Booking, Booking.reference == Invite.reference)
        .where(Booking.person == person, Booking.state == "confirmed")
    )
    for invite in db.scalars(confirmed):
        yield from _in_force(invite)
    for facilitated in db.scalars(invites.of_facilitators(person)):
        yield from _in_force(facilitated)


def _in_force(invite: InCalendar) -> Iterator[Facts]:
    yield from (invites.with_uid(invite, entry) for entry in invite.entries if entry["method"] == "REQUEST")


def _offered(db: OrmSession, person: str, email_layout: EmailLayout, now: datetime) -> Iterator[Facts]:
    """Yield what the person may say yes to still, under the UIDs that it will have then."""
    offered = (
        select(Booking, Session, Invite)
        .join(Session, Session.slug == Booking.session)
        .outerjoin(Invite, Invite.reference == Booking.reference)
        .where(Booking.person == person, Booking.state == "offered")
        .where(or_(Booking.offer_expires_at.is_(None), Booking.offer_expires_at > now))
    )
    for booking, session, invite in db.execute(offered):
        issue = {
            "reference": booking.reference,
            "host": invite.host if invite else invites.host_of(email_layout.public_url),
            "sequence": invite.sequence if invite else 0,
            "issued_at": as_json(booking.told_at or now),
            "offer_expires_at": as_json(booking.offer_expires_at),
            "method": "OFFER",
        }
        entries = invites.entries_for(session.details(booking.mode), invite.entries if invite else [], now)
        yield from ({**entry, **issue} for entry in entries if not is_over(entry, now))
