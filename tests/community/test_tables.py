"""A session's tables: asked for, made beside the call, changed by hand, kept up to date, and told."""

import json
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.bus import models as bus
from services.community import making_tables, schemas, table_views, tables, worker_process
from services.community.acquaintance import have_met
from services.community.errors import SessionCancelled, SessionFinished, TablesBeingMade
from services.community.models import Base, Plan, Seat
from services.community.seating import seat
from services.community.service import Community
from services.runtime.database import Transactions
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from services.runtime.schemas import load
from tests.bus.vouched import VERIFIER, vouched
from tests.community.conftest import NOW, START, World, id_of, reference_of

pytestmark = pytest.mark.patient

EIGHT = ("amina", "ben", "carla", "dev", "esi", "finn", "gita", "hugo")
SECTORS = ("hospital", "primary_care", "council", "third_sector")


def ref(who: str, session: str = "march") -> str:
    return reference_of(who, session)


def gathered(world, *people: str, session: str = "march", **told) -> None:
    """Have these people book a session."""
    world.session(session, **told)
    for n, who in enumerate(people or EIGHT):
        world.person(who, SECTORS[n % len(SECTORS)], f"Organisation {n % 5}")
        world.booking(who, session)


def wanted(size: int = 4, **wishes):
    return load(schemas.TablesWanted(), {"size": size, **wishes})


def asked(world, size: int = 4, session: str = "march", now=NOW, **wishes):
    return _flushed(world, tables.plan(world.db, session, now, **wanted(size, **wishes)))


def move(world, version: int, reference: str, round: int, **where):
    return _flushed(world, tables.move(world.db, "march", version, NOW, reference, round, **where))


def update(world, over: int = 0):
    return _flushed(world, tables.update(world.db, "march", NOW, over))


def publish(world):
    return _flushed(world, tables.publish(world.db, "march", NOW))


def _flushed(world, state):
    world.db.flush()
    return state


def search(gathering, seed):
    return seat(gathering, seed).rounds


def work(world, by=search, now=NOW) -> bool:
    """Have the next plan made."""

    @contextmanager
    def begin():
        yield world.db
        world.db.flush()

    return making_tables.make_next(begin, by, lambda: now)


def made(world, size: int = 4, session: str = "march", **wishes):
    """Have tables made, and return what is shown of them."""
    asked(world, size, session, **wishes)
    assert work(world)
    return shown(world, session)


def shown(world, session: str = "march", status=None):
    return schemas.TablesView().dump(table_views.view(world.db, session, status))


def seats_of(view) -> list[list[list[str]]]:
    return [[[one["reference"] for one in table] for table in tables] for tables in view["rounds"]]


def check_once(view, people=EIGHT) -> None:
    """Everybody has one seat in each round."""
    for tables_ in seats_of(view):
        assert sorted(one for table in tables_ for one in table) == sorted(ref(who) for who in people)


def told(db) -> list[dict]:
    rows = db.execute(select(bus.outbox.c.envelope).order_by(bus.outbox.c.position)).scalars()
    events = [json.loads(row) for row in rows]
    return [event["data"] for event in events if event["type"] == "community.tables_published.v1"]


def named(pairs) -> set[tuple[str, ...]]:
    by_id = {id_of(who): who for who in EIGHT}
    return {tuple(by_id[one] for one in pair) for pair in pairs}


def published(world, **wishes):
    made(world, **wishes)
    return publish(world)


