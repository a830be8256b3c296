"""What registration is asked to do with many bookings in one go, and what would come of it."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import CHANGED, Entry, Facts, seen
from services.bus.entrypoints import Database, rpc, timer
from services.bus.operated import Operated
from services.registration import access, first_refusal, many, models, schemas
from services.runtime import clock


def each_changed(facts: Facts) -> list[Entry]:
    """Return the record of a change of each booking of many that was not refused."""
    done = (row["reference"] for row in facts["items"] if row["problem"] is None)
    return [Entry(CHANGED, f"bookings/{reference}") for reference in done]


def _each_invited(facts: Facts) -> list[Entry]:
    return [Entry(CHANGED, f"bookings/{row['offer']}") for row in facts["items"] if row["offer"] is not None]


class Many(Operated):
    """The part of registration that books, invites, moves and cancels many at once, for the team."""

    database = Database()

    @rpc(
        schemas.BookingList,
        returns=schemas.ListBooked,
        requires=access.team,
        lane="slug",
        records=seen("sessions/{slug}/bookings"),
    )
    def foresee_list(self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return many.foresee_list(db, caller, slug, given, clock.now())

    @rpc(schemas.BookingList, returns=schemas.ListBooked, requires=access.team, lane="slug", records=each_changed)
    def book_list(self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return many.book_list(db, caller, slug, given, clock.now())

    @rpc(
        schemas.BookingsMove,
        returns=schemas.BookingsChanged,
        requires=access.team,
        lane="slug",
        records=seen("sessions/{slug}/bookings"),
    )
    def foresee_moves(self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return many.foresee_moves(db, caller, slug, given, clock.now())

    @rpc(schemas.BookingsMove, returns=schemas.BookingsChanged, requires=access.team, lane="slug", records=each_changed)
    def move_bookings(self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return many.move(db, caller, slug, given, clock.now())

    @rpc(
        schemas.BookingsCancellation,
        returns=schemas.BookingsChanged,
        requires=access.team,
        lane="slug",
        records=seen("sessions/{slug}/bookings"),
    )
    def foresee_cancellations(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return many.foresee_cancellations(db, caller, slug, given, clock.now())

    @rpc(
        schemas.BookingsCancellation,
        returns=schemas.BookingsChanged,
        requires=access.team,
        lane="slug",
        records=each_changed,
    )
    def cancel_bookings(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return many.cancel(db, caller, slug, given, clock.now())

    @rpc(
        schemas.WaitingListInvitation,
        returns=schemas.WaitingListInvited,
        requires=access.team,
        lane="slug",
        records=seen("sessions/{slug}/bookings"),
    )
    def foresee_invitation(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return first_refusal.foresee(db, caller, slug, clock.now(), **given)

    @rpc(
        schemas.WaitingListInvitation,
        returns=schemas.WaitingListInvited,
        requires=access.team,
        lane="slug",
        records=_each_invited,
    )
    def invite_waiting_list(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return first_refusal.invite(db, caller, slug, clock.now(), **given)

    @timer(5, once=True)
    def settle_first_refusals(self, db: OrmSession) -> None:
        first_refusal.settle_next(db, clock.now())
