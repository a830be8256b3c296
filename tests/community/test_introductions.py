"""Introductions: both want it, or nothing is told; and who said no stays unsaid."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.bus.models import outbox as outbox_table
from services.community import blocks, introductions, my_data, reports, schemas
from services.community.errors import (
    AlreadyAsked,
    AlreadyIntroduced,
    IntroductionOver,
    IntroductionWaiting,
    NotAMember,
    TooManyIntroductions,
)
from services.community.models import Base, Introduction
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotAllowed, NotFound
from services.runtime.schemas import load
from tests.community.conftest import NOW, id_of
from tests.community.membership import DAY, announced, caller, do, join, leave, mine, propose, report

pytestmark = pytest.mark.patient


@pytest.fixture
def world(world):
    """Members of two sectors, and a person who is none."""
    join(world, "amina")
    join(world, "ben", "social_care", "Elm Court")
    join(world, "carla", "third_sector", None)
    world.person("dev")
    return world


def one(world, who, id_):
    return introductions.one(world.db, caller(who), id_, world.now)


def state(world, who, id_):
    return one(world, who, id_)["state"]


# Asking


def test_whoever_is_asked_is_told_who_asks_and_what_they_say(world):
    asked = propose(world, "amina", "ben", "You sat with us.\nShall we talk?")
    assert (asked["by"], asked["to"], asked["state"]) == (id_of("amina"), id_of("ben"), "proposed")
    assert asked["expires_at"] == NOW + 14 * DAY
    assert asked["other"] == {"id": id_of("ben"), "name": "Ben", "sector": "social_care", "organisation": "Elm Court"}
    [told] = announced(world, "community.introduction_proposed.v1")
    assert (told["id"], told["to"], told["name"], told["organisation"]) == (
        asked["id"], id_of("ben"), "Amina", "General Hospital"
    )  # fmt: skip
    assert told["message"] == "You sat with us.\nShall we talk?"
    assert "@" not in json.dumps(told)


def test_both_find_it_in_their_lists(world):
    propose(world, "amina", "ben")
    assert mine(world, "amina", "sent") == [("Ben", "proposed")]
    assert mine(world, "ben", "received") == [("Amina", "proposed")]
    assert mine(world, "amina", "received") == mine(world, "ben", "sent") == mine(world, "carla") == []


@pytest.mark.parametrize("to", ["dev", "nobody", "amina"])
def test_only_another_member_is_asked(world, to):
    with pytest.raises(Invalid) as refused:
        propose(world, "amina", to)
    assert refused.value.errors == [Fault("no-such-member").at("to")]


def test_whoever_left_is_not_asked(world):
    leave(world, "ben")
    with pytest.raises(Invalid):
        propose(world, "amina", "ben")


@pytest.mark.parametrize("message", ["", " \n", "x" * 1001, "Write to me@example.org", None])
def test_a_message_is_needed_and_holds_no_address(message):
    with pytest.raises(Invalid) as refused:
        load(schemas.Proposal(), {"to": id_of("ben"), "message": message})
    assert refused.value.errors[0]["field"] == "message"


def test_of_two_who_ask_each_other_the_second_is_told_that_one_waits(world):
    asked = propose(world, "amina", "ben")
    with pytest.raises(IntroductionWaiting) as refused:
        propose(world, "ben", "amina")
    assert refused.value.facts == {"introduction": asked["id"]}
    assert do(world, "accept", "ben", asked["id"])["state"] == "accepted"


def test_the_database_keeps_a_pair_from_two_that_are_open(world, db):
    propose(world, "amina", "ben")
    first, second = sorted((id_of("amina"), id_of("ben")))
    db.add(
        Introduction(by=id_of("ben"), to=id_of("amina"), first=first, second=second, message="At once",
                     state="proposed", proposed_at=NOW, expires_at=NOW + DAY, version=1)
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        db.flush()
    db.rollback()


def test_nobody_asks_more_than_three_in_seven_days(world):
    for n in range(4):
        join(world, f"member-{n}")
    for n in range(3):
        propose(world, "amina", f"member-{n}")
        world.now += timedelta(hours=1)
    with pytest.raises(TooManyIntroductions) as refused:
        propose(world, "amina", "member-3")
    assert refused.value.facts["again_at"] == (NOW + 7 * DAY).isoformat()
    assert refused.value.facts["retry_after"] == 7 * 24 * 3600 - 3 * 3600 + 1
    world.now = NOW + 7 * DAY - timedelta(seconds=1)
    with pytest.raises(TooManyIntroductions):
        propose(world, "amina", "member-3")
    world.now = NOW + 7 * DAY
    propose(world, "amina", "member-3")


def test_taking_back_does_not_make_room_for_more(world):
    for who in ("ben", "carla"):
        do(world, "withdraw", "amina", propose(world, "amina", who)["id"])
    join(world, "eve")
    propose(world, "amina", "eve")
    join(world, "finn")
    with pytest.raises(TooManyIntroductions):
        propose(world, "amina", "finn")


# Yes


def test_addresses_are_exchanged_once_both_said_yes(world):
    id_ = propose(world, "amina", "ben")["id"]
    assert [one(world, who, id_)["email"] for who in ("amina", "ben")] == [None, None]
    assert do(world, "accept", "ben", id_)["email"] == "amina@example.org"
    assert (state(world, "amina", id_), one(world, "amina", id_)["email"]) == ("accepted", "ben@example.org")
    [told] = announced(world, "community.introduction_accepted.v1")
    assert {(person["person"], person["email"]) for person in told["people"]} == {
        (id_of("amina"), "amina@example.org"), (id_of("ben"), "ben@example.org")
    }  # fmt: skip
    assert told["version"] == 2
    assert mine(world, "amina", "accepted") == [("Ben", "accepted")]
    assert mine(world, "amina", "sent") == mine(world, "ben", "received") == []


def test_yes_twice_is_told_once(world):
    id_ = propose(world, "amina", "ben")["id"]
    assert do(world, "accept", "ben", id_) == do(world, "accept", "ben", id_)
    assert len(announced(world, "community.introduction_accepted.v1")) == 1


def test_two_who_were_introduced_are_not_introduced_again(world):
    do(world, "accept", "ben", propose(world, "amina", "ben")["id"])
    world.now += 400 * DAY
    for by, to in (("amina", "ben"), ("ben", "amina")):
        with pytest.raises(AlreadyIntroduced):
            propose(world, by, to)


def test_only_who_was_asked_answers_and_only_who_asked_takes_back(world):
    id_ = propose(world, "amina", "ben")["id"]
    for what, who in (("accept", "amina"), ("decline", "amina"), ("withdraw", "ben")):
        with pytest.raises(NotAllowed):
            do(world, what, who, id_)
    for what in ("accept", "decline", "withdraw"):
        with pytest.raises(NotFound):
            do(world, what, "carla", id_)
    assert state(world, "ben", id_) == "proposed"


# No


def test_a_no_is_not_told_and_looks_like_no_answer(world):
    declined = propose(world, "amina", "ben")["id"]
    silent = propose(world, "amina", "carla")["id"]
    assert do(world, "decline", "ben", declined)["state"] == "declined"
    for now in (NOW, NOW + 14 * DAY - timedelta(seconds=1), NOW + 14 * DAY, NOW + 89 * DAY):
        world.now = now
        introductions.expire(world.db, now)
        views = [one(world, "amina", id_) for id_ in (declined, silent)]
        own = ("id", "to", "other")
        first, second = ({name: it for name, it in view.items() if name not in own} for view in views)
        assert first == second
        assert first["state"] == ("proposed" if now < NOW + 14 * DAY else "expired")
        facts = []
        for to in ("ben", "carla"):
            with pytest.raises(AlreadyAsked) as refused:
                propose(world, "amina", to)
            facts.append(refused.value.facts["again_at"])
        assert facts[0] == facts[1] == (NOW + 90 * DAY).isoformat()
    world.now = NOW + 90 * DAY
    for to in ("ben", "carla"):
        assert propose(world, "amina", to)["state"] == "proposed"


def test_nothing_is_announced_of_a_no(world, db):
    id_ = propose(world, "amina", "ben")["id"]
    before = len(db.execute(select(outbox_table.c.position)).all())
    do(world, "decline", "ben", id_)
    do(world, "decline", "ben", id_)
    assert len(db.execute(select(outbox_table.c.position)).all()) == before


def test_whoever_said_no_may_ask_themselves_later(world):
    do(world, "decline", "ben", propose(world, "amina", "ben")["id"])
    assert propose(world, "ben", "amina")["state"] == "proposed"


def test_what_was_answered_is_over(world):
    id_ = propose(world, "amina", "ben")["id"]
    do(world, "accept", "ben", id_)
    for what, who in (("decline", "ben"), ("withdraw", "amina")):
        with pytest.raises(IntroductionOver) as refused:
            do(world, what, who, id_)
        assert refused.value.facts == {"state": "accepted"}


def test_whoever_asked_takes_it_back_whether_or_not_the_other_said_no(world):
    first, second = propose(world, "amina", "ben")["id"], propose(world, "amina", "carla")["id"]
    do(world, "decline", "ben", first)
    for id_ in (first, second, second):
        assert do(world, "withdraw", "amina", id_)["state"] == "withdrawn"
    with pytest.raises(IntroductionOver):
        do(world, "accept", "carla", second)
    assert mine(world, "carla") == []
    with pytest.raises(AlreadyAsked):
        propose(world, "amina", "ben")


# Time


def test_it_runs_out_after_fourteen_days_whether_or_not_the_timer_ran(world, db):
    id_ = propose(world, "amina", "ben")["id"]
    world.now = NOW + 14 * DAY
    assert [state(world, who, id_) for who in ("amina", "ben")] == ["expired", "expired"]
    assert mine(world, "ben", "received") == []
    for what in ("accept", "decline"):
        with pytest.raises(IntroductionOver):
            do(world, what, "ben", id_)
    assert propose(world, "ben", "amina")["state"] == "proposed", "one that has run out makes way"
    assert db.get(Introduction, 1).state == "expired"


def test_the_timer_notes_what_has_run_out_and_nothing_else(world, db):
    first = propose(world, "amina", "ben")["id"]
    world.now += DAY
    propose(world, "amina", "carla")
    introductions.expire(db, NOW + 14 * DAY)
    db.expire_all()
    assert {row.id: row.state for row in db.scalars(select(Introduction))}[first] == "expired"
    assert [row.state for row in db.scalars(select(Introduction).where(Introduction.id != first))] == ["proposed"]


# Leaving, blocking, reporting


def test_whoever_leaves_closes_what_is_open_and_nobody_is_told(world):
    sent, received = propose(world, "amina", "ben")["id"], propose(world, "carla", "amina")["id"]
    leave(world, "amina")
    assert state(world, "ben", sent) == "withdrawn"
    assert mine(world, "ben") == []
    assert state(world, "carla", received) == "proposed"
    assert one(world, "carla", received)["other"] == {
        "id": id_of("amina"), "name": "Amina", "sector": None, "organisation": None
    }  # fmt: skip
    with pytest.raises(IntroductionOver):
        do(world, "accept", "ben", sent)
    with pytest.raises(NotAMember):
        one(world, "amina", sent)
    assert announced(world, "community.introduction_accepted.v1") == []
    world.now += 14 * DAY
    assert state(world, "carla", received) == "expired"


def test_the_address_goes_when_one_of_the_two_leaves(world):
    id_ = propose(world, "amina", "ben")["id"]
    do(world, "accept", "ben", id_)
    leave(world, "ben")
    seen = one(world, "amina", id_)
    assert (seen["state"], seen["email"], seen["other"]["organisation"]) == ("accepted", None, None)


def test_whoever_is_blocked_is_not_told_and_learns_nothing_more(world, db):
    id_ = propose(world, "amina", "ben")["id"]
    blocks.block(db, caller("ben"), id_of("amina"), NOW)
    db.flush()
    seen = one(world, "amina", id_)
    assert (seen["state"], seen["email"], seen["other"]["sector"]) == ("proposed", None, None)
    assert state(world, "ben", id_) == "declined"
    accepted = propose(world, "amina", "carla")["id"]
    do(world, "accept", "carla", accepted)
    blocks.block(db, caller("carla"), id_of("amina"), NOW)
    db.flush()
    assert (one(world, "amina", accepted)["email"], one(world, "carla", accepted)["email"]) == (None, None)


def test_blocking_takes_back_what_one_asked(world, db):
    id_ = propose(world, "amina", "ben")["id"]
    blocks.block(db, caller("amina"), id_of("ben"), NOW)
    db.flush()
    assert state(world, "amina", id_) == "withdrawn"
    with pytest.raises(IntroductionOver):
        do(world, "accept", "ben", id_)


def test_a_report_reaches_the_team_with_the_message_and_blocks(world, db):
    id_ = propose(world, "amina", "ben", "Call me, love.")["id"]
    assert report(world, "ben", id_, "I do not want this.")["state"] == "declined"
    [told] = reports.page(db, None, 10)["items"]
    assert told["by"] == {"id": id_of("ben"), "name": "Ben"}
    assert told["about"] == {"id": id_of("amina"), "name": "Amina", "removed": False}
    assert (told["message"], told["asked_by"]) == ("Call me, love.", id_of("amina"))
    assert told["text"] == "I do not want this."
    assert "@" not in json.dumps(told, default=str)
    with pytest.raises(Invalid):
        propose(world, "ben", "amina")
    assert state(world, "amina", id_) == "proposed", "who is reported is not told"


def test_a_second_report_takes_the_place_of_the_first(world, db):
    id_ = propose(world, "amina", "ben")["id"]
    report(world, "ben", id_, "First")
    report(world, "ben", id_, "Second")
    assert [item["text"] for item in reports.page(db, None, 10)["items"]] == ["Second"]


def test_either_of_the_two_reports_and_nobody_else(world, db):
    id_ = propose(world, "amina", "ben")["id"]
    do(world, "accept", "ben", id_)
    report(world, "amina", id_)
    assert len(reports.page(db, None, 10)["items"]) == 1
    with pytest.raises(NotFound):
        report(world, "carla", id_)


# Who may know


@pytest.mark.parametrize("what", ["propose", "one", "page", "accept", "decline", "withdraw", "report"])
def test_whoever_is_no_member_can_do_nothing(world, what):
    id_ = propose(world, "amina", "ben")["id"]
    leave(world, "ben")
    asks = {
        "propose": lambda who: propose(world, who, "amina"),
        "one": lambda who: one(world, who, id_),
        "page": lambda who: mine(world, who),
        "report": lambda who: report(world, who, id_),
    }
    with pytest.raises(NotAMember):
        asks.get(what, lambda who: do(world, what, who, id_))("ben")
    with pytest.raises((NotAMember, NotFound)):
        asks.get(what, lambda who: do(world, what, who, id_))("dev")


def test_nobody_else_sees_an_introduction(world):
    id_ = propose(world, "amina", "ben")["id"]
    do(world, "accept", "ben", id_)
    with pytest.raises(NotFound):
        one(world, "carla", id_)
    assert mine(world, "carla") == []


def test_lists_come_page_by_page(world, db):
    for to in ("ben", "carla"):
        propose(world, "amina", to)
    first = introductions.page(db, caller("amina"), NOW, None, 1)
    second = introductions.page(db, caller("amina"), NOW, first["next"], 1)
    assert [page["items"][0]["other"]["name"] for page in (first, second)] == ["Carla", "Ben"]
    with pytest.raises(Invalid):
        introductions.page(db, caller("amina"), NOW, None, 1, "others")


# Export and erasure


def test_an_export_holds_one_s_own_and_not_what_others_did(world, db):
    declined = propose(world, "amina", "ben")["id"]
    do(world, "decline", "ben", declined)
    blocks.block(db, caller("amina"), id_of("carla"), NOW)
    db.flush()
    held = my_data.export(db, id_of("amina"), NOW)
    assert held["member"]["joined_at"] == NOW
    assert [(row["id"], row["state"]) for row in held["introductions"]] == [(declined, "proposed")]
    assert [row["person"] for row in held["blocked"]] == [id_of("carla")]
    assert [row["organisation"] for row in held["employments"]] == ["General Hospital"]
    assert my_data.export(db, id_of("ben"), NOW)["introductions"][0]["state"] == "declined"
    assert my_data.export(db, id_of("carla"), NOW)["blocked"] == []
    assert my_data.export(db, id_of("dev"), NOW)["member"] is None


def test_a_report_is_in_the_export_of_whoever_made_it(world, db):
    report(world, "ben", propose(world, "amina", "ben")["id"], "Rude.")
    assert [row["text"] for row in my_data.export(db, id_of("ben"), NOW)["reports"]] == ["Rude."]
    assert my_data.export(db, id_of("amina"), NOW)["reports"] == []


@pytest.mark.parametrize("who", ["amina", "ben"])
def test_of_whoever_is_erased_nothing_is_left(world, db, who):
    id_ = propose(world, "amina", "ben", "From Amina to Ben")["id"]
    do(world, "accept", "ben", id_)
    report(world, "ben", id_, "Amina was rude to Ben")
    world.erase(who)
    kept = [
        table for table in Base.metadata.sorted_tables if table.name not in ("people", "outbox", "inbox", "answers")
    ]
    held = [row for table in kept for row in db.execute(select(table)).all()]
    assert id_of(who) not in repr(held)
    assert "rude" not in repr(held)
    other = "ben" if who == "amina" else "amina"
    assert mine(world, other) == []
    with pytest.raises(NotFound):
        one(world, other, id_)
    assert reports.page(db, None, 10)["items"] == []
