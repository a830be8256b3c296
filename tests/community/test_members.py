"""Members are found by members: who joins, what is shown of them, and what becomes of it when they leave."""

import json

import pytest
from sqlalchemy import select

from services.community import blocks, members, schemas
from services.community.errors import NotAMember, ProfileIncomplete
from services.community.models import Member
from services.runtime.refusals import Invalid, NotFound, StaleVersion, Unavailable
from services.runtime.schemas import load
from tests.community.conftest import NOW, id_of
from tests.community.membership import announced, caller, join, leave, propose, seen
from tests.sentences import says

SAID = {"about": "I lead a ward.\nAsk me.", "topics": ["systems-thinking", "psychology"], "tell_tablemates": True}


@pytest.fixture
def world(world):
    world.session("march", topics=["systems-thinking", "psychology"])
    return world


def one(world, who, other):
    return members.one(world.db, caller(who), id_of(other))


def change(world, who, version=1, **given):
    changed = members.change(world.db, caller(who), version, load(schemas.MemberChange(), given))
    world.db.flush()
    return changed


# Joining


def test_all_that_is_said_on_joining_is_kept_and_comes_back(world, db):
    joined = join(world, "amina", **SAID)
    named = {"id": id_of("amina"), "name": "Amina", "sector": "hospital", "organisation": "General Hospital"}
    assert joined == {**named, **SAID, "joined_at": NOW, "version": 1}
    assert members.profile(db, caller("amina")) == joined


def test_nothing_more_is_told_than_what_was_said(world):
    joined = join(world, "amina")
    assert (joined["about"], joined["topics"], joined["tell_tablemates"]) == (None, [], False)


def test_whoever_joins_twice_has_joined_once(world, db):
    join(world, "amina")
    assert join(world, "amina", about="Later")["version"] == 1
    assert db.scalars(select(Member.person)).all() == [id_of("amina")]
    assert members.profile(db, caller("amina"))["about"] is None, "whoever is a member stays as they are"


@pytest.mark.parametrize("missing", ["name", "sector"])
def test_whoever_has_not_said_who_they_are_cannot_join(world, db, missing):
    world.person("amina", **{missing: None})
    with pytest.raises(ProfileIncomplete) as refused:
        members.join(db, caller("amina", **{missing: None}), NOW, None, [], False)
    assert (refused.value.code, refused.value.facts) == ("profile-incomplete", {"missing": [missing]})


def test_whoever_was_not_told_of_yet_is_asked_to_try_again(world, db):
    with pytest.raises(Unavailable):
        members.join(db, caller("amina"), NOW, None, [], False)
    world.person("amina", sector=None)
    with pytest.raises(Unavailable):
        members.join(db, caller("amina"), NOW, None, [], False)


def test_who_joins_may_say_again_who_they_are(world):
    joined = join(world, "amina", name="Amina", sector="hospital", organisation=None, about="Hello")
    assert (joined["name"], joined["sector"], joined["about"]) == ("Amina", "hospital", "Hello")


def test_who_joins_cannot_say_that_they_are_somebody_else(world, db):
    world.person("amina")
    with pytest.raises(Invalid) as refused:
        members.join(db, caller("amina"), NOW, None, [], False, name="The Mayor", sector="academia")
    assert [error["field"] for error in refused.value.errors] == ["name", "sector"]
    assert members.is_member(db, caller("amina")) == {"member": False}


def test_a_topic_that_no_session_has_is_refused(world):
    with pytest.raises(Invalid) as refused:
        join(world, "amina", topics=["systems-thinking", "call-me"])
    assert refused.value.errors[0]["field"] == "topics"


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("about", "x" * 1001),
        ("about", "Write to amina@example.org."),
        ("topics", ["Systems thinking"]),
        ("topics", ["a"] * 21),
        ("topics", "systems-thinking"),
        ("tell_tablemates", "perhaps"),
        ("email", "amina@example.org"),
    ],
)
def test_what_is_not_a_profile_is_refused(world, field, wrong):
    for schema in (schemas.NewMember(), schemas.MemberChange()):
        with pytest.raises(Invalid) as refused:
            load(schema, {field: wrong})
        assert refused.value.errors[0]["field"].partition(".")[0] == field


