"""What people answered at each moment, and how the answers of the same people changed: without names, from five on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.evaluation import asking, counting
from services.registration.evaluation.answering import WRITTEN
from services.registration.models import Evaluation, EvaluationAnswer
from services.registration.schemas.evaluation import EVALUATION_SCALE, FEW, FEWEST_COUNTED, MOMENTS
from services.runtime.refusals import NotFound

BEFORE: Final = "before"
Said = Mapping[str, tuple[datetime, Any]]  # what each key answered to one question at one moment, and from when on
Counted = dict[str, list[counting.Group]]  # by moment


def report(db: OrmSession, of: str, slug: str, now: datetime) -> dict[str, Any]:
    """Return what a programme or a session was told, as `EvaluationReport` writes it. Raises NotFound.

    There is no part of it: neither a session of a programme, nor a group of people, since two reports that differ by a
    few people would tell what these said.
    """
    evaluation = db.get(Evaluation, asking.subject_of(of, slug))
    if evaluation is None or not evaluation.items:
        raise NotFound("There is no evaluation here.")
    rows = db.scalars(select(EvaluationAnswer).where(EvaluationAnswer.subject == evaluation.subject)).all()
    items = [_of_question(question, evaluation.moments, rows, now) for question in evaluation.items]
    return {"subject": evaluation.subject, "received": _received(db, evaluation), "items": items}


def _received(db: OrmSession, evaluation: Evaluation) -> dict[str, Any]:
    counts = select(EvaluationAnswer.moment, func.count()).where(EvaluationAnswer.subject == evaluation.subject)
    received: dict[str, int] = dict(db.execute(counts.group_by(EvaluationAnswer.moment)).all())
    asked = [moment for moment in MOMENTS if moment in evaluation.moments or moment in received]
    return {moment: _shown(received.get(moment, 0)) for moment in asked}


def _shown(number: int) -> int | str:
    return number if number >= FEWEST_COUNTED else FEW


def _of_question(
    question: asking.Question, moments: list[str], rows: Iterable[EvaluationAnswer], now: datetime
) -> dict[str, Any]:
    said: dict[str, dict[str, tuple[datetime, Any]]] = {moment: {} for moment in MOMENTS}
    for row in rows:
        if question["id"] in row.answers:
            said[row.moment][row.key] = (row.counted_from, row.answers[question["id"]])
    at = [moment for moment in MOMENTS if said[moment] or (moment in moments and question["asked"])]
    counted = {moment: counting.steps(_settled(said[moment]), now) for moment in at}
    return {
        **question,
        "moments": [_at_moment(question, moment, said[moment], counting.last(counted[moment])) for moment in at],
        "changes": [] if question["kind"] in WRITTEN else _changes(question, said, counted, now),
    }


def _settled(said: Said) -> list[counting.Settled]:
    return [(counted_from, key) for key, (counted_from, _) in said.items()]


def _at_moment(question: asking.Question, moment: str, said: Said, group: counting.Group) -> dict[str, Any]:
    is_text = question["kind"] in WRITTEN
    texts = sorted((str(said[key][1]) for key in group), key=str.casefold) if is_text else []  # not as they came
    figures = None if is_text or not group else _figures(question, said, group)
    return {"moment": moment, "answers": _shown(len(group)), "figures": figures, "texts": texts}


def _changes(
    question: asking.Question, said: Mapping[str, Said], counted: Counted, now: datetime
) -> list[dict[str, Any]]:
    """Return how the answers of those who answered before and later changed, to each later moment.

    The figures of those who answered twice stand beside those of everyone, and of those who answered at other moments:
    what cannot be shown without telling what a few of them said is withheld.
    """
    if BEFORE not in counted:
        return []
    shown = {moment: [*groups] for moment, groups in counted.items()}
    changes = []
    for to in (moment for moment in counted if moment != BEFORE):
        both = counting.last(counted[BEFORE]) & counting.last(counted[to])
        settled = [(max(said[BEFORE][key][0], said[to][key][0]), key) for key in both]
        groups = counting.steps(settled, now)
        group = counting.last(groups)
        apart = all(counting.are_apart(group, shown[moment]) for moment in (BEFORE, to))
        is_shown = bool(group) and apart
        if is_shown:
            shown[BEFORE] += groups
            shown[to] += groups
        changes.append(
            {
                "to": to,
                "people": _shown(len(group)),
                "before": _figures(question, said[BEFORE], group) if is_shown else None,
                "after": _figures(question, said[to], group) if is_shown else None,
                "withheld": bool(group) and not apart,
            }
        )
    return changes


def _figures(question: asking.Question, said: Said, group: counting.Group) -> dict[str, Any]:
    """Return the mean of a scale, and how many gave which answer: every one that there is, and none that is not."""
    answers = [said[key][1] for key in group]
    counts = Counter(answers)
    if question["kind"] != "scale":
        return {"mean": None, "counts": [{"answer": one, "people": counts[one]} for one in question["options"]]}
    first, last = EVALUATION_SCALE
    scale = [{"answer": str(number), "people": counts[number]} for number in range(first, last + 1)]
    return {"mean": round(sum(answers) / len(answers), 2), "counts": scale}
