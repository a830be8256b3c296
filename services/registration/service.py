"""The registration service: what it is asked, what it hears, and what it does by itself."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import keeping
from services.bus.audit import changed, seen
from services.bus.entrypoints import rpc, subscribe, timer
from services.bus.envelope import Envelope
from services.bus.outbox import wake
from services.registration import access, events, models, replay, retention, schemas
from services.registration.accounts_service import Accounts
from services.registration.applications_service import Applications
from services.registration.attendance import (
    arriving,
    certificates,
    check_in,
    expected,
    importing,
    reading,
    recording,
    undoing,
)
from services.registration.bookings_service import Bookings
from services.registration.coordinators_service import Coordinators
from services.registration.details_service import Details
from services.registration.evaluation_service import Evaluations
from services.registration.imports_service import Imports
from services.registration.many_service import Many
from services.registration.outcomes import settling, turnout
from services.registration.places import (
    admitting,
    bookings,
    figures,
    filling,
    forecast,
    history,
    lookup,
    overview,
    sessions,
    waiting_list,
)
from services.registration.places.bookings import BookingForSomebodyMade, BookingOfPerson
from services.registration.questions_service import Questions
from services.registration.records_service import Records
from services.registration.sessions_service import PlannedSessions
from services.registration.transfer_service import Transfer
from services.registration.voices import feedback, interests, over_time, pledges, suggestions
from services.registration.wishes_service import Wishes
from services.runtime import clock


class Registration(
    Accounts, Applications, Bookings, Coordinators, Details, Evaluations, Imports, Many, PlannedSessions, Questions,
    Records, Transfer, Wishes,
):  # fmt: skip
    """People, and their places in sessions."""

    name = "registration"
    tell = staticmethod(replay.tell)

    @rpc(
        schemas.Admission,
        returns=schemas.BookingOfPerson,
        requires=access.team,
        records=changed("bookings/{reference}"),
    )
    def admit(self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any]) -> BookingOfPerson:
        return admitting.admit(db, caller, reference, clock.now(), **given)

    @rpc(returns=schemas.AdmissionForeseen, requires=access.team, records=seen("bookings/{reference}/ahead"))
    def foresee_admission(self, db: OrmSession, caller: models.Person, reference: str) -> dict[str, Any]:
        return admitting.foresee(db, caller, reference, clock.now())

    @rpc(returns=schemas.ChangePage, records=seen("bookings/{reference}/history"))
    def history(
        self, db: OrmSession, caller: models.Person, reference: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        booking = bookings.visible(db, caller, reference)
        return history.page(db, booking, access.is_of_team(caller), cursor, limit)

    @rpc(
        schemas.Note, returns=schemas.ChangeView, requires=access.team, records=changed("bookings/{reference}/history")
    )
    def add_note(self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any]) -> dict[str, Any]:
        return history.note(db, bookings.visible(db, caller, reference), given["text"], clock.now(), caller)

    @rpc(
        schemas.BookingForSomebody,
        returns=schemas.BookingForSomebodyMade,
        requires=access.team,
        lane="slug",
        records=changed("bookings/{reference}"),
    )
    def book_for(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> BookingForSomebodyMade:
        return bookings.book_for(db, caller, clock.now(), slug, **given)

    @rpc(returns=schemas.SessionBookingPage, requires=access.team, records=seen("sessions/{slug}/bookings"))
    def session_bookings(
        self, db: OrmSession, slug: str, cursor: str | None, limit: int, state: str | None = None
    ) -> dict[str, Any]:
        return lookup.page_of_session(db, slug, clock.now(), cursor, limit, state)

    @rpc(
        schemas.ChangePlanned, returns=schemas.Forecast, requires=access.team, records=seen("sessions/{slug}/bookings")
    )
    def forecast_change(self, db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return forecast.of_change(db, slug, clock.now(), **given)

    @rpc(returns=schemas.ReinstatementForecast, requires=access.team)
    def forecast_reinstatement(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return forecast.of_reinstatement(db, slug, clock.now())

    @rpc(returns=schemas.BookingOfPerson, requires=access.team, records=seen("bookings/{reference}"))
    def booking_of_person(self, db: OrmSession, caller: models.Person, reference: str) -> BookingOfPerson:
        return lookup.one_of_person(db, caller, reference, clock.now())

    @rpc(returns=schemas.PeoplePage, requires=access.team, records=seen("people"))
    def find_people(self, db: OrmSession, q: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return overview.find_people(db, q, cursor, limit)

    @rpc(returns=schemas.PersonAndBookings, requires=access.team, records=seen("people/{person}"))
    def bookings_of_person(self, db: OrmSession, person: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return overview.bookings_of(db, person, clock.now(), cursor, limit)

    @rpc(returns=schemas.SectorCounts, requires=access.team)
    def sectors_of(self, db: OrmSession, slugs: list[str]) -> dict[str, Any]:
        return overview.sectors_of(db, slugs)

    @rpc(returns=schemas.Fillings, requires=access.team)
    def fillings(self, db: OrmSession, slugs: list[str]) -> dict[str, Any]:
        return filling.fillings(db, slugs)

    @rpc(schemas.InterestWanted, returns=schemas.InterestView)
    def register_interest(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> models.Interest:
        return interests.register(db, caller, clock.now(), **given)

    @rpc(returns=schemas.InterestPage)
    def interests(self, db: OrmSession, caller: models.Person, cursor: str | None, limit: int) -> dict[str, Any]:
        return interests.page(db, caller, cursor, limit)

    @rpc(returns=schemas.InterestView)
    def interest(self, db: OrmSession, caller: models.Person, id: str) -> models.Interest:
        return interests.one(db, caller, id)

    @rpc()
    def withdraw_interest(self, db: OrmSession, caller: models.Person, id: str) -> None:
        interests.withdraw(db, caller, id)

    @rpc(returns=schemas.DemandPage, requires=access.team)
    def demand(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return interests.demand(db, cursor, limit)

    @rpc(schemas.SuggestionMade, returns=schemas.SuggestionView)
    def suggest(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> models.Suggestion:
        return suggestions.suggest(db, caller, clock.now(), **given)

    @rpc(returns=schemas.SuggestionView)
    def suggestion(self, db: OrmSession, caller: models.Person, id: str) -> models.Suggestion:
        return suggestions.one(db, caller, id)

    @rpc(returns=schemas.SuggestionPage, requires=access.team, records=seen("suggestions"))
    def suggestions(self, db: OrmSession, cursor: str | None, limit: int, kind: str | None = None) -> dict[str, Any]:
        return suggestions.page(db, cursor, limit, kind)

    @rpc(
        schemas.AttendanceList,
        returns=schemas.AttendanceTaken,
        requires=access.facilitator,
        records=changed("sessions/{slug}/attendance"),
    )
    def record_attendance(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return recording.record(db, caller, slug, given["records"], "list", clock.now())

    @rpc(
        schemas.AttendanceReport,
        returns=schemas.AttendanceReportRead,
        requires=access.facilitator,
        records=seen("sessions/{slug}/attendance"),
    )
    def read_attendance_report(self, db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return importing.look(db, slug, given, clock.now())

    @rpc(
        schemas.AttendanceReport,
        returns=schemas.AttendanceReportRead,
        requires=access.facilitator,
        records=changed("sessions/{slug}/attendance"),
    )
    def take_attendance_report(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return importing.take(db, caller, slug, given, clock.now())

    @rpc(returns=schemas.ReportsTaken, requires=access.facilitator, records=seen("sessions/{slug}/attendance"))
    def attendance_reports(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return undoing.taken(db, slug, clock.now())

    @rpc(returns=schemas.ReportUndone, requires=access.facilitator, records=changed("sessions/{slug}/attendance"))
    def undo_attendance_report(self, db: OrmSession, caller: models.Person, slug: str, id: int) -> dict[str, Any]:
        return undoing.undo(db, caller, slug, id, clock.now())

    @rpc(returns=schemas.AttendancePage, requires=access.facilitator, records=seen("sessions/{slug}/attendance"))
    def attendance(
        self,
        db: OrmSession,
        caller: models.Person,
        slug: str,
        cursor: str | None,
        limit: int,
        others: bool = False,
    ) -> dict[str, Any]:
        return reading.page(db, slug, cursor, limit, others=others, addresses=access.is_of_team(caller))

    @rpc(schemas.TurnoutAsked, returns=schemas.Turnout, requires=access.team)
    def turnout(self, db: OrmSession, given: dict[str, Any], cursor: str | None, limit: int) -> dict[str, Any]:
        return turnout.turnout(db, clock.now(), cursor, limit, **given)

    @rpc(schemas.PeriodAsked, returns=schemas.FeedbackOfPeriod, requires=access.team)
    def feedback_of_period(self, db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
        return over_time.feedback(db, clock.now(), **given)

    @rpc(
        schemas.AttendeeAdded,
        returns=schemas.AttendeeKept,
        requires=access.facilitator,
        records=changed("bookings/{reference}"),
    )
    def add_attendee(self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return arriving.add(db, caller, slug, clock.now(), **given)

    @rpc(returns=schemas.CheckInToken)
    def check_in_token(self, db: OrmSession, caller: models.Person, reference: str) -> dict[str, Any]:
        return check_in.own_token(db, caller, reference, self.settings.secret_key)

    @rpc(returns=schemas.CheckIn, records=seen("bookings/{reference}"))
    def look_up_check_in(self, db: OrmSession, caller: models.Person, token: str) -> dict[str, Any]:
        return check_in.look_up(db, caller, token, self.settings.secret_key, clock.now())

    @rpc(returns=schemas.CheckIn, records=changed("bookings/{reference}/attendance"))
    def check_in(self, db: OrmSession, caller: models.Person, token: str) -> dict[str, Any]:
        return check_in.check_in(db, caller, token, self.settings.secret_key, clock.now())

    @rpc(schemas.Scans, returns=schemas.ScansTaken, records=changed("sessions/{session}/attendance", each="items"))
    def take_scans(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return check_in.take_scans(db, caller, given["scans"], self.settings.secret_key, clock.now())

    @rpc(returns=schemas.ExpectedPage, requires=access.facilitator, records=seen("sessions/{slug}/expected"))
    def expected(self, db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return expected.page(db, slug, cursor, limit)

    @rpc(returns=schemas.CertificateFacts, records=seen("bookings/{reference}/certificate"))
    def certificate(self, db: OrmSession, caller: models.Person, reference: str) -> dict[str, Any]:
        return certificates.of_booking(db, caller, reference)

    @rpc(returns=schemas.CertificateShown)
    def verify_certificate(self, db: OrmSession, code: str) -> dict[str, Any]:
        return certificates.verify(db, code)

    @rpc(schemas.FeedbackGiven, returns=schemas.FeedbackView)
    def give_feedback(
        self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return feedback.give(db, caller, reference, clock.now(), **given)

    @rpc(returns=schemas.FeedbackView)
    def feedback(self, db: OrmSession, caller: models.Person, reference: str) -> dict[str, Any]:
        return feedback.one(db, caller, reference)

    @rpc(returns=schemas.FeedbackForm)
    def feedback_form(self, db: OrmSession, caller: models.Person, reference: str) -> dict[str, Any]:
        return feedback.form(db, caller, reference, clock.now())

    @rpc(returns=schemas.OpenForms)
    def feedback_forms(self, db: OrmSession, caller: models.Person, references: list[str]) -> dict[str, Any]:
        return feedback.open_forms(db, caller, references, clock.now())

    @rpc(returns=schemas.PledgeView)
    def pledge(self, db: OrmSession, caller: models.Person, reference: str) -> dict[str, Any]:
        return pledges.one(db, caller, reference)

    @rpc(schemas.PledgeAnswer, returns=schemas.PledgeView)
    def answer_pledge(
        self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return pledges.answer(db, caller, reference, clock.now(), **given)

    @rpc(returns=schemas.SessionFeedback, requires=access.team)
    def session_feedback(self, db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return feedback.page(db, slug, cursor, limit)

    @rpc()
    def places(self, db: OrmSession, cursor: str | None = None) -> dict[str, Any]:
        return figures.page(db, cursor, clock.now())

    @subscribe("catalogue.city_described.v1", reads=events.CityRead)
    def keep_sectors(self, db: OrmSession, event: Envelope) -> None:
        sessions.keep_sectors(db, event)

    @subscribe(
        "catalogue.session_published.v1",
        "catalogue.session_changed.v1",
        "catalogue.session_converted.v1",
        "catalogue.session_cancelled.v1",
        "catalogue.session_reinstated.v1",
        "catalogue.session_unpublished.v1",
        reads=events.SessionRead,
    )
    def keep_session(self, db: OrmSession, event: Envelope) -> None:
        sessions.keep(db, event.data, clock.now())

    @timer(5, once=True)
    def pass_on_expired_offers(self, db: OrmSession) -> None:
        waiting_list.pass_on_expired(db, clock.now())

    @timer(5, once=True)
    def release_held_places(self, db: OrmSession) -> None:
        waiting_list.release_held(db, clock.now())

    @timer(60, once=True)
    def settle_attendance(self, db: OrmSession) -> None:
        settling.settle_ended(db, clock.now())

    @timer(30, once=True, after_wake=0.25)
    def announce_places(self, db: OrmSession) -> None:
        figures.announce(db, clock.now())

    @timer(3600, once=True)
    def forget_what_has_run_out(self, db: OrmSession) -> None:
        if keeping.let_go(db, retention.RULES, clock.now()):
            wake(db, "forget_what_has_run_out")
