"""What the team is shown of a session's tables, and everybody of their own."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Booking, Person, Plan, Seat, Session
from services.community.seating import Plan as Seating
from services.community.seating import score
from services.community.seating.gathering import Pair, Round, pairs_at
from services.community.table_people import Guests, checked_in, gathering_of, kind_of, mode_of, seatable
from services.community.tables import NO_TABLES, come_and_gone, found, rounds_of, session_of
from services.runtime.refusals import Invalid, NotFound

STATUSES = ("draft", "published")
MOST_AT_ONCE = 100
Facts = dict[str, Any]


def people(db: OrmSession, slug: str) -> Facts:
    """Return who can be seated, and in what: `{kind, items}`. Raises NotFound."""
    session = session_of(db, slug)
    guests = seatable(db, session)
    return {"kind": kind_of(session), "items": _listed(db, session, guests, guests)}


def view(db: OrmSession, slug: str, status: str | None, *, with_met: bool = True) -> Facts:
    """Return the draft or what is published, whichever is asked for; else the draft, where there is one.

    Without `with_met`, it is for whoever facilitates the session, who is told of nobody whom they have met elsewhere.
    Raises NotFound, Invalid.
    """
    session = session_of(db, slug)
    if status is not None and status not in STATUSES:
        raise Invalid.field("status", "not-a-choice", choices=[*STATUSES])
    plan = next((plan for one in ([status] if status else STATUSES) if (plan := found(db, slug, one))), None)
    if plan is None:
        raise NotFound(NO_TABLES)
    seen = _seen(db, session, plan)
    if not with_met:
        for seat in (seat for tables in seen["rounds"] for table in tables for seat in table):
            del seat["new"]
    return seen


def _seen(db: OrmSession, session: Session, plan: Plan) -> Facts:
    rounds = rounds_of(db, plan)
    known, guests = _seated(db, plan), seatable(db, session, plan.wishes["who"])
    gathering = gathering_of(db, session, known, plan.size, plan.rounds, plan.wishes)
    counted = score(Seating(gathering, rounds))
    come, gone = come_and_gone(rounds, guests)
    changed = {"come": sorted(come), "gone": sorted(gone)} if rounds else {"come": [], "gone": []}
    everybody = {**guests, **known}
    return {
        **{name: getattr(plan, name) for name in ("status", "version", "size", "made_at", "published_at")},
        "session": session.slug,
        "kind": kind_of(session),
        "being_made": plan.making == "wanted",
        "failed": plan.making == "failed",
        "who": plan.wishes["who"],
        "wishes": plan.wishes,
        "rounds": _with_names(rounds, known, gathering.met, {*gathering.hosts}),
        "score": counted,
        "broken": [
            {"rule": broken.rule, "round": broken.round + 1, "references": broken.people} for broken in counted.broken
        ],
        "changed": {name: _listed(db, session, everybody, told) for name, told in changed.items()},
    }


def _seated(db: OrmSession, plan: Plan) -> Guests:
    query = select(Seat.reference, Person).join(Person, Person.id == Seat.person).where(Seat.plan == plan.id)
    return dict(db.execute(query.distinct().order_by(Seat.reference)).all())


def _with_names(
    rounds: Sequence[Round], known: Guests, met_before: Collection[Pair], hosts: Collection[str]
) -> list[list[list[Facts]]]:
    """Return the tables with names, hosts first, and whom each meets there for the first time."""
    met = {*met_before}
    shown = []
    for tables in rounds:
        new = [{pair for pair in pairs_at(table) if pair not in met} for table in tables]
        shown.append(
            [
                sorted(
                    (_seat(one, known[one], sum(one in pair for pair in first)) for one in table),
                    key=lambda seat: (seat["reference"] not in hosts, _by_name(seat)),
                )
                for table, first in zip(tables, new, strict=True)
            ]
        )
        met.update(*new)
    return shown


def _seat(reference: str, person: Person, new: int) -> Facts:
    return {"reference": reference, **_who(person), "new": new}


def _who(person: Person) -> Facts:
    return {"name": person.name, "sector": person.sector, "organisation": person.organisation}


def _by_name(told: Mapping[str, Any]) -> tuple[str, str]:
    return (told["name"] or "").casefold(), told["reference"]


def _listed(db: OrmSession, session: Session, guests: Guests, references: Collection[str]) -> list[Facts]:
    there = checked_in(db, session) if references else set()
    rows = [{"reference": one, **_who(guests[one]), "checked_in": one in there} for one in references]
    return sorted(rows, key=_by_name)


def own(db: OrmSession, person: str, reference: str) -> Facts:
    """Return where the person sits by a booking of theirs, once that is published. Raises NotFound."""
    items = own_of(db, person, [reference])["items"]
    if not items:
        raise NotFound("There is no table for such a booking of yours, or it is not published yet.")
    return dict(items[0])


def own_of(db: OrmSession, person: str, references: Sequence[str]) -> Facts:
    """Return where the person sits by these of their bookings, where that is published. Raises Invalid."""
    if len(references) > MOST_AT_ONCE:
        raise Invalid.field("references", "too-many-bookings", max=MOST_AT_ONCE)
    wanted = [reference.upper() for reference in references]
    query = select(Seat, Plan, Session, Booking.mode).join(Plan, Plan.id == Seat.plan)
    query = (
        query.join(Session, Session.slug == Plan.session)
        .join(Booking, Booking.reference == Seat.reference)
        .where(Seat.person == person)
    )
    query = query.where(Seat.reference.in_(wanted), Plan.status == "published", Booking.state == "confirmed")
    # A booking that has moved to another session has no seat in that one.
    query = query.where(Booking.session == Plan.session).order_by(Seat.reference, Seat.round)
    items: dict[str, Facts] = {}
    for seat, plan, session, mode in db.execute(query):
        if mode != mode_of(session):  # nobody online has a table in the room
            continue
        mine = items.setdefault(
            seat.reference,
            {
                "reference": seat.reference,
                "session": plan.session,
                "kind": kind_of(session),
                "tables": [{"round": n, "table": None} for n in range(1, plan.rounds + 1)],
            },
        )
        mine["tables"][seat.round - 1]["table"] = seat.table
    return {"items": list(items.values())}


def of_person(db: OrmSession, person: str) -> list[Facts]:
    """Return every seat of the person, for the export of what is held on them."""
    query = select(Plan.session, Plan.status, Seat.reference, Seat.round, Seat.table).join(Plan, Plan.id == Seat.plan)
    rows = db.execute(query.where(Seat.person == person).order_by(Plan.session, Plan.status, Seat.round))
    return [dict(row._mapping) for row in rows]
