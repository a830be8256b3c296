"""Feedback: what people thought of a session, given once a booking, and read by the team without names.

What somebody will do differently is their pledge, which the team does not read (`pledges.py`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.people import lock
from services.registration.errors import FeedbackNotOpen
from services.registration.evaluation import answering
from services.registration.events import feedback_given
from services.registration.models import Booking, Feedback, Person, Session
from services.registration.schemas import FEWEST_ANSWERS, SCALE
from services.registration.voices import pledges
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, NotFound
from services.runtime.schemas import CITY

OPEN_FOR = timedelta(days=60)  # after the last meeting has ended
MOST_AT_ONCE = 100
HAD_A_PLACE = ("confirmed", "attended", "partly_attended")


def give(
    db: OrmSession,
    person: Person,
    reference: str,
    now: datetime,
    useful: int,
    differently: str | None,
    next: str | None,
) -> dict[str, Any]:
    """Keep what the booking's owner thought of the session, in place of what they said before; return its view.

    `useful` is from 1 to 5. The same answer again changes nothing. One without a pledge withdraws what was pledged,
    with all that was said of it. Raises NotFound, FeedbackNotOpen.
    """
    lock(db, person)  # so that two answers at once are one row, and none outlives its owner
    booking, session = _own(db, person, reference)
    check_open(booking, session, now)
    pledged = differently is not None
    said = {"session_slug": session.slug, "useful": useful, "differently": differently, "next": next}
    given = _of(db, booking)
    if given is None:
        given = Feedback(booking_id=booking.id, given_at=now, version=1, pledged=pledged, **said)
        db.add(given)
    elif all(getattr(given, name) == value for name, value in said.items()):
        return _view(given, booking)
    else:
        for name, value in said.items():
            setattr(given, name, value)
        given.changed_at, given.version, given.pledged = now, given.version + 1, pledged
        if not pledged:
            given.did, given.note, given.answered_at = None, None, None
    db.flush()
    feedback_given(db, given, booking)
    return _view(given, booking)


def one(db: OrmSession, person: Person, reference: str) -> dict[str, Any]:
    """Return the view of what the person said about their own booking. Raises NotFound."""
    booking, _ = _own(db, person, reference)
    given = _of(db, booking)
    if given is None:
        raise NotFound("You have given no feedback on this booking.")
    return _view(given, booking)


def form(db: OrmSession, person: Person, reference: str, now: datetime) -> dict[str, Any]:
    """Return the form of the person's own booking: `{reference, title, pledge_asked_at, given}`.

    Raises NotFound, FeedbackNotOpen.
    """
    booking, session = _own(db, person, reference)
    check_open(booking, session, now)
    given = _of(db, booking)
    return {
        "reference": booking.reference,
        "title": session.title,
        "pledge_asked_at": pledges.asked_at(session),
        "given": None if given is None else _view(given, booking),
    }


def forms_of_booking(db: OrmSession, person: Person, reference: str, now: datetime) -> dict[str, Any]:
    """Return what the person can say about their own booking now, as `FormsOfBooking` writes it. Raises NotFound."""
    booking, session = _own(db, person, reference)
    given = _of(db, booking)
    has_place = booking.shown_state in HAD_A_PLACE
    return {
        "reference": booking.reference,
        "feedback": ("given" if given else "open") if _is_open(booking, session, now) else None,
        "pledged": given is not None and given.pledged,
        "evaluation": answering.open_form(db, person, session, now) if has_place else None,
    }


def open_forms(db: OrmSession, person: Person, references: Sequence[str], now: datetime) -> dict[str, Any]:
    """Return which of the person's own bookings have a form that is open, and which have a pledge.

    Raises Invalid for more than a page of bookings.
    """
    if len(references) > MOST_AT_ONCE:
        raise Invalid.field("references", "too-many-bookings", max=MOST_AT_ONCE)
    mine = (Booking.person_id == person.id, Booking.reference.in_(references))
    query = select(Booking, Session, Feedback).select_from(Booking).join(Session)
    query = query.outerjoin(Feedback, Feedback.booking_id == Booking.id)  # not what others said of the same session
    rows = db.execute(query.where(*mine).order_by(Booking.id)).all()
    forms = [
        {"reference": booking.reference, "given": given is not None}
        for booking, session, given in rows
        if _is_open(booking, session, now)
    ]
    pledged = [
        {"reference": booking.reference, "did": given.did} for booking, _, given in rows if given and given.pledged
    ]
    return {"items": forms, "pledges": pledged}


def _is_open(booking: Booking, session: Session, now: datetime) -> bool:
    try:
        check_open(booking, session, now)
    except FeedbackNotOpen:
        return False
    return True


def check_open(booking: Booking, session: Session, now: datetime) -> None:
    """Raise FeedbackNotOpen unless the booking had a place in the session, and that ended in the last 60 days."""
    state = booking.shown_state
    if state == "absent":
        raise FeedbackNotOpen("Our list says that you were not there. Tell the team if that is wrong.", state=state)
    if state not in HAD_A_PLACE:
        raise FeedbackNotOpen("This form is for people who had a place in the session.", state=state)
    if now < session.ends_at:
        opens_at = session.ends_at.isoformat()
        raise FeedbackNotOpen("You can tell us what you thought once the session has ended.", opens_at=opens_at)
    closed_at = session.ends_at + OPEN_FOR
    if now >= closed_at:
        raise FeedbackNotOpen("The form closed 60 days after the session ended.", closed_at=closed_at.isoformat())


def page(db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return what the people of a session thought of it: `{answers, useful: {mean, counts}, pledges, items, next}`.

    Nobody is named. Those who were there know each other, and so does the team: of one answer or two it could be
    guessed whose they are. Below three answers, `answers` is therefore `"<3"`, without figures or texts; nor does a
    text stand beside the number that came with it. Items are what was said should come next, the latest first. Of
    pledges there are figures alone.
    Raises NotFound, Invalid.
    """
    if db.get(Session, slug) is None:
        raise NotFound("There is no such session.")
    of_each = select(Feedback.useful, func.count()).where(Feedback.session_slug == slug).group_by(Feedback.useful)
    counts: dict[int, int] = dict(db.execute(of_each).all())
    answers = sum(counts.values())
    query = select(Feedback).where(Feedback.session_slug == slug, Feedback.next.is_not(None))
    rows, after = page_of(db, query, Feedback.id, cursor, limit, latest_first=True)
    if answers < FEWEST_ANSWERS:
        return {"answers": f"<{FEWEST_ANSWERS}", "useful": None, "pledges": None, "items": [], "next": None}
    figures = {"answers": answers, "useful": _figures(counts), "pledges": pledges.figures(db, slug)}
    return {**figures, "items": [_said(given) for given, _ in rows], "next": after}


