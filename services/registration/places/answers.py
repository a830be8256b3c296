"""Answers to the questions of a session: at one's own booking, and as those who run the session read them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.access import is_of_team
from services.registration.errors import BookingClosed
from services.registration.models import Booking, Person, QuestionSet, Session
from services.registration.places import questions
from services.registration.places.bookings import locked, visible
from services.registration.places.questions import Question
from services.registration.schemas import KEPT_DAYS
from services.runtime.paging import page_of
from services.runtime.refusals import NotFound, StaleVersion


def of_booking(db: OrmSession, caller: Person, reference: str, now: datetime, own: bool = False) -> dict[str, Any]:
    """Return what the session asks and what was answered at a booking, as `AnswersOfBooking`. Raises NotFound."""
    booking = visible(db, caller, reference, own)
    return _view(db, booking, db.get_one(Session, booking.session_slug), now)


def change(
    db: OrmSession,
    caller: Person,
    reference: str,
    now: datetime,
    version: int | None = None,
    *,
    answers: dict[str, Any],
    own: bool = False,
) -> dict[str, Any]:
    """Have these be the answers at a live booking, until the session starts; return them as `of_booking` does.

    Answers to what is not asked any more stay. Raises NotFound, StaleVersion, BookingClosed, Invalid.
    """
    session, booking = locked(db, caller, reference, own)
    if version not in (None, booking.version):
        raise StaleVersion(version=booking.version)
    if not booking.live:
        raise BookingClosed("This booking has been cancelled.")
    if now >= session.starts_at:
        raise BookingClosed("This session has already started.", starts_at=session.starts_at.isoformat())
    said = questions.checked(db, session.slug, answers)
    asked = {question["id"] for question in questions.of_session(db, session.slug) if question["asked"]}
    kept = {id: answer for id, answer in (booking.answers or {}).items() if id not in asked}
    if (booking.answers or {}) != {**kept, **said}:
        booking.answers = {**kept, **said} or None
        booking.version += 1
    db.flush()
    return _view(db, booking, session, now)


def _view(db: OrmSession, booking: Booking, session: Session, now: datetime) -> dict[str, Any]:
    there, said = db.get(QuestionSet, session.slug), booking.answers or {}
    items = [
        {**question, "answer": said.get(question["id"])}
        for question in (there.items if there else [])
        if question["asked"] or question["id"] in said
    ]
    return {
        "reference": booking.reference,
        "session": session.slug,
        "items": items,
        "kept_days": there.kept_days if there else KEPT_DAYS,
        "kept_until": session.answers_until,
        "open": booking.live and session.status != "cancelled" and now < session.starts_at,
        "version": booking.version,
    }


def page(db: OrmSession, caller: Person, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
    """Return a page of what was answered at the bookings of a session, as `{items, next}`. Raises NotFound, Invalid.

    The team reads all; who facilitates it what is for them, of those who have a place.
    """
    readable = {question["id"] for question in _readable(db, caller, slug)}
    query = select(Booking.reference, Booking.answers)
    query = query.where(Booking.session_slug == slug, Booking.answers.is_not(None))
    if not is_of_team(caller):
        query = query.where(Booking.state == "confirmed")
    rows, after = page_of(db, query, Booking.id, cursor, limit)
    items = [
        {"reference": row.reference, "answers": {id: said for id, said in row.answers.items() if id in readable}}
        for row in rows
    ]
    return {"items": items, "next": after}


def totals(db: OrmSession, caller: Person, slug: str) -> dict[str, Any]:
    """Return how many of those who have a place gave which answer, as `AnswerTotals`. Raises NotFound."""
    readable = _readable(db, caller, slug)
    confirmed = select(Booking.answers).where(Booking.session_slug == slug, Booking.state == "confirmed")
    said = [answers or {} for answers in db.scalars(confirmed.order_by(Booking.id))]
    items = [_total(question, [answers[question["id"]] for answers in said if question["id"] in answers])
             for question in readable]  # fmt: skip
    asked = [item for item in items if item["asked"] or item["answered"]]
    return {"session": slug, "people": len(said), "items": asked}


def _readable(db: OrmSession, caller: Person, slug: str) -> list[Question]:
    if db.get(Session, slug) is None:
        raise NotFound("There is no such session.")
    items = questions.of_session(db, slug)
    return items if is_of_team(caller) else [question for question in items if question["facilitators"]]


def _total(question: Question, answers: list[Any]) -> dict[str, Any]:
    """Return a question with how often each answer was given: options in their order, lines the most common first."""
    kind = question["kind"]
    counts: Counter[str] = Counter()
    if kind == "yes_no":
        counts.update({"yes": answers.count(True), "no": answers.count(False)})
    elif kind == "line":
        counts = _alike(answers)
    else:
        counts.update(dict.fromkeys(question["options"], 0))
        counts.update(option for said in answers for option in (said if isinstance(said, list) else [said]))
    ordered = counts.most_common() if kind == "line" else counts.items()
    told = [{"answer": answer, "people": people} for answer, people in ordered]
    return {**question, "answered": len(answers), "answers": told}


def _alike(lines: Iterable[str]) -> Counter[str]:
    """Count lines that differ in case alone as the first of them."""
    first: dict[str, str] = {}
    return Counter(first.setdefault(line.casefold(), line) for line in lines)


def in_words(db: OrmSession, booking: Booking) -> list[dict[str, Any]]:
    """Return the answers at a booking with what was asked, for its owner to take with them."""
    said: Mapping[str, Any] = booking.answers or {}
    asked = questions.of_session(db, booking.session_slug) if said else []
    return [{"question": q["text"], "answer": said[q["id"]]} for q in asked if q["id"] in said]
