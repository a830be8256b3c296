"""Evaluation, as others ask registration for it: what is asked, what someone answers, and what the team reads."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.registration import access, models
from services.registration.evaluation import answering, asking, reporting
from services.registration.schemas import evaluation as schemas
from services.registration.schemas.feedback import FormsOfBooking
from services.registration.voices import feedback
from services.runtime import clock


class Evaluations(Operated):
    """The part of registration that asks people before a session, on the day and months later."""

    database = Database()

    @rpc(returns=schemas.EvaluationView, requires=access.team)
    def evaluation(self, db: OrmSession, of: str, slug: str) -> dict[str, Any]:
        return asking.view(db, of, slug)

    @rpc(schemas.EvaluationWanted, returns=schemas.EvaluationView, requires=access.team)
    def ask_evaluation(self, db: OrmSession, of: str, slug: str, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return asking.ask(db, of, slug, version, **given)

    @rpc(returns=schemas.EvaluationForm)
    def evaluation_form(self, db: OrmSession, caller: models.Person, slug: str) -> dict[str, Any]:
        return answering.form(db, caller, slug, clock.now())

    @rpc(returns=FormsOfBooking)
    def forms_of_booking(self, db: OrmSession, caller: models.Person, reference: str) -> dict[str, Any]:
        return feedback.forms_of_booking(db, caller, reference, clock.now())

    @rpc(schemas.EvaluationAnswered, returns=schemas.EvaluationForm)
    def answer_evaluation(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return answering.answer(db, caller, slug, clock.now(), **given)

    @rpc(returns=schemas.EvaluationReport, requires=access.team)
    def evaluation_report(self, db: OrmSession, of: str, slug: str) -> dict[str, Any]:
        return reporting.report(db, of, slug, clock.now())
