"""The notifications service as nameko runs it: what it is asked, what it hears, and what it does by itself."""

from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import keeping
from services.bus.audit import changed, seen
from services.bus.entrypoints import Database, SettingsProvider, rpc, subscribe, timer, worker_loop
from services.bus.envelope import Envelope
from services.bus.operated import Operated
from services.bus.outbox import wake
from services.bus.vouched import VouchedCallers
from services.notifications import (
    access,
    events,
    merges,
    messages,
    overview,
    own_texts,
    people,
    preferences,
    previews,
    retention,
    schemas,
    sessions,
    voices,
)
from services.notifications.calendar import feeds, invites
from services.notifications.causes import (
    bookings,
    changes,
    community,
    coordinators,
    due,
    email_changes,
    evaluations,
    facilitators,
    follow_ups,
    interests,
    mailings,
    materials,
    scheduled_notices,
    sign_ins,
)
from services.notifications.composing.email_layout import EmailLayout
from services.notifications.delivery import addresses, backlog, bounces, leases, mail_folder, resends, sending, ways
from services.notifications.drafts_service import MessageDrafts
from services.notifications.message_types import MESSAGE_TYPES
from services.notifications.transfer_service import Transfer
from services.runtime import clock
from services.runtime.refusals import NotFound
from services.runtime.settings import Settings

AT_ONCE = 50  # messages that one sender delivers before it lets the stop of the service have a say


