"""Two accounts of one person become one, and two again: membership, blocks, introductions and seats.

Where they worked is told by registration, of each account by itself. What one person alone would have with themselves,
such as a block of oneself, is set aside until the merge is undone. Out of the community is who was out by either
account, and a block of either stays.
"""

from typing import Any

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.orm import Session as OrmSession

from services.bus import handover
from services.bus.envelope import Envelope
from services.community import bookings, closing, members, people
from services.community.models import (
    Block,
    Booking,
    ConfirmedOrganisation,
    Employment,
    Introduction,
    Member,
    MergeMove,
    Person,
    Removal,
    Report,
    Seat,
    ToldOfSitting,
)
from services.community.reach import facts


def merge(db: OrmSession, event: Envelope) -> None:
    """Have an account be a part of another: by itself it is nobody any more. Raises NotYetKnown."""
    told = event.data
    kept, merged = Person.known(db, told["into"]), Person.locked(db, told["id"])
    if merged.erased or not merged.is_behind(event.version):
        return
    is_news = merged.merged_into is None
    merged.version, merged.merged_into = event.version, kept.id
    if is_news and not kept.erased:
        _hand_over(db, kept, merged)
    merged.email = merged.name = merged.sector = merged.organisation = None
    if told["undo_until"] is None:
        handover.forget(db, MergeMove, merged.id)
        db.execute(delete(Employment).where(Employment.person == merged.id))


def part(db: OrmSession, event: Envelope) -> None:
    """Have an account that was a part of another be one by itself, with what came from it. Raises NotYetKnown."""
    told = event.data
    kept, merged = Person.known(db, told["from_"]), Person.locked(db, told["id"])
    if merged.erased or not merged.is_behind(event.version):
        return
    handover.give_back(db, MergeMove, merged.id, kept.id)
    _pair_again(db, kept.id, merged.id)
    merged.version, merged.merged_into = event.version, None
    people.take_over(db, merged, event)
    for person in (kept, merged):
        facts.person_changed(db, person)


def reassign(db: OrmSession, event: Envelope) -> None:
    """Take over whose booking it is now, where they sit by it, and at which meetings they were. Raises NotYetKnown."""
    told = event.data
    person = Person.known(db, told["person"])
    if person.erased:
        return
    booking = Booking.locked(db, told["reference"])
    if not booking.is_behind(event.version):
        return
    before = booking.person
    if before is not None:
        bookings.forget_presence(db, booking)
    booking.version = booking.attendance_version = event.version
    for name in ("person", "session", "mode", "state", "attendance"):
        setattr(booking, name, told[name])
    db.flush()
    _seat(db, booking, before)
    bookings.note_presence(db, booking, told["meetings"])
    facts.keep(db, [booking])


def _hand_over(db: OrmSession, kept: Person, merged: Person) -> None:
    pair = (merged.id, kept.id)
    db.flush()
    members.lock(db, *pair)
    _set_aside_what_is_between(db, *pair)
    handover.hand_over(db, MergeMove, Block.by, *pair, once=(Block.person,))
    handover.hand_over(db, MergeMove, Block.person, *pair, once=(Block.by,))
    _hand_over_introductions(db, *pair)
    for column in (Report.by, Report.person, Report.dealt_with_by, Removal.by, ConfirmedOrganisation.confirmed_by):
        handover.hand_over(db, MergeMove, column, *pair)
    handover.hand_over(db, MergeMove, ToldOfSitting.person, *pair, once=(ToldOfSitting.session,))
    _hand_over_membership(db, *pair)
    for other in db.scalars(select(Block.person).where(Block.by == kept.id)).all():
        closing.close(db, kept.id, other)
    for other in db.scalars(select(Block.by).where(Block.person == kept.id)).all():
        closing.close(db, other, kept.id)
    facts.person_changed(db, kept)


def _set_aside_what_is_between(db: OrmSession, merged: str, kept: str) -> None:
    """Nobody blocks, meets or reports themselves."""
    for kind, one, other in (
        (Block, Block.by, Block.person),
        (Introduction, Introduction.by, Introduction.to),
        (Report, Report.by, Report.person),
    ):
        table = kind.__table__
        between = or_(and_(one == merged, other == kept), and_(one == kept, other == merged))
        for row in db.execute(select(table).where(between)).mappings().all():
            handover.set_aside(db, MergeMove, one, merged, dict(row))


def _hand_over_introductions(db: OrmSession, merged: str, kept: str) -> None:
    """Of two that are open with one other person, the kept account's stays."""
    mine = or_(Introduction.first == kept, Introduction.second == kept)
    still_open = db.scalars(select(Introduction).where(mine, Introduction.state == "proposed")).all()
    others = {row.other_than(kept) for row in still_open}
    for column, other in ((Introduction.by, Introduction.to), (Introduction.to, Introduction.by)):
        table = Introduction.__table__
        twice = select(table).where(column == merged, other.in_(others), Introduction.state == "proposed")
        for row in db.execute(twice).mappings().all():
            handover.set_aside(db, MergeMove, column, merged, dict(row))
        handover.hand_over(db, MergeMove, column, merged, kept)
    _pair_again(db, kept)


def _pair_again(db: OrmSession, *people: str) -> None:
    """Have introductions of these people say of whom they are."""
    theirs = select(Introduction).where(or_(Introduction.by.in_(people), Introduction.to.in_(people)))
    for row in db.scalars(theirs.order_by(Introduction.position)).all():
        row.first, row.second = sorted((row.by, row.to))
    db.flush()


def _hand_over_membership(db: OrmSession, merged: str, kept: str) -> None:
    """Out by either account is out; else a member by either is one, but for who left by the account that is kept."""
    mine, theirs = (db.scalar(select(Removal).where(Removal.person == person)) for person in (kept, merged))
    if theirs is not None and theirs.let_in_at is None and (mine is None or mine.let_in_at is not None):
        _set_aside(db, Removal.person, merged, kept)
        handover.hand_over(db, MergeMove, Removal.person, merged, kept)
        members.leave(db, {"id": kept})
    else:
        _set_aside(db, Removal.person, merged, merged)
    out = db.scalar(select(Removal.person).where(Removal.person == kept, Removal.let_in_at.is_(None)))
    if out is not None or db.scalar(select(Member.person).where(Member.person == kept)) is not None:
        _set_aside(db, Member.person, merged, merged)
    else:
        handover.hand_over(db, MergeMove, Member.person, merged, kept)


def _set_aside(db: OrmSession, column: Any, merged: str, whose: str) -> None:
    """Set aside, until the merge of this account is undone, what someone has in that column's table."""
    table = column.class_.__table__
    for row in db.execute(select(table).where(column == whose)).mappings().all():
        handover.set_aside(db, MergeMove, column, merged, dict(row))


def _seat(db: OrmSession, booking: Booking, before: str | None) -> None:
    """Have whoever has the booking now sit where it says; of two seats in a round the one that is theirs already stays.

    Who gave the place up has no seat by it, where they have another.
    """
    if before in (None, booking.person):
        return
    for seat in db.scalars(select(Seat).where(Seat.reference == booking.reference, Seat.person == before)).all():
        there = db.get(Seat, (seat.plan, seat.round, booking.person))
        if there is not None and booking.state != "confirmed":
            db.delete(seat)
            continue
        if there is not None:
            db.delete(there)
            db.flush()
        theirs = (Seat.plan == seat.plan, Seat.round == seat.round, Seat.person == before)
        db.execute(update(Seat).where(*theirs).values(person=booking.person))
        db.expire(seat)
