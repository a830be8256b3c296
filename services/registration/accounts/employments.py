"""Where someone works and has worked, each employment with its days: what they attended counts where they worked then.

The present one is also in the columns of `Person`, which change together with it.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, case, delete, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.errors import PresentEmployment
from services.registration.models import Booking, Employment, Person, Session, folded
from services.runtime.dialects import city_day
from services.runtime.refusals import Invalid, NotFound
from services.runtime.schemas import CITY

WORK: Final = ("sector", "organisation", "job_role")
SAID: Final = (*WORK, "since", "until")
MOST: Final = 50
FIRST_YEAR: Final = 1900

Work = Mapping[str, Any]  # sector, organisation and job_role


def work_of(person: Person) -> dict[str, Any]:
    """Return where the person works now, as their own row has it."""
    return {name: getattr(person, name) for name in WORK}


def follow(db: OrmSession, person: Person, before: Work, now: datetime, *, was_wrong: bool = False) -> None:
    """Write down where the person works, whose details were `before` what they are: from today, somewhere else.

    What was missing is filled in, and what was said today or `was_wrong` is put right: that is no other employment.
    Who says nothing of where they work any more has none.
    """
    after, today = work_of(person), _today(now)
    present = present_of(db, person, before, now)
    if present is None:
        if any(after.values()):
            db.add(Employment(person_id=person.id, created_at=now, **after))
    elif not was_wrong and _has_moved(before, after) and _known_since(present) != today:
        present.until = today
        db.flush()
        if any(after.values()):
            db.add(Employment(person_id=person.id, created_at=now, since=today, **after))
    elif any(after.values()):
        _put(present, after)
    else:
        db.delete(present)
    db.flush()


def end_by(db: OrmSession, person: Person, later: Person, now: datetime) -> None:
    """End where someone works by one account on the day on which they began elsewhere, by a `later` account of theirs.

    Where that day is not known, it is the day on which that was first said. Nothing ends that began after it.
    """
    before, after = (present_of(db, one, work_of(one), now) for one in (person, later))
    if before is not None and after is not None and _has_moved(_work(before), _work(after)):
        day = _known_since(after)
        if _known_since(before) <= day:
            before.until = day
    db.flush()


def resume(db: OrmSession, person: Person) -> None:
    """Have the last employment that is what the person's own row says be where they work now, if none is."""
    rows = Employment.all_of(db, person)
    same = [row for row in rows if _work(row) == work_of(person)]
    if same and all(row.until for row in rows):
        max(same, key=lambda row: row.until or date.max).until = None
        db.flush()


def present_of(db: OrmSession, person: Person, work: Work, now: datetime) -> Employment | None:
    """Return the row of where the person works now; made where the release before wrote no more than their details."""
    present = select(Employment).where(Employment.person_id == person.id, Employment.until.is_(None))
    row = db.scalar(present)
    if row is None and any(work.values()):
        db.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
        row = db.scalar(present)  # others who looked at the same moment made it
    if row is None and any(work.values()):
        row = Employment(person_id=person.id, created_at=person.created_at, **work)
        db.add(row)
        db.flush()
    return row


def page(db: OrmSession, person: Person, now: datetime) -> dict[str, Any]:
    """Return the person's employments, the present one first and then the latest. It is one page."""
    present_of(db, person, work_of(person), now)
    rows = Employment.all_of(db, person)
    rows.sort(key=lambda row: (row.until or date.max, row.since or date.min, row.created_at), reverse=True)
    return {"items": [view(person, row) for row in rows], "next": None}


def view(person: Person, row: Employment) -> dict[str, Any]:
    """Return what is shown of an employment; its `version` is that of the person."""
    return {"id": row.id, "version": person.version, **{name: getattr(row, name) for name in SAID}}


def one(db: OrmSession, person: Person, id: str) -> Employment:
    """Return an employment of the person. Raises NotFound."""
    row = db.scalar(select(Employment).where(Employment.id == id, Employment.person_id == person.id))
    if row is None:
        raise NotFound("There is no such employment.")
    return row


def put(db: OrmSession, person: Person, given: dict[str, Any], now: datetime, id: str | None = None) -> Employment:
    """Change an employment of the person, or add one; one without an end is where they work now, and ends the last.

    Where it is not said since when they work there, and they worked elsewhere until now, that is from today. Raises
    NotFound, PresentEmployment, Invalid.
    """
    present = present_of(db, person, work_of(person), now)
    if id:
        row = one(db, person, id)
    elif present is not None and _fills_in(present, given):
        row, given = present, _that_say_something(given)
    else:
        row = Employment(person_id=person.id, created_at=now)
    said = {**{name: getattr(row, name) for name in SAID}, **given}
    check_days(said, now)
    if said["until"] is None and not said["sector"]:
        raise Invalid.field("sector", "null")
    if row is present:
        if said["until"]:
            raise PresentEmployment
    elif id and said["until"] is None:
        raise Invalid.field("until", "null")
    elif id is None:
        _check_number(db, person)
        if said["until"] is None and present is not None:
            said["since"] = said["since"] or _today(now)
            _end(present, said["since"])
            db.flush()
    _put(row, said)
    if row.until is None:
        for name in WORK:
            setattr(person, name, said[name])
    db.add(row)
    db.flush()
    return row


