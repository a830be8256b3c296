"""One's own bookings, as others ask registration for them: making one, reading it, giving it up."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import changed, seen
from services.bus.entrypoints import Database, rpc
from services.bus.grouped import Member
from services.bus.operated import Operated
from services.registration import first_refusal, handing_on, models, moves, schemas
from services.registration.accounts import tokens
from services.registration.places import bookings, group, lookup
from services.registration.places.bookings import BookingRow
from services.runtime import clock


def _book_together(_service: "Bookings", db: OrmSession, calls: Sequence[Member]) -> None:
    group.book(db, calls, clock.now())


class Bookings(Operated):
    """The part of registration that people do with bookings of their own, and the team with theirs."""

    database = Database()

    def identify_together(
        self, db: OrmSession, callers: Sequence[Mapping[str, str] | None]
    ) -> list[models.Person | None]:
        """Return those for whom the tokens stand, all locked; None for a token that is nobody's any more."""
        return tokens.all_signed_in(db, [(caller or {}).get("token") for caller in callers], clock.now())

    @rpc(schemas.BookingWanted, returns=schemas.BookingView, serialised=True, lane="session", together=_book_together)
    def book(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> BookingRow:
        return first_refusal.book(db, caller, clock.now(), **given)

    @rpc(returns=schemas.BookingPage)
    def bookings(
        self, db: OrmSession, caller: models.Person, cursor: str | None, limit: int, state: str | None = None
    ) -> dict[str, Any]:
        return lookup.page(db, caller, clock.now(), cursor, limit, state)

    @rpc(returns=schemas.BookingView, records=seen("bookings/{reference}"))
    def booking(self, db: OrmSession, caller: models.Person, reference: str, own: bool = False) -> BookingRow:
        return lookup.one(db, caller, reference, clock.now(), own)

    @rpc(returns=schemas.OwnBooking)
    def own_booking(self, db: OrmSession, caller: models.Person, session: str) -> dict[str, Any]:
        return lookup.own_of_session(db, caller, session, clock.now())

    @rpc(schemas.Acceptance, returns=schemas.BookingView, serialised=True)
    def accept(self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any]) -> BookingRow:
        return first_refusal.accept(db, caller, reference, clock.now(), **given)

    @rpc(returns=schemas.BookingView)
    def decline(self, db: OrmSession, caller: models.Person, reference: str) -> BookingRow:
        return bookings.decline(db, caller, reference, clock.now())

    @rpc(schemas.Cancellation, returns=schemas.BookingView, records=changed("bookings/{reference}"))
    def cancel(
        self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any], own: bool = False
    ) -> BookingRow:
        return bookings.cancel(db, caller, reference, clock.now(), own=own, **given)

    @rpc(schemas.Move, returns=schemas.BookingView, records=changed("bookings/{reference}"))
    def move(
        self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any], own: bool = False
    ) -> BookingRow:
        return moves.move(db, caller, reference, clock.now(), own=own, **given)

    @rpc(schemas.BookingChange, returns=schemas.BookingView, records=changed("bookings/{reference}"))
    def change_booking(
        self,
        db: OrmSession,
        caller: models.Person,
        reference: str,
        given: dict[str, Any],
        version: int | None = None,
        own: bool = False,
    ) -> BookingRow:
        return bookings.change(db, caller, reference, clock.now(), version, own=own, **given)

    @rpc(schemas.HandOn, returns=schemas.BookingView, records=changed("bookings/{reference}"))
    def hand_on(
        self, db: OrmSession, caller: models.Person, reference: str, given: dict[str, Any], own: bool = False
    ) -> BookingRow:
        return handing_on.hand_on(db, caller, reference, clock.now(), own=own, **given)
