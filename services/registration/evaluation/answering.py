"""What one person is asked for an evaluation, and answers; their answers are linked by a key that nobody is shown."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from marshmallow import fields
from sqlalchemy import delete, select
from sqlalchemy.orm import Session as OrmSession

from services.registration.accounts.people import lock
from services.registration.errors import EvaluationNotOpen
from services.registration.evaluation import asking, moments
from services.registration.evaluation.announcing import evaluation_answered
from services.registration.models import Booking, Evaluation, EvaluationAnswer, EvaluationLink, Person, Session
from services.registration.schemas.evaluation import EVALUATION_SCALE, MOMENTS
from services.runtime.faults import Fault
from services.runtime.limits import OneOf, Range
from services.runtime.refusals import Invalid, NotFound
from services.runtime.retention import period
from services.runtime.schemas import Schema, Text, load

LINE, TEXT = 200, 1000  # characters
WRITTEN: Final = ("line", "text")
HAD_A_PLACE: Final = ("confirmed", "attended", "partly_attended")
NONE_NOW: Final = "There is nothing to answer for this session now."


def form(db: OrmSession, person: Person, slug: str, now: datetime) -> dict[str, Any]:
    """Return what the person is asked of a session now, as `EvaluationForm` writes it.

    Raises NotFound, EvaluationNotOpen.
    """
    session, evaluation = _of(db, slug)
    moment = _moment(db, person, session, evaluation, now)
    given = _given(db, evaluation.subject, person, moment)
    return _view(session, evaluation, moment, given)


def open_form(db: OrmSession, person: Person, session: Session, now: datetime) -> dict[str, Any] | None:
    """Return at which moment the person can answer now as `moment`, and whether they have; None if they cannot."""
    try:
        there = form(db, person, session.slug, now)
    except (NotFound, EvaluationNotOpen):
        return None
    return {"moment": there["moment"], "answered": there["answers"] is not None}


def answer(
    db: OrmSession, person: Person, slug: str, now: datetime, moment: str, answers: Mapping[str, Any]
) -> dict[str, Any]:
    """Keep what the person answers at this moment, in place of what they said before; return it with the form.

    They answer once for each moment, whichever of the programme's sessions they came to. The same again changes
    nothing. Raises NotFound, EvaluationNotOpen, Invalid.
    """
    lock(db, person)  # so that two answers at once are one row, and none outlives its owner
    session, evaluation = _of(db, slug, lock=True)
    if _moment(db, person, session, evaluation, now) != moment:
        raise EvaluationNotOpen(NONE_NOW)
    said = _checked(evaluation, answers)
    given = _given(db, evaluation.subject, person, moment)
    if given is None:
        key = _link(db, evaluation.subject, person, session)
        given = EvaluationAnswer(key=key, subject=evaluation.subject, moment=moment, answers=said, version=1)
        db.add(given)
    elif given.answers == said:
        return _view(session, evaluation, moment, given)
    else:
        given.answers, given.version = said, given.version + 1
    given.counted_from, given.given_at = moments.window(session, moment)[1], now
    db.flush()
    if given.version == 1:
        evaluation_answered(db, person.id, given, now)
    return _view(session, evaluation, moment, given)


def of_person(db: OrmSession, person: Person) -> list[dict[str, Any]]:
    """Return all that the person answered, in words, for the export of what is held on them."""
    theirs = select(EvaluationLink, EvaluationAnswer).join(EvaluationAnswer, EvaluationAnswer.key == EvaluationLink.key)
    theirs = theirs.where(EvaluationLink.person_id == person.id).order_by(EvaluationAnswer.id)
    return [
        {
            "about": link.subject,
            "moment": row.moment,
            "answers": _in_words(db, row),
            "given_at": row.given_at,
            "counted_from": row.counted_from,
            "linked_until": link.linked_until,
        }
        for link, row in db.execute(theirs)
    ]


def erase(db: OrmSession, person: Person) -> None:
    """Leave of what the person answered the figures, and nothing that leads to them."""
    unlink(db, db.scalars(select(EvaluationLink.key).where(EvaluationLink.person_id == person.id)).all())


def unlink(db: OrmSession, keys: Sequence[str]) -> None:
    """Forget whose these keys are, and what they wrote in words of their own, which may say it."""
    forget_texts(db, keys)
    db.execute(delete(EvaluationLink).where(EvaluationLink.key.in_(keys)))


def forget_texts(db: OrmSession, keys: Sequence[str]) -> None:
    """Leave of the answers of these keys what was chosen, and neither words nor a time."""
    for row in db.scalars(select(EvaluationAnswer).where(EvaluationAnswer.key.in_(keys))).all():
        evaluation = db.get_one(Evaluation, row.subject)
        chosen = {question["id"] for question in evaluation.items if question["kind"] not in WRITTEN}
        row.answers = {id: said for id, said in row.answers.items() if id in chosen}
        row.given_at = None
    db.flush()


def _of(db: OrmSession, slug: str, *, lock: bool = False) -> tuple[Session, Evaluation]:
    session = db.get(Session, slug)
    evaluation = asking.of_session(db, session, lock=lock) if session else None
    if session is None or evaluation is None:
        raise NotFound("This session asks for no evaluation.")
    return session, evaluation


def _moment(db: OrmSession, person: Person, session: Session, evaluation: Evaluation, now: datetime) -> str:
    """Return the moment that the person can answer at now. Raises EvaluationNotOpen."""
    states = _states(db, person, [session.slug])
    if states == ["absent"]:
        raise EvaluationNotOpen("Our list says that you were not there. Tell the team if that is wrong.")
    if not any(state in HAD_A_PLACE for state in states):
        raise EvaluationNotOpen("These questions are for people who have a place in the session.")
    moment = moments.open_at(session, evaluation.moments, now) if session.status != "cancelled" else None
    if moment is None or (moment == "before" and _has_begun(db, person, evaluation, now)):
        raise EvaluationNotOpen(NONE_NOW)
    given = _given(db, evaluation.subject, person, moment)
    if given is not None and given.counted_from <= now:
        raise EvaluationNotOpen("You have answered these questions, and your answers are counted.")
    return moment


def _has_begun(db: OrmSession, person: Person, evaluation: Evaluation, now: datetime) -> bool:
    """Tell whether the person came to another session of the same evaluation: what they say now is not “before”."""
    of, _, slug = evaluation.subject.partition("/")
    if of == asking.SESSIONS:
        return False
    begun = select(Session.slug).where(Session.programme == slug, Session.starts_at <= now)
    return any(state in HAD_A_PLACE for state in _states(db, person, db.scalars(begun).all()))


def _states(db: OrmSession, person: Person, slugs: Sequence[str]) -> list[str]:
    theirs = select(Booking).where(Booking.person_id == person.id, Booking.session_slug.in_(slugs))
    return [booking.shown_state for booking in db.scalars(theirs) if booking.shown_state != "cancelled"]


def _given(db: OrmSession, subject: str, person: Person, moment: str) -> EvaluationAnswer | None:
    theirs = select(EvaluationAnswer).join(EvaluationLink, EvaluationLink.key == EvaluationAnswer.key)
    theirs = theirs.where(EvaluationLink.subject == subject, EvaluationLink.person_id == person.id)
    return db.scalar(theirs.where(EvaluationAnswer.moment == moment))


def _link(db: OrmSession, subject: str, person: Person, session: Session) -> str:
    """Return the key of the person's answers to this evaluation, which is theirs until some time after the session."""
    until = session.ends_at + period("evaluation_links")
    theirs = (EvaluationLink.subject == subject, EvaluationLink.person_id == person.id)
    there = db.scalar(select(EvaluationLink).where(*theirs))
    if there is None:
        there = EvaluationLink(key=str(uuid.uuid4()), subject=subject, person_id=person.id, linked_until=until)
        db.add(there)
    there.linked_until = max(there.linked_until, until)
    return there.key