def remove(db: OrmSession, person: Person, id: str) -> None:
    """Forget an earlier employment. Raises NotFound, PresentEmployment."""
    row = one(db, person, id)
    if row.until is None:
        raise PresentEmployment
    db.delete(row)
    db.flush()


def organisation_then() -> ColumnElement[str | None]:
    """Return the column of the organisation, folded, of a booking's person on the day that its session began.

    In a time between two it is the one that ended last; before and after all that we know of, the present one, if any.
    """
    day = city_day(Session.starts_at)
    began = or_(Employment.since.is_(None), Employment.since <= day)
    begun = select(Employment.organisation_key).where(Employment.person_id == Booking.person_id, began)
    then = begun.where(or_(Employment.until.is_(None), Employment.until >= day))
    next_one = aliased(Employment)
    later = select(next_one.id).where(next_one.person_id == Booking.person_id, next_one.since > day)
    between = begun.where(later.correlate(Booking, Session).exists())
    unknown = case((Employment.since.is_(None), Employment.until))  # the present one of unknown age came last
    begun_last = (Employment.since.desc().nulls_last(), unknown.asc().nulls_last())
    ended_last = Employment.until.desc().nulls_first()
    found = ((then, (*begun_last, ended_last)), (between, (ended_last, *begun_last)))
    cases = [(rows.correlate(Booking, Session).exists(), _first(rows, *order)) for rows, order in found]
    return case(*cases, else_=Person.organisation_key)


def employed_on(jobs: Collection[Employment], person: Person, day: date) -> Employment | Person:
    """Return where someone with these employments worked on a day, by the rule of `organisation_then`."""
    begun = [job for job in jobs if job.since is None or job.since <= day]
    then = [job for job in begun if job.until is None or job.until >= day]
    if then:
        return min(then, key=lambda job: (*_begun_last(job), _ended_last(job), job.id))
    if begun and any(job.since and job.since > day for job in jobs):
        return min(begun, key=lambda job: (_ended_last(job), *_begun_last(job), job.id))
    return person


def _begun_last(job: Employment) -> tuple[int, int]:
    """Return what the present one of unknown age comes last by, among those that began latest first."""
    unknown = job.until.toordinal() if job.since is None and job.until else date.max.toordinal()
    return (-job.since.toordinal() if job.since else 0), unknown


def _ended_last(job: Employment) -> int:
    return -(job.until or date.max).toordinal()


def _first(found: Select[Any], *order: ColumnElement[Any]) -> Any:
    ordered = found.order_by(*order, Employment.id).limit(1)
    return ordered.correlate(Booking, Session).scalar_subquery()


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return the person's employments, as what is held on them."""
    return [{name: getattr(row, name) for name in (*SAID, "created_at")} for row in Employment.all_of(db, person)]


def erase(db: OrmSession, person: Person) -> None:
    """Forget where the person worked."""
    db.execute(delete(Employment).where(Employment.person_id == person.id))


def _has_moved(before: Work, after: Work) -> bool:
    sector, organisation = before["sector"], folded(before["organisation"] or "")
    other = organisation and organisation != folded(after["organisation"] or "")
    return bool((sector and sector != after["sector"]) or other)


def _work(row: Employment) -> dict[str, Any]:
    return {name: getattr(row, name) for name in WORK}


def _known_since(row: Employment) -> date:
    """Return the day on which it began, or else on which it was first said."""
    return row.since or row.created_at.astimezone(CITY).date()


def _fills_in(present: Employment, given: Work) -> bool:
    """Say whether that is where someone works now, of which only the sector was known."""
    return not (present.organisation or given["until"]) and present.sector in (None, given["sector"])


def _that_say_something(given: Work) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _put(row: Employment, said: Work) -> None:
    for name, value in said.items():
        setattr(row, name, value)


def check_days(said: Work, now: datetime) -> None:
    """Raise Invalid unless the days are in order, and none is to come, or older than anyone's employment."""
    today, since, until = _today(now), said["since"], said["until"]
    faults = []
    for name, day in (("since", since), ("until", until)):
        if day and day.year < FIRST_YEAR:
            faults += Invalid.field(name, "year-out-of-range", min=FIRST_YEAR, max=today.year).errors
        elif day and day > today:
            faults += Invalid.field(name, "day-to-come").errors
    if faults:
        raise Invalid(faults)
    if since and until and until < since:
        raise Invalid.field("until", "last-before-first")


def _check_number(db: OrmSession, person: Person) -> None:
    if len(Employment.all_of(db, person)) >= MOST:
        raise Invalid.field("since", "too-many-employments", max=MOST)


def _end(present: Employment, day: date) -> None:
    """End where the person worked until now. Raises Invalid where the new employment would begin before it."""
    if present.since and day < present.since:
        raise Invalid.field("since", "before-present-employment")
    present.until = day


def _today(now: datetime) -> date:
    return now.astimezone(CITY).date()