# The own profile


def test_a_profile_is_changed_field_by_field(world):
    join(world, "amina", **SAID)
    changed = change(world, "amina", topics=["psychology", "psychology"])
    assert (changed["topics"], changed["about"], changed["version"]) == (["psychology"], SAID["about"], 2)
    assert change(world, "amina", 2, about=None)["about"] is None
    assert change(world, "amina", 3, about=None)["version"] == 3, "what changes nothing is no change"


def test_two_who_change_a_profile_at_once_are_told(world):
    join(world, "amina")
    change(world, "amina", about="First")
    with pytest.raises(StaleVersion):
        change(world, "amina", about="Second")


def test_a_topic_that_went_out_of_use_may_stay(world):
    join(world, "amina", topics=["psychology"])
    world.session("march", topics=["systems-thinking"])
    assert change(world, "amina", topics=["psychology", "systems-thinking"])["version"] == 2


def test_whoever_is_no_member_has_no_profile(world, db):
    world.person("amina")
    assert members.is_member(db, caller("amina")) == {"member": False}
    with pytest.raises(NotFound):
        members.profile(db, caller("amina"))
    with pytest.raises(NotFound):
        change(world, "amina", about="Here")


# The directory


def test_members_see_members_and_neither_themselves_nor_others(world):
    for who in ("amina", "ben", "carla"):
        join(world, who)
    world.person("dev")
    assert seen(world, "amina") == ["Carla", "Ben"], "those who joined last come first"


def test_whoever_is_no_member_sees_nobody(world, db):
    join(world, "amina")
    world.person("ben")
    for ask in (lambda: seen(world, "ben"), lambda: one(world, "ben", "amina")):
        with pytest.raises(NotAMember):
            ask()


def test_a_member_is_shown_without_an_address(world):
    join(world, "amina", **SAID)
    join(world, "ben")
    shown = one(world, "ben", "amina")
    assert set(shown) == {"id", "name", "sector", "organisation", "about", "topics"}
    assert "@" not in json.dumps(shown)


def test_a_member_sees_themselves_as_the_others_do(world):
    join(world, "amina", **SAID)
    join(world, "ben")
    assert one(world, "amina", "amina") == one(world, "ben", "amina")


def test_a_new_employer_shows(world):
    join(world, "amina")
    join(world, "ben")
    world.person("amina", "third_sector", "Elm Court", name="Amina Khan")
    shown = one(world, "ben", "amina")
    assert (shown["name"], shown["sector"], shown["organisation"]) == ("Amina Khan", "third_sector", "Elm Court")


def test_the_directory_is_narrowed_down(world):
    join(world, "amina")
    join(world, "ben", "social_care", "Elm Court", about="Nights, mostly. 100%", topics=["psychology"])
    join(world, "carla", "social_care", "Oak House", topics=["systems-thinking"])
    assert seen(world, "amina", sector="social_care") == ["Carla", "Ben"]
    assert seen(world, "amina", sector="nowhere") == []
    assert seen(world, "amina", topic="psychology") == ["Ben"]
    assert seen(world, "amina", topic="psycholog") == [], "a topic is the whole of it"
    assert seen(world, "amina", q="elm NIGHTS") == ["Ben"]
    assert seen(world, "amina", q="thinking carla") == ["Carla"]
    assert seen(world, "amina", q="élm") == ["Ben"], "whatever the accents"
    assert seen(world, "amina", q="100%") == ["Ben"]
    assert seen(world, "amina", q="%") == ["Ben"], "a sign of the database is a sign like any other"
    assert seen(world, "amina", q="example.org") == [], "nobody is found by their address"


def test_the_directory_comes_page_by_page_while_others_join(world, db):
    for who in ("amina", "ben", "carla", "dev"):
        join(world, who)
    first = members.page(db, caller("amina"), None, 2)
    join(world, "eve")
    second = members.page(db, caller("amina"), first["next"], 2)
    assert [item["name"] for item in first["items"] + second["items"]] == ["Dev", "Carla", "Ben"]
    assert second["next"] is None


