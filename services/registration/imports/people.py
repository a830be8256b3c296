"""People of another programme: an account for each who is new, and for who is known what the file says differently."""

import re
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.registration import events, my_data, who
from services.registration.accounts import addresses, employments, people
from services.registration.imports import likely
from services.registration.imports.taking import Facts, Kept, Taking, sector_codes
from services.registration.models import (
    Address,
    Booking,
    EmailChange,
    Employment,
    Facilitator,
    ImportedLine,
    Person,
    PlannedFacilitator,
    folded,
)
from services.registration.schemas.imports import PersonLine
from services.runtime.refusals import Invalid, Unavailable
from services.runtime.sheets import Columns, Row, column

COLUMNS: Final[Columns] = {
    "email": column("Email", *who.COLUMNS["email"], required=True),
    "name": column("Name", *who.COLUMNS["name"], required=True),
    "sector": column("Sector", "setting"),
    "organisation": column("Organisation", "organization", "employer", "place of work", "company", "trust"),
    "job_role": column("Job role", "role", "job title", "position"),
    "since": column("Since", "works there since", "employed since", "start date", "from"),
}
DETAILS: Final = ("name", "sector", "organisation", "job_role")
DAY: Final = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")
Jobs = dict[str, Employment]  # where people work now, by their ids


def take(taking: Taking) -> None:
    """Take people, each by any of their addresses; an empty cell changes nothing. All that is wrong is noted."""
    db, lines = taking.db, _read(taking)
    emails = {said["email"] for _, said in lines}
    known = owners(db, emails)
    lock(db, known.values())
    jobs, reserved = _jobs(db, known.values()), _reserved(db, emails - known.keys(), taking.now)
    first: dict[str, int] = {}
    new: list[tuple[int, Row]] = []
    for line, said in lines:
        person = known.get(said["email"])
        who = person.id if person else said["email"]
        if who in first:
            taking.wrong(line, "email", "listed-twice", line=first[who])
            continue
        first[who] = line
        if person is not None:
            _change(taking, line, person, said, jobs)
        elif said["email"] in reserved:
            taking.wrong(line, "email", "address-changed")
        elif not said.get("name"):
            taking.wrong(line, "name", "name-missing")
        elif _fits(taking, line, said, said):
            new.append((line, said))
    taking.duplicates += likely.among(db, new)
    _add(taking, new)


def undo(db: OrmSession, caller: Person, lines: Sequence[ImportedLine], now: datetime) -> Kept:
    """Undo what lines did to people; return which of them stay, each with the code of why."""
    theirs = select(Person).where(Person.id.in_({line.person_id for line in lines}))
    known = {person.id: person for person in db.scalars(theirs)}
    jobs, used = _jobs(db, known.values()), _in_use(db, known.values())
    kept: Kept = []
    gone: list[Person] = []
    for line in lines:
        person = known[str(line.person_id)]
        job = jobs.get(person.id)
        now_there = _facts_of(person, job, line.facts)
        if person.merged_into is not None:
            kept.append((line.line, "merged-since"))
        elif now_there != {name: new for name, (_, new) in line.facts.items()}:
            kept.append((line.line, "changed-since"))
        elif line.what == "changed":
            _put(db, person, job, {name: old for name, (old, _) in line.facts.items()}, now)
            _tell(db, person, line.facts)
        elif person.id in used:
            kept.append((line.line, used[person.id]))
        else:
            gone.append(person)
    my_data.erase_unused(db, gone, now, caller.id)
    return kept


def _read(taking: Taking) -> list[tuple[int, Row]]:
    """Return what each line says that can be read."""
    schema, sectors = PersonLine(), sector_codes(taking.db)
    read = []
    for line, cells in taking.sheet.lines:
        given: Row = dict(cells)
        if "since" in given:
            given["since"] = day_in(given["since"])
        said = taking.details(schema, line, given, sectors)
        if said is not None:
            read.append((line, said))
    return read


def day_in(text: str) -> str:
    """Return a day in the form of ISO 8601 where it is written as people here write it, or else the text as it is."""
    if found := DAY.fullmatch(text):
        with suppress(ValueError):
            return date(int(found[3]), int(found[2]), int(found[1])).isoformat()
    return text


def owners(db: OrmSession, emails: Iterable[str]) -> dict[str, Person]:
    """Return whose each address is, as `addresses.owner` does for one."""
    there = select(Person).where(Person.erased_at.is_(None))
    others = there.add_columns(Address.email).join(Address, Address.person_id == Person.id)
    found = {email: person for person, email in db.execute(others.where(Address.email.in_(emails)))}
    found |= {str(person.email): person for person in db.scalars(there.where(Person.email.in_(emails)))}
    return {email: addresses.kept(db, person) for email, person in found.items()}


def lock(db: OrmSession, known: Iterable[Person]) -> None:
    """Keep them from being changed until the transaction ends. Raises Unavailable where one has just gone."""
    theirs = select(Person).where(Person.id.in_({person.id for person in known})).order_by(Person.id)
    for person in db.scalars(theirs.with_for_update().execution_options(populate_existing=True)):
        if person.erased_at is not None or person.merged_into is not None:
            raise Unavailable("One of these accounts was changed at this moment.")


