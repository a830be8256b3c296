"""First refusal: a waiting list is invited to another session of its programme, and whoever accepts waits no longer.

docs/decisions/0042. Who may be asked, and in which order, is in `places/invited.py`.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.bus.outbox import trial, wake
from services.registration.accounts.people import lock
from services.registration.errors import AlreadyBooked, BookingClosed, OfferExpired
from services.registration.models import MODES, Booking, Invitation, Person, Session
from services.registration.places import bookings, invited, questions
from services.registration.places.bookings import BookingRow, leave, seen, visible
from services.registration.places.position import position_of
from services.registration.places.waiting_list import SHORTEST_OFFER, offer_until, pass_on, settle, show_at_once
from services.runtime.refusals import Invalid, NotFound

SETTLE: Final = "settle_first_refusals"  # the timer


def foresee(db: OrmSession, caller: Person, slug: str, now: datetime, to: str, hours: int) -> dict[str, Any]:
    """Return what `invite` would, with no offers; nothing changes. Raises what it raises."""
    with trial(db):
        done = invite(db, caller, slug, now, to, hours)
        return {**done, "items": [{**item, "offer": None} for item in done["items"]]}


def invite(db: OrmSession, caller: Person, slug: str, now: datetime, to: str, hours: int) -> dict[str, Any]:
    """Give those who wait for a session first refusal, for so many hours, of the places of the session `to`.

    As many as there are free places are asked at once, and the others, in their order, as these say no. Asked for again
    while it lasts, the time is another, and nobody is asked twice. Returns `WaitingListInvited`. Raises NotFound,
    SessionCancelled, BookingClosed, ByApplication, Invalid.
    """
    old, new = _sessions(db, slug, to, now)
    offers_until = offer_until(now, new.starts_at)
    if offers_until is None:
        raise BookingClosed("It is too late to offer places in that session.", starts_at=new.starts_at.isoformat())
    settle(db, new, now)
    until = min(now + timedelta(hours=hours), new.starts_at - SHORTEST_OFFER)
    invitation = _kept(db, old, new, now, until)
    places = {mode: new.left(mode) for mode in MODES}
    asked = list(invited.each_asked(db, new, invitation, now, offers_until, caller.id))
    pass_on(db, new, now)  # what nobody on that list could take
    show_at_once(db, new)
    return {
        "session": old.slug,
        "to": new.slug,
        "until": until,
        "offers_until": offers_until,
        "places": places,
        "invited": sum(one.offer is not None for one in asked),
        "items": [_item(db, one) for one in asked],
    }


def _sessions(db: OrmSession, slug: str, to: str, now: datetime) -> tuple[Session, Session]:
    """Return both sessions, the one that they are invited to locked. Raises what is in the way."""
    old = db.get(Session, slug)
    if old is None:
        raise NotFound("There is no such session.")
    if to == slug:
        raise Invalid.field("to", "same-session")
    there = db.get(Session, to)
    if there is None or there.status == "draft":
        raise Invalid.field("to", "unknown-name")
    if there.programme != old.programme:
        raise Invalid.field("to", "other-programme")
    old.check_given_in_order()
    there.check_given_in_order()
    new = Session.locked(db, to)
    new.check_open(now, early=True)
    return old, new


def _kept(db: OrmSession, old: Session, new: Session, now: datetime, until: datetime) -> Invitation:
    """Return the invitation of the one list to the other session, until then; a new one where none lasts."""
    same = (Invitation.from_session == old.slug, Invitation.to_session == new.slug, Invitation.until > now)
    invitation = db.scalar(select(Invitation).where(*same).order_by(Invitation.position).limit(1))
    if invitation is None:
        invitation = Invitation(from_session=old.slug, to_session=new.slug, made_at=now)
        db.add(invitation)
    invitation.until = until
    db.flush()
    others = select(Invitation.until).where(Invitation.to_session == new.slug, Invitation.until > now)
    new.invited_until = max(db.scalars(others))
    return invitation


def _item(db: OrmSession, asked: invited.Asked) -> dict[str, Any]:
    return {
        "reference": asked.waiting.reference,
        "person": asked.person,
        "position": position_of(db, asked.waiting),
        "mode": asked.offer.mode if asked.offer else asked.waiting.mode,
        "offer": asked.offer.reference if asked.offer else None,
        "invited": asked.offer is not None,
        "why": asked.why,
    }


def book(db: OrmSession, person: Person, now: datetime, session: str, **said: Any) -> BookingRow:
    """Take a place as `bookings.book` does; who is invited to the session takes the place that they are offered."""
    theirs = (Booking.person_id == person.id, Booking.session_slug == session, Booking.state == "offered")
    offer = db.scalar(select(Booking).where(*theirs, Booking.instead_of_id.is_not(None)))
    if offer is None:
        return bookings.book(db, person, now, session, **said)
    if said.get("mode") not in (None, offer.mode):
        raise AlreadyBooked("You have been offered a place of the other kind.", reference=offer.reference)
    answers = questions.checked(db, session, said.get("answers") or {})
    taken = accept(db, person, offer.reference, now, said.get("allow_clash", False))
    offer.answers = answers or None
    if said.get("access_needs") is not None:
        offer.access_needs = said["access_needs"]
    db.flush()
    return {**taken, "access_needs": offer.access_needs}


def accept(db: OrmSession, person: Person, reference: str, now: datetime, allow_clash: bool = False) -> BookingRow:
    """Take the place that was offered; who was invited from another waiting list leaves that in the same transaction.

    Raises NotFound, NothingOffered, OfferExpired, Clash.
    """
    offer = visible(db, person, reference, own=True)
    if offer.instead_of_id is None:
        return bookings.accept(db, person, reference, now, allow_clash)
    lock(db, person)
    new, old, waiting = _both_locked(db, offer)
    if offer.state == "offered" and waiting.state == "confirmed":
        raise OfferExpired("You have a place in the session that you were waiting for, so this one is passed on.")
    bookings.accept(db, person, reference, now, allow_clash)
    _stop_waiting(db, old, waiting, offer, now, by="person")
    return seen(db, offer, new, now)


def settle_next(db: OrmSession, now: datetime) -> None:
    """Have one person hold what they chose and nothing beside it, whichever way they came by it; more follow at once.

    Who has a place in the session that they waited for is offered no other; who has taken the other waits no longer.
    """
    offer, waiting = aliased(Booking), aliased(Booking)
    gone = or_(Person.erased_at.is_not(None), Person.merged_into.is_not(None))
    to_settle = or_(offer.state == "confirmed", (offer.state == "offered") & or_(waiting.state == "confirmed", gone))
    pairs = select(offer).join(waiting, waiting.id == offer.instead_of_id).join(Person, Person.id == offer.person_id)
    found = db.scalar(pairs.where(to_settle).order_by(offer.id).limit(1))
    if found is None:
        return
    owner = select(Person).where(Person.id == found.person_id).with_for_update(key_share=True)
    person = db.scalars(owner.execution_options(populate_existing=True)).one()
    _settle(db, found, person, now)
    wake(db, SETTLE)


def _settle(db: OrmSession, offer: Booking, person: Person, now: datetime) -> None:
    new, old, waiting = _both_locked(db, offer)
    if offer.state == "confirmed":
        _stop_waiting(db, old, waiting, offer, now, by="system")
    elif offer.state == "offered" and person.erased_at is not None:
        leave(db, new, offer, now, cause="erased", by="person")
    elif offer.state == "offered" and person.merged_into is not None:
        leave(db, new, offer, now, cause="merged", by="system")
        offer.instead_of_id = None  # the account that is kept is asked
    elif offer.state == "offered" and waiting.state == "confirmed":
        leave(db, new, offer, now, cause="got_other", by="system")
    db.flush()


def _stop_waiting(db: OrmSession, old: Session, waiting: Booking, offer: Booking, now: datetime, *, by: str) -> None:
    """End the wait for the one session of someone who has taken a place in the other."""
    if waiting.state in ("waiting", "offered") and waiting.session_slug == old.slug:
        leave(db, old, waiting, now, cause="accepted_other", by=by)
    offer.instead_of_id = None
    db.flush()


def _both_locked(db: OrmSession, offer: Booking) -> tuple[Session, Session, Booking]:
    """Return the session of the offer, the one that they wait for, both locked, and their booking there."""
    waiting = db.get_one(Booking, offer.instead_of_id)
    slugs = sorted({offer.session_slug, waiting.session_slug})
    locked = {slug: Session.locked(db, slug) for slug in slugs}
    db.refresh(offer)
    db.refresh(waiting)
    return locked[offer.session_slug], locked.get(waiting.session_slug, locked[slugs[0]]), waiting