class TestAsking:
    def test_it_is_answered_at_once_and_made_after_that(self, world, db):
        gathered(world)
        state = asked(world, rounds=2)
        assert state == {"session": "march", "status": "draft", "version": 1, "being_made": True}
        assert "make_tables" in db.info["woken"]
        assert (shown(world)["being_made"], shown(world)["rounds"]) == (True, [])
        assert work(world)
        assert not work(world), "there is nothing more to do"
        view = shown(world)
        assert (view["being_made"], view["failed"], view["version"], view["status"]) == (False, False, 2, "draft")
        check_once(view)
        assert [[len(table) for table in tables_] for tables_ in view["rounds"]] == [[4, 4], [4, 4]]

    def test_what_is_shown_is_what_was_found(self, world, db):
        gathered(world)
        found = []

        def searching(gathering, seed):
            found.append((seed, seat(gathering, seed).rounds))
            return found[-1][1]

        asked(world, 3, rounds=3, seed=7)
        work(world, searching)
        db.expire_all()
        [(seed, rounds)] = found
        assert seed == 7
        assert [[sorted(table) for table in tables_] for tables_ in seats_of(shown(world))] == [
            [sorted(table) for table in tables_] for tables_ in rounds
        ]

    def test_whoever_asks_again_meanwhile_gets_what_they_asked_for_last(self, world):
        gathered(world)
        asked(world, 4)

        def searching(gathering, seed):
            asked(world, 2)
            return search(gathering, seed)

        assert work(world, searching)
        assert (shown(world)["being_made"], shown(world)["rounds"], shown(world)["size"]) == (True, [], 2)
        assert work(world)
        assert [len(table) for table in shown(world)["rounds"][0]] == [2, 2, 2, 2]

    def test_what_another_process_is_at_is_left_to_it_until_it_must_have_died(self, world):
        gathered(world)
        asked(world)

        def dies(gathering, seed):
            assert not work(world), "it is taken"
            raise MemoryError

        with pytest.raises(MemoryError):
            work(world, dies)
        assert not work(world)
        assert work(world, now=NOW + making_tables.LEASE + timedelta(seconds=1))
        check_once(shown(world))

    def test_where_nothing_is_found_it_says_so_and_can_be_asked_again(self, world):
        gathered(world)

        def fails(gathering, seed):
            raise worker_process.NotDone

        asked(world)
        work(world, fails)
        assert (shown(world)["failed"], shown(world)["being_made"]) == (True, False)
        with pytest.raises(NotFound):
            publish(world)
        before = made(world, rounds=2)
        assert not before["failed"]
        asked(world, rounds=3)
        work(world, fails)
        assert (shown(world)["failed"], shown(world)["rounds"]) == (True, before["rounds"])
        asked(world, rounds=1)
        work(world, fails)
        assert (shown(world)["failed"], shown(world)["rounds"]) == (True, before["rounds"])
        publish(world)
        mine = table_views.own(world.db, id_of("ben"), ref("ben"))
        assert [one["round"] for one in mine["tables"]] == [1, 2]

    def test_another_process_finds_the_same(self, world):
        gathered(world)
        asked(world, rounds=2, keep_apart=[[ref("amina"), ref("ben")]], hosts=[ref("dev")], step_free=[ref("esi")],
              step_free_tables=1, keep_together=[[ref("finn"), ref("gita")]])  # fmt: skip
        found = []

        def both(gathering, seed):
            found.append(search(gathering, seed))
            return making_tables.search_apart(gathering, seed)

        work(world, both)
        assert not shown(world)["broken"]
        assert tables.rounds_of(world.db, tables.found(world.db, "march", "draft")) == tuple(
            tuple(tuple(sorted(table)) for table in tables_) for tables_ in found[0]
        )

    def test_a_process_that_fails_finds_nothing(self, world, monkeypatch):
        monkeypatch.setattr(worker_process.sys, "executable", "/bin/false")
        gathered(world)
        asked(world)
        work(world, making_tables.search_apart)
        assert shown(world)["failed"]


