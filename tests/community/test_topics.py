"""Members keep the topics that they picked, whatever those are called by now."""

import pytest

from services.community import members, schemas, topics
from services.runtime.refusals import Invalid, StaleVersion
from services.runtime.schemas import load
from tests.community.conftest import id_of
from tests.community.membership import caller, join, leave


@pytest.fixture
def world(world):
    world.session("march", topics=["care", "trust", "homes"])
    return world


def picked(world, who):
    return members.profile(world.db, caller(who))["topics"]


def found(world, who, **wanted):
    return [row["id"] for row in members.page(world.db, caller(who), None, 20, **wanted)["items"]]


def test_a_renamed_topic_keeps_its_place_among_those_that_a_member_picked(world):
    join(world, "amina", topics=["trust", "care", "homes"])
    join(world, "ben", topics=["homes"])
    world.topic("care", "social-care")
    assert picked(world, "amina") == ["trust", "social-care", "homes"]
    assert picked(world, "ben") == ["homes"]


def test_whoever_picked_both_of_two_that_are_merged_has_one(world):
    join(world, "amina", topics=["care", "trust"])
    world.topic("care", "trust")
    assert picked(world, "amina") == ["trust"]


def test_a_removed_topic_is_gone_and_the_others_stay(world):
    join(world, "amina", topics=["care", "trust"])
    world.topic("care", None)
    assert picked(world, "amina") == ["trust"]


def test_a_profile_that_is_being_changed_meanwhile_is_not_written_over(world):
    before = join(world, "amina", topics=["care"])["version"]
    world.topic("care", "trust")
    with pytest.raises(StaleVersion):
        members.change(world.db, caller("amina"), before, load(schemas.MemberChange(), {"about": "Hello"}))


def test_the_same_news_again_and_older_news_change_nothing(world):
    join(world, "amina", topics=["care"])
    world.topic("care", "trust", version=3)
    version = members.profile(world.db, caller("amina"))["version"]
    world.topic("care", "trust", version=3)
    world.topic("care", None, version=2)
    assert picked(world, "amina") == ["trust"]
    assert members.profile(world.db, caller("amina"))["version"] == version


@pytest.mark.parametrize("news", [[("care", "homes"), ("homes", "trust")], [("homes", "trust"), ("care", "homes")]])
def test_news_of_two_changes_come_to_the_same_in_any_order(world, news):
    join(world, "amina", topics=["care"])
    for old, new in news:
        world.topic(old, new, version=2)
    assert picked(world, "amina") == ["trust"]


def test_an_old_name_is_picked_and_searched_for_as_what_it_is_called_now(world):
    world.topic("old-care", "care")
    join(world, "amina", topics=["old-care", "care"])
    join(world, "ben", topics=["trust"])
    assert picked(world, "amina") == ["care"]
    assert found(world, "ben", topic="old-care") == found(world, "ben", topic="care") == [id_of("amina")]


def test_a_topic_that_was_removed_is_left_out_of_what_is_picked_and_finds_nobody(world):
    world.topic("gone", None)
    join(world, "amina", topics=["gone", "trust"])
    join(world, "ben")
    assert picked(world, "amina") == ["trust"]
    assert found(world, "ben", topic="gone") == []
    with pytest.raises(Invalid):
        join(world, "eve", topics=["never-was"])


def test_a_renamed_topic_is_found_by_its_new_words(world):
    join(world, "amina", topics=["care"])
    join(world, "ben")
    world.topic("care", "nursing")
    assert found(world, "ben", q="nursing") == [id_of("amina")]
    assert found(world, "ben", q="care") == []


def test_members_are_counted_by_topic_and_those_who_left_are_not(world):
    for who in ("amina", "ben", "eve"):
        join(world, who, topics=["care"])
    leave(world, "eve")
    assert topics.picked(world.db) == {"care": 2}
