"""What a session asks of those who book it: the team's questions, and what counts as an answer to them."""

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from marshmallow import fields
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Booking, QuestionSet, Session
from services.registration.schemas import KEPT_DAYS, MOST_OPTIONS
from services.runtime.faults import Fault
from services.runtime.limits import OneOf
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from services.runtime.schemas import Schema, Text, load

LONGEST: Final = 200  # characters of one line
FEWEST_OPTIONS: Final = 2
MOST_KEPT: Final = 30  # questions, those included that are kept for their answers alone
WITH_OPTIONS: Final = ("choice", "several")
FIXED: Final = ("kind", "text")  # once it was answered
NOTHING: Final[tuple[Any, ...]] = (None, "", [])

Question = dict[str, Any]


def of_session(db: OrmSession, slug: str) -> list[Question]:
    """Return the questions of a session, those included that are no longer asked."""
    there = db.get(QuestionSet, slug)
    return there.items if there else []


def view(db: OrmSession, slug: str, *, team: bool) -> dict[str, Any]:
    """Return the questions of a session as `QuestionsView` writes them.

    The team sees how many answered each, those that are no longer asked, and those of a draft. Raises NotFound, to
    everyone else, where no such session was published.
    """
    there = db.get(QuestionSet, slug)
    items = there.items if there else []
    if team:
        answered = _answered(db, slug)
        items = [{**question, "answered": answered[question["id"]]} for question in items]
    elif db.get(Session, slug) is None:
        raise NotFound("There is no such session.")
    else:
        items = [question for question in items if question["asked"]]
    kept_days, version = (there.kept_days, there.version) if there else (KEPT_DAYS, 0)
    return {"session": slug, "items": items, "kept_days": kept_days, "version": version}


def ask(db: OrmSession, slug: str, version: int, *, items: list[dict[str, Any]], kept_days: int) -> dict[str, Any]:
    """Have a session ask these questions, in this order, and no others; return them as the team sees them.

    What was answered keeps its meaning: such a question keeps its wording and its kind. Where it is left out, it is not
    asked any more, and stays for its answers. Raises StaleVersion, Invalid.
    """
    session = db.scalar(select(Session).where(Session.slug == slug).with_for_update())  # who books waits, or is done
    there = db.get(QuestionSet, slug, populate_existing=True, with_for_update=True)
    if there is None:
        there = QuestionSet(session_slug=slug, items=[], kept_days=kept_days, version=0)
        db.add(there)
    if version != there.version:
        raise StaleVersion(version=there.version)
    answered = _answered(db, slug)
    known = {question["id"]: question for question in there.items}
    errors = list(_wrong(items, known, answered))
    if answered and kept_days > there.kept_days:
        errors.append(Fault("kept-for-longer", {"max": there.kept_days}).at("kept_days"))
    asked = [{**given, "id": given.get("id") or secrets.token_hex(4), "asked": True} for given in items]
    ids = {question["id"] for question in asked}
    left = [{**question, "asked": False} for id, question in known.items() if answered[id] and id not in ids]
    if len(asked) + len(left) > MOST_KEPT:
        errors.append(Fault("too-many", {"min": 0, "max": MOST_KEPT, "of": "questions"}).at("items"))
    if errors:
        raise Invalid(errors)
    there.items, there.kept_days, there.version = [*asked, *left], kept_days, version + 1
    try:
        db.flush()
    except IntegrityError as error:  # someone else asked the first one at the same moment
        raise StaleVersion(version=1) from error
    if session is not None:
        keep_until(db, session)
        db.flush()
    return view(db, slug, team=True)


def keep_until(db: OrmSession, session: Session) -> None:
    """Note until when answers are kept, where the session asks anything: its dates or its questions may be new."""
    there = db.get(QuestionSet, session.slug)
    asks = there is not None and there.items
    session.answers_until = session.ends_at + timedelta(days=there.kept_days) if there and asks else None


def checked(db: OrmSession, slug: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers to a session's questions as they are kept: only those that say something.

    Raises Invalid with all that are wrong or missing, each at `answers.<id>`.
    """
    asked = {question["id"]: question for question in of_session(db, slug) if question["asked"]}
    tidied = {id: said.strip() if isinstance(said, str) else said for id, said in given.items()}
    said = {id: answer for id, answer in tidied.items() if answer not in NOTHING}
    schema = Schema.from_dict({id: _field(question) for id, question in asked.items()})
    try:
        answers = load(schema(), said)  # type: ignore[arg-type]  # marshmallow says that it is one of its own
    except Invalid as invalid:
        raise Invalid([{**error, "field": f"answers.{error['field']}"} for error in invalid.errors]) from invalid
    return {id: _kept(question, answers[id]) for id, question in asked.items() if id in answers}


def _field(question: Question) -> fields.Field[Any]:
    """Return what takes an answer to the question."""
    required, choice = question["required"], OneOf(question["options"])
    if question["kind"] == "line":
        return Text(LONGEST, required=required)
    if question["kind"] == "choice":
        return fields.String(required=required, validate=choice)
    if question["kind"] == "several":
        return fields.List(fields.String(validate=choice), required=required)
    return fields.Boolean(required=required)


def _kept(question: Question, answer: Any) -> Any:
    """Return an answer as it is kept: several in the order in which they are offered, each once."""
    return [option for option in question["options"] if option in answer] if isinstance(answer, list) else answer


def _answered(db: OrmSession, slug: str) -> Counter[str]:
    """Return by how many bookings each question of a session was answered."""
    rows = db.scalars(select(Booking.answers).where(Booking.session_slug == slug, Booking.answers.is_not(None)))
    return Counter(id for answers in rows if answers for id in answers)


def _wrong(
    items: list[dict[str, Any]], known: Mapping[str, Question], answered: Counter[str]
) -> Iterator[dict[str, Any]]:
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
        if fault := _options_fault(given):
            yield fault.at(f"{at}.options")
        if id is not None:
            ids.add(id)
            changed = _meant_otherwise(given, known[id]) if answered[id] else ()
            yield from (Fault("question-answered").at(f"{at}.{name}") for name in changed)


def _options_fault(given: Mapping[str, Any]) -> Fault | None:
    options = given["options"]
    if given["kind"] not in WITH_OPTIONS:
        return Fault("not-for-kind") if options else None
    if len(options) < FEWEST_OPTIONS:
        return Fault("too-few", {"min": FEWEST_OPTIONS, "max": MOST_OPTIONS, "of": "options"})
    return Fault("repeated") if len({option.casefold() for option in options}) < len(options) else None


def _meant_otherwise(given: Mapping[str, Any], there: Question) -> Iterator[str]:
    """Yield the fields that would give answers another meaning, or more readers than those who gave them were told."""
    yield from (name for name in FIXED if given[name] != there[name])
    if not set(there["options"]) <= set(given["options"]):
        yield "options"
    if given["facilitators"] and not there["facilitators"]:
        yield "facilitators"
