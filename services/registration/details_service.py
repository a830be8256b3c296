"""What an account says of its owner, as others ask registration for it: their addresses, and where they work."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import changed, seen
from services.bus.entrypoints import Database, SettingsProvider, rpc
from services.bus.operated import Operated
from services.registration import access, models, schemas
from services.registration.accounts import (
    address_changes,
    addresses,
    corrections,
    email_changes,
    email_undo,
    employment_changes,
    employments,
    facilitators,
    people,
    sign_in,
)
from services.registration.errors import CodeWrong
from services.runtime import clock
from services.runtime.refusals import Refusal


class Details(Operated):
    """The part of registration that keeps addresses and employments: for their owner, and for the team."""

    database = Database()
    settings = SettingsProvider()

    @rpc(returns=schemas.EmailAddressPage)
    def addresses(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return addresses.page(db, caller)

    @rpc(returns=schemas.EmailAddressView)
    def address(self, db: OrmSession, caller: models.Person, id: str) -> dict[str, Any]:
        row = addresses.one(db, caller, id)
        return addresses.view(caller, row, addresses.settled(db, caller).get(row.id))

    @rpc(schemas.EmailWanted)
    def add_address(self, db: OrmSession, caller: models.Person, given: dict[str, Any], address: str) -> None:
        origin, what = sign_in.Origin(address), email_changes.ADDED
        email_changes.ask(db, caller, given["email"], origin, self.settings, clock.now(), what)

    @rpc(returns=schemas.EmailUnderWay)
    def address_under_way(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return email_changes.under_way(db, caller, clock.now(), email_changes.ADDED)

    @rpc(schemas.EmailConfirm, returns=schemas.EmailAddressView)
    def confirm_address(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any] | Refusal:
        return email_changes.confirm_added(db, caller, given["code"], self.settings, clock.now())

    @rpc(returns=schemas.EmailAddressView)
    def prefer_address(self, db: OrmSession, caller: models.Person, id: str) -> dict[str, Any]:
        return address_changes.prefer(db, caller, id, self.settings.secret_key, clock.now())

    @rpc()
    def remove_address(self, db: OrmSession, caller: models.Person, id: str) -> None:
        address_changes.remove(db, caller, id, self.settings.secret_key, clock.now())

    @rpc(returns=schemas.EmploymentPage)
    def employments(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return employments.page(db, caller, clock.now())

    @rpc(returns=schemas.EmploymentView)
    def employment(self, db: OrmSession, caller: models.Person, id: str) -> dict[str, Any]:
        return employments.view(caller, employments.one(db, caller, id))

    @rpc(schemas.EmploymentWanted, returns=schemas.EmploymentView)
    def add_employment(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return employment_changes.add(db, caller, given, clock.now())

    @rpc(schemas.EmploymentChange, returns=schemas.EmploymentView)
    def change_employment(
        self, db: OrmSession, caller: models.Person, id: str, version: int, given: dict[str, Any]
    ) -> dict[str, Any]:
        return employment_changes.change(db, caller, id, version, given, clock.now())

    @rpc()
    def remove_employment(self, db: OrmSession, caller: models.Person, id: str) -> None:
        employment_changes.remove(db, caller, id)

    @rpc(schemas.EmailWanted)
    def change_email(self, db: OrmSession, caller: models.Person, given: dict[str, Any], address: str) -> None:
        email_changes.ask(db, caller, given["email"], sign_in.Origin(address), self.settings, clock.now())

    @rpc(returns=schemas.EmailUnderWay)
    def email_change(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return email_changes.under_way(db, caller, clock.now())

    @rpc(schemas.EmailConfirm, returns=schemas.PersonView)
    def confirm_email(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any] | Refusal:
        now = clock.now()
        person = email_changes.confirm(db, caller, given["code"], self.settings, now)
        if person is None:
            return CodeWrong()  # returned, not raised: the try that it cost is committed
        return facilitators.with_sessions(db, person, now)

    @rpc(returns=schemas.EmailUndo)
    def check_email_undo(self, db: OrmSession, token: str) -> dict[str, Any]:
        return email_undo.check(db, token, self.settings.secret_key, clock.now())

    @rpc(returns=schemas.EmailUndo)
    def undo_email(self, db: OrmSession, token: str) -> dict[str, Any]:
        return email_undo.undo(db, token, self.settings.secret_key, clock.now())

    @rpc(returns=schemas.PersonSeen, requires=access.team, records=seen("people/{id}"))
    def person(self, db: OrmSession, id: str) -> dict[str, Any]:
        return people.seen(db, people.one(db, id))

    @rpc(schemas.PersonCorrection, returns=schemas.PersonSeen, requires=access.team, records=changed("people/{id}"))
    def correct_person(
        self, db: OrmSession, caller: models.Person, id: str, version: int, given: dict[str, Any]
    ) -> dict[str, Any]:
        secret, now = self.settings.secret_key, clock.now()
        return people.seen(db, corrections.correct(db, caller, id, version, given, secret, now))

    @rpc(returns=schemas.EmailAddressPage, requires=access.team, records=seen("people/{person}/addresses"))
    def addresses_of(self, db: OrmSession, person: str) -> dict[str, Any]:
        return addresses.page(db, people.one(db, person))

    @rpc(requires=access.team, records=changed("people/{person}/addresses"))
    def remove_address_of(self, db: OrmSession, caller: models.Person, person: str, id: str) -> None:
        secret, owner = self.settings.secret_key, people.one(db, person)
        address_changes.remove(db, owner, id, secret, clock.now(), by=caller)

    @rpc(returns=schemas.EmploymentPage, requires=access.team, records=seen("people/{person}/employments"))
    def employments_of(self, db: OrmSession, person: str) -> dict[str, Any]:
        return employments.page(db, people.one(db, person), clock.now())

    @rpc(returns=schemas.EmploymentView, requires=access.team, records=seen("people/{person}/employments"))
    def employment_of(self, db: OrmSession, person: str, id: str) -> dict[str, Any]:
        owner = people.one(db, person)
        return employments.view(owner, employments.one(db, owner, id))

    @rpc(
        schemas.EmploymentWanted,
        returns=schemas.EmploymentView,
        requires=access.team,
        records=changed("people/{person}/employments"),
    )
    def add_employment_of(self, db: OrmSession, person: str, given: dict[str, Any]) -> dict[str, Any]:
        return employment_changes.add(db, people.one(db, person), given, clock.now(), by_team=True)

    @rpc(
        schemas.EmploymentChange,
        returns=schemas.EmploymentView,
        requires=access.team,
        records=changed("people/{person}/employments"),
    )
    def change_employment_of(
        self, db: OrmSession, person: str, id: str, version: int, given: dict[str, Any]
    ) -> dict[str, Any]:
        owner = people.one(db, person)
        return employment_changes.change(db, owner, id, version, given, clock.now(), by_team=True)

    @rpc(requires=access.team, records=changed("people/{person}/employments"))
    def remove_employment_of(self, db: OrmSession, person: str, id: str) -> None:
        employment_changes.remove(db, people.one(db, person), id, by_team=True)