class TestWhoIsSeated:
    def test_those_who_have_a_place_in_the_room(self, world):
        gathered(world)
        world.booking("amina", state="waiting")
        world.booking("ben", state="cancelled")
        world.booking("carla", mode="online")
        check_once(made(world), EIGHT[3:])

    def test_where_all_are_online_those_online(self, world):
        world.session(delivery="virtual")
        for who in EIGHT:
            world.person(who)
            world.booking(who, mode="online")
        view = made(world)
        assert view["kind"] == "rooms"
        check_once(view)

    def test_those_who_are_checked_in_if_that_is_wanted(self, world):
        gathered(world)
        for who in EIGHT[:4]:
            world.attendance(who, "march", True, state="confirmed")
        check_once(made(world, 2, who="checked_in"), EIGHT[:4])
        listed = schemas.PeopleToSeat().dump(table_views.people(world.db, "march"))
        assert [(one["name"], one["checked_in"]) for one in listed["items"]] == [
            (who.title(), who in EIGHT[:4]) for who in EIGHT
        ]

    def test_being_in_the_room_now_is_not_meeting_before(self, world):
        gathered(world, *EIGHT[:4])
        for who in EIGHT[:4]:
            world.attendance(who, "march", True, state="confirmed")
        assert made(world, 2, who="checked_in")["score"] == {"met_new": 2, "possible": 2, "sectors_per_table": 2.0}

    def test_who_has_met_before_is_seated_apart(self, world):
        gathered(world, *EIGHT[:4])
        world.session("june")
        world.attended("june", "amina", "ben")
        world.session("july")
        world.attended("july", "carla", "dev")
        view = made(world, 2)
        assert view["score"]["met_new"] == 2
        assert all({"Amina", "Ben"} != {one["name"] for one in table} for table in view["rounds"][0])
        assert {one["new"] for table in view["rounds"][0] for one in table} == {1}


class TestWishes:
    def test_hosts_sit_first_each_at_their_own_table(self, world):
        gathered(world)
        view = made(world, hosts=[ref("hugo").lower(), ref("amina")], rounds=2)
        for tables_ in seats_of(view):
            assert {table[0] for table in tables_} == {ref("hugo"), ref("amina")}
        assert view["wishes"]["hosts"] == [ref("hugo"), ref("amina")]

    def test_what_cannot_be_is_refused_with_the_field(self, world):
        gathered(world)
        pair = [ref("amina"), ref("ben")]
        for field, wishes in (
            ("hosts", {"hosts": [ref(who) for who in EIGHT[:3]]}),
            ("hosts", {"hosts": [ref("ben"), ref("ben")]}),
            ("keep_apart", {"keep_apart": [pair], "keep_together": [pair]}),
            ("keep_together", {"keep_together": [[ref(who) for who in EIGHT[:6]]]}),
            ("keep_together", {"hosts": pair, "keep_together": [pair]}),
            ("step_free", {"step_free": [ref(who) for who in EIGHT[:5]], "step_free_tables": 1}),
        ):
            with pytest.raises(Invalid) as refused:
                asked(world, **wishes)
            assert [error["field"] for error in refused.value.errors] == [field]

    def test_each_stranger_is_named_by_their_place(self, world):
        gathered(world)
        stranger = world.booking("ben", "june")
        with pytest.raises(Invalid) as refused:
            asked(world, hosts=[ref("amina"), stranger], keep_apart=[[ref("amina"), "K3M9Q-XW2TB"]],
                  keep_together=[[stranger, ref("ben")]], step_free=["nobody"])  # fmt: skip
        fields = [error["field"] for error in refused.value.errors]
        assert fields == ["hosts.1", "step_free.0", "keep_apart.0.1", "keep_together.0.0"]

    @pytest.mark.parametrize(
        ("given", "field"),
        [({"size": 1}, "size"), ({"size": "6"}, "size"), ({}, "size"), ({"size": 6, "rounds": 0}, "rounds"),
         ({"size": 6, "who": "all"}, "who"), ({"size": 6, "keep_apart": [["a"]]}, "keep_apart.0"),
         ({"size": 6, "keep_apart": [["a", "b", "c"]]}, "keep_apart.0"), ({"size": 6, "hosts": [1]}, "hosts.0"),
         ({"size": 6, "seed": -1}, "seed"), ({"size": 6, "room": 1}, "room")],
    )  # fmt: skip
    def test_what_is_no_wish_is_refused(self, given, field):
        with pytest.raises(Invalid) as refused:
            load(schemas.TablesWanted(), given)
        assert [error["field"] for error in refused.value.errors] == [field]

    def test_every_wish_that_is_accepted_is_kept(self, world):
        gathered(world)
        wishes = {
            "keep_apart": [[ref("amina"), ref("ben")]],
            "keep_together": [[ref("finn"), ref("gita")]],
            "hosts": [ref("dev")],
            "step_free": [ref("esi")],
            "step_free_tables": 1,
            "seed": 3,
        }
        view = made(world, who="booked", rounds=2, **wishes)
        assert view["wishes"] == wishes
        assert (view["size"], view["who"], len(view["rounds"])) == (4, "booked", 2)
        assert not view["broken"]