def _jobs(db: OrmSession, known: Iterable[Person]) -> Jobs:
    theirs = select(Employment).where(Employment.person_id.in_({person.id for person in known}))
    return {row.person_id: row for row in db.scalars(theirs.where(Employment.until.is_(None)))}


def _reserved(db: OrmSession, emails: Iterable[str], now: datetime) -> set[str]:
    """Return which of these addresses an account had until lately, and may take back: see `people.reserved`."""
    old = select(EmailChange.old_email).where(EmailChange.old_email.in_(emails), EmailChange.undone_at.is_(None))
    return {str(email) for email in db.scalars(old.where(EmailChange.undo_until > now))}


def _fits(taking: Taking, line: int, said: Row, work: Mapping[str, Any]) -> bool:
    """Tell whether the day that they work somewhere since can be so; note what is wrong with it."""
    if "since" not in said:
        return True
    try:
        employments.check_days({"since": said["since"], "until": None}, taking.now)
    except Invalid as refusal:
        taking.wrong(line, "since", refusal.errors[0]["code"], **refusal.errors[0]["limits"])
        return False
    if not any(work.get(name) for name in employments.WORK):
        taking.wrong(line, "since", "no-employer")
        return False
    return True


def _change(taking: Taking, line: int, person: Person, said: Row, jobs: Jobs) -> None:
    job = jobs.get(person.id)
    was = _facts_of(person, job, [name for name in (*DETAILS, "since") if name in said])
    new = {name: _plain(said[name]) for name in was}
    if folded(was.get("organisation") or "") == folded(new.get("organisation") or ""):
        new["organisation"] = was.get("organisation")  # however it is spelled
    facts: Facts = {name: [was[name], new[name]] for name in was if was[name] != new[name]}
    if not _fits(taking, line, said, {**employments.work_of(person), **said}):
        return
    if not facts:
        taking.same += 1
        return
    taking.did(line, "changed", facts, person=person)
    _put(taking.db, person, job, {name: value for name, (_, value) in facts.items()}, taking.now)
    _tell(taking.db, person, facts)


def _facts_of(person: Person, job: Employment | None, names: Iterable[str]) -> Row:
    """Return what stands under these names now, as the journal keeps it."""
    since = job.since.isoformat() if job and job.since else None
    return {name: since if name == "since" else getattr(person, name) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _put(db: OrmSession, person: Person, job: Employment | None, facts: Row, now: datetime) -> None:
    """Put these in the place of what was wrong."""
    before = employments.work_of(person)
    for name in DETAILS:
        if name in facts:
            setattr(person, name, facts[name])
    if before != employments.work_of(person):
        employments.follow(db, person, before, now, was_wrong=True)
    if "since" in facts:
        there = employments.present_of(db, person, employments.work_of(person), now)
        if there is not None:
            there.since = date.fromisoformat(facts["since"]) if facts["since"] else None
    db.flush()


def _tell(db: OrmSession, person: Person, facts: Iterable[str]) -> None:
    """Announce what they are now. Who uses their account is told by email what of it was changed, and nobody else."""
    people.tell_changed(db, person)
    if person.last_used_at is not None:
        changed = {"employments" if name == "since" else name for name in facts}
        events.person_corrected(db, person, sorted(changed))


def _add(taking: Taking, new: Sequence[tuple[int, Row]]) -> None:
    """Make the accounts, in few statements. Raises Unavailable where someone takes one of the addresses meanwhile."""
    db, now = taking.db, taking.now
    made = [(line, said, _person(said, now)) for line, said in new]
    emails = [person.email for _, _, person in made]
    erased = select(Person.id).where(Person.erased_at.is_not(None))  # the release before left theirs
    db.execute(delete(Address).where(Address.email.in_(emails), Address.person_id.in_(erased)))
    db.add_all([person for _, _, person in made])
    try:
        db.flush()
        db.add_all([Address(person_id=one.id, email=one.email, added_at=now) for _, _, one in made])
        jobs = [_job(person, said, now) for _, said, person in made]
        db.add_all([job for job in jobs if job])
        db.flush()
    except IntegrityError as error:
        raise Unavailable("Someone is making an account with one of these addresses at this moment.") from error
    for (line, said, person), job in zip(made, jobs, strict=True):
        events.person_added(db, person, job)
        taking.did(line, "added", {name: [None, _plain(value)] for name, value in said.items()}, person=person)


def _person(said: Row, now: datetime) -> Person:
    details = {name: said.get(name) for name in ("email", *DETAILS)}
    return Person(id=str(uuid.uuid4()), created_at=now, version=1, granted=[], **details)


def _job(person: Person, said: Row, now: datetime) -> Employment | None:
    work = employments.work_of(person)
    if not any(work.values()):
        return None
    return Employment(person_id=person.id, created_at=now, since=said.get("since"), **work)


def _in_use(db: OrmSession, known: Collection[Person]) -> dict[str, str]:
    """Return whose account is in use, with the code of what by."""
    ids = {person.id for person in known}
    used = {person.id: "role-since" for person in known if person.granted}
    for kind in (Facilitator, PlannedFacilitator):
        used |= dict.fromkeys(db.scalars(select(kind.person_id).where(kind.person_id.in_(ids))), "role-since")
    booked = db.scalars(select(Booking.person_id).where(Booking.person_id.in_(ids)))
    used |= dict.fromkeys(booked, "booked-since")
    return used | {person.id: "signed-in-since" for person in known if person.last_used_at is not None}
