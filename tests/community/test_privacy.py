"""Who may know what of whom: everything that can be asked, asked by everybody who should not learn it."""

import json
import uuid

import pytest
from marshmallow import Schema

from services.community import blocks, introductions, meeting_others, members, reports, schemas
from services.runtime.refusals import Refusal
from tests.community.conftest import NOW, id_of
from tests.community.membership import caller, do, join, leave, propose, report

pytestmark = pytest.mark.one_database

SHARED = {"about": "A ward at night", "topics": ["psychology"], "tell_tablemates": True}
ASK = {
    "members": lambda db, me, _: members.page(db, me, None, 100),
    "member": lambda db, me, other: members.one(db, me, other),
    "search": lambda db, me, _: members.page(db, me, None, 100, q="amina"),
    "met": lambda db, me, _: meeting_others.met(db, me, None, 100),
    "met there": lambda db, me, _: meeting_others.met(db, me, None, 100, "march"),
    "suggested": lambda db, me, _: meeting_others.suggested(db, me),
    "introductions": lambda db, me, _: introductions.page(db, me, NOW, None, 100),
    "blocked": lambda db, me, _: blocks.page(db, me, None, 100),
    "propose": lambda db, me, other: introductions.propose(db, me, NOW, other, "Hello"),
}
RETURNS = {
    "members": schemas.MemberPage,
    "member": schemas.MemberView,
    "search": schemas.MemberPage,
    "met": schemas.MetPage,
    "met there": schemas.MetPage,
    "suggested": schemas.SuggestionList,
    "introductions": schemas.IntroductionPage,
    "blocked": schemas.BlockedPage,
    "propose": schemas.IntroductionView,
}
NOTHING = {"items": [], "next": None}


@pytest.fixture
def world(world):
    """Amina, who is looked for, and others who were all in a session with her."""
    world.session("march", topics=["psychology"])
    join(world, "amina", **SHARED)
    for who in ("member", "blocked", "left", "gone"):
        join(world, who, "social_care", **SHARED)
    world.person("stranger", "social_care")
    world.attended("march", "amina", "member", "blocked", "left", "gone", "stranger")
    return world


def asked(world, what, who, other):
    """Return what is answered, as it crosses the bus; or the refusal."""
    try:
        answer = ASK[what](world.db, caller(who, sector="social_care"), id_of(other))
    except Refusal as refusal:
        return {"refused": refusal.code, **refusal.to_wire()}
    world.db.flush()
    return json.loads(json.dumps(RETURNS[what]().dump(answer)))


def everything(world, who, other):
    return {what: asked(world, what, who, other) for what in ASK}


def test_a_member_learns_what_a_member_says_and_no_address(world):
    told = everything(world, "member", "amina")
    assert id_of("amina") in [item["id"] for item in told["members"]["items"]]
    assert told["met"]["items"][0]["sessions"]
    assert "@" not in json.dumps(told)


def test_whoever_is_no_member_learns_nothing(world):
    told = everything(world, "stranger", "amina")
    assert {answer["refused"] for answer in told.values()} == {"not-a-member"}
    assert id_of("amina") not in json.dumps(told)


def test_whoever_was_blocked_learns_as_much_as_of_somebody_who_does_not_exist(world, db):
    blocks.block(db, caller("amina"), id_of("blocked"), NOW)
    db.flush()
    told = everything(world, "blocked", "amina")
    assert {"amina", "Amina", id_of("amina")} & set(json.dumps(told).replace('"', " ").split()) == set()
    for what in ("member", "propose"):
        assert told[what] == asked(world, what, "blocked", str(uuid.uuid4()))


def test_whoever_blocks_does_not_see_the_other_either(world, db):
    blocks.block(db, caller("amina"), id_of("blocked"), NOW)
    db.flush()
    told = everything(world, "amina", "blocked")
    assert told.pop("blocked")["items"] == [{"id": id_of("blocked"), "name": "Blocked"}]
    assert id_of("blocked") not in json.dumps(told)


def test_whoever_left_learns_nothing_and_nothing_is_learnt_of_them(world):
    leave(world, "left")
    assert {answer["refused"] for answer in everything(world, "left", "amina").values()} == {"not-a-member"}
    told = everything(world, "amina", "left")
    assert id_of("left") not in json.dumps(told)
    assert told["member"] == asked(world, "member", "amina", "nobody")


def test_of_whoever_was_erased_nothing_is_learnt(world):
    propose(world, "gone", "amina")
    world.erase("gone")
    told = everything(world, "amina", "gone")
    assert "gone" not in json.dumps(told).lower()
    assert told["introductions"] == NOTHING
    assert {answer["refused"] for answer in everything(world, "gone", "amina").values()} == {"not-a-member"}


def test_only_the_two_of_an_accepted_introduction_see_an_address_and_only_there(world, db):
    id_ = propose(world, "amina", "member")["id"]
    for who in ("amina", "member"):
        assert "@" not in json.dumps(asked(world, "introductions", who, "amina"))
    do(world, "accept", "member", id_)
    report(world, "blocked", propose(world, "amina", "blocked")["id"])
    for who in ("amina", "member", "blocked", "left"):
        told = everything(world, who, "gone")
        addresses = [item.pop("email") for item in told["introductions"]["items"] if item["state"] == "accepted"]
        assert addresses == {"amina": ["member@example.org"], "member": ["amina@example.org"]}.get(who, [])
        assert "@" not in json.dumps(told)
    assert "@" not in json.dumps(schemas.ReportPage().dump(reports.page(db, None, 10)))


def test_no_answer_but_an_introduction_has_a_place_for_an_address():
    kinds = [kind for kind in vars(schemas).values() if isinstance(kind, type) and issubclass(kind, Schema)]
    assert [kind.__name__ for kind in kinds if "email" in kind().fields] == ["IntroductionView"]