# Leaving


def test_of_whoever_leaves_nothing_is_shown_or_kept(world, db):
    join(world, "amina", **SAID)
    join(world, "ben")
    leave(world, "amina")
    assert seen(world, "ben") == []
    with pytest.raises(NotFound):
        one(world, "ben", "amina")
    with pytest.raises(NotAMember):
        seen(world, "amina")
    left = db.scalar(select(Member).where(Member.person == id_of("amina")))
    assert (left.about, left.topics, left.tell_tablemates, left.joined_at) == (None, [], False, None)


def test_leaving_twice_is_leaving_once_and_so_is_leaving_without_having_joined(world):
    world.person("amina")
    leave(world, "amina")
    join(world, "amina")
    leave(world, "amina")
    leave(world, "amina")


def test_whoever_comes_back_is_new_and_has_a_later_version(world, db):
    join(world, "amina", **SAID)
    join(world, "ben")
    join(world, "carla")
    leave(world, "amina")
    assert join(world, "amina")["about"] is None
    assert seen(world, "carla") == ["Amina", "Ben"]
    assert [members.profile(db, caller(who))["version"] for who in ("ben", "carla", "amina")] == [1, 1, 3]
    assert announced(world, "community.member_left.v1") == [{"person": id_of("amina"), "version": 2}]


# Blocking


def block(world, who, other):
    blocks.block(world.db, caller(who), id_of(other), world.now)
    world.db.flush()


def test_two_of_whom_one_blocked_the_other_do_not_see_each_other(world):
    for who in ("amina", "ben", "carla"):
        join(world, who)
    block(world, "amina", "ben")
    block(world, "amina", "ben")
    assert (seen(world, "amina"), seen(world, "ben"), seen(world, "carla")) == (["Carla"], ["Carla"], ["Ben", "Amina"])
    for one_, other in (("amina", "ben"), ("ben", "amina")):
        with pytest.raises(NotFound, match=says("refusal.no_such_member")):
            one(world, one_, other)


def test_whoever_is_blocked_sees_what_they_would_see_if_the_other_were_no_member(world, db):
    for who in ("amina", "ben"):
        join(world, who)
    block(world, "amina", "ben")
    refusals = []
    for other in ("amina", "nobody"):
        with pytest.raises(Invalid) as refused:
            propose(world, "ben", other)
        refusals.append(refused.value.to_wire())
    assert refusals[0] == refusals[1]
    assert blocks.page(db, caller("ben"), None, 10)["items"] == []


def test_a_block_is_listed_and_taken_back_by_whoever_made_it(world, db):
    for who in ("amina", "ben"):
        join(world, who)
    block(world, "amina", "ben")
    assert blocks.page(db, caller("amina"), None, 10)["items"] == [{"id": id_of("ben"), "name": "Ben"}]
    blocks.unblock(db, caller("ben"), id_of("amina"))
    assert seen(world, "ben") == [], "not by the other one"
    for _ in range(2):
        blocks.unblock(db, caller("amina"), id_of("ben"))
    assert seen(world, "ben") == ["Amina"]


def test_somebody_who_cannot_be_seen_cannot_be_blocked(world):
    for who in ("amina", "ben"):
        join(world, who)
    world.person("carla")
    block(world, "amina", "ben")
    for other in ("carla", "nobody", "amina"):
        with pytest.raises(NotFound):
            block(world, "ben", other)


def test_a_block_outlives_leaving(world):
    for who in ("amina", "ben"):
        join(world, who)
    block(world, "amina", "ben")
    leave(world, "amina")
    leave(world, "ben")
    join(world, "amina")
    join(world, "ben")
    assert (seen(world, "amina"), seen(world, "ben")) == ([], [])


def test_whoever_is_no_member_blocks_nobody(world, db):
    join(world, "ben")
    world.person("amina")
    asks = (lambda: block(world, "amina", "ben"), lambda: blocks.unblock(db, caller("amina"), id_of("ben")),
            lambda: blocks.page(db, caller("amina"), None, 10))  # fmt: skip
    for ask in asks:
        with pytest.raises(NotAMember):
            ask()