class TestWhatIsRefused:
    def test_a_session_that_is_not_there_over_or_cancelled(self, world):
        with pytest.raises(NotFound):
            asked(world)
        gathered(world)
        after = START + timedelta(hours=7)
        made(world)
        version = shown(world)["version"]
        for act in (
            lambda now: asked(world, now=now),
            lambda now: tables.move(world.db, "march", version, now, ref("amina"), 1, table=1),
            lambda now: tables.update(world.db, "march", now),
            lambda now: tables.publish(world.db, "march", now),
        ):
            with pytest.raises(SessionFinished):
                act(after)
        world.session(status="cancelled")
        with pytest.raises(SessionCancelled):
            asked(world)
        assert shown(world)["rounds"], "it can be read all the same"

    def test_a_session_in_which_nobody_has_a_place(self, world):
        world.session()
        for who in ("booked", "checked_in"):
            with pytest.raises(Invalid) as refused:
                asked(world, who=who)
            assert refused.value.errors[0]["field"] == "who"

    def test_more_people_than_can_be_seated(self, world, monkeypatch):
        monkeypatch.setattr(tables, "MOST_PEOPLE", 7)
        gathered(world)
        with pytest.raises(Invalid):
            asked(world)

    def test_what_is_not_there_or_being_made(self, world):
        gathered(world)
        for act in (
            lambda: shown(world),
            lambda: publish(world),
            lambda: update(world),
            lambda: move(world, 1, ref("amina"), 1, table=1),
        ):
            with pytest.raises(NotFound):
                act()
        asked(world)
        for act in (
            lambda: publish(world),
            lambda: update(world),
            lambda: move(world, 1, ref("amina"), 1, table=1),
        ):
            with pytest.raises(TablesBeingMade):
                act()
        with pytest.raises(Invalid):
            shown(world, status="mine")
        with pytest.raises(NotFound):
            shown(world, status="published")


