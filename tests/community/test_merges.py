"""What the community protects when two accounts become one: nobody meets themselves, and a block of either stays."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.community import acquaintance, blocks, introductions, members, my_data, removals
from services.community.errors import NotAMember, RemovedFromCommunity
from services.community.models import (
    Base,
    Block,
    Booking,
    Employment,
    Introduction,
    Member,
    MergeMove,
    Person,
    Plan,
    Presence,
    Reached,
    Removal,
    Seat,
)
from services.runtime.refusals import Refusal
from tests.community.conftest import NOW, id_of, reference_of
from tests.community.membership import DAY, caller, do, join, mine, propose, seen

pytestmark = pytest.mark.one_database

ME, OLD = "amina", "amy"
PEOPLE = (ME, OLD, "ben", "chloe")


@pytest.fixture
def world(world):
    """Amina has two accounts, and there are Ben and Chloe."""
    world.session(), world.session("may", NOW + 60 * DAY)
    for who in PEOPLE:
        world.person(who)
    return world


def rows(world, *columns):
    """Return the rows of some columns, or of a table, as a set."""
    found = world.db.execute(select(*columns)).all()
    return {tuple(str(value) if isinstance(value, list | dict) else value for value in row) for row in found}


def block(world, by, person):
    blocks.block(world.db, caller(by), id_of(person), NOW)
    world.db.flush()


def seat(world, slug, *people, status="published"):
    """Seat people at one table of a session."""
    plan = Plan(session=slug, status=status, version=1, size=8, rounds=1, wishes={}, made_at=NOW)
    world.db.add(plan)
    world.db.flush()
    for who in people:
        there = {"person": id_of(who), "reference": reference_of(who, slug)}
        world.db.add(Seat(plan=plan.id, round=1, table=1, **there))
    world.db.flush()


def is_member(world, who):
    return members.is_member(world.db, caller(who))["member"]


class TestWhoHasMet:
    def test_whom_either_has_met_the_kept_account_has_met_and_never_themselves(self, world):
        world.attended("march", OLD, "ben", ME)
        world.attended("may", ME, "chloe")
        world.merge(OLD, ME)
        world.reassign(OLD, ME, "march", True, state="cancelled"), world.reassign(ME, ME, "march", True)
        assert acquaintance.met_by(world.db, id_of(ME)) == {id_of("ben"): {"march"}, id_of("chloe"): {"may"}}
        assert acquaintance.met_by(world.db, id_of(OLD)) == {}
        assert not any(one == other for one, other in acquaintance.have_met(world.db, [id_of(ME), id_of("ben")]))

    def test_it_does_not_matter_which_word_comes_first(self, world):
        world.attended("march", OLD, "ben")
        world.reassign(OLD, ME, "march", True)
        world.merge(OLD, ME)
        assert acquaintance.met_by(world.db, id_of(ME)) == {id_of("ben"): {"march"}}

    def test_a_late_word_of_the_other_account_brings_nothing_back(self, world):
        world.attended("march", OLD)
        world.merge(OLD, ME), world.reassign(OLD, ME, "march", True)
        world.person(OLD, name="Late", version=1)
        world.booking(OLD, version=1), world.attendance(OLD, "march", True, version=2)
        other = world.db.get_one(Person, id_of(OLD))
        assert (other.name, other.email, other.merged_into) == (None, None, id_of(ME))
        assert rows(world, Booking.person) == rows(world, Presence.person) == {(id_of(ME),)}

    def test_what_was_announced_again_changes_nothing(self, world):
        world.attended("march", OLD)
        world.merge(OLD, ME), world.reassign(OLD, ME, "march", True)
        before = [rows(world, *table.c) for table in Base.metadata.sorted_tables if table.name != "reach_marks"]
        world.merge(OLD, ME, version=2), world.reassign(OLD, ME, "march", True, version=3)
        assert before == [rows(world, *table.c) for table in Base.metadata.sorted_tables if table.name != "reach_marks"]

    def test_a_correction_afterwards_is_of_the_kept_account(self, world):
        world.attended("march", OLD)
        world.merge(OLD, ME), world.reassign(OLD, ME, "march", True)
        reference = reference_of(OLD, "march")
        world.attendance(ME, "march", False, state="absent", reference=reference)
        assert rows(world, Presence.person) == set()

    def test_seats_follow_and_nobody_sits_at_two_tables(self, world):
        for who in (ME, OLD):
            world.booking(who), world.booking(who, "may")
        seat(world, "march", OLD, ME, "ben"), seat(world, "may", OLD)
        world.merge(OLD, ME)
        world.reassign(OLD, ME), world.reassign(ME, ME, state="cancelled"), world.reassign(OLD, ME, "may")
        assert rows(world, Seat.person, Seat.reference) == {
            (id_of(ME), reference_of(OLD, "march")),
            (id_of("ben"), reference_of("ben", "march")),
            (id_of(ME), reference_of(OLD, "may")),
        }

    def test_figures_count_one_person_where_each_worked(self, world):
        world.booking(OLD, "may"), world.booking(ME)
        world.merge(OLD, ME), world.reassign(OLD, ME, "may")
        assert rows(world, Reached.person) == {(id_of(ME),)}

    def test_where_the_person_worked_is_what_the_kept_account_is_told_to_say(self, world):
        world.person(OLD, organisation="The Old Place")
        world.booking(OLD, "may")
        world.merge(OLD, ME), world.reassign(OLD, ME, "may")
        assert rows(world, Reached.organisation) == {("General Hospital",)}
        worked = [
            {"sector": "hospital", "organisation": "The Old Place", "since": None},
            {"sector": "hospital", "organisation": "General Hospital", "since": NOW + 90 * DAY},
        ]
        world.person(ME, employments=worked)
        assert rows(world, Reached.organisation) == {("The Old Place",)}

    def test_where_the_other_account_worked_is_kept_until_it_cannot_come_back(self, world):
        world.person(OLD, organisation="The Old Place")
        world.merge(OLD, ME)
        assert (id_of(OLD), "The Old Place") in rows(world, Employment.person, Employment.organisation)
        world.merge(OLD, ME, for_ever=True)
        assert (id_of(OLD),) not in rows(world, Employment.person)


class TestMembers:
    @pytest.mark.parametrize("who", [ME, OLD])
    def test_a_member_by_either_is_one(self, world, who):
        join(world, "ben"), join(world, who, about="A ward at night")
        world.merge(OLD, ME)
        assert is_member(world, ME)
        assert seen(world, "ben") == ["Amina"]

    def test_what_they_say_by_the_kept_account_stays(self, world):
        join(world, "ben"), join(world, ME, about="By day"), join(world, OLD, about="By night")
        world.merge(OLD, ME)
        assert members.profile(world.db, caller(ME))["about"] == "By day"
        assert seen(world, "ben") == ["Amina"]
        world.part(OLD, ME)
        assert sorted(seen(world, "ben")) == ["Amina", "Amy"]

    def test_who_left_by_the_kept_account_has_left(self, world):
        join(world, ME), members.leave(world.db, caller(ME)), join(world, OLD)
        world.merge(OLD, ME)
        assert not is_member(world, ME)

    @pytest.mark.parametrize("out", [ME, OLD])
    def test_who_is_out_by_either_is_out(self, world, out):
        for who in (ME, OLD):
            join(world, who)
        removals.remove(world.db, caller("ben"), id_of(out), NOW, "Rude.")
        world.db.flush()
        world.merge(OLD, ME)
        with pytest.raises(RemovedFromCommunity):
            members.require(world.db, id_of(ME))
        world.part(OLD, ME)
        assert rows(world, Removal.person) == {(id_of(out),)}

    def test_an_old_link_to_a_member_leads_to_the_kept_account(self, world):
        join(world, "ben"), join(world, OLD)
        world.merge(OLD, ME)
        assert members.one(world.db, caller("ben"), id_of(OLD))["id"] == id_of(ME)

    def test_by_the_other_account_nothing_is_done_any_more(self, world):
        join(world, "ben"), join(world, OLD)
        world.merge(OLD, ME)
        with pytest.raises(NotAMember):
            propose(world, OLD, "ben")


class TestBlocksAndIntroductions:
    @pytest.mark.parametrize(("by", "person"), [(OLD, "ben"), ("ben", OLD), (ME, "ben"), ("ben", ME)])
    def test_a_block_of_either_and_by_either_stays(self, world, by, person):
        for who in (ME, OLD, "ben"):
            join(world, who)
        block(world, by, person)
        world.merge(OLD, ME)
        assert (seen(world, ME), seen(world, "ben")) == ([], [])
        world.part(OLD, ME)
        assert rows(world, Block.by, Block.person) == {(id_of(by), id_of(person))}

    def test_two_blocks_are_one_and_two_again(self, world):
        for who in PEOPLE:
            join(world, who)
        block(world, ME, "ben"), block(world, OLD, "ben"), block(world, "chloe", ME)
        before = rows(world, Block.by, Block.person)
        world.merge(OLD, ME)
        assert rows(world, Block.by, Block.person) == {(id_of(ME), id_of("ben")), (id_of("chloe"), id_of(ME))}
        world.part(OLD, ME)
        assert rows(world, Block.by, Block.person) == before

    def test_nobody_blocks_or_is_introduced_to_themselves(self, world):
        for who in (ME, OLD):
            join(world, who)
        propose(world, OLD, ME)
        block(world, ME, OLD)
        world.merge(OLD, ME)
        assert (rows(world, Block.by), rows(world, Introduction.by)) == (set(), set())
        world.part(OLD, ME)
        assert rows(world, Block.by, Block.person) == {(id_of(ME), id_of(OLD))}
        assert rows(world, Introduction.by, Introduction.to) == {(id_of(OLD), id_of(ME))}

    def test_introductions_follow_and_can_be_answered(self, world):
        for who in (ME, OLD, "ben"):
            join(world, who)
        asked = propose(world, "ben", OLD)
        world.merge(OLD, ME)
        assert mine(world, ME) == [("Ben", "proposed")]
        do(world, "accept", ME, asked["id"])
        world.part(OLD, ME)
        assert mine(world, OLD) == [("Ben", "accepted")]

    def test_of_two_that_are_open_with_one_person_one_is_left(self, world):
        for who in (ME, OLD, "ben"):
            join(world, who)
        propose(world, "ben", OLD), propose(world, ME, "ben")
        world.merge(OLD, ME)
        assert mine(world, ME) == [("Ben", "proposed")]
        world.part(OLD, ME)
        assert (mine(world, ME), mine(world, OLD)) == ([("Ben", "proposed")], [("Ben", "proposed")])

    def test_what_is_open_between_who_is_blocked_closes(self, world):
        for who in (ME, OLD, "ben"):
            join(world, who)
        propose(world, OLD, "ben"), block(world, ME, "ben")
        world.merge(OLD, ME)
        assert introductions.page(world.db, caller("ben"), NOW, None, 10, "received")["items"] == []


class TestUndoingAndErasing:
    def test_it_is_undone_even_where_that_is_told_first(self, world):
        world.part(OLD, ME, version=4)
        world.merge(OLD, ME, version=3)
        assert world.db.get_one(Person, id_of(OLD)).merged_into is None

    def test_undone_each_has_met_whom_they_had(self, world):
        world.attended("march", OLD, "ben"), world.attended("may", ME, "chloe")
        world.merge(OLD, ME), world.reassign(OLD, ME, "march", True)
        world.part(OLD, ME), world.reassign(OLD, OLD, "march", True)
        assert acquaintance.met_by(world.db, id_of(OLD)) == {id_of("ben"): {"march"}}
        assert acquaintance.met_by(world.db, id_of(ME)) == {id_of("chloe"): {"may"}}
        assert rows(world, MergeMove.owner) == set()

    def test_once_it_cannot_be_undone_nothing_goes_back(self, world):
        join(world, OLD)
        world.merge(OLD, ME), world.merge(OLD, ME, for_ever=True)
        assert (rows(world, MergeMove.owner), rows(world, Member.person)) == (set(), {(id_of(ME),)})

    @pytest.mark.parametrize("first", [ME, OLD])
    def test_erased_nothing_is_left_of_either(self, world, first):
        for who in (ME, OLD, "ben"):
            join(world, who)
        propose(world, OLD, "ben", "A secret of mine"), block(world, "ben", ME), world.attended("march", OLD)
        world.merge(OLD, ME), world.reassign(OLD, ME, "march", True)
        for who in (first, OLD if first == ME else ME):
            world.erase(who)
        left = str([rows(world, *table.c) for table in Base.metadata.sorted_tables if table.name != "people"])
        assert (id_of(ME) in left, id_of(OLD) in left, "secret" in left) == (False, False, False)

    def test_who_is_erased_is_not_in_what_was_set_aside_for_others(self, world):
        for who in (ME, OLD, "ben"):
            join(world, who)
        propose(world, "ben", OLD, "A secret of Ben's"), propose(world, ME, "ben")
        world.merge(OLD, ME)
        world.erase("ben")
        assert id_of("ben") not in str(rows(world, *MergeMove.__table__.c))

    def test_the_export_is_of_both(self, world):
        for who in (ME, OLD, "ben"):
            join(world, who)
        propose(world, OLD, "ben", "Hello from the old account")
        world.merge(OLD, ME)
        assert "Hello from the old account" in str(my_data.export(world.db, id_of(ME), NOW))


PAIRS = list(itertools.permutations(PEOPLE, 2))
DONE = st.lists(st.tuples(st.sampled_from(("block", "propose", "join", "leave", "remove")), st.sampled_from(PAIRS)))


@pytest.mark.parametrize("kind", [Block, Introduction, Member, Removal])
def test_whatever_they_did_before_undoing_gives_back_what_there_was(make_world, kind):
    @given(DONE)
    def check(done):
        with make_world() as world:
            for who in PEOPLE:
                world.person(who)
            for what, (by, other) in done:
                attempt(world, what, by, other)
            before = rows(world, *kind.__table__.c)
            world.merge(OLD, ME)
            merged = rows(world, *kind.__table__.c)
            assert id_of(OLD) not in str(merged)
            world.part(OLD, ME)
            after = rows(world, *kind.__table__.c)
            closed = {row for row in before if id_of(OLD) not in row and id_of(ME) not in row}
            assert closed <= after, "others keep what is theirs"
            assert {row[0] for row in after} == {row[0] for row in before}, "each is there again, and no more"
            if kind is Block:
                assert after == before

    check()


def attempt(world, what, by, other):
    """Do something if it is allowed."""
    try:
        with world.db.begin_nested():
            if what == "block":
                block(world, by, other)
            elif what == "propose":
                propose(world, by, other)
            elif what == "join":
                join(world, by)
            elif what == "leave":
                members.leave(world.db, caller(by))
            else:
                removals.remove(world.db, caller(other), id_of(by), NOW + timedelta(hours=1), "Rude.")
            world.db.flush()
    except Refusal:
        world.db.expire_all()
