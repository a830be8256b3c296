"""Who has met whom follows from who was where, and from who sat where."""

import pytest
from sqlalchemy import select

from services.community import acquaintance
from services.community.models import Plan, Seat
from tests.community.conftest import NOW, id_of, reference_of

pytestmark = pytest.mark.one_database

ALL = ("amina", "ben", "carla", "dev")


def pairs(*two: tuple[str, str]) -> set[tuple[str, str]]:
    return {tuple(sorted((id_of(a), id_of(b)))) for a, b in two}


def met(db, *people):
    return acquaintance.have_met(db, [id_of(who) for who in people or ALL])


def seat(db, session, *tables, status="published", round=1):
    """Have the people of each table sit there."""
    plan = db.scalar(select(Plan).where(Plan.session == session, Plan.status == status))
    if plan is None:
        plan = Plan(session=session, status=status, version=1, size=2, rounds=1, wishes={}, made_at=NOW)
        db.add(plan)
        db.flush()
    for n, table in enumerate(tables, start=1):
        for who in table:
            row = Seat(plan=plan.id, round=round, person=id_of(who), reference=reference_of(who, session), table=n)
            db.add(row)
    db.flush()


def gathered(world, session="march", *people):
    for who in people or ALL:
        world.person(who)
    world.session(session)
    world.attended(session, *(people or ALL))


def test_whoever_was_at_a_session_without_tables_has_met_the_others(world, db):
    gathered(world, "march", "amina", "ben")
    world.person("carla")
    world.booking("carla")
    assert met(db) == pairs(("amina", "ben")), "a booking alone meets nobody"


def test_who_was_there_on_another_day_was_not_met(world, db):
    world.session(meetings=2)
    for who, there in (("amina", (True, False)), ("ben", (False, True)), ("carla", (True, True))):
        world.person(who)
        world.booking(who)
        world.attendance(who, "march", *there, state="partly_attended")
    assert met(db) == pairs(("amina", "carla"), ("ben", "carla"))


def test_where_there_were_tables_those_at_one_have_met(world, db):
    gathered(world)
    seat(db, "march", ["amina", "ben"], ["carla", "dev"])
    assert met(db) == pairs(("amina", "ben"), ("carla", "dev"))


def test_each_round_brings_others_together(world, db):
    gathered(world)
    seat(db, "march", ["amina", "ben"], ["carla", "dev"])
    seat(db, "march", ["amina", "carla"], ["ben", "dev"], round=2)
    assert met(db) == pairs(("amina", "ben"), ("carla", "dev"), ("amina", "carla"), ("ben", "dev"))


def test_tables_that_nobody_was_told_of_brought_nobody_together(world, db):
    gathered(world, "march", "amina", "ben", "carla")
    seat(db, "march", ["amina", "ben"], ["carla"], status="draft")
    assert met(db) == pairs(("amina", "ben"), ("amina", "carla"), ("ben", "carla"))


def test_whoever_had_a_seat_and_did_not_come_was_not_met(world, db):
    gathered(world, "march", "amina", "ben")
    world.person("carla")
    world.booking("carla")
    world.attendance("carla", "march", False, state="absent")
    seat(db, "march", ["amina", "ben", "carla"])
    assert met(db) == pairs(("amina", "ben"))


def test_being_in_a_crowd_is_not_meeting(world, db, monkeypatch):
    monkeypatch.setattr(acquaintance, "MOST_IN_A_ROOM", 3)
    gathered(world)
    gathered(world, "june", "amina", "ben", "carla")
    assert met(db) == pairs(("amina", "ben"), ("amina", "carla"), ("ben", "carla"))
    assert acquaintance.met_by(db, id_of("amina")) == {id_of("ben"): {"june"}, id_of("carla"): {"june"}}


def test_a_correction_of_the_attendance_is_followed(world, db):
    gathered(world, "march", "amina", "ben")
    world.attendance("ben", "march", False, state="absent")
    assert met(db) == set()


def test_whoever_changes_employer_has_still_met_the_same_people(world, db):
    gathered(world, "march", "amina", "ben")
    world.person("ben", "third_sector", "Elm Court")
    assert met(db) == pairs(("amina", "ben"))


def test_whoever_is_erased_was_met_by_nobody(world, db):
    gathered(world)
    seat(db, "march", ["amina", "ben"], ["carla", "dev"])
    world.erase("ben")
    assert met(db) == pairs(("carla", "dev"))
    assert acquaintance.met_by(db, id_of("amina")) == {}


def test_it_is_known_where_somebody_was_met(world, db):
    gathered(world)
    seat(db, "march", ["amina", "ben"], ["carla", "dev"])
    gathered(world, "june", "amina", "ben", "carla")
    june, both = {"june"}, {"june", "march"}
    assert acquaintance.met_by(db, id_of("amina")) == {id_of("ben"): both, id_of("carla"): june}