def _figures(counts: dict[int, int]) -> dict[str, Any]:
    first, last = SCALE
    mean = sum(number * count for number, count in counts.items()) / sum(counts.values())
    each = {str(number): counts.get(number, 0) for number in range(first, last + 1)}
    return {"mean": round(mean, 2), "counts": each}


def _said(given: Feedback) -> dict[str, Any]:
    assert given.given_at is not None  # who was erased said nothing
    day = (given.changed_at or given.given_at).astimezone(CITY).date()
    return {"next": given.next, "given_on": day}


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return all that the person said, for the export of what is held on them."""
    theirs = select(Feedback, Booking).join(Booking).where(Booking.person_id == person.id).order_by(Feedback.id)
    return [{**_view(given, booking), **pledges.said_of(given)} for given, booking in db.execute(theirs)]


def erase(db: OrmSession, person: Person) -> None:
    """Leave of what the person said which session it was about and the figures, and nothing that leads to them."""
    theirs = select(Booking.id).where(Booking.person_id == person.id)
    nothing = ("booking_id", "differently", "next", "note", "given_at", "changed_at", "answered_at")
    db.execute(update(Feedback).where(Feedback.booking_id.in_(theirs)).values(dict.fromkeys(nothing)))


def _own(db: OrmSession, person: Person, reference: str) -> tuple[Booking, Session]:
    """Return the person's own booking and its session; the team has no other people's. Raises NotFound."""
    mine = select(Booking, Session).join(Session)
    mine = mine.where(Booking.reference == reference.upper(), Booking.person_id == person.id)
    found = db.execute(mine).one_or_none()
    if found is None:
        raise NotFound("There is no such booking of yours.")
    return found[0], found[1]


def _of(db: OrmSession, booking: Booking) -> Feedback | None:
    return db.scalar(select(Feedback).where(Feedback.booking_id == booking.id))


def _view(given: Feedback, booking: Booking) -> dict[str, Any]:
    names = ("useful", "differently", "next", "given_at", "changed_at", "version")
    shown = {name: getattr(given, name) for name in names}
    return {"reference": booking.reference, "session": given.session_slug, **shown}
