"""Taking a file of people, bookings and attendance, all of it or nothing. Taking it again adds nothing."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import wake
from services.registration.models import Person, QuestionSet, Session
from services.registration.places.questions import keep_until
from services.registration.places.waiting_list import SHOW_PLACES
from services.registration.transfer import bookings, people
from services.registration.transfer.taking import Row, Taking
from services.runtime.refusals import Invalid

KINDS = ("people", "bookings", "attendance")


def take(db: OrmSession, caller: Person, given: Row, gone: Collection[str], now: datetime) -> dict[str, dict[str, int]]:
    """Take the file, and return how much of it is new, `unchanged`, and `left_out`. Raises Invalid: nothing is kept.

    People come before sessions: that is the order in which they are locked. `gone` is who was erased by the list that
    outlives the database.
    """
    taking = Taking(db, caller, now, frozenset(gone))
    people.take(taking, given["people"])
    _stop_if_wrong(taking)
    people.take_rest(taking)
    new = bookings.take(taking, given["bookings"], given["attendance"])
    _take_questions(taking, given["questions"])
    _stop_if_wrong(taking)
    people.announce(taking)
    bookings.announce(db, new)
    wake(db, SHOW_PLACES)
    names = {"created": "created", "unchanged": "same", "left_out": "out"}
    return {name: {kind: taking.counts[what][kind] for kind in KINDS} for name, what in names.items()}


def behind(db: OrmSession, versions: Mapping[str, int]) -> list[str]:
    """Return which sessions are not known here yet as the catalogue has them, which is at these versions."""
    there = select(Session.slug, Session.catalogue_version).where(Session.slug.in_(versions))
    known: dict[str, int] = dict(db.execute(there).all())
    return sorted(slug for slug, version in versions.items() if known.get(slug, 0) < version)


def _take_questions(taking: Taking, rows: list[Row]) -> None:
    """Take the questions of sessions that ask nothing here: without them, answers could not be read."""
    for n, row in enumerate(rows):
        session: Any = taking.db.get(Session, row["session"])
        if session is None:
            taking.wrong(f"questions.{n}.session", "no-such-session")
        elif taking.db.get(QuestionSet, row["session"]) is None:
            said = {name: row[name] for name in ("items", "kept_days", "version")}
            taking.db.add(QuestionSet(session_slug=row["session"], **said))
            taking.db.flush()
            keep_until(taking.db, session)


def _stop_if_wrong(taking: Taking) -> None:
    if taking.errors:
        raise Invalid(taking.errors)
    taking.db.flush()
