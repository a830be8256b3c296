"""Who is suggested to whom, and whom a member is told that they have met."""

import pytest

from services.community import blocks, meeting_others, members
from services.community.errors import NotAMember
from services.runtime.refusals import Invalid
from tests.community.conftest import NOW, START, id_of
from tests.community.membership import DAY, caller, do, join, leave, propose
from tests.sentences import says

TOPICS = ["systems-thinking", "psychology", "covid-19"]


@pytest.fixture
def world(world):
    world.city(hospital=16500, social_care=22500, third_sector=None)
    world.session("march", topics=TOPICS)
    return world


def suggested(world, who):
    return meeting_others.suggested(world.db, caller(who))["items"]


def names(items):
    return [item["name"] for item in items]


def met(world, who, cursor=None, limit=10):
    return meeting_others.met(world.db, caller(who), cursor, limit)


def tell(world, *people, sector="hospital"):
    for who in people:
        join(world, who, sector, tell_tablemates=True)


# Suggestions


def test_people_from_other_sectors_who_share_most_come_first_with_why(world):
    join(world, "amina", topics=TOPICS)
    join(world, "ben", "social_care", topics=["psychology"])
    join(world, "carla", "third_sector", topics=["covid-19", "psychology", "systems-thinking"])
    join(world, "dev", "third_sector")
    join(world, "eve", "hospital", topics=TOPICS)
    found = suggested(world, "amina")
    assert names(found) == ["Carla", "Ben", "Dev"]
    assert [item["why"] for item in found] == [
        [
            says("suggested_member.topics", topics="Systems thinking, Psychology and Covid-19"),
            says("suggested_member.new_sector", sector="Third_Sector"),
        ],
        [
            says("suggested_member.topics", topics="Psychology"),
            says("suggested_member.new_sector", sector="Social_Care"),
        ],
        [says("suggested_member.new_sector", sector="Third_Sector")],
    ]
    assert all("@" not in str(item) for item in found)


def test_whoever_was_met_is_not_suggested_and_their_sector_is_known(world):
    join(world, "amina")
    join(world, "ben", "social_care")
    join(world, "carla", "social_care")
    world.attended("march", "amina", "ben")
    [carla] = suggested(world, "amina")
    assert (carla["name"], carla["why"]) == ("Carla", [says("suggested_member.other_sector", sector="Social_Care")])


def test_neither_non_members_nor_those_who_left_are_suggested(world):
    join(world, "amina")
    world.person("ben", "social_care")
    join(world, "carla", "social_care")
    leave(world, "carla")
    assert suggested(world, "amina") == []
    for who in ("ben", "carla"):
        with pytest.raises(NotAMember):
            suggested(world, who)


def test_two_of_whom_one_blocked_the_other_are_not_suggested(world, db):
    join(world, "amina")
    join(world, "ben", "social_care")
    blocks.block(db, caller("amina"), id_of("ben"), NOW)
    db.flush()
    assert suggested(world, "amina") == suggested(world, "ben") == []


@pytest.mark.parametrize("what", ["nothing", "decline", "accept"])
def test_nobody_is_suggested_with_whom_there_was_an_introduction_whatever_became_of_it(world, what):
    join(world, "amina")
    join(world, "ben", "social_care")
    id_ = propose(world, "amina", "ben")["id"]
    if what != "nothing":
        do(world, what, "ben", id_)
    world.now += 20 * DAY
    assert suggested(world, "amina") == suggested(world, "ben") == []


def test_no_more_than_ten_are_suggested_and_not_the_same_ten_to_all(world):
    join(world, "amina")
    join(world, "ben")
    for n in range(30):
        join(world, f"member-{n}", "social_care")
    first, second = suggested(world, "amina"), suggested(world, "ben")
    assert len(first) == len(second) == 10
    assert names(first) == names(suggested(world, "amina"))
    assert names(first) != names(second)


# People you have met


def test_whoever_chose_to_tell_is_told_of_those_who_chose_so_with_the_session(world):
    tell(world, "amina", "ben")
    world.attended("march", "amina", "ben")
    [ben] = met(world, "amina")["items"]
    assert (ben["name"], ben["sessions"]) == ("Ben", [{"slug": "march", "title": "March", "at": START}])
    assert "@" not in str(ben)


@pytest.mark.parametrize("silent", ["amina", "ben"])
def test_one_who_did_not_choose_to_tell_is_enough_to_say_nothing(world, silent):
    for who in ("amina", "ben"):
        join(world, who, tell_tablemates=who != silent)
    world.attended("march", "amina", "ben")
    assert met(world, "amina")["items"] == met(world, "ben")["items"] == []


def test_of_non_members_of_those_who_left_and_of_blocked_ones_nothing_is_said(world, db):
    tell(world, "amina", "ben", "carla")
    world.person("dev")
    world.attended("march", "amina", "ben", "carla", "dev")
    leave(world, "ben")
    blocks.block(db, caller("carla"), id_of("amina"), NOW)
    db.flush()
    assert met(world, "amina")["items"] == []
    with pytest.raises(NotAMember):
        met(world, "dev")


def test_of_whoever_is_erased_nothing_is_said(world):
    tell(world, "amina", "ben")
    world.attended("march", "amina", "ben")
    world.erase("ben")
    assert met(world, "amina")["items"] == suggested(world, "amina") == []


def test_those_met_last_come_first_page_by_page(world):
    tell(world, "amina", "ben", "carla", "dev")
    world.session("june", START + 90 * DAY)
    world.attended("march", "amina", "ben", "carla")
    world.attended("june", "amina", "ben", "dev")
    first = met(world, "amina", limit=2)
    second = met(world, "amina", first["next"], limit=2)
    assert {*names(first["items"])} == {"Ben", "Dev"}
    assert (names(second["items"]), second["next"]) == (["Carla"], None)
    ben = next(item for item in first["items"] if item["name"] == "Ben")
    assert [session["slug"] for session in ben["sessions"]] == ["june", "march"]
    with pytest.raises(Invalid):
        met(world, "amina", "made up")


def test_changing_one_s_mind_takes_effect_at_once(world, db):
    tell(world, "amina", "ben")
    world.attended("march", "amina", "ben")
    members.change(db, caller("ben"), 1, {"tell_tablemates": False})
    db.flush()
    assert met(world, "amina")["items"] == []
