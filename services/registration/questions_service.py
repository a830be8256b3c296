"""The questions of sessions, as others ask registration for them: what is asked, and what was answered."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import changed, seen
from services.bus.entrypoints import Database, rpc
from services.bus.operated import Operated
from services.registration import access, models, schemas
from services.registration.places import answers, questions
from services.runtime import clock


class Questions(Operated):
    """The part of registration that asks something of those who book."""

    database = Database()

    @rpc(returns=schemas.QuestionsView)
    def questions(self, db: OrmSession, caller: models.Person, slug: str) -> dict[str, Any]:
        return questions.view(db, slug, team=access.is_of_team(caller))

    @rpc(schemas.QuestionsWanted, returns=schemas.QuestionsView, requires=access.team)
    def ask_questions(self, db: OrmSession, slug: str, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return questions.ask(db, slug, version, **given)

    @rpc(returns=schemas.AnswersOfBooking, records=seen("bookings/{reference}/answers"))
    def answers(self, db: OrmSession, caller: models.Person, reference: str, own: bool = False) -> dict[str, Any]:
        return answers.of_booking(db, caller, reference, clock.now(), own)

    @rpc(schemas.AnswersChange, returns=schemas.AnswersOfBooking, records=changed("bookings/{reference}/answers"))
    def change_answers(
        self,
        db: OrmSession,
        caller: models.Person,
        reference: str,
        given: dict[str, Any],
        version: int | None = None,
        own: bool = False,
    ) -> dict[str, Any]:
        return answers.change(db, caller, reference, clock.now(), version, own=own, **given)

    @rpc(returns=schemas.AnswersPage, requires=access.facilitator, records=seen("sessions/{slug}/answers"))
    def session_answers(
        self, db: OrmSession, caller: models.Person, slug: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        return answers.page(db, caller, slug, cursor, limit)

    @rpc(returns=schemas.AnswerTotals, requires=access.facilitator, records=seen("sessions/{slug}/answers"))
    def answer_totals(self, db: OrmSession, caller: models.Person, slug: str) -> dict[str, Any]:
        return answers.totals(db, caller, slug)
