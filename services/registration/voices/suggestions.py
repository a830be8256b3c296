"""Suggestions: themes that people would like, and offers to speak."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.people import lock
from services.registration.errors import TooManySuggestions
from services.registration.models import Person, Suggestion
from services.registration.schemas import SUGGESTION_KINDS
from services.runtime.paging import page_of
from services.runtime.refusals import Invalid, NotFound, seconds_until

A_DAY = timedelta(days=1)
MOST_IN_A_DAY = 20


def suggest(db: OrmSession, person: Person, now: datetime, kind: str, text: str) -> Suggestion:
    """Keep what the person suggests for the team to read. Raises TooManySuggestions."""
    lock(db, person)  # so that nobody passes the limit by sending many at once
    lately = select(func.count(), func.min(Suggestion.created_at)).where(
        Suggestion.person_id == person.id, Suggestion.created_at > now - A_DAY
    )
    count, first = db.execute(lately).one()
    if count >= MOST_IN_A_DAY:
        raise TooManySuggestions(retry_after=seconds_until(first + A_DAY, now))
    suggestion = Suggestion(person_id=person.id, kind=kind, text=text, created_at=now)
    db.add(suggestion)
    return suggestion


def one(db: OrmSession, person: Person, id: str) -> Suggestion:
    """Return the person's own suggestion. Raises NotFound."""
    mine = select(Suggestion).where(Suggestion.id == id, Suggestion.person_id == person.id)
    suggestion = db.scalar(mine)
    if suggestion is None:
        raise NotFound("There is no such suggestion.")
    return suggestion


def page(db: OrmSession, cursor: str | None, limit: int, kind: str | None = None) -> dict[str, Any]:
    """Return a page of all suggestions, the latest first, as `{items, next}`, with who made them. Raises Invalid.

    Of somebody who was erased it shows that something was suggested, and neither who nor what.
    """
    query = select(Suggestion, Person).join(Person)
    if kind is not None:
        query = query.where(Suggestion.kind == _checked(kind))
    rows, after = page_of(db, query, Suggestion.position, cursor, limit, latest_first=True)
    return {"items": [_view(suggestion, person) for suggestion, person, _ in rows], "next": after}


def _view(suggestion: Suggestion, person: Person) -> dict[str, Any]:
    shown = {name: getattr(suggestion, name) for name in ("id", "kind", "text", "created_at")}
    return {**shown, "person": None if person.erased_at else person}


def _checked(kind: str) -> str:
    if kind not in SUGGESTION_KINDS:
        raise Invalid.field("kind", "not-a-choice", choices=[*SUGGESTION_KINDS])
    return kind
