"""The community service as nameko runs it: what it is asked, and what it hears."""

from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.bus import keeping
from services.bus.audit import changed, seen
from services.bus.entrypoints import Database, SettingsProvider, rpc, subscribe, timer, worker_loop
from services.bus.envelope import Envelope
from services.bus.operated import Operated
from services.bus.outbox import wake
from services.bus.vouched import VouchedCallers
from services.community import (
    access,
    blocks,
    bookings,
    events,
    introductions,
    making_tables,
    meeting_others,
    members,
    merges,
    my_data,
    organisations,
    people,
    removals,
    reports,
    retention,
    schemas,
    sessions,
    table_views,
    tablemates,
    tables,
    topics,
)
from services.community.models import Booking
from services.community.reach import answers as reach_answers
from services.community.reach import rooms as reach_rooms
from services.runtime import clock


class Community(VouchedCallers, Operated):
    """Who meets whom, and who the programme reaches."""

    name = "community"
    tells_of_use = "community.personal_data_used.v1"
    database = Database()
    settings = SettingsProvider()
    takes_state = True  # what it is told again changes nothing but what it does not know: see decision 0014

    @rpc(
        schemas.TablesWanted,
        returns=schemas.PlanState,
        requires=access.facilitator,
        records=changed("sessions/{slug}/tables"),
    )
    def plan_tables(self, db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return tables.plan(db, slug, clock.now(), **given)

    @rpc(returns=schemas.TablesView, requires=access.facilitator, records=seen("sessions/{slug}/tables"))
    def tables(self, db: OrmSession, caller: dict[str, Any], slug: str, status: str | None = None) -> dict[str, Any]:
        return table_views.view(db, slug, status, with_met="team" in caller["roles"])

    @rpc(returns=schemas.PeopleToSeat, requires=access.facilitator, records=seen("sessions/{slug}/tables"))
    def people_to_seat(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return table_views.people(db, slug)

    @rpc(
        schemas.SeatMoved,
        returns=schemas.PlanState,
        requires=access.facilitator,
        records=changed("sessions/{slug}/tables"),
    )
    def move_seat(self, db: OrmSession, slug: str, version: int, given: dict[str, Any]) -> dict[str, Any]:
        return tables.move(db, slug, version, clock.now(), **given)

    @rpc(
        schemas.TablesUpdate,
        returns=schemas.PlanState,
        requires=access.facilitator,
        records=changed("sessions/{slug}/tables"),
    )
    def update_tables(self, db: OrmSession, slug: str, given: dict[str, Any]) -> dict[str, Any]:
        return tables.update(db, slug, clock.now(), **given)

    @rpc(returns=schemas.PlanState, requires=access.facilitator, records=changed("sessions/{slug}/tables"))
    def publish_tables(self, db: OrmSession, slug: str) -> dict[str, Any]:
        return tables.publish(db, slug, clock.now())

    @rpc(returns=schemas.OwnTables)
    def own_table(self, db: OrmSession, caller: dict[str, Any], reference: str) -> dict[str, Any]:
        return table_views.own(db, caller["id"], reference)

    @rpc(returns=schemas.OwnTablesList)
    def own_tables(self, db: OrmSession, caller: dict[str, Any], references: list[str]) -> dict[str, Any]:
        return table_views.own_of(db, caller["id"], references)

    @worker_loop(idle=5.0)
    def make_tables(self) -> bool:
        return making_tables.make_next(self.database.begin, making_tables.search_apart, clock.now)

    @subscribe("catalogue.city_described.v1", reads=events.CityRead)
    def keep_sectors(self, db: OrmSession, event: Envelope) -> None:
        people.keep_sectors(db, event)

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
        sessions.keep(db, event)

    @subscribe("catalogue.topic_renamed.v1", reads=events.TopicRead)
    def keep_topic(self, db: OrmSession, event: Envelope) -> None:
        topics.keep(db, event)

    @subscribe("registration.person_registered.v1", "registration.person_changed.v1", reads=events.PersonRead)
    def keep_person(self, db: OrmSession, event: Envelope) -> None:
        people.keep(db, event)

    @subscribe("registration.person_erased.v1", reads=events.ErasedRead)
    def erase_person(self, db: OrmSession, event: Envelope) -> None:
        people.erase(db, event)

    @subscribe("registration.person_merged.v1", reads=events.MergedRead)
    def merge_person(self, db: OrmSession, event: Envelope) -> None:
        merges.merge(db, event)

    @subscribe("registration.person_parted.v1", reads=events.PartedRead)
    def part_person(self, db: OrmSession, event: Envelope) -> None:
        merges.part(db, event)

    @subscribe("registration.booking_reassigned.v1", reads=events.ReassignedRead)
    def keep_owner(self, db: OrmSession, event: Envelope) -> None:
        merges.reassign(db, event)

    @subscribe(
        "registration.booking_confirmed.v1",
        "registration.booking_waitlisted.v1",
        "registration.place_offered.v1",
        "registration.offer_expired.v1",
        "registration.booking_cancelled.v1",
        "registration.booking_moved.v1",
        reads=events.BookingRead,
        ahead=bookings.read_ahead,
        after=bookings.count,
    )
    def keep_booking(self, db: OrmSession, event: Envelope) -> Booking | None:
        return bookings.keep(db, event)

    @subscribe("registration.attendance_recorded.v1", reads=events.AttendanceRead)
    def keep_attendance(self, db: OrmSession, event: Envelope) -> None:
        bookings.keep_attendance(db, event)

    @rpc(schemas.NewMember, returns=schemas.OwnProfile)
    def join(self, db: OrmSession, caller: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        return members.join(db, caller, clock.now(), open_to=self.settings.community_open_to, **given)

    @rpc()
    def check_may_join(self, db: OrmSession, caller: dict[str, Any]) -> None:
        members.check_may_join(db, caller, self.settings.community_open_to)

    @rpc()
    def leave(self, db: OrmSession, caller: dict[str, Any]) -> None:
        members.leave(db, caller)

    @rpc(returns=schemas.Membership)
    def membership(self, db: OrmSession, caller: dict[str, Any]) -> dict[str, bool]:
        return members.is_member(db, caller)

    @rpc()
    def check_member(self, db: OrmSession, caller: dict[str, Any]) -> None:
        members.require(db, caller["id"])

    @rpc(returns=schemas.OwnProfile)
    def profile(self, db: OrmSession, caller: dict[str, Any]) -> dict[str, Any]:
        return members.profile(db, caller)

    @rpc(schemas.MemberChange, returns=schemas.OwnProfile)
    def change_profile(
        self, db: OrmSession, caller: dict[str, Any], version: int, given: dict[str, Any]
    ) -> dict[str, Any]:
        return members.change(db, caller, version, given)

    @rpc(returns=schemas.MemberPage)
    def members(
        self,
        db: OrmSession,
        caller: dict[str, Any],
        cursor: str | None,
        limit: int,
        sector: str | None = None,
        topic: str | None = None,
        q: str | None = None,
    ) -> dict[str, Any]:
        return members.page(db, caller, cursor, limit, sector=sector, topic=topic, q=q)

    @rpc(returns=schemas.MemberView)
    def member(self, db: OrmSession, caller: dict[str, Any], id: str) -> dict[str, Any]:
        return members.one(db, caller, id)

    @rpc(returns=schemas.MetPage)
    def met(
        self, db: OrmSession, caller: dict[str, Any], cursor: str | None, limit: int, session: str | None = None
    ) -> dict[str, Any]:
        return meeting_others.met(db, caller, cursor, limit, session)

    @rpc(returns=schemas.PickedTopics, requires=access.team)
    def picked_topics(self, db: OrmSession) -> dict[str, dict[str, int]]:
        return {"topics": topics.picked(db)}

    @rpc()
    def block(self, db: OrmSession, caller: dict[str, Any], id: str) -> None:
        blocks.block(db, caller, id, clock.now())

    @rpc()
    def unblock(self, db: OrmSession, caller: dict[str, Any], id: str) -> None:
        blocks.unblock(db, caller, id)

    @rpc(returns=schemas.BlockedPage)
    def blocked(self, db: OrmSession, caller: dict[str, Any], cursor: str | None, limit: int) -> dict[str, Any]:
        return blocks.page(db, caller, cursor, limit)

    @rpc(returns=schemas.SuggestionList)
    def suggested(self, db: OrmSession, caller: dict[str, Any]) -> dict[str, Any]:
        return meeting_others.suggested(db, caller)

    @rpc(schemas.Proposal, returns=schemas.IntroductionView)
    def propose(self, db: OrmSession, caller: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        return introductions.propose(db, caller, clock.now(), wait=self.settings.new_accounts_wait, **given)

    @rpc(returns=schemas.IntroductionPage)
    def introductions(
        self, db: OrmSession, caller: dict[str, Any], cursor: str | None, limit: int, which: str | None = None
    ) -> dict[str, Any]:
        return introductions.page(db, caller, clock.now(), cursor, limit, which)

    @rpc(returns=schemas.IntroductionView)
    def introduction(self, db: OrmSession, caller: dict[str, Any], id: str) -> dict[str, Any]:
        return introductions.one(db, caller, id, clock.now())

    @rpc(returns=schemas.IntroductionView)
    def accept(self, db: OrmSession, caller: dict[str, Any], id: str) -> dict[str, Any]:
        return introductions.accept(db, caller, id, clock.now())

    @rpc(returns=schemas.IntroductionView)
    def decline(self, db: OrmSession, caller: dict[str, Any], id: str) -> dict[str, Any]:
        return introductions.decline(db, caller, id, clock.now())

    @rpc(returns=schemas.IntroductionView)
    def withdraw(self, db: OrmSession, caller: dict[str, Any], id: str) -> dict[str, Any]:
        return introductions.withdraw(db, caller, id, clock.now())

    @rpc(schemas.ReportMade, returns=schemas.IntroductionView)
    def report(self, db: OrmSession, caller: dict[str, Any], id: str, given: dict[str, Any]) -> dict[str, Any]:
        return reports.report(db, caller, id, clock.now(), **given)

    @rpc(returns=schemas.ReportPage, requires=access.team, records=seen("reports"))
    def reports(self, db: OrmSession, cursor: str | None, limit: int, status: str | None = None) -> dict[str, Any]:
        return reports.page(db, cursor, limit, status)

    @rpc(returns=schemas.ReportView, requires=access.team, records=seen("reports/{id}", person="about.id"))
    def one_report(self, db: OrmSession, id: str) -> dict[str, Any]:
        return reports.one(db, id)

    @rpc(returns=schemas.ReportsWaiting, requires=access.team)
    def reports_waiting(self, db: OrmSession) -> dict[str, int]:
        return reports.waiting(db)

    @rpc(
        schemas.ReportDealtWith,
        returns=schemas.ReportView,
        requires=access.team,
        records=changed("reports/{id}", person="about.id"),
    )
    def deal_with_report(
        self, db: OrmSession, caller: dict[str, Any], id: str, version: int, given: dict[str, Any]
    ) -> dict[str, Any]:
        return reports.deal_with(db, caller, id, version, clock.now(), **given)

    @rpc(returns=schemas.ReportView, requires=access.team, records=changed("reports/{id}", person="about.id"))
    def reopen_report(self, db: OrmSession, id: str, version: int) -> dict[str, Any]:
        return reports.reopen(db, id, version)

    @rpc(
        schemas.RemovalMade,
        returns=schemas.StandingView,
        requires=access.team,
        records=changed("people/{id}/membership"),
    )
    def remove_member(self, db: OrmSession, caller: dict[str, Any], id: str, given: dict[str, Any]) -> dict[str, Any]:
        return removals.remove(db, caller, id, clock.now(), **given)

    @rpc(returns=schemas.StandingView, requires=access.team, records=changed("people/{id}/membership"))
    def let_in(self, db: OrmSession, id: str) -> dict[str, Any]:
        return removals.let_in(db, id, clock.now())

    @rpc(returns=schemas.StandingView, requires=access.team, records=seen("people/{id}/membership"))
    def standing(self, db: OrmSession, id: str) -> dict[str, Any]:
        return removals.one(db, id)

    @rpc(returns=schemas.RemovedPage, requires=access.team, records=seen("removed-members"))
    def removed(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return removals.page(db, cursor, limit)

    @rpc(returns=schemas.ConfirmedOrganisationPage, requires=access.team)
    def confirmed_organisations(self, db: OrmSession, cursor: str | None, limit: int) -> dict[str, Any]:
        return organisations.page(db, cursor, limit)

    @rpc(schemas.OrganisationConfirmed, returns=schemas.ConfirmedOrganisationView, requires=access.team)
    def confirm_organisation(self, db: OrmSession, caller: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        return organisations.confirm(db, caller, clock.now(), **given)

    @rpc(requires=access.team)
    def withdraw_organisation(self, db: OrmSession, id: str) -> None:
        organisations.withdraw(db, id)

    @rpc(requires=access.themselves)
    def export_of(self, db: OrmSession, person: str) -> dict[str, Any]:
        return my_data.export(db, person, clock.now())

    @timer(60, once=True)
    def expire_introductions(self, db: OrmSession) -> None:
        introductions.expire(db, clock.now())

    @timer(60, once=True)
    def tell_tablemates(self, db: OrmSession) -> None:
        tablemates.tell(db, clock.now())

    @timer(3600, once=True)
    def forget_what_has_run_out(self, db: OrmSession) -> None:
        if keeping.let_go(db, retention.RULES, clock.now()):
            wake(db, "forget_what_has_run_out")

    @rpc(schemas.ReachAsked, returns=schemas.ReachView, requires=access.team)
    def reach(self, db: OrmSession, given: dict[str, Any]) -> dict[str, Any]:
        return reach_answers.reach(db, **given)

    @worker_loop(idle=10.0)
    def make_reach(self) -> bool:
        return reach_rooms.make_next(self.database.begin, clock.now)
