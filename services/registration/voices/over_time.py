"""What people thought of the sessions of a period, and what became of what they pledged: figures, without names."""

from collections import Counter, defaultdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Feedback, Session
from services.registration.periods import within
from services.registration.schemas import DID, FEWEST_ANSWERS, SCALE
from services.runtime.to_share import rounded

Counts = Counter[tuple[int, bool, str | None]]  # by how useful it was, whether they pledged, and what became of that


def feedback(
    db: OrmSession, now: datetime, *, first: date | None, last: date | None, programme: str | None, shared: bool
) -> dict[str, Any]:
    """Return `{sessions, answers, useful, pledged, pledges_answered, did}` of the sessions that ended in a period.

    A session of which fewer than three people said what they thought is left out, as it is on the session's own page:
    or two periods that differ by it would tell what one person said. So it is with the answers about pledges. `useful`
    and `did` are null where nothing is left. `shared`: as it may leave the house. Raises Invalid.
    """
    in_period = within(Session.ends_at, first, last)
    over = select(Session.slug).where(Session.ends_at <= now, Session.status != "cancelled", *in_period)
    if programme:
        over = over.where(Session.programme == programme)
    sessions = db.scalar(select(func.count()).select_from(over.subquery())) or 0
    said = (Feedback.useful, Feedback.pledged, Feedback.did)
    of_each = select(Feedback.session_slug, *said, func.count()).where(Feedback.session_slug.in_(over))
    counts: dict[str, Counts] = defaultdict(Counter)
    for slug, useful, pledged, did, number in db.execute(of_each.group_by(Feedback.session_slug, *said)):
        counts[slug][useful, pledged, did] += number
    told = _added_up([each for each in counts.values() if each.total() >= FEWEST_ANSWERS])
    return {"sessions": sessions, **(_shared(told) if shared else told)}


def _added_up(sessions: list[Counts]) -> dict[str, Any]:
    useful: Counter[int] = Counter()
    became: Counter[str] = Counter()
    pledged = 0
    for each in sessions:
        did: Counter[str] = Counter()
        for (number, has_pledged, outcome), people in each.items():
            useful[number] += people
            pledged += people if has_pledged else 0
            if outcome is not None:
                did[outcome] += people
        if did.total() >= FEWEST_ANSWERS:
            became += did
    answers, first, last = useful.total(), *SCALE
    return {
        "answers": answers,
        "useful": {
            "mean": round(sum(number * people for number, people in useful.items()) / answers, 2),
            "counts": {str(number): useful[number] for number in range(first, last + 1)},
        }
        if answers
        else None,
        "pledged": pledged,
        "pledges_answered": became.total(),
        "did": {outcome: became[outcome] for outcome in DID} if became else None,
    }


def _shared(told: dict[str, Any]) -> dict[str, Any]:
    """Return the figures as they may be shared; a mean of fewer than five answers is left out."""
    useful, did = told["useful"], told["did"]
    few = isinstance(rounded(told["answers"]), str)
    return {
        **{name: rounded(told[name]) for name in ("answers", "pledged", "pledges_answered")},
        "useful": useful
        and {
            "mean": None if few else round(useful["mean"], 1),
            "counts": {number: rounded(people) for number, people in useful["counts"].items()},
        },
        "did": did and {outcome: rounded(people) for outcome, people in did.items()},
    }
