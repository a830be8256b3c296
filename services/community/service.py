"""The community service as nameko runs it: what it is asked, and what it hears."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import clock, health, parked
from services.bus.entrypoints import Database, rpc, subscribe, timer
from services.bus.envelope import Envelope
from services.community import bookings, events, people, schemas, sessions
from services.community.reach import answers as reach_answers
from services.community.reach import figures as reach_figures


class Community:
    """Who meets whom, and whom the programme reaches."""

    name = "community"
    database = Database()

    @rpc()
    def health(self, db: OrmSession) -> dict[str, Any]:
        return health.report(db)

    @rpc()
    def parked(self, db: OrmSession) -> dict[str, Any]:
        return parked.shown(db)

    @rpc()
    def retry_parked(self, db: OrmSession, ids: list[str]) -> int:
        return parked.retry(db, ids)

    @rpc()
    def drop_parked(self, db: OrmSession, ids: list[str]) -> int:
        return parked.drop(db, ids)

    @subscribe("catalogue.city_described.v1", reads=events.CityRead)
    def keep_sectors(self, db: OrmSession, event: Envelope) -> None:
        people.keep_sectors(db, event)

    @subscribe(
        "catalogue.session_published.v1",
        "catalogue.session_changed.v1",
        "catalogue.session_converted.v1",
        "catalogue.session_cancelled.v1",
        reads=events.SessionRead,
    )
    def keep_session(self, db: OrmSession, event: Envelope) -> None:
        sessions.keep(db, event)

    @subscribe("registration.person_registered.v1", "registration.person_changed.v1", reads=events.PersonRead)
    def keep_person(self, db: OrmSession, event: Envelope) -> None:
        people.keep(db, event)

    @subscribe("registration.person_erased.v1", reads=events.ErasedRead)
    def erase_person(self, db: OrmSession, event: Envelope) -> None:
        people.erase(db, event)

    @subscribe(
        "registration.booking_confirmed.v1",
        "registration.booking_waitlisted.v1",
        "registration.place_offered.v1",
        "registration.offer_expired.v1",
        "registration.booking_cancelled.v1",
        "registration.booking_moved.v1",
        reads=events.BookingRead,
    )
    def keep_booking(self, db: OrmSession, event: Envelope) -> None:
        bookings.keep(db, event)

    @subscribe("registration.attendance_recorded.v1", reads=events.AttendanceRead)
    def keep_attendance(self, db: OrmSession, event: Envelope) -> None:
        bookings.keep_attendance(db, event)

    @rpc(schemas.ReachAsked, returns=schemas.ReachView)
    def reach(self, db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
        return reach_answers.reach(db, **given)

    @timer(10, once=True)
    def make_reach(self, db: OrmSession) -> None:
        reach_figures.make_one(db, clock.now())
