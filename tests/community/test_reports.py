"""Reports: the team deals with them, notes what was done, and opens them again; and takes somebody out."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.models import outbox
from services.community import introductions, members, my_data, removals, reports, schemas
from services.community.errors import NotAMember, RemovedFromCommunity
from services.community.models import Removal
from services.runtime.refusals import Invalid, NotFound, StaleVersion
from services.runtime.schemas import load
from tests.community.conftest import NOW, id_of
from tests.community.membership import announced, caller, join, leave, mine, propose, report, seen

pytestmark = pytest.mark.patient

LATER = NOW + timedelta(hours=1)
REMOVED, LET_IN = "community.member_removed.v1", "community.member_let_in.v1"


@pytest.fixture
def world(world):
    """Amina is reported by Ben, Carla and Dev, in this order; Tess is of the team."""
    world.person("tess")
    join(world, "amina", "social_care", about="Nights")
    for n, who in enumerate(("ben", "carla", "dev")):
        join(world, who)
        world.now = NOW + timedelta(days=8 * n)
        report(world, who, propose(world, "amina", who)["id"], f"By {who}")
        world.db.flush()
    world.now = NOW
    return world


def listed(db, status=None, cursor=None, limit=10):
    page = schemas.ReportPage().dump(reports.page(db, cursor, limit, status))
    return [item["text"] for item in page["items"]], page["next"]


def of(db, who):
    return next(item for item in reports.page(db, None, 10)["items"] if item["text"] == f"By {who}")


def deal_with(world, who, note="Spoke to her.", by="tess"):
    found = of(world.db, who)
    done = reports.deal_with(world.db, caller(by), found["id"], found["version"], LATER, note)
    return schemas.ReportView().dump(done)


class TestDealingWith:
    def test_it_is_noted_what_was_done_by_whom_and_when(self, world, db):
        assert of(db, "ben")["status"] == "open"
        done = deal_with(world, "ben")
        assert (done["status"], done["note"], done["version"]) == ("dealt_with", "Spoke to her.", 2)
        assert done["dealt_with_by"] == {"id": id_of("tess"), "name": "Tess"}
        assert done["dealt_with_at"] == LATER.isoformat()
        assert schemas.ReportView().dump(reports.one(db, done["id"])) == done

    def test_open_ones_come_first_and_of_each_kind_the_latest(self, world, db):
        assert listed(db)[0] == ["By dev", "By carla", "By ben"]
        deal_with(world, "dev")
        assert listed(db)[0] == ["By carla", "By ben", "By dev"]
        deal_with(world, "ben")
        assert listed(db)[0] == ["By carla", "By dev", "By ben"]

    def test_pages_of_one_leave_nobody_out(self, world, db):
        deal_with(world, "dev")
        found, cursor = [], None
        for _ in range(3):
            page, cursor = listed(db, cursor=cursor, limit=1)
            found += page
        assert (found, cursor) == (["By carla", "By ben", "By dev"], None)

    def test_the_list_narrows(self, world, db):
        deal_with(world, "carla")
        assert listed(db, "open")[0] == ["By dev", "By ben"]
        assert listed(db, "dealt_with")[0] == ["By carla"]
        assert reports.waiting(db) == {"open": 2}
        with pytest.raises(Invalid):
            listed(db, "closed")
        with pytest.raises(Invalid):
            listed(db, cursor="WzFd")

    def test_it_can_be_opened_again_and_still_says_what_was_done(self, world, db):
        done = deal_with(world, "ben")
        again = reports.reopen(db, done["id"], done["version"])
        assert (again["status"], again["note"], again["dealt_with_at"]) == ("open", "Spoke to her.", None)
        assert again["dealt_with_by"]["name"] == "Tess"
        same = reports.reopen(db, done["id"], again["version"])
        assert same["version"] == again["version"]
        assert deal_with(world, "ben", "Left it.")["note"] == "Left it."

    def test_whoever_saw_an_older_one_changes_nothing(self, world, db):
        found = of(db, "ben")
        deal_with(world, "ben")
        with pytest.raises(StaleVersion):
            reports.deal_with(db, caller("tess"), found["id"], found["version"], LATER, "Other")
        with pytest.raises(StaleVersion):
            reports.reopen(db, found["id"], found["version"])
        assert of(db, "ben")["note"] == "Spoke to her."

    def test_what_is_not_there(self, world, db):
        for act in (
            lambda: reports.one(db, "no-such"),
            lambda: reports.reopen(db, "no-such", 1),
            lambda: reports.deal_with(db, caller("tess"), "no-such", 1, NOW, "x"),
        ):
            with pytest.raises(NotFound):
                act()

    @pytest.mark.parametrize("note", ["", "  ", "x" * 2001, "a\x00b", None])
    def test_a_note_says_something(self, note):
        with pytest.raises(Invalid):
            load(schemas.ReportDealtWith(), {"note": note})

    def test_another_report_of_the_same_is_open_whatever_was_done(self, world, db):
        deal_with(world, "ben")
        [asked] = introductions.page(db, caller("ben"), NOW, None, 10)["items"]
        report(world, "ben", asked["id"], "By ben")
        assert of(db, "ben")["status"] == "dealt_with", "the same again is the same"
        report(world, "ben", asked["id"], "It went on.")
        db.flush()
        assert listed(db)[0][0] in ("By dev", "It went on.")
        assert "It went on." in listed(db, "open")[0]

    def test_neither_of_the_two_learns_what_was_done(self, world, db):
        deal_with(world, "ben", "Warned her in private.")
        for who in ("amina", "ben"):
            held = json.dumps(my_data.export(db, id_of(who), NOW), default=str)
            assert "Warned" not in held
            assert "Tess" not in held
            assert "Warned" not in json.dumps(introductions.page(db, caller(who), NOW, None, 10), default=str)

    def test_of_a_member_of_the_team_who_is_erased_no_name_is_left(self, world, db):
        deal_with(world, "ben")
        world.erase("tess")
        assert of(db, "ben")["dealt_with_by"] is None
        assert of(db, "ben")["note"] == "Spoke to her."

    @pytest.mark.parametrize("who", ["amina", "ben"])
    def test_it_goes_with_the_account_of_either(self, world, db, who):
        deal_with(world, "ben")
        world.erase(who)
        assert "By ben" not in listed(db)[0]


def remove(world, who="amina", reason="You were rude.", now=NOW):
    done = removals.remove(world.db, caller("tess"), id_of(who), now, reason)
    world.db.flush()
    return schemas.StandingView().dump(done)


def let_in(world, who="amina"):
    done = schemas.StandingView().dump(removals.let_in(world.db, id_of(who), LATER))
    world.db.flush()
    return done


class TestTakingOut:
    def test_they_are_gone_from_the_directory_and_what_was_open_is_closed(self, world, db):
        join(world, "esi")
        join(world, "finn")
        world.now += timedelta(days=30)
        propose(world, "esi", "amina")
        done = remove(world)
        assert (done["member"], done["reason"], done["by"]) == (False, "You were rude.", {
            "id": id_of("tess"), "name": "Tess"})  # fmt: skip
        assert "Amina" not in seen(world, "finn")
        world.now += timedelta(minutes=1)
        assert mine(world, "esi") == [("Amina", "proposed")], "who asked is not told"
        assert members.is_member(db, caller("amina")) == {"member": False}
        assert of(db, "ben")["about"]["removed"] is True

    def test_they_can_neither_join_nor_ask_and_are_told_why(self, world, db):
        remove(world)
        for act in (
            lambda: members.join(db, caller("amina"), NOW, None, [], False),
            lambda: propose(world, "amina", "ben"),
            lambda: members.page(db, caller("amina"), None, 10),
            lambda: members.profile(db, caller("amina")),
            lambda: introductions.page(db, caller("amina"), NOW, None, 10),
        ):
            with pytest.raises(RemovedFromCommunity) as refused:
                act()
            assert refused.value.facts["reason"] == "You were rude."

    def test_it_is_announced_for_a_letter_that_nobody_else_reads(self, world, db):
        remove(world)
        assert announced(world, REMOVED) == [{"person": id_of("amina"), "reason": "You were rude.", "version": 1}]
        [row] = db.execute(select(outbox).where(outbox.c.type == REMOVED)).all()
        assert (row.sensitive, row.erase_key) == (True, id_of("amina"))

    def test_twice_is_once_and_another_reason_is_told(self, world):
        first = remove(world)
        assert remove(world, now=LATER) == first
        assert len(announced(world, REMOVED)) == 1
        assert remove(world, reason="You went on.")["reason"] == "You went on."
        assert [event["version"] for event in announced(world, REMOVED)] == [1, 2]

    def test_whoever_is_no_member_cannot_become_one(self, world, db):
        leave(world, "amina")
        remove(world)
        with pytest.raises(RemovedFromCommunity):
            members.join(db, caller("amina"), NOW, None, [], False)

    def test_let_in_again_they_may_join_and_the_reason_is_forgotten(self, world, db):
        remove(world)
        done = let_in(world)
        assert (done["removed_at"], done["reason"], done["member"]) == (None, None, False)
        assert announced(world, LET_IN) == [{"person": id_of("amina"), "version": 2}]
        with pytest.raises(NotAMember):
            members.require(db, id_of("amina"))
        join(world, "amina")
        assert members.is_member(db, caller("amina")) == {"member": True}
        assert db.scalars(select(Removal.reason)).all() == [None]
        let_in(world)
        assert len(announced(world, LET_IN)) == 1
        assert members.is_member(db, caller("amina")) == {"member": True}
        remove(world)
        assert announced(world, REMOVED)[-1]["version"] == 3

    def test_letting_in_whoever_was_not_out_is_nothing(self, world):
        assert let_in(world, "ben")["member"] is True
        assert announced(world, LET_IN) == []

    def test_the_team_lists_who_is_out(self, world, db):
        for who in ("amina", "ben"):
            remove(world, who)
        let_in(world, "amina")
        page = schemas.RemovedPage().dump(removals.page(db, None, 10))
        assert [(item["name"], item["reason"]) for item in page["items"]] == [("Ben", "You were rude.")]

    def test_whoever_is_not_there(self, world, db):
        world.erase("ben")
        for who in ("ben", "nobody"):
            for act in (lambda w=who: remove(world, w), lambda w=who: let_in(world, w)):
                with pytest.raises(NotFound):
                    act()
            with pytest.raises(NotFound):
                removals.one(db, id_of(who))

    def test_one_s_own_export_says_it_and_erasure_forgets_it(self, world, db):
        remove(world)
        assert my_data.export(db, id_of("amina"), NOW)["removed"] == {"reason": "You were rude.", "removed_at": NOW}
        assert my_data.export(db, id_of("ben"), NOW)["removed"] is None
        world.erase("tess")
        assert removals.one(db, id_of("amina"))["by"] is None
        world.erase("amina")
        assert db.scalars(select(Removal)).all() == []
        assert not [kept for kept in announced_or_none(db) if kept]

    @pytest.mark.parametrize("reason", ["", "x" * 1001, None])
    def test_a_reason_says_something(self, reason):
        with pytest.raises(Invalid):
            load(schemas.RemovalMade(), {"reason": reason})


def announced_or_none(db):
    return list(db.execute(select(outbox.c.envelope).where(outbox.c.type == REMOVED)).scalars())
