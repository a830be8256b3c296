"""The community service as nameko runs it: what it is asked, and what it hears."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import clock, health, parked
from services.bus.entrypoints import Database, rpc, subscribe, worker_loop
from services.bus.envelope import Envelope
from services.community import bookings, events, making_tables, people, schemas, sessions, table_views, tables


class Community:
    """Who meets whom, and whom the programme reaches."""

    name = "community"
    database = Database()

    @rpc(schemas.TablesWanted, returns=schemas.PlanState)
    def plan_tables(self, db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return tables.plan(db, slug, clock.now(), **given)

    @rpc(returns=schemas.TablesView)
    def tables(self, db: OrmSession, slug: str, status: str | None = None) -> dict[str, Any]:
        return table_views.view(db, slug, status)

    @rpc(returns=schemas.PeopleToSeat)
    def people_to_seat(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return table_views.people(db, slug)

    @rpc(schemas.SeatMoved, returns=schemas.PlanState)
    def move_seat(self, db: OrmSession, slug: str, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return tables.move(db, slug, version, clock.now(), **given)

    @rpc(schemas.TablesUpdate, returns=schemas.PlanState)
    def update_tables(self, db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return tables.update(db, slug, clock.now(), **given)

    @rpc(returns=schemas.PlanState)
    def publish_tables(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return tables.publish(db, slug, clock.now())

    @rpc(returns=schemas.OwnTables)
    def own_table(self, db: OrmSession, caller: dict[str, Any], reference: str) -> dict[str, Any]:
        return table_views.own(db, caller["id"], reference)

    @rpc(returns=schemas.OwnTablesList)
    def own_tables(self, db: OrmSession, caller: dict[str, Any], references: list[str]) -> dict[str, Any]:
        return table_views.own_of(db, caller["id"], references)

    @rpc()
    def seats_of(self, db: OrmSession, person: str) -> list[dict[str, Any]]:
        return table_views.of_person(db, person)

    @worker_loop(idle=5.0)
    def make_tables(self) -> bool:
        return making_tables.make_next(self.database.begin, making_tables.search_apart, clock.now)

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