class Notifications(MessageDrafts, Transfer, VouchedCallers, Operated):
    """Tells people about their places."""

    name = "notifications"
    tells_of_use = "notifications.personal_data_used.v1"
    database = Database()
    config = SettingsProvider()

    @rpc()
    def invite(self, db: OrmSession, reference: str, meeting: int | None = None) -> dict[str, Any]:
        return invites.last_issued(db, reference, _email_layout(self.config), meeting)

    @rpc()
    def calendar(self, db: OrmSession, person: str, generation: int) -> dict[str, Any]:
        return feeds.written(db, person, generation, _email_layout(self.config), clock.now())

    @rpc(requires=access.themselves)
    def calendar_generation(self, db: OrmSession, person: str) -> int:
        return feeds.generation_of(db, person)

    @rpc(requires=access.themselves)
    def end_calendar_address(self, db: OrmSession, person: str) -> None:
        feeds.end_address(db, person)

    @rpc(requires=access.themselves)
    def messages_of(self, db: OrmSession, person: str) -> dict[str, Any]:
        return {
            "items": messages.messages_of(db, person),
            "undeliverable": addresses.held_on(db, person),
            "preferences": preferences.held_on(db, person),
        }

    @rpc(schemas.TeamMessage, returns=schemas.TeamMessageQueued, requires=access.facilitator)
    def write_to_session(
        self, db: OrmSession, caller: dict[str, Any], slug: str, given: dict[str, Any]
    ) -> dict[str, Any]:
        by = {"facilitator": access.facilitating(caller), "written_by": caller["id"]}
        return mailings.send(db, slug, clock.now(), **by, **given)

    @rpc(returns=schemas.TeamMessagePage, requires=access.facilitator)
    def mailings(
        self, db: OrmSession, caller: dict[str, Any], slug: str, cursor: str | None, limit: int
    ) -> dict[str, Any]:
        return mailings.page(db, slug, cursor, limit, facilitator=access.facilitating(caller))

    @rpc(returns=schemas.TeamMessageView, requires=access.facilitator)
    def mailing(self, db: OrmSession, caller: dict[str, Any], slug: str, id: str) -> dict[str, Any]:
        return mailings.one(db, slug, id, facilitator=access.facilitating(caller))

    @rpc(returns=schemas.ChoicesNow, requires=access.themselves)
    def choices(self, db: OrmSession, person: str) -> dict[str, Any]:
        return preferences.with_version(preferences.view(db, person))

    @rpc(schemas.Choices, returns=schemas.ChoicesNow, requires=access.themselves)
    def choose(self, db: OrmSession, person: str, given: dict[str, bool], version: int | None = None) -> dict[str, Any]:
        return preferences.with_version(preferences.choose(db, person, given, clock.now(), version))

    @rpc(returns=schemas.ChoicesByLink)
    def choices_by_link(self, db: OrmSession, token: str) -> dict[str, Any]:
        return preferences.by_link(db, _email_layout(self.config), token)

    @rpc(schemas.Choices, returns=schemas.ChoicesByLink)
    def choose_by_link(self, db: OrmSession, token: str, given: dict[str, bool]) -> dict[str, Any]:
        return preferences.choose_by_link(db, _email_layout(self.config), token, given, clock.now())

    @rpc(returns=schemas.ChoicesByLink)
    def stop_by_link(self, db: OrmSession, token: str) -> dict[str, Any]:
        return preferences.stop_by_link(db, _email_layout(self.config), token, clock.now())

    @rpc(returns=schemas.MailWay, requires=access.team)
    def mail_way(self, db: OrmSession) -> dict[str, str]:
        return ways.way_of(self.config.mail, self.config.mail_from)

    @rpc(returns=schemas.AddressView, requires=access.themselves)
    def address_of(self, db: OrmSession, person: str) -> dict[str, Any]:
        return addresses.address_of(db, person)

    @rpc(returns=schemas.AddressView, requires=access.themselves_or_team, records=changed("people/{person}/address"))
    def trust_address(self, db: OrmSession, person: str) -> dict[str, Any]:
        return addresses.trust(db, person)

    @rpc(returns=schemas.UndeliverablePage, requires=access.team, records=seen("undeliverable-addresses"))
    def undeliverable(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return addresses.page(db, cursor, limit)

    @rpc(schemas.BounceReport, returns=schemas.BounceTaken, requires=access.operator)
    def take_bounce(self, db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
        return bounces.take(db, given["report"].encode("latin-1"), clock.now())

    @rpc(returns=schemas.MessagePage, requires=access.team, records=overview.seen_on)
    def messages_page(self, db: OrmSession, wanted: dict[str, str], cursor: str | None, limit: int) -> dict[str, Any]:
        return overview.page(db, wanted, cursor, limit, _email_layout(self.config))

    @rpc(returns=schemas.MessageInFull, requires=access.team, records=seen("messages/{id}", person="person"))
    def message(self, db: OrmSession, id: str) -> dict[str, Any]:
        return overview.one(db, id, _email_layout(self.config))

    @rpc(returns=schemas.MessageView, requires=access.team, records=changed("messages/{id}", person="person"))
    def resend(self, db: OrmSession, caller: dict[str, Any], id: str) -> dict[str, Any]:
        return resends.resend(db, id, caller["id"], _email_layout(self.config), clock.now())

    @rpc(returns=schemas.PreviewList, requires=access.team)
    def previews(self, db: OrmSession) -> dict[str, Any]:
        return previews.every_kind(_email_layout(self.config), voices.voices_of(db, MESSAGE_TYPES))

    @rpc(returns=schemas.Preview, requires=access.team)
    def preview(self, db: OrmSession, template: str) -> dict[str, Any]:
        said = voices.voices_of(db, [template])[template]
        return previews.preview(_email_layout(self.config), template, said)

    @rpc(returns=schemas.OwnTextList, requires=access.team)
    def own_texts(self, db: OrmSession) -> dict[str, Any]:
        return own_texts.page(db)

    @rpc(returns=schemas.OwnTextView, requires=access.team)
    def own_text(self, db: OrmSession, template: str) -> dict[str, Any]:
        return own_texts.one(db, template)

    @rpc(schemas.OwnTextChange, returns=schemas.OwnTextView, requires=access.team, records=changed("emails/{template}"))
    def change_own_text(self, db: OrmSession, template: str, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return own_texts.change(db, template, version, given)

    @rpc(requires=access.team, records=changed("emails/{template}"))
    def drop_own_text(self, db: OrmSession, template: str) -> None:
        own_texts.back_to_ours(db, template)

    @rpc(schemas.OwnTextChange, returns=schemas.Preview, requires=access.team)
    def preview_own_text(self, db: OrmSession, template: str, given: dict[str, Any]) -> dict[str, Any]:
        return own_texts.preview(db, _email_layout(self.config), template, given)

    @rpc(schemas.OwnTextChange, returns=schemas.OwnTextTest, requires=access.team)
    def send_test(self, db: OrmSession, caller: dict[str, Any], template: str, given: dict[str, Any]) -> dict[str, Any]:
        return own_texts.send_test(db, caller["id"], template, given, clock.now())

    @classmethod
    def how_it_is(cls, db: OrmSession) -> dict[str, Any]:
        return {**super().how_it_is(db), "messages": backlog.report(db, clock.now())}

    @rpc()
    def letters_kept(self, db: OrmSession, to: str, limit: int) -> dict[str, Any]:
        return mail_folder.latest(_mail_folder(self.config), to, limit)

    @rpc()
    def letter_kept(self, db: OrmSession, id: str) -> dict[str, Any]:
        return mail_folder.one(_mail_folder(self.config), id)

    @subscribe("registration.person_registered.v1", "registration.person_changed.v1", reads=events.PersonRead)
    def keep_person(self, db: OrmSession, event: Envelope) -> None:
        people.keep(db, event, clock.now())

    @subscribe("registration.person_erased.v1", reads=events.ErasedRead)
    def erase_person(self, db: OrmSession, event: Envelope) -> None:
        people.erase(db, event, ways.transport_for(self.config.mail), clock.now())

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
        session = sessions.keep(db, event)
        if session is not None:
            scheduled_notices.plan(db, session, clock.now())
            changes.tell(db, event, session, clock.now())
            facilitators.session_changed(db, event, session, clock.now())
        interests.tell(db, event, self.config.head_start, clock.now())

    @subscribe(*bookings.TEMPLATES, reads=events.BookingRead, ahead=bookings.read_ahead, after=messages.queue_all)
    def tell_of_booking(self, db: OrmSession, event: Envelope) -> messages.Said | None:
        said = bookings.tell(db, event, self.config.public_url, clock.now())
        evaluations.booked(db, event, clock.now())
        return said

    @subscribe("registration.attendance_recorded.v1", reads=events.AttendanceRead)
    def keep_attendance(self, db: OrmSession, event: Envelope) -> None:
        follow_ups.keep_attendance(db, event, clock.now())
        evaluations.came(db, event, clock.now())

    @subscribe("registration.evaluation_changed.v1", reads=events.EvaluationRead)
    def keep_evaluation(self, db: OrmSession, event: Envelope) -> None:
        evaluations.keep(db, event, clock.now())

    @subscribe("registration.evaluation_answered.v1", reads=events.EvaluationAnsweredRead)
    def keep_evaluation_answer(self, db: OrmSession, event: Envelope) -> None:
        evaluations.keep_answer(db, event)

    @subscribe("registration.feedback_given.v1", reads=events.FeedbackRead)
    def keep_feedback(self, db: OrmSession, event: Envelope) -> None:
        follow_ups.keep_feedback(db, event, clock.now())

    @subscribe("catalogue.city_described.v1", reads=events.CityRead)
    def keep_site(self, db: OrmSession, event: Envelope) -> None:
        own_texts.keep_site(db, event)

    @subscribe("catalogue.material_published.v1", "catalogue.material_withdrawn.v1", reads=events.MaterialRead)
    def keep_material(self, db: OrmSession, event: Envelope) -> None:
        materials.keep(db, event, clock.now())

    @subscribe("registration.interest_registered.v1", "registration.interest_withdrawn.v1", reads=events.InterestRead)
    def keep_interest(self, db: OrmSession, event: Envelope) -> None:
        interests.keep(db, event)

    @subscribe("community.introduction_proposed.v1", reads=events.ProposalRead)
    def tell_of_proposal(self, db: OrmSession, event: Envelope) -> None:
        community.tell_of_proposal(db, event, clock.now())

    @subscribe("community.introduction_accepted.v1", reads=events.AcceptanceRead)
    def tell_of_acceptance(self, db: OrmSession, event: Envelope) -> None:
        community.tell_of_acceptance(db, event, clock.now())

    @subscribe("community.tables_published.v1", reads=events.TablesRead)
    def tell_of_tables(self, db: OrmSession, event: Envelope) -> None:
        community.tell_of_tables(db, event, clock.now())

    @subscribe("community.sat_together.v1", reads=events.SatTogetherRead)
    def tell_of_tablemates(self, db: OrmSession, event: Envelope) -> None:
        community.tell_of_tablemates(db, event, clock.now())

    @subscribe("community.member_left.v1", reads=events.LeftRead)
    def keep_leaving(self, db: OrmSession, event: Envelope) -> None:
        community.drop_what_is_for_members(db, event)

    @subscribe("community.member_removed.v1", "community.member_let_in.v1", reads=events.RemovedRead)
    def tell_of_removal(self, db: OrmSession, event: Envelope) -> None:
        community.tell_of_removal(db, event, clock.now())

    @subscribe("registration.facilitator_named.v1", reads=events.FacilitatorRead)
    def tell_facilitator(self, db: OrmSession, event: Envelope) -> None:
        facilitators.tell(db, event, clock.now())

    @subscribe("registration.facilitator_taken_back.v1", reads=events.TakenBackRead)
    def take_back_facilitator(self, db: OrmSession, event: Envelope) -> None:
        facilitators.take_back(db, event, clock.now())

    @subscribe("registration.coordinator_named.v1", reads=events.CoordinatorRead)
    def tell_coordinator(self, db: OrmSession, event: Envelope) -> None:
        coordinators.tell(db, event, clock.now())

    @subscribe("registration.sign_in_requested.v1", reads=events.SignInRead, urgent=True)
    def send_code(self, db: OrmSession, event: Envelope) -> None:
        sign_ins.send_code(db, event, clock.now())

    @subscribe("registration.sign_in_guessed.v1", reads=events.GuessedRead)
    def tell_of_guesses(self, db: OrmSession, event: Envelope) -> None:
        sign_ins.tell_of_guesses(db, event, clock.now())

    @subscribe("registration.second_factor_guessed.v1", reads=events.GuessedRead)
    def tell_of_factor_guesses(self, db: OrmSession, event: Envelope) -> None:
        sign_ins.tell_of_factor_guesses(db, event, clock.now())

    @subscribe("registration.identity_linked.v1", reads=events.IdentityLinkedRead)
    def tell_of_identity(self, db: OrmSession, event: Envelope) -> None:
        sign_ins.tell_of_identity(db, event, clock.now())

    @subscribe("registration.email_change_asked.v1", reads=events.EmailAskedRead, urgent=True)
    def tell_new_address(self, db: OrmSession, event: Envelope) -> None:
        email_changes.tell_new_address(db, event, clock.now())

    @subscribe("registration.email_changed.v1", reads=events.EmailChangedRead)
    def tell_old_address(self, db: OrmSession, event: Envelope) -> None:
        email_changes.tell_old_address(db, event, clock.now())

    @subscribe("registration.addresses_changed.v1", reads=events.AddressesChangedRead)
    def tell_addresses(self, db: OrmSession, event: Envelope) -> None:
        email_changes.tell_addresses(db, event, clock.now())

    @subscribe("registration.email_change_undone.v1", reads=events.EmailUndoneRead)
    def tell_both_addresses(self, db: OrmSession, event: Envelope) -> None:
        email_changes.tell_both(db, event, clock.now())

    @subscribe("registration.person_corrected.v1", reads=events.CorrectedRead)
    def tell_corrected(self, db: OrmSession, event: Envelope) -> None:
        email_changes.tell_corrected(db, event, clock.now())

    @subscribe("registration.merge_asked.v1", reads=events.MergeAskedRead, urgent=True)
    def send_merge_code(self, db: OrmSession, event: Envelope) -> None:
        merges.send_code(db, event, clock.now())

    @subscribe("registration.person_merged.v1", reads=events.MergedRead)
    def merge_person(self, db: OrmSession, event: Envelope) -> None:
        merges.merge(db, event, clock.now())

    @subscribe("registration.person_parted.v1", reads=events.PartedRead)
    def part_person(self, db: OrmSession, event: Envelope) -> None:
        merges.part(db, event, clock.now())

    @subscribe("registration.booking_reassigned.v1", reads=events.ReassignedRead)
    def keep_owner(self, db: OrmSession, event: Envelope) -> None:
        merges.reassign(db, event, self.config.public_url, clock.now())

    @subscribe("registration.account_unused.v1", reads=events.UnusedRead)
    def tell_of_disuse(self, db: OrmSession, event: Envelope) -> None:
        sign_ins.tell_of_disuse(db, event, clock.now())

    @timer(3600, once=True)
    def forget_what_has_run_out(self, db: OrmSession) -> None:
        if keeping.let_go(db, retention.RULES, clock.now()):
            wake(db, "forget_what_has_run_out")

    @timer(3600)
    def drop_files(self, db: OrmSession) -> None:
        retention.drop_files(db, self.config.mail, clock.now())

    @timer(5, once=True)
    def tell_what_is_due(self, db: OrmSession) -> None:
        due.tell(db, clock.now())

    @timer(3)
    def hold_leases(self, db: OrmSession) -> None:
        leases.hold(db, clock.now())

    @worker_loop(idle=5.0, copies=4)
    def deliver(self) -> bool:
        transport = ways.transport_for(self.config.mail)
        per_minute = self.config.mail_per_minute
        return sending.deliver_next(
            self.database.begin, transport, _email_layout(self.config), clock.now, most=AT_ONCE, per_minute=per_minute
        )


def _mail_folder(config: Settings) -> Path:
    """Return the folder whose letters may be read. Raises NotFound unless they are to be shown, and are files."""
    if not config.shows_mail:
        raise NotFound("Mail is not shown here.")
    return mail_folder.folder_of(config.mail)


def _email_layout(config: Settings) -> EmailLayout:
    return EmailLayout(config.mail_from, config.public_url, config.secret_key, config.language)