def _checked(evaluation: Evaluation, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answers as they are kept: only those that say something. No question has to be answered, but one.

    Raises Invalid with all that are wrong, each at `answers.<id>`.
    """
    tidied = {id: said.strip() if isinstance(said, str) else said for id, said in given.items()}
    said = {id: answer for id, answer in tidied.items() if answer not in (None, "")}
    if not said:
        raise Invalid([Fault("missing").at("answers")])
    schema = Schema.from_dict({question["id"]: _field(question) for question in asking.asked(evaluation)})
    try:
        return dict(load(schema(), said))  # type: ignore[arg-type]  # marshmallow says that it is one of its own
    except Invalid as invalid:
        raise Invalid([{**error, "field": f"answers.{error['field']}"} for error in invalid.errors]) from invalid


def _field(question: asking.Question) -> fields.Field[Any]:
    if question["kind"] == "scale":
        return fields.Integer(strict=True, validate=Range(*EVALUATION_SCALE, of="whole number"))
    if question["kind"] == "choice":
        return fields.String(validate=OneOf(question["options"]))
    return Text(LINE) if question["kind"] == "line" else Text(TEXT, lines=True)


def _in_words(db: OrmSession, row: EvaluationAnswer) -> list[dict[str, Any]]:
    items: Iterable[asking.Question] = db.get_one(Evaluation, row.subject).items
    return [{"question": one["text"], "answer": row.answers[one["id"]]} for one in items if one["id"] in row.answers]


def _view(session: Session, evaluation: Evaluation, moment: str, given: EvaluationAnswer | None) -> dict[str, Any]:
    assert moment in MOMENTS
    return {
        "session": session.slug,
        "title": session.title,
        "moment": moment,
        "items": asking.asked(evaluation),
        "until": moments.window(session, moment)[1],
        "answers": given.answers if given else None,
        "version": given.version if given else 0,
    }