class TestMovingByHand:
    def test_the_score_follows(self, world):
        gathered(world, *EIGHT[:4])
        view = made(world, 2, rounds=2)
        assert view["score"]["met_new"] == 4
        first, second = seats_of(view)
        one, other = first[0]
        there = next(n for n, table in enumerate(second, start=1) if other in table)
        mate = next(mate for mate in second[there - 1] if mate != other)
        state = move(world, view["version"], one, 2, swap_with=mate)
        assert state["version"] == view["version"] + 1
        after = shown(world)
        check_once(after, EIGHT[:4])
        assert after["score"]["met_new"] == 2
        assert after["rounds"][0] == view["rounds"][0]

    def test_what_breaks_a_wish_is_done_and_said(self, world):
        gathered(world)
        view = made(world, keep_apart=[[ref("amina"), ref("ben")]])
        there = next(n for n, table in enumerate(seats_of(view)[0], start=1) if ref("ben") in table)
        move(world, view["version"], ref("amina"), 1, table=there)
        broken = {wish["rule"]: wish for wish in shown(world)["broken"]}
        assert broken.keys() == {"apart", "uneven"}
        assert (broken["apart"]["round"], {*broken["apart"]["references"]}) == (1, {ref("amina"), ref("ben")})

    def test_moving_to_where_one_sits_changes_nothing(self, world):
        gathered(world)
        view = made(world)
        there = next(n for n, table in enumerate(seats_of(view)[0], start=1) if ref("ben") in table)
        state = move(world, view["version"], ref("ben"), 1, table=there)
        assert state["version"] == view["version"]

    def test_whoever_saw_an_older_plan_is_refused(self, world):
        gathered(world)
        view = made(world)
        with pytest.raises(StaleVersion):
            move(world, view["version"] - 1, ref("ben"), 1, table=1)

    def test_what_cannot_be_is_refused_with_the_field(self, world):
        gathered(world)
        view = made(world)
        for field, given_ in (
            ("round", {"reference": ref("ben"), "round": 2, "table": 1}),
            ("table", {"reference": ref("ben"), "round": 1, "table": 3}),
            ("reference", {"reference": "K3M9Q-XW2TB", "round": 1, "table": 1}),
            ("swap_with", {"reference": ref("ben"), "round": 1, "swap_with": "K3M9Q-XW2TB"}),
        ):
            with pytest.raises(Invalid) as refused:
                move(world, view["version"], **given_)
            assert [error["field"] for error in refused.value.errors] == [field]
        for given_ in ({}, {"table": 1, "swap_with": "K3M9Q-XW2TB"}):
            with pytest.raises(Invalid) as refused:
                load(schemas.SeatMoved(), {"reference": ref("ben"), "round": 1, **given_})
            assert [error["field"] for error in refused.value.errors] == ["table"]

    def test_whoever_came_late_can_be_seated_by_hand(self, world):
        gathered(world)
        view = made(world)
        world.person("isla")
        late = world.booking("isla")
        move(world, view["version"], late, 1, table=2)
        assert late in seats_of(shown(world))[0][1]

    def test_a_change_of_what_people_were_told_is_a_new_draft(self, world):
        gathered(world)
        published(world)
        before = shown(world, status="published")
        one, other = seats_of(before)[0][0][0], seats_of(before)[0][1][0]
        state = move(world, before["version"], one, 1, swap_with=other)
        assert (state["status"], state["version"]) == ("draft", before["version"] + 1)
        assert shown(world, status="published")["rounds"] == before["rounds"]
        assert shown(world)["status"] == "draft"
        check_once(shown(world))

    @pytest.mark.one_database  # it moves as the tests above do
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_whatever_is_moved_everybody_sits_exactly_once_a_round(self, world, data):
        world.db.rollback()
        gathered(world)
        made(world, 3, rounds=2)
        pick = st.sampled_from([ref(who) for who in EIGHT])
        for _ in range(data.draw(st.integers(1, 6))):
            where = {"round": data.draw(st.integers(1, 2))}
            where |= data.draw(st.one_of(st.fixed_dictionaries({"table": st.integers(1, 3)}),
                                         st.fixed_dictionaries({"swap_with": pick})))  # fmt: skip
            version = shown(world)["version"]
            move(world, version, data.draw(pick), **where)
            world.db.flush()
            check_once(shown(world))


