"""Accounts, as others ask registration for them: signing in, what people say of themselves, roles and facilitators."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.entrypoints import Database, SettingsProvider, rpc
from services.bus.operated import Operated
from services.registration import access, models, my_data, schemas
from services.registration.accounts import facilitators, organisations, people, roles, sign_in, tokens, welcome
from services.registration.errors import CodeWrong
from services.runtime import clock
from services.runtime.refusals import Refusal


class Accounts(Operated):
    """The part of registration that knows who people are."""

    database = Database()
    settings = SettingsProvider()

    @classmethod
    def how_it_is(cls, db: OrmSession) -> dict[str, Any]:
        """Return how the service is, and how many codes were asked for lately."""
        return {**super().how_it_is(db), "sign_ins": {"codes_last_hour": sign_in.asked_lately(db, clock.now())}}

    @rpc(schemas.SignIn)
    def request_sign_in(self, db: OrmSession, given: dict[str, Any], address: str, browser: str | None = None) -> None:
        sign_in.request_code(db, given["email"], sign_in.Origin(address, browser), self.settings, clock.now())

    @rpc(schemas.SignInConfirm, returns=schemas.SignedIn, keep_answer=False)
    def confirm_sign_in(
        self, db: OrmSession, given: dict[str, Any], browser: str | None = None, device: str | None = None
    ) -> dict[str, Any] | Refusal:
        now = clock.now()
        person = sign_in.confirm_code(db, given["email"], given["code"], self.settings.secret_key, now, browser)
        if person is None:
            return CodeWrong()  # returned, not raised: the try that it cost is committed
        return sign_in.admit(db, person, now, device)

    @rpc()
    def check_welcome(self, db: OrmSession, token: str) -> None:
        welcome.check(db, token, clock.now())

    @rpc(schemas.FirstTeamMember, returns=schemas.SignedIn, keep_answer=False)
    def come_in(self, db: OrmSession, given: dict[str, Any], device: str | None = None) -> dict[str, Any]:
        return sign_in.admit(db, welcome.come_in(db, **given, now=clock.now()), clock.now(), device)

    @rpc()
    def sign_out(self, db: OrmSession, caller: models.Person, token: str) -> None:
        tokens.sign_out(db, token)

    @rpc(returns=schemas.SignInPage)
    def sign_ins(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return tokens.sign_ins(db, caller, clock.now())

    @rpc()
    def end_sign_in(self, db: OrmSession, caller: models.Person, id: str) -> None:
        tokens.end(db, caller, id)

    @rpc()
    def end_sign_ins(self, db: OrmSession, caller: models.Person) -> None:
        tokens.end_all(db, caller)

    @rpc(returns=schemas.PersonView)
    def who(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        tokens.see(db, caller, clock.now())
        return facilitators.with_sessions(db, caller, clock.now())

    @rpc(returns=schemas.PersonView)
    def me(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return facilitators.with_sessions(db, caller, clock.now())

    @rpc(schemas.ProfileChange, returns=schemas.PersonView)
    def change_me(self, db: OrmSession, caller: models.Person, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return facilitators.with_sessions(db, people.change(db, caller, version, given), clock.now())

    @rpc(returns=schemas.OrganisationNames)
    def organisations(
        self, db: OrmSession, caller: models.Person, q: str = "", sector: str | None = None
    ) -> dict[str, Any]:
        return organisations.named(db, q, sector)

    @rpc()
    def export_me(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return my_data.export(db, caller)

    @rpc(keep_answer=False)
    def erase_me(self, db: OrmSession, caller: models.Person) -> None:
        sign_in.forget_guesses(db, caller.email, self.settings.secret_key)
        my_data.erase(db, caller, clock.now())

    @rpc(schemas.FacilitatorWanted, returns=schemas.FacilitatorView, requires=access.team)
    def name_facilitator(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return facilitators.name(db, caller, slug, clock.now(), **given)

    @rpc(returns=schemas.FacilitatorPage, requires=access.team)
    def facilitators(self, db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return facilitators.page(db, slug, cursor, limit)

    @rpc(requires=access.team)
    def take_back_facilitator(self, db: OrmSession, slug: str, id: str) -> None:
        facilitators.take_back(db, slug, id)

    @rpc(schemas.RoleWanted, returns=schemas.RoleView, requires=access.staff)
    def give_role(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return roles.give_to(db, caller, clock.now(), **given)

    @rpc(returns=schemas.RolePage, requires=access.staff)
    def roles(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return roles.page(db, cursor, limit)

    @rpc(requires=access.staff)
    def take_role(self, db: OrmSession, id: str) -> None:
        roles.take(db, id)
