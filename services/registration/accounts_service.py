"""Accounts, as others ask registration for them: signing in, merging, roles and facilitators."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus.audit import EXPORTED, Entry, seen
from services.bus.entrypoints import Database, SettingsProvider, SignerProvider, rpc, subscribe, timer, worker_loop
from services.bus.envelope import Envelope
from services.bus.operated import Operated
from services.registration import access, erasures, events, models, my_data, schemas
from services.registration.accounts import (
    facilitators,
    identities,
    organisations,
    people,
    provider_sign_in,
    roles,
    second_factor,
    sign_in,
    tokens,
    welcome,
)
from services.registration.accounts.provider_sign_in import Way
from services.registration.audit import chain, reading, recording
from services.registration.merging import asked, lasting, proving, undoing
from services.registration.providers.said import Said
from services.runtime import clock
from services.runtime.aside import Aside
from services.runtime.refusals import Refusal

NOTING = Aside(at_once=1)


class Accounts(Operated):
    """The part of registration that knows who people are."""

    database = Database()
    settings = SettingsProvider()
    signer = SignerProvider()

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
        now, settings = clock.now(), self.settings
        codes = {"code": given["code"], "factor": given["second_factor"]}
        person = sign_in.confirm_code(db, given["email"], settings=settings, now=now, browser=browser, **codes)
        if isinstance(person, Refusal):
            return person  # returned, not raised: the try that it cost is committed
        return sign_in.admit(db, person, now, device, needs_factor=settings.needs_second_factor)

    @rpc()
    def check_welcome(self, db: OrmSession, token: str) -> None:
        welcome.check(db, token, clock.now())

    @rpc(schemas.FirstTeamMember, returns=schemas.SignedIn, keep_answer=False)
    def come_in(self, db: OrmSession, given: dict[str, Any], device: str | None = None) -> dict[str, Any]:
        person, needs_factor = welcome.come_in(db, **given, now=clock.now()), self.settings.needs_second_factor
        return sign_in.admit(db, person, clock.now(), device, needs_factor=needs_factor)

    @rpc(
        schemas.ProviderBegun,
        returns=schemas.ProviderWay,
        keep_answer=False,
        lane="provider",
        first=lambda self, given: provider_sign_in.find_way(self.settings, given["provider"]),
    )
    def begin_at_provider(self, db: OrmSession, given: dict[str, Any], found: Way) -> Way:
        return provider_sign_in.begin(db, found, **given, now=clock.now())

    @rpc(
        schemas.ProviderBegun,
        returns=schemas.ProviderWay,
        keep_answer=False,
        lane="provider",
        first=lambda self, given: provider_sign_in.find_way(self.settings, given["provider"]),
    )
    def begin_identity(self, db: OrmSession, caller: models.Person, given: dict[str, Any], found: Way) -> Way:
        return provider_sign_in.begin(db, found, **given, now=clock.now(), person=caller)

    @rpc(
        schemas.ProviderProof,
        returns=schemas.ProviderProven,
        keep_answer=False,
        lane="provider",
        first=lambda self, given: provider_sign_in.ask(self.database, self.settings, given, clock.now()),
    )
    def prove_at_provider(self, db: OrmSession, given: dict[str, Any], found: Said) -> dict[str, Any]:
        return {"added": provider_sign_in.prove(db, found, given, self.settings, clock.now())}

    @rpc(schemas.ProviderSignIn, returns=schemas.SignedIn, keep_answer=False)
    def finish_at_provider(
        self, db: OrmSession, given: dict[str, Any], device: str | None = None
    ) -> dict[str, Any] | Refusal:
        return provider_sign_in.finish(db, given, self.settings, clock.now(), device)

    @rpc(schemas.ProviderState, keep_answer=False)
    def mail_provider_code(self, db: OrmSession, given: dict[str, Any], address: str) -> str:
        return provider_sign_in.mail_code(db, given, address, self.settings, clock.now())

    @rpc(
        schemas.LoggedOut,
        lane="provider",
        first=lambda self, given: provider_sign_in.logged_out(self.settings, given, clock.now()),
    )
    def end_by_provider(self, db: OrmSession, given: dict[str, Any], found: tuple[str, str | None, str | None]) -> None:
        identities.end_sign_ins(db, *found, clock.now())

    @rpc(
        schemas.ProviderNamed,
        returns=schemas.ProviderSignOut,
        lane="provider",
        first=lambda self, given: provider_sign_in.way_out(self.settings, given["provider"]),
    )
    def provider_sign_out(self, db: OrmSession, given: dict[str, Any], found: str | None) -> dict[str, Any]:
        return {"url": found}

    @rpc(returns=schemas.IdentityPage)
    def identities(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return identities.page(db, caller, self.settings)

    @rpc()
    def remove_identity(self, db: OrmSession, caller: models.Person, id: str) -> None:
        identities.remove(db, caller, id, clock.now())

    @rpc(returns=schemas.SignedOut)
    def sign_out(self, db: OrmSession, caller: models.Person, token: str) -> dict[str, Any]:
        return {"provider": provider_sign_in.signed_out_with(self.settings, tokens.sign_out(db, token))}

    @rpc(returns=schemas.SignInPage)
    def sign_ins(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return tokens.sign_ins(db, caller, clock.now())

    @rpc()
    def end_sign_in(self, db: OrmSession, caller: models.Person, id: str) -> None:
        tokens.end(db, caller, id)
        recording.record_of(db, caller.id, recording.SIGN_INS_ENDED, caller, clock.now())

    @rpc()
    def end_sign_ins(self, db: OrmSession, caller: models.Person) -> None:
        tokens.end_all(db, caller)
        recording.record_of(db, caller.id, recording.SIGN_INS_ENDED, caller, clock.now())

    @rpc(returns=schemas.SecondFactorView)
    def second_factor(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return second_factor.view(db, caller, self.settings)

    @rpc(schemas.SecondFactorBegin, returns=schemas.AppToSetUp, keep_answer=False)
    def begin_second_factor(
        self, db: OrmSession, caller: models.Person, given: dict[str, Any]
    ) -> dict[str, Any] | Refusal:
        return second_factor.begin(db, caller, given["code"], self.settings, clock.now())

    @rpc(returns=schemas.AppToSetUp)
    def begun_second_factor(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return second_factor.begun(db, caller, self.settings, clock.now())

    @rpc(schemas.SecondFactorCode, returns=schemas.RecoveryCodes, keep_answer=False)
    def confirm_second_factor(
        self, db: OrmSession, caller: models.Person, given: dict[str, Any]
    ) -> dict[str, Any] | Refusal:
        return second_factor.confirm(db, caller, given["code"], self.settings, clock.now())

    @rpc(schemas.SecondFactorCode, returns=schemas.RecoveryCodes, keep_answer=False)
    def renew_recovery_codes(
        self, db: OrmSession, caller: models.Person, given: dict[str, Any]
    ) -> dict[str, Any] | Refusal:
        return second_factor.renew_codes(db, caller, given["code"], self.settings, clock.now())

    @rpc(schemas.SecondFactorCode, keep_answer=False)
    def remove_second_factor(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> Refusal | None:
        return second_factor.remove(db, caller, given["code"], self.settings, clock.now())

    @rpc(returns=schemas.VouchedPerson)
    def who(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        tokens.see(db, caller, clock.now())
        person = facilitators.with_sessions(db, caller, clock.now())
        return {**person, "assertion": self.signer.vouch(person)}

    @rpc(returns=schemas.PersonView)
    def me(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return facilitators.with_sessions(db, caller, clock.now())

    @rpc(schemas.ProfileChange, returns=schemas.PersonView)
    def change_me(self, db: OrmSession, caller: models.Person, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return facilitators.with_sessions(db, people.change(db, caller, version, given, clock.now()), clock.now())

    @rpc(schemas.MergeAsked)
    def ask_merge(self, db: OrmSession, caller: models.Person, given: dict[str, Any], address: str) -> None:
        proving.ask(db, caller, given["email"], sign_in.Origin(address), self.settings, clock.now())

    @rpc(schemas.MergeProof, returns=schemas.MergePreview, keep_answer=False)
    def prove_merge(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any] | Refusal:
        code, factor, now = given["code"], given["second_factor"], clock.now()
        other = proving.prove(db, caller, code, factor, self.settings, now)
        if isinstance(other, Refusal):
            return other  # returned, not raised: the try that it cost is committed
        return asked.proven_preview(db, caller, now)

    @rpc(returns=schemas.MergePreview)
    def merge_preview(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return asked.proven_preview(db, caller, clock.now())

    @rpc(schemas.MergeConfirmed, returns=schemas.MergeView, serialised=True)
    def merge(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return asked.merge_proven(db, caller, clock.now(), **given)

    @rpc(returns=schemas.MergePage)
    def merges(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        return undoing.of_person(db, caller, clock.now())

    @rpc(schemas.MergeUndone, serialised=True)
    def undo_merge(self, db: OrmSession, caller: models.Person, id: str, given: dict[str, Any]) -> None:
        asked.undo_own(db, caller, id, clock.now(), **given)

    @rpc(schemas.MergeAsked, returns=schemas.MergePreview, requires=access.staff, records=seen("people/{id}/merge"))
    def preview_merge_of(self, db: OrmSession, caller: models.Person, id: str, given: dict[str, Any]) -> dict[str, Any]:
        return asked.team_preview(db, caller, id, given["email"], clock.now())

    @rpc(schemas.MergeByTeam, returns=schemas.MergeView, requires=access.staff)
    def merge_for(self, db: OrmSession, caller: models.Person, id: str, given: dict[str, Any]) -> dict[str, Any]:
        return asked.merge_by_team(db, caller, id, clock.now(), **given)

    @rpc(returns=schemas.MergePage, requires=access.staff, records=seen("people/{id}/merges"))
    def merges_of(self, db: OrmSession, id: str) -> dict[str, Any]:
        return asked.merges_of(db, id, clock.now())

    @rpc(schemas.MergeUndone, requires=access.staff)
    def undo_merge_of(self, db: OrmSession, caller: models.Person, person: str, id: str, given: dict[str, Any]) -> None:
        asked.undo_by_team(db, caller, person, id, clock.now(), **given)

    @rpc(returns=schemas.MergeSuspects, requires=access.team, records=seen("people/{id}/merge"))
    def merge_suspects(self, db: OrmSession, id: str) -> dict[str, Any]:
        return asked.suspects(db, id)

    @rpc(returns=schemas.OrganisationNames)
    def organisations(
        self, db: OrmSession, caller: models.Person, q: str = "", sector: str | None = None
    ) -> dict[str, Any]:
        return organisations.named(db, q, sector)

    @rpc()
    def export_me(self, db: OrmSession, caller: models.Person) -> dict[str, Any]:
        recording.record_of(db, caller.id, EXPORTED, caller, clock.now())
        return my_data.export(db, caller)

    @rpc(keep_answer=False)
    def erase_me(self, db: OrmSession, caller: models.Person) -> None:
        sign_in.forget_guesses(db, lasting.addresses_of(db, caller), self.settings.secret_key)
        my_data.erase(db, caller, clock.now())

    @rpc(schemas.FacilitatorWanted, returns=schemas.FacilitatorView, requires=access.staff)
    def name_facilitator(
        self, db: OrmSession, caller: models.Person, slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        return facilitators.name(db, caller, slug, clock.now(), **given)

    @rpc(returns=schemas.FacilitatorPage, requires=access.team, records=seen("sessions/{slug}/facilitators"))
    def facilitators(self, db: OrmSession, slug: str, cursor: str | None, limit: int) -> dict[str, Any]:
        return facilitators.page(db, slug, cursor, limit)

    @rpc(returns=schemas.FacilitatorPage, requires=access.staff, records=seen("facilitators"))
    def all_facilitators(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return facilitators.page_of_all(db, clock.now(), cursor, limit)

    @rpc(requires=access.staff)
    def take_back_facilitator(self, db: OrmSession, caller: models.Person, slug: str, id: str) -> None:
        facilitators.take_back(db, caller, slug, id, clock.now())

    @rpc(schemas.RoleWanted, returns=schemas.RoleView, requires=access.staff)
    def give_role(self, db: OrmSession, caller: models.Person, given: dict[str, Any]) -> dict[str, Any]:
        return roles.give_to(db, caller, clock.now(), **given)

    @rpc(returns=schemas.RolePage, requires=access.staff, records=seen("roles"))
    def roles(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return roles.page(db, cursor, limit)

    @rpc(requires=access.staff)
    def take_role(self, db: OrmSession, caller: models.Person, id: str) -> None:
        roles.take(db, id, clock.now(), caller)

    @rpc(schemas.AuditAsked, returns=schemas.AuditPage, requires=access.staff, records=recording.reading_of)
    def audit(
        self, db: OrmSession, caller: models.Person, given: dict[str, Any], cursor: str | None, limit: int
    ) -> dict[str, Any]:
        access.check_reads_audit(caller, given["person"])
        return reading.page(db, cursor, limit, **given)

    def record(self, db: OrmSession, caller: models.Person, entries: list[Entry]) -> None:
        """Write down what a caller did with the data of others."""
        for entry in entries:
            recording.record_use(db, caller.id, entry, clock.now())

    @subscribe("notifications.personal_data_used.v1", "community.personal_data_used.v1", reads=events.UsedRead)
    def keep_audit(self, db: OrmSession, event: Envelope) -> None:
        recording.record_told(db, event.data, event.time)

    @worker_loop(idle=30.0)
    def note_erasures(self) -> bool:
        """Note who was erased outside the database: in each process, as each may have a disk of its own."""
        now = clock.now()
        with self.database.look() as db:
            erased = erasures.erased_since(db, now - self.settings.backups_kept)
        NOTING.do(lambda _: erasures.note(self.settings, erased, now))  # a disk of the network may hang
        return False

    @timer(10, once=True, after_wake=0.5)
    def chain_audit(self, db: OrmSession) -> None:
        chain.extend(db, chain.Key(self.settings.secret_key))

    @timer(3600, once=True)
    def forget_old_audit(self, db: OrmSession) -> None:
        chain.forget_old(db, chain.Key(self.settings.secret_key), clock.now())
