"""What the audit record protects: nothing is done unseen, a row once written stays as it was, and it names nobody."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from services.bus import models as bus
from services.bus.audit import CHANGED, EXPORTED, SEEN, Entry, exporting
from services.registration import access, my_data, schemas
from services.registration.accounts import facilitators, roles, sign_in, tokens
from services.registration.audit import chain, reading, recording
from services.registration.models import Audit, AuditChain, Base, SignInCode
from services.registration.places import bookings
from services.registration.service import Registration
from services.runtime import clock, correlation
from services.runtime.database import Transactions
from services.runtime.refusals import Invalid, NotAllowed
from services.runtime.retention import period
from services.runtime.schemas import load
from services.runtime.settings import Settings
from tests.registration.calls import SECRET, World
from tests.registration.conftest import NOW
from tests.registration.kept import let_go

KEY = chain.Key(SECRET)
MINUTE = timedelta(minutes=1)
BEA = "bea@example.org"


def written(db, *columns):
    """Return what was recorded, in order: action, actor and object, or other columns."""
    return [tuple(row) for row in db.execute(select(*(columns or OF_A_ROW)).order_by(Audit.position))]


OF_A_ROW = (Audit.action, Audit.actor, Audit.object)


def look(engine, now=NOW, key=KEY):
    with Transactions(engine).look() as db:
        return chain.check(db, key, now)


class TestWhatIsRecorded:
    def test_a_role_that_is_given_and_taken_and_by_whose_word(self, db, person):
        tess, ben = person("tess"), person("ben")
        roles.give(db, tess, "team", NOW)
        roles.give(db, tess, "operator", NOW)
        given = roles.give_to(db, tess, NOW, "ben@example.org", "operator")
        roles.give_to(db, tess, NOW, "ben@example.org", "operator")  # who has it already
        roles.take(db, given["id"], NOW, tess)
        roles.take_from(db, "tess@example.org", "team", NOW)
        assert written(db) == [
            ("role-given", "command", f"people/{tess.id}/roles/team"),
            ("role-given", "command", f"people/{tess.id}/roles/operator"),
            ("role-given", tess.id, f"people/{ben.id}/roles/operator"),
            ("role-taken", tess.id, f"people/{ben.id}/roles/operator"),
            ("role-taken", "command", f"people/{tess.id}/roles/team"),
        ]
        assert written(db, Audit.person) == [(tess.id,), (tess.id,), (ben.id,), (ben.id,), (tess.id,)]

    def test_who_facilitates_from_now_on_and_no_more(self, db, person, told):
        told("march")
        tess, fay = person("tess", granted=["team"]), person("fay")
        named = facilitators.name(db, tess, "march", NOW, "fay@example.org")
        facilitators.take_back(db, tess, "march", named["id"], NOW)
        assert written(db, Audit.action, Audit.actor, Audit.object, Audit.person) == [
            ("facilitator-named", tess.id, "sessions/march/facilitators", fay.id),
            ("facilitator-taken-back", tess.id, "sessions/march/facilitators", fay.id),
        ]

    def test_signing_in_and_wrong_codes_without_the_address(self, db, person):
        ben = person("ben")
        settings = Settings(secret_key=SECRET)
        for email in ("ben@example.org", "nobody@example.org"):
            sign_in.request_code(db, email, sign_in.Origin("192.0.2.1"), settings, NOW)
            for _ in range(2):
                assert sign_in.confirm_code(db, email, "wrong", settings, NOW).code == "code-wrong"
        sign_in.admit(db, ben, NOW, "Firefox")
        assert written(db) == [
            ("sign-in-refused", "unknown", f"people/{ben.id}"),
            ("sign-in-refused", "unknown", "sign-ins"),
            ("signed-in", ben.id, f"people/{ben.id}"),
        ]
        assert db.scalar(select(func.count()).select_from(SignInCode)) == 2  # which do hold the addresses

    def test_erasure_by_the_person_and_of_a_guest_by_the_system(self, db, person):
        ben, guest = person("ben"), person("guest", email=None)
        my_data.erase(db, ben, NOW)
        let_go(db, NOW + period("guests") + MINUTE, "guests")
        assert written(db) == [
            ("erased", ben.id, f"people/{ben.id}"),
            ("erased", "system", f"people/{guest.id}"),
        ]

    def test_it_is_gone_with_what_it_records(self, db, person):
        ben = person("ben")
        attempt = db.begin_nested()
        roles.give(db, ben, "team", NOW)
        attempt.rollback()
        assert written(db) == []

    def test_the_request_that_did_it_is_known_by_its_id(self, db, person):
        with correlation.following("0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10"):
            roles.give(db, person("ben"), "team", NOW)
        assert written(db, Audit.correlation_id) == [("0b8c0f2e-3c52-4c55-9d5b-8a8b5d4a1a10",)]


class TestUse:
    def test_what_people_see_and_change_of_their_own_is_not_recorded(self, db, person, told):
        told("march")
        amina, tess = person("amina"), person("tess")
        reference = bookings.book(db, amina, NOW, "march")["reference"]
        for actor in (amina, tess):
            for action in (SEEN, CHANGED):
                recording.record_use(db, actor.id, Entry(action, f"bookings/{reference}"), NOW)
                recording.record_use(db, actor.id, Entry(action, f"people/{amina.id}/messages"), NOW)
        assert written(db, Audit.actor, Audit.person) == [(tess.id, amina.id)] * 4

    def test_a_page_that_is_reloaded_is_one_row_in_ten_minutes(self, db):
        for minutes in (0, 1, 9, 10, 12):
            recording.record_use(db, "tess", Entry(SEEN, "sessions/march/bookings"), NOW + minutes * MINUTE)
        recording.record_use(db, "olu", Entry(SEEN, "sessions/march/bookings"), NOW)
        recording.record_use(db, "tess", Entry(SEEN, "sessions/april/bookings"), NOW)
        assert written(db, Audit.actor, Audit.session, Audit.at) == [
            ("tess", "march", NOW),
            ("tess", "march", NOW + 10 * MINUTE),
            ("olu", "march", NOW),
            ("tess", "april", NOW),
        ]

    def test_each_file_that_is_taken_away_is_a_row_however_many_pages_it_is_made_of(self, db):
        for _ in range(2):
            with correlation.following(None):
                for _ in range(3):
                    recording.record_use(db, "tess", Entry(EXPORTED, "sessions/march/bookings"), NOW)
        assert len(written(db)) == 2

    def test_each_change_is_a_row(self, db):
        for _ in range(2):
            recording.record_use(db, "tess", Entry(CHANGED, "sessions/march/attendance"), NOW)
        assert len(written(db)) == 2

    def test_what_another_service_tells_of_is_kept_at_its_own_time(self, db, person):
        ben = person("ben")
        used = [{"action": CHANGED, "object": "messages/7", "person": ben.id}]
        recording.record_told(db, {"actor": "tess", "used": used}, NOW - MINUTE)
        assert written(db, Audit.at, Audit.actor, Audit.person) == [(NOW - MINUTE, "tess", ben.id)]


@pytest.fixture
def world(make_engine):
    world = World(make_engine(Base.metadata, bus.metadata))
    with world.service.database.begin() as db:
        db.execute(delete(Audit))
    return world


def recorded(world):
    with world.service.database.begin() as db:
        return [(action, object) for action, object in written(db, Audit.action, Audit.object)]


class TestCalls:
    def test_a_list_that_the_team_opens_is_seen_and_its_sheet_is_taken_away(self, world):
        page = {"slug": "now", "cursor": None, "limit": 5}
        assert world.ask("session_bookings", "team", **page).value["items"]
        with exporting():
            world.ask("session_bookings", "team", export=True, **page)
        assert recorded(world) == [("data-seen", "sessions/now/bookings"), ("data-exported", "sessions/now/bookings")]

    def test_who_may_not_look_leaves_no_row_of_having_looked(self, world):
        assert world.ask("session_bookings", "amina", slug="now", cursor=None, limit=5).refusal.code == "not-allowed"
        assert world.ask("booking", "team", reference="NO-SUCH").refusal.code == "not-found"
        assert recorded(world) == []

    def test_a_booking_is_recorded_where_the_team_opens_it_and_not_where_its_owner_does(self, world):
        for who in ("amina", "team"):
            world.ask("booking", who, reference=world.reference)
            world.ask("cancel", who, reference=world.reference, given={})
        assert recorded(world) == [
            ("data-seen", f"bookings/{world.reference}"),
            ("data-changed", f"bookings/{world.reference}"),
        ]

    def test_what_is_booked_for_someone_is_named_by_the_booking_that_they_got(self, world):
        made = world.ask("book_for", "team", slug="now", given={"email": BEA, "name": "Bea"})
        assert recorded(world) == [("data-changed", f"bookings/{made.value['reference']}")]

    def test_a_door_that_takes_scans_changes_the_attendance_of_their_sessions(self, world):
        token = world.ask("check_in_token", "amina", reference=world.reference).value["token"]
        scans = [{"token": token, "at": clock.now().isoformat()}, {"token": "x", "at": clock.now().isoformat()}]
        world.ask("take_scans", "team", given={"scans": scans * 2})
        assert recorded(world) == [("data-changed", "sessions/now/attendance")]

    def test_what_one_takes_away_of_oneself_and_where_one_signs_out_is_recorded(self, world):
        world.ask("export_me", "amina")
        world.ask("end_sign_ins", "amina")
        assert [action for action, _ in recorded(world)] == ["data-exported", "sign-ins-ended"]

    def test_the_same_request_again_is_recorded_once(self, world):
        for _ in range(2):
            world.ask("add_note", "team", reference=world.reference, given={"text": "Late"}, key="k")
        assert len(recorded(world)) == 1


class TestReading:
    def test_operators_read_all_of_it_and_the_team_what_is_of_one_person(self, db, person):
        olu, tess, amina = person("olu", granted=["operator"]), person("tess", granted=["team"]), person("amina")
        for whose in (None, amina.id):
            access.check_reads_audit(olu, whose)
        access.check_reads_audit(tess, amina.id)
        for who, whose in ((tess, None), (tess, ""), (amina, amina.id)):
            with pytest.raises(NotAllowed):
                access.check_reads_audit(who, whose)

    def test_reading_it_is_recorded(self, world):
        with world.service.database.begin() as db:
            id = tokens.signed_in(db, world.tokens["amina"]["token"], clock.now()).id
        assert world.ask("audit", "team", given={"person": id}, cursor=None, limit=5).value["items"] == []
        assert world.ask("audit", "team", given={}, cursor=None, limit=5).refusal.code == "not-allowed"
        assert recorded(world) == [("data-seen", f"people/{id}/audit")]

    @pytest.fixture
    def record(self, db, person):
        self.amina, self.tess = person("amina"), person("tess")
        for day in range(4):
            recording.record_use(db, self.tess.id, Entry(SEEN, f"people/{self.amina.id}"), NOW + timedelta(days=day))
        recording.record_use(db, self.tess.id, Entry(CHANGED, "sessions/march/attendance"), NOW)

    def page(self, db, cursor=None, limit=20, **wanted):
        return schemas.AuditPage().dump(reading.page(db, cursor, limit, **load(schemas.AuditAsked(), wanted)))

    def test_it_is_read_page_by_page_the_latest_first(self, db, record):
        first = self.page(db, limit=3)
        second = self.page(db, first["next"], limit=3)
        assert [row["action"] for row in first["items"]] == [CHANGED, SEEN, SEEN]
        assert [row["at"] for row in second["items"]] == [(NOW + timedelta(days=n)).isoformat() for n in (1, 0)]
        assert second["next"] is None
        assert second["items"][0] == {
            "number": None,
            "at": (NOW + timedelta(days=1)).isoformat(),
            "actor": self.tess.id,
            "actor_name": "Tess",
            "action": SEEN,
            "object": f"people/{self.amina.id}",
            "person": self.amina.id,
            "person_name": "Amina",
            "correlation_id": None,
        }

    def test_by_what_was_done_and_when_and_whose_it_was(self, db, record):
        assert len(self.page(db, action=CHANGED)["items"]) == 1
        assert len(self.page(db, **{"from": "2027-01-13", "to": "2027-01-14"})["items"]) == 2
        assert len(self.page(db, person=self.amina.id)["items"]) == 4
        assert len(self.page(db, person=self.tess.id)["items"]) == 5  # what she did
        backwards = {"from": "2027-01-02", "to": "2027-01-01"}
        for wrong in ({"person": BEA}, {"action": "looked"}, {"from": "soon"}, backwards):
            with pytest.raises(Invalid):
                self.page(db, **wrong)

    def test_a_person_s_record_has_the_lists_that_they_stood_on_since_they_did(self, db, person, told):
        told("march")
        amina = person("amina")
        recording.record_use(db, "tess", Entry(SEEN, "sessions/march/bookings"), NOW - MINUTE)
        bookings.book(db, amina, NOW, "march")
        recording.record_use(db, "olu", Entry(SEEN, "sessions/march/bookings"), NOW + MINUTE)
        recording.record_use(db, "olu", Entry(SEEN, "sessions/april/bookings"), NOW + MINUTE)
        assert [row["actor"] for row in self.page(db, person=amina.id)["items"]] == ["olu"]

    def test_the_own_export_has_it_and_names_nobody_else(self, db, person, told):
        amina, tess = person("amina"), person("tess")
        recording.record_use(db, tess.id, Entry(SEEN, f"people/{amina.id}"), NOW)
        roles.give(db, amina, "team", NOW)
        sign_in.admit(db, amina, NOW)
        held = my_data.export(db, amina)["audit"]
        assert [(row["by"], row["action"]) for row in held] == [
            ("someone", SEEN),
            ("command", "role-given"),
            ("self", "signed-in"),
        ]
        assert tess.id not in json.dumps(held, default=str)

    def test_rows_outlive_the_erasure_of_a_person_and_name_them_no_more(self, db, record):
        my_data.erase(db, self.amina, NOW)
        rows = self.page(db, person=self.amina.id)["items"]
        assert [row["action"] for row in rows] == ["erased", *[SEEN] * 4]
        assert {row["person_name"] for row in rows} == {None}

    def test_no_address_is_in_it(self, db, person):
        settings = Settings(secret_key=SECRET)
        sign_in.request_code(db, BEA, sign_in.Origin("192.0.2.1"), settings, NOW)
        sign_in.confirm_code(db, BEA, "000000", settings, NOW)
        roles.give_to(db, person("tess"), NOW, BEA, "team")
        roles.take_from(db, BEA, "team", NOW)
        rows = db.execute(select(Audit.__table__)).mappings().all()
        assert len(rows) == 3
        assert "@" not in json.dumps([dict(row) for row in rows], default=str)

    def test_every_action_can_be_asked_for(self):
        actions = {value for name, value in vars(recording).items() if name.isupper() and isinstance(value, str)}
        actors = {recording.COMMAND, recording.SYSTEM, recording.UNKNOWN}
        assert {*schemas.AUDIT_ACTIONS} == actions - actors | {SEEN, EXPORTED, CHANGED}


@pytest.fixture
def engine(make_engine):
    """A record of seven rows, in the chain."""
    engine = make_engine(Base.metadata, bus.metadata)
    with Transactions(engine).begin() as db:
        for number in range(7):
            recording.record(db, "tess", CHANGED, f"people/{number}", NOW + number * MINUTE, person=str(number))
    with Transactions(engine).begin() as db:
        assert chain.extend(db, KEY) == 7
    return engine


def tamper(engine, *statements):
    """Do it as someone who owns the database: what refuses changes is out of their way."""
    on = "ON audit" if engine.dialect.name == "postgresql" else ""
    with engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER audit_is_append_only {on}"))
        for statement in statements:
            connection.execute(statement)


class TestChain:
    def test_it_counts_without_gaps_in_the_order_of_writing_and_is_whole(self, engine):
        with Transactions(engine).begin() as db:
            assert written(db, Audit.number, Audit.object) == [(n + 1, f"people/{n}") for n in range(7)]
            assert chain.extend(db, KEY) == 0
        assert look(engine) == chain.Checked(rows=7, broken_at=None, why="", other_key=0, late=0)

    def test_the_database_refuses_to_change_a_row_of_it(self, engine):
        with pytest.raises(DBAPIError, match="does not change"), engine.begin() as connection:
            connection.execute(update(Audit).where(Audit.number == 3).values(actor="olu"))

    @pytest.mark.parametrize("change", [
        {"actor": "olu"}, {"action": "data-seen"}, {"object": "people/9"}, {"person": None}, {"session": "march"},
        {"at": NOW}, {"correlation_id": "x"}, {"hash": "0" * 64}, {"previous_hash": ""},
    ])  # fmt: skip
    def test_a_row_that_was_changed_is_found(self, engine, change):
        tamper(engine, update(Audit).where(Audit.number == 3).values(**change))
        assert look(engine).broken_at in (3, 4)

    @pytest.mark.parametrize("number", [1, 3, 7])
    def test_a_row_that_was_removed_is_found(self, engine, number):
        tamper(engine, delete(Audit).where(Audit.number == number))
        assert look(engine).broken_at == number

    def test_rows_that_were_swapped_are_found(self, engine):
        swaps = [update(Audit).where(Audit.number == a).values(number=b) for a, b in ((3, 99), (4, 3), (99, 4))]
        tamper(engine, *swaps)
        assert look(engine).broken_at == 3

    def test_rows_that_were_added_or_all_taken_off_the_end_are_found(self, engine):
        with engine.begin() as connection:
            copied = connection.execute(select(Audit.__table__).where(Audit.number == 7)).mappings().one()
            forged = {**copied, "number": 8, "previous_hash": copied["hash"], "hash": copied["hash"]}
            connection.execute(Audit.__table__.insert(), [{k: v for k, v in forged.items() if k != "position"}])
        assert look(engine).broken_at == 8
        tamper(engine, delete(Audit).where(Audit.number > 5))
        assert look(engine).broken_at == 6

    def test_a_chain_made_again_without_the_secret_key_is_found(self, engine):
        forged = update(Audit).values(number=None, hash=None, previous_hash=None, actor="olu")
        tamper(engine, forged, delete(AuditChain))
        with Transactions(engine).begin() as db:
            chain.extend(db, chain.Key("another secret"))
        found = look(engine)
        assert (found.broken_at, found.other_key) == (7, 7)

    def test_after_a_change_of_the_secret_key_the_rows_before_are_still_bound(self, engine):
        new = chain.Key("n" * 32)
        with Transactions(engine).begin() as db:
            recording.record(db, "tess", CHANGED, "people/8", NOW)
            chain.extend(db, new)
        assert look(engine, key=new) == chain.Checked(rows=8, broken_at=None, why="", other_key=7, late=0)
        tamper(engine, delete(Audit).where(Audit.number == 2))
        assert look(engine, key=new).broken_at == 2

    def test_old_rows_go_after_two_years_and_the_rest_can_still_be_checked(self, engine):
        later = NOW + chain.KEPT + 3 * MINUTE
        with Transactions(engine).begin() as db:
            chain.forget_old(db, KEY, later)
        with Transactions(engine).begin() as db:
            assert written(db, Audit.number) == [(5,), (6,), (7,)]
            chain.forget_old(db, KEY, later)
        assert look(engine).broken_at is None
        tamper(engine, delete(Audit).where(Audit.number == 5))
        assert look(engine).broken_at == 5

    def test_it_goes_on_after_all_rows_are_gone(self, engine):
        with Transactions(engine).begin() as db:
            chain.forget_old(db, KEY, NOW + 2 * chain.KEPT)
        with Transactions(engine).begin() as db:
            assert written(db) == []
            recording.record(db, "tess", CHANGED, "people/9", NOW)
            chain.extend(db, KEY)
        with Transactions(engine).begin() as db:
            assert written(db, Audit.number) == [(8,)]
        assert look(engine).broken_at is None

    def test_rows_that_wait_for_minutes_are_told(self, engine):
        with Transactions(engine).begin() as db:
            recording.record(db, "tess", CHANGED, "people/9", NOW)
        assert look(engine, NOW + 4 * MINUTE).late == 0
        assert look(engine, NOW + 6 * MINUTE).late == 1

    def test_an_empty_record_is_whole(self, make_engine):
        assert look(make_engine(Base.metadata, bus.metadata)).broken_at is None

    def test_those_who_write_at_once_and_those_who_chain_at_once_make_no_gap_and_no_fork(self, make_engine):
        transactions = Transactions(make_engine(Base.metadata, bus.metadata))

        def write(number):
            transactions.run(lambda db: recording.record(db, "tess", CHANGED, f"people/{number}", NOW))
            if number % 3 == 0:
                transactions.run(lambda db: chain.extend(db, KEY))

        with ThreadPoolExecutor(6) as hands:
            assert len([*hands.map(write, range(60))]) == 60
        transactions.run(lambda db: chain.extend(db, KEY))
        with transactions.begin() as db:
            assert sorted(number for (number,) in written(db, Audit.number)) == [*range(1, 61)]
        assert look(transactions.engine) == chain.Checked(rows=60, broken_at=None, why="", other_key=0, late=0)

    def test_no_one_who_books_waits_for_the_chain(self, make_engine):
        """Where writers can work at once: a row is written while another transaction has the chain in its hands."""
        engine = make_engine(Base.metadata, bus.metadata)
        if engine.dialect.name == "sqlite":
            return
        with Transactions(engine).begin() as db:
            recording.record(db, "tess", CHANGED, "people/1", NOW)
        with Transactions(engine).begin() as first:
            chain.extend(first, KEY)
            with Transactions(engine).begin() as second:
                recording.record(second, "tess", CHANGED, "people/2", NOW)
        with Transactions(engine).begin() as db:
            assert chain.extend(db, KEY) == 1
        assert look(engine).broken_at is None


def test_the_service_puts_rows_into_the_chain_by_itself(make_engine):
    world = World(make_engine(Base.metadata, bus.metadata))
    Registration.chain_audit(world.service)
    found = look(world.service.database.engine, clock.now())
    assert (found.rows, found.broken_at) == (1, None)  # the role that the world gave