class TestComingAndGoing:
    def test_it_is_said_who_came_and_went(self, world):
        gathered(world)
        made(world)
        world.booking("amina", state="cancelled")
        world.person("isla")
        world.booking("isla")
        changed = shown(world)["changed"]
        assert [one["name"] for one in changed["come"]] == ["Isla"]
        assert [one["name"] for one in changed["gone"]] == ["Amina"]

    def test_they_are_seated_with_the_fewest_moves(self, world):
        gathered(world)
        before = seats_of(made(world, rounds=2))
        world.booking("amina", state="cancelled")
        world.person("isla")
        world.booking("isla")
        update(world)
        view = shown(world)
        check_once(view, (*EIGHT[1:], "isla"))
        assert view["changed"] == {"come": [], "gone": []}
        for tables_, earlier in zip(seats_of(view), before, strict=True):
            for table, old in zip(tables_, earlier, strict=True):
                assert {*table} - {ref("isla")} == {*old} - {ref("amina")}, "nobody else has moved"

    def test_rounds_that_are_over_stay(self, world):
        gathered(world)
        before = seats_of(made(world, rounds=2))
        world.person("isla")
        late = world.booking("isla")
        update(world, over=1)
        first, second = seats_of(shown(world))
        assert [sorted(table) for table in first] == [sorted(table) for table in before[0]]
        assert late in {one for table in second for one in table}

    def test_one_round_at_least_is_still_to_come(self, world):
        gathered(world)
        made(world, rounds=2)
        with pytest.raises(Invalid) as refused:
            update(world, over=2)
        assert [error["field"] for error in refused.value.errors] == ["over"]

    def test_where_nothing_changed_nothing_is_changed(self, world):
        gathered(world)
        state = published(world)
        assert update(world) == state

    def test_where_everybody_has_gone_it_says_so(self, world):
        gathered(world)
        made(world)
        for who in EIGHT:
            world.booking(who, state="cancelled")
        with pytest.raises(Invalid):
            update(world)


class TestPublishing:
    def test_each_is_told_where_they_sit_once(self, world, db):
        gathered(world)
        state = published(world, rounds=2)
        assert (state["status"], publish(world)) == ("published", state)
        [event] = told(db)
        rounds = seats_of(shown(world))
        assert (event["session"], event["version"]) == ("march", state["version"])
        assert {seat["reference"]: (seat["person"], seat["tables"]) for seat in event["seats"]} == {
            ref(who): (
                id_of(who),
                [next(n for n, t in enumerate(tables_, start=1) if ref(who) in t) for tables_ in rounds],
            )
            for who in EIGHT
        }

    def test_a_change_is_told_by_a_higher_version(self, world, db):
        gathered(world)
        first = published(world)
        world.booking("amina", state="cancelled")
        update(world)
        again = publish(world)
        assert again["version"] > first["version"]
        assert [event["version"] for event in told(db)] == [first["version"], again["version"]]
        assert id_of("amina") not in {seat["person"] for seat in told(db)[1]["seats"]}
        assert len(db.scalars(select(Plan)).all()) == 1

    def test_whoever_sits_out_is_told_so(self, world, db):
        gathered(world)
        made(world, rounds=2)
        world.person("isla")
        late = world.booking("isla")
        update(world, over=1)
        publish(world)
        [seat_] = [seat for seat in told(db)[0]["seats"] if seat["reference"] == late]
        assert seat_["tables"][0] is None
        assert seat_["tables"][1] in (1, 2)
        mine = table_views.own(db, id_of("isla"), late)
        assert [one["table"] for one in mine["tables"]] == seat_["tables"]

    def test_one_sees_one_s_own_table_once_it_is_published(self, world, db):
        gathered(world)
        view = made(world, rounds=2)
        with pytest.raises(NotFound):
            table_views.own(db, id_of("ben"), ref("ben"))
        publish(world)
        mine = schemas.OwnTables().dump(table_views.own(db, id_of("ben"), ref("ben").lower()))
        where = [next(n for n, t in enumerate(r, start=1) if ref("ben") in t) for r in seats_of(view)]
        assert mine == {
            "reference": ref("ben"),
            "session": "march",
            "kind": "tables",
            "tables": [{"round": n, "table": table} for n, table in enumerate(where, start=1)],
        }
        with pytest.raises(NotFound):
            table_views.own(db, id_of("amina"), ref("ben"))
        assert table_views.own_of(db, id_of("amina"), [ref("ben")]) == {"items": []}
        with pytest.raises(Invalid):
            table_views.own_of(db, id_of("amina"), [ref("ben")] * 101)

    def test_whoever_comes_online_after_all_has_no_table_in_the_room(self, world, db):
        gathered(world, delivery="hybrid")
        published(world)
        world.booking("ben", mode="online")
        assert table_views.own_of(db, id_of("ben"), [ref("ben")]) == {"items": []}
        for who in EIGHT:
            world.attendance(who)
        assert "ben" not in {who for pair in named(have_met(db, [id_of(who) for who in EIGHT])) for who in pair}

    def test_it_is_told_whether_these_are_tables_or_rooms_online(self, world, db):
        gathered(world, delivery="hybrid")
        published(world)
        world.session("online", delivery="virtual")
        for who in EIGHT:
            world.booking(who, "online", mode="online")
        made(world, session="online")
        tables.publish(db, "online", NOW)
        db.flush()
        assert [event["kind"] for event in told(db)] == ["tables", "rooms"]
        assert table_views.own(db, id_of("ben"), ref("ben", "online"))["kind"] == "rooms"

    def test_whoever_has_cancelled_has_no_table(self, world, db):
        gathered(world)
        published(world)
        world.booking("ben", state="cancelled")
        assert table_views.own_of(db, id_of("ben"), [ref("ben")]) == {"items": []}


