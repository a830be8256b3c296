"""Looking for the seats of one plan after the other: no transaction is open meanwhile, and no call waits for it.

A search keeps a processor busy for seconds. It runs in a process of its own, so that this one goes on answering.
"""

import json
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session as OrmSession

from services.community.models import Plan, Session
from services.community.seating import Gathering
from services.community.seating.gathering import Round
from services.community.table_people import gathering_of, seatable
from services.community.tables import keep_seats, people_of, rounds_of
from services.community.worker_process import LONGEST, NotDone, have_done

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=LONGEST + 30)  # after which another process takes on a plan that nobody finished

Rounds = tuple[Round, ...]
Search = Callable[[Gathering, int], Rounds]
Begin = Callable[[], AbstractContextManager[OrmSession]]


def make_next(begin: Begin, search: Search, now: Callable[[], datetime]) -> bool:
    """Make the plan that has been waiting longest; return whether there was one. `begin` opens a transaction."""
    with begin() as db:
        plan = _take(db, now())
        if plan is None:
            return False
        id, version, seed = plan.id, plan.version, plan.wishes["seed"]
        gathering = _gathering(db, plan)
    try:
        rounds = search(gathering, seed)
    except NotDone:
        log.exception("no tables were found for plan %d", id)
        rounds = ()
    with begin() as db:
        _keep(db, id, version, rounds, now())
    return True


def search_apart(gathering: Gathering, seed: int) -> Rounds:
    """Have another process seat a gathering, and wait for it. Raises NotDone."""
    asked = json.dumps({**asdict(gathering), "met": sorted(gathering.met), "seed": seed})
    rounds = have_done("services.community.seating_process", asked)
    return tuple(tuple(tuple(table) for table in tables) for tables in rounds)


def _take(db: OrmSession, now: datetime) -> Plan | None:
    waiting = select(Plan).where(Plan.making == "wanted", or_(Plan.taken_at.is_(None), Plan.taken_at < now - LEASE))
    plan = db.scalar(waiting.order_by(Plan.made_at, Plan.id).limit(1).with_for_update(skip_locked=True))
    if plan is not None:
        plan.taken_at = now
        db.flush()
    return plan


def _gathering(db: OrmSession, plan: Plan) -> Gathering:
    session = db.get_one(Session, plan.session)
    guests = seatable(db, session, plan.wishes["who"])
    return gathering_of(db, session, guests, plan.size, plan.rounds, plan.wishes)


def _keep(db: OrmSession, id: int, version: int, rounds: Rounds, now: datetime) -> None:
    """Keep what was found, unless something else was wanted meanwhile."""
    plan = db.get(Plan, id, with_for_update=True)
    if plan is None or plan.version != version or plan.making != "wanted":
        return
    if rounds:
        keep_seats(db, plan, rounds, people_of(db, plan.session))
    else:
        plan.rounds = len(rounds_of(db, plan)) or plan.rounds  # those from before stand
    plan.making, plan.taken_at = None if rounds else "failed", None
    plan.version, plan.made_at = plan.version + 1, now
