"""Many bookings in one go: a list of people to be booked, or several bookings to be moved or cancelled.

Each is done by the rule for one, in its order, and the one that is refused changes nothing and stops no other. What
would happen is found out by doing it, and undoing that.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import trial
from services.registration import moves
from services.registration.accounts import addresses
from services.registration.accounts.people import ensure_account
from services.registration.errors import AlreadyBooked, BookingClosed
from services.registration.listed import Listed, read
from services.registration.models import Booking, Person, Session
from services.registration.places import bookings, clashes
from services.registration.places.bookings import BookingRow
from services.registration.places.waiting_list import passing_on_at_the_end, settle, show_at_once
from services.runtime.refusals import Invalid, NotFound, NotSignedIn, Refusal, Unavailable

Row = dict[str, Any]
Problem = Mapping[str, Any]
NOT_OF_THE_LINE = (Unavailable, NotSignedIn)  # said of the moment: the whole is to be tried again


def foresee_list(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Return what `book_list` would, but for references that nobody has. Nothing is kept. Raises what that does."""
    with trial(db):
        told = book_list(db, caller, slug, given, now)
    return {
        **told,
        "items": [{**row, "reference": row["reference"] if row["problem"] else None} for row in told["items"]],
    }


def book_list(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Book everyone on the list `csv` for the session, as `book_for` books one; return what became of each line.

    Raises NotFound, SessionCancelled, BookingClosed, and Invalid where there is nothing to read or the mode is missing.
    """
    lines = read(given["csv"])
    known = {line.email: addresses.owner(db, line.email) for line in lines if line.fault is None}
    lock_people(db, [person.id for person in known.values() if person])
    if _takes_everyone(db, slug, given["if_full"]):
        _make_accounts(db, lines, known, now)
    session = Session.locked(db, slug)
    session.check_open(now, early=True)
    mode, if_full = session.mode_for(given.get("mode")), given["if_full"]
    settle(db, session, now)
    rows: list[Row] = []
    first: dict[str, int] = {}  # by address, and by the reference of a booking that was made here: the line
    for line in lines:
        row = _row(line)
        try:
            _check_line(line, known.get(line.email), first)
            with _step(db):
                made = bookings.book_for(
                    db, caller, now, slug, line.email, line.name or None, mode=mode, if_full=if_full
                )
            row |= _booked(made, is_new=known[line.email] is None)
            row["clash"] = _clash(db, made, session)
            first[made["reference"]] = line.line
        except NOT_OF_THE_LINE:
            raise
        except Refusal as refusal:
            row["problem"] = _repeated(refusal, first) or problem_of(refusal)
            row["reference"] = refusal.facts.get("reference") if isinstance(refusal, AlreadyBooked) else None
        first.setdefault(line.email, line.line)
        rows.append(row)
    show_at_once(db, session)
    return counted(rows)


def foresee_moves(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Return what `move` would. Nothing is kept. Raises what that does."""
    with trial(db):
        return move(db, caller, slug, given, now)


def move(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Move bookings of the session `slug` to another one, as one is moved; return what became of each.

    What they leave is passed on once all have left. Raises NotFound, SessionCancelled, BookingClosed, Invalid.
    """
    wanted = {name: given[name] for name in ("session", "mode", "allow_clash") if name in given}
    chosen = chosen_of(db, slug, given["references"])
    lock_people(db, [booking.person_id for booking in chosen.values()])
    both = {name: Session.locked(db, name) for name in sorted({slug, wanted["session"]})}
    if wanted["session"] == slug:
        raise Invalid.field("session", "same-session")
    there = both[wanted["session"]]
    there.check_open(now, early=there.by_application)

    def one(reference: str) -> BookingRow:
        return moves.move(db, caller, reference, now, **wanted)

    with passing_on_at_the_end(db, both[slug], now):
        rows = each(db, given["references"], chosen, one)
    show_at_once(db, both[wanted["session"]])
    return counted(rows)


def foresee_cancellations(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Return what `cancel` would. Nothing is kept. Raises what that does."""
    with trial(db):
        return cancel(db, caller, slug, given, now)


def cancel(db: OrmSession, caller: Person, slug: str, given: Mapping[str, Any], now: datetime) -> Row:
    """Cancel bookings of the session, as one is cancelled; return what became of each.

    Their places go to those who are still waiting once all have left. Raises NotFound.
    """
    session = Session.locked(db, slug)
    chosen = chosen_of(db, slug, given["references"])

    def one(reference: str) -> BookingRow:
        if not chosen[reference].live:
            raise BookingClosed("This booking has been cancelled.")
        return bookings.cancel(db, caller, reference, now, given.get("reason"))

    with passing_on_at_the_end(db, session, now):
        rows = each(db, given["references"], chosen, one)
    show_at_once(db, session)
    return counted(rows)


def each(
    db: OrmSession, references: Sequence[str], chosen: Mapping[str, Booking], do: Callable[[str], BookingRow]
) -> list[Row]:
    """Do it to each that is named, in that order, and return what became of it; `chosen` are those that there are."""
    rows = []
    for reference in references:
        booking = chosen.get(reference.upper())
        row: Row = {"reference": reference.upper(), "was": None, "state": None, "person": None, "problem": None}
        if booking is not None:
            person = db.get_one(Person, booking.person_id)
            who = {
                name: getattr(person, name) for name in ("id", "name", "email", "sector", "organisation", "job_role")
            }
            row |= {"was": booking.shown_state, "person": who}
        try:
            if booking is None:
                raise NotFound("This session has no such booking.")
            with _step(db):
                row["state"] = do(booking.reference)["state"]
        except NOT_OF_THE_LINE:
            raise
        except Refusal as refusal:
            row["problem"] = problem_of(refusal)
        rows.append(row)
    return rows


@contextmanager
def _step(db: OrmSession) -> Iterator[None]:
    """Do what is inside, or nothing of it where it is refused: then nobody hears of it, and the rest goes on."""
    said = dict(db.info)
    try:
        with db.begin_nested():
            yield
    except Refusal:
        db.info.clear()
        db.info.update(said)
        raise


def chosen_of(db: OrmSession, slug: str, references: Sequence[str]) -> dict[str, Booking]:
    """Return the bookings of the session that are named, by reference. Raises NotFound."""
    if db.get(Session, slug) is None:
        raise NotFound("There is no such session.")
    named = select(Booking).where(Booking.reference.in_([reference.upper() for reference in references]))
    rows = db.scalars(named.where(Booking.session_slug == slug).execution_options(populate_existing=True))
    return {booking.reference: booking for booking in rows}


def lock_people(db: OrmSession, ids: Sequence[str]) -> None:
    """Lock them in one order, and before any session, as whoever books one does: nobody waits in a ring."""
    theirs = select(Person).where(Person.id.in_(ids)).order_by(Person.id)
    db.execute(theirs.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def _takes_everyone(db: OrmSession, slug: str, if_full: str) -> bool:
    """Tell whether everyone on a list would have a place or wait for one."""
    session = db.get(Session, slug)
    return session is not None and session.waiting_list != "none" and if_full == "wait"


def _make_accounts(db: OrmSession, lines: Sequence[Listed], known: Mapping[str, Person | None], now: datetime) -> None:
    """Give an account to all who have none: before the session is locked, for which others wait meanwhile."""
    new = [line for line in lines if line.fault is None and line.name and known[line.email] is None]
    for line in {line.email: line for line in reversed(new)}.values():
        with suppress(Invalid), _step(db):  # who is refused one is told of it in their line
            ensure_account(db, line.email, now, line.name)


def _check_line(line: Listed, person: Person | None, first: Mapping[str, int]) -> None:
    """Raise Invalid with what is wrong with the line before anyone is booked."""
    if line.fault is not None:
        raise Invalid([line.fault])
    if line.email in first:
        raise Invalid.field("email", "listed-twice", line=first[line.email])
    if person is None and not line.name:
        raise Invalid.field("name", "name-missing")


def _repeated(refusal: Refusal, first: Mapping[str, int]) -> Problem | None:
    """Return what is wrong where a line before it, with another address of the same person, booked them."""
    before = first.get(refusal.facts.get("reference", "")) if isinstance(refusal, AlreadyBooked) else None
    return problem_of(Invalid.field("email", "listed-twice", line=before)) if before else None


def problem_of(refusal: Refusal) -> Problem:
    """Return a refusal as what is wrong with one line: `{code, detail, field}`; the first, where there are several."""
    if isinstance(refusal, Invalid):
        error = refusal.errors[0]
        return {"code": error["code"], "detail": error["message"], "field": error["field"]}
    return {"code": refusal.code, "detail": refusal.detail, "field": None}


def _row(line: Listed) -> Row:
    nothing = dict.fromkeys(("reference", "state", "mode", "position", "name_used", "clash", "problem"))
    return {"line": line.line, "email": line.email, "name": line.name or None, "new_account": False, **nothing}


def _booked(made: Mapping[str, Any], *, is_new: bool) -> Row:
    told = {name: made[name] for name in ("reference", "state", "mode", "position", "name_used")}
    return {**told, "name": made["person"].name, "new_account": is_new}


def _clash(db: OrmSession, made: Mapping[str, Any], session: Session) -> Row | None:
    found = clashes.clashing(db, made["person"].id, session)
    return {"session": found.session.slug, "title": found.session.title} if found else None


def counted(rows: list[Row]) -> Row:
    """Return the rows with how many of them were done, and how many were refused."""
    refused = sum(row["problem"] is not None for row in rows)
    return {"items": rows, "done": len(rows) - refused, "refused": refused}