class TestErasure:
    def test_the_seat_goes_and_the_plan_still_reads(self, world, db):
        gathered(world)
        wishes = {
            "keep_apart": [[ref("amina"), ref("ben")], [ref("carla"), ref("dev")]],
            "keep_together": [[ref("ben"), ref("finn"), ref("gita")]],
            "hosts": [ref("ben")],
            "step_free": [ref("ben"), ref("esi")],
        }
        published(world, rounds=2, **wishes)
        assert len(table_views.of_person(db, id_of("ben"))) == 2
        world.erase("ben")
        view = shown(world)
        check_once(view, tuple(who for who in EIGHT if who != "ben"))
        assert view["wishes"]["keep_apart"] == [[ref("carla"), ref("dev")]]
        assert view["wishes"]["keep_together"] == [[ref("finn"), ref("gita")]]
        assert (view["wishes"]["hosts"], view["wishes"]["step_free"]) == ([], [ref("esi")])
        assert ref("ben") not in str(view)
        assert table_views.of_person(db, id_of("ben")) == []
        assert not db.scalars(select(Seat).where(Seat.reference == ref("ben"))).all()

    def test_whoever_is_erased_while_tables_are_made_gets_no_seat(self, world):
        gathered(world)
        asked(world)

        def searching(gathering, seed):
            world.erase("ben")
            return search(gathering, seed)

        work(world, searching)
        check_once(shown(world), tuple(who for who in EIGHT if who != "ben"))


class TestWhoSeesWhomPeopleHaveMet:
    """Whoever facilitates a session is told of no other one, not even that two have met there."""

    def test_the_team_is_told_how_many_somebody_meets_for_the_first_time(self, world):
        gathered(world, *EIGHT)
        view = made(world)
        assert {"new" in one for tables_ in view["rounds"] for table in tables_ for one in table} == {True}

    def test_a_facilitator_is_told_who_sits_where_and_how_good_that_is(self, world):
        gathered(world, *EIGHT)
        team = made(world)
        theirs = schemas.TablesView().dump(table_views.view(world.db, "march", None, with_met=False))
        for tables_ in team["rounds"]:
            for one in (one for table in tables_ for one in table):
                del one["new"]
        assert theirs == team

    @pytest.mark.parametrize(("roles", "is_told"), [(["person", "team"], True), (["person", "facilitator"], False)])
    def test_it_is_the_role_that_counts(self, make_engine, roles, is_told):
        service = Community()
        service.database = Transactions(make_engine(Base.metadata, bus.metadata))
        service.verifier = VERIFIER
        with service.database.begin() as db:
            world = World(db)
            gathered(world, *EIGHT)
            made(world)
        answer = Community.tables(
            service, caller=vouched({"id": id_of("fay"), "roles": roles, "facilitates": ["march"]}), slug="march"
        ).value
        assert {"new" in one for tables_ in answer["rounds"] for table in tables_ for one in table} == {is_told}
        known = {name for tables_ in answer["rounds"] for table in tables_ for one in table for name in one}
        assert known - {"new"} == {"reference", "name", "sector", "organisation"}
