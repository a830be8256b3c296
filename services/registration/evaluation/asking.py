"""What a programme or a session asks its people for an evaluation, as the team writes it.

What was answered keeps its meaning, as with the questions of a booking: see `places/questions.py`.
"""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.registration.evaluation.announcing import evaluation_changed
from services.registration.models import Evaluation, EvaluationAnswer, Session
from services.registration.places.questions import FEWEST_OPTIONS, MOST_KEPT
from services.registration.schemas.evaluation import MOMENTS
from services.registration.schemas.questions import MOST_OPTIONS
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, StaleVersion

PROGRAMMES, SESSIONS = "programmes", "sessions"
KINDS_OF_SUBJECT: Final = (PROGRAMMES, SESSIONS)
FIXED: Final = ("kind", "text", "low", "high")  # once it was answered

Question = dict[str, Any]


def subject_of(of: str, slug: str) -> str:
    """Return what an evaluation is kept under: `of` is `programmes` or `sessions`."""
    assert of in KINDS_OF_SUBJECT
    return f"{of}/{slug}"


def of_session(db: OrmSession, session: Session, *, lock: bool = False) -> Evaluation | None:
    """Return what a session's people are asked: its own questions, or else those of its programme; None for nothing.

    `lock` keeps it from being changed until the transaction ends.
    """
    for subject in (subject_of(SESSIONS, session.slug), subject_of(PROGRAMMES, session.programme)):
        found = db.get(Evaluation, subject, with_for_update={"read": True} if lock else None)
        if found is not None and asked(found):
            return found
    return None


def asked(evaluation: Evaluation) -> list[Question]:
    """Return the questions that are asked."""
    return [question for question in evaluation.items if question["asked"]]


def view(db: OrmSession, of: str, slug: str) -> dict[str, Any]:
    """Return what a programme or a session asks as `EvaluationView` writes it."""
    subject = subject_of(of, slug)
    there = db.get(Evaluation, subject)
    answered = _answered(db, subject) if there else set()
    items = [{**question, "answered": question["id"] in answered} for question in (there.items if there else [])]
    moments, version = (there.moments, there.version) if there else ([], 0)
    return {"subject": subject, "items": items, "moments": moments, "version": version}


def ask(
    db: OrmSession, of: str, slug: str, version: int, *, items: list[dict[str, Any]], moments: list[str]
) -> dict[str, Any]:
    """Have these questions asked, in this order and at these moments, and no others; return them.

    A question that was answered keeps its wording, its kind and its labels, and loses no option. Left out, it is not
    asked any more, and stays for its answers. Raises StaleVersion, Invalid.
    """
    subject = subject_of(of, slug)
    there = db.get(Evaluation, subject, populate_existing=True, with_for_update=True)  # who answers waits, or is done
    if there is None:
        there = Evaluation(subject=subject, items=[], moments=[], version=0)
        db.add(there)
    if version != there.version:
        raise StaleVersion(version=there.version)
    answered = _answered(db, subject)
    known = {question["id"]: question for question in there.items}
    errors = list(_wrong(items, known, answered))
    wanted = [{**given, "id": given.get("id") or secrets.token_hex(4), "asked": True} for given in items]
    ids = {question["id"] for question in wanted}
    left = [{**question, "asked": False} for id, question in known.items() if id in answered and id not in ids]
    if len(wanted) + len(left) > MOST_KEPT:
        errors.append(Fault("too-many", {"min": 0, "max": MOST_KEPT, "of": "questions"}).at("items"))
    if errors:
        raise Invalid(errors)
    there.items, there.version = [*wanted, *left], version + 1
    there.moments = [moment for moment in MOMENTS if moment in moments]
    try:
        db.flush()
    except IntegrityError as error:  # someone else asked the first one at the same moment
        raise StaleVersion(version=1) from error
    evaluation_changed(db, there)
    return view(db, of, slug)


def _answered(db: OrmSession, subject: str) -> set[str]:
    rows = db.scalars(select(EvaluationAnswer.answers).where(EvaluationAnswer.subject == subject))
    return {id for answers in rows for id in answers}


def _wrong(items: list[dict[str, Any]], known: Mapping[str, Question], answered: set[str]) -> Iterator[dict[str, Any]]:
    """Yield what is wrong with the questions that are to be asked, each at its field."""
    ids: set[str] = set()
    texts: set[str] = set()
    for n, given in enumerate(items):
        id, at = given.get("id"), f"items.{n}"
        if id is not None and (id in ids or id not in known):
            yield Fault("repeated" if id in ids else "unknown-name").at(f"{at}.id")
            continue
        if given["text"].casefold() in texts:
            yield Fault("repeated").at(f"{at}.text")
        texts.add(given["text"].casefold())
        yield from ({**fault.at(f"{at}.{name}")} for name, fault in _faults_of_kind(given))
        if id is not None:
            ids.add(id)
            changed = _meant_otherwise(given, known[id]) if id in answered else ()
            yield from (Fault("question-answered").at(f"{at}.{name}") for name in changed)


def _faults_of_kind(given: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    """Yield what is wrong with what only some kinds of questions have: options of a choice, labels of a scale."""
    options = given["options"]
    if given["kind"] != "choice":
        if options:
            yield "options", Fault("not-for-kind")
    elif len(options) < FEWEST_OPTIONS:
        yield "options", Fault("too-few", {"min": FEWEST_OPTIONS, "max": MOST_OPTIONS, "of": "options"})
    elif len({option.casefold() for option in options}) < len(options):
        yield "options", Fault("repeated")
    for label in ("low", "high"):
        if given["kind"] == "scale" and not given[label]:
            yield label, Fault("missing")
        if given["kind"] != "scale" and given[label]:
            yield label, Fault("not-for-kind")


def _meant_otherwise(given: Mapping[str, Any], there: Question) -> Iterator[str]:
    """Yield the fields that would give answers another meaning."""
    yield from (name for name in FIXED if given[name] != there[name])
    if not set(there["options"]) <= set(given["options"]):
        yield "options"
