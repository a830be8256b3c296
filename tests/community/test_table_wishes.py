"""What is wished for people at tables tells of their health: they are shown it, and it goes soon after the session."""

from datetime import timedelta

import pytest

from services.bus import keeping
from services.community import my_data, retention, table_views
from services.community.models import Plan, Seat
from services.runtime.retention import period
from tests.community.conftest import NOW, START, id_of, reference_of

DAY = timedelta(days=1)
NOBODY = {"hosts": [], "step_free": [], "keep_apart": [], "keep_together": []}
SETTINGS = {"seed": 7, "who": "booked", "step_free_tables": 1}


@pytest.fixture
def seated(world):
    """Four people at tables in March, of whom something is wished for three; returns the plan."""
    world.session("march", START, meetings=2)
    for who in ("amina", "ben", "carla", "dev"):
        world.person(who)
        world.booking(who)
    amina, ben, carla = (reference_of(who, "march") for who in ("amina", "ben", "carla"))
    wishes = {"hosts": [ben], "step_free": [amina], "keep_apart": [[amina, carla]], "keep_together": [[ben, carla]]}
    told = {"status": "published", "version": 2, "size": 4, "rounds": 1, "made_at": NOW, "published_at": NOW}
    plan = Plan(session="march", wishes={**SETTINGS, **wishes}, **told)
    world.db.add(plan)
    world.db.flush()
    for who in ("amina", "ben", "carla", "dev"):
        seat = {"round": 1, "table": 1, "person": id_of(who), "reference": reference_of(who, "march")}
        world.db.add(Seat(plan=plan.id, **seat))
    world.db.flush()
    return plan


def run(db, now):
    [rule] = retention.RULES
    due = keeping.count(db, rule, now)
    while keeping.let_go(db, retention.RULES, now):
        pass
    db.flush()
    db.expire_all()
    return due


def wished_for(world, who):
    return my_data.export(world.db, id_of(who), NOW)["table_wishes"]


def test_it_goes_a_month_after_the_last_meeting_and_who_sat_where_stays(world, seated):
    over = START + DAY + timedelta(hours=7) + period("table_wishes")
    assert run(world.db, over - timedelta(seconds=1)) == 0
    assert seated.wishes["step_free"]
    assert run(world.db, over) == 1
    assert seated.wishes == {**SETTINGS, **NOBODY}
    view = table_views.view(world.db, "march", None)
    assert [len(table) for tables in view["rounds"] for table in tables] == [4]
    assert my_data.export(world.db, id_of("amina"), NOW)["tables"]


def test_it_goes_once(world, seated):
    late = START + 2 * period("table_wishes")
    assert [run(world.db, late) for _ in range(2)] == [1, 0]


def test_each_wish_that_names_someone_goes_even_if_it_is_the_only_one(world, seated):
    for wish, named in {**seated.wishes}.items():
        if wish in NOBODY:
            seated.wishes = {**SETTINGS, **NOBODY, wish: named}
            world.db.flush()
            assert run(world.db, START + 2 * period("table_wishes")) == 1
            assert seated.wishes == {**SETTINGS, **NOBODY}


def test_they_are_shown_what_was_wished_for_them_and_not_with_whom(world, seated):
    said = {"session": "march", "status": "published", "reference": reference_of("amina", "march")}
    no = dict.fromkeys(("host", "step_free", "kept_apart", "kept_together"), False)
    assert wished_for(world, "amina") == [{**said, **no, "step_free": True, "kept_apart": True}]
    assert [{name for name, told in row.items() if told is True} for row in wished_for(world, "carla")] == [
        {"kept_apart", "kept_together"}
    ]
    assert wished_for(world, "dev") == []
    assert run(world.db, START + 2 * period("table_wishes"))
    assert wished_for(world, "amina") == []


def test_it_goes_with_the_person_and_what_is_wished_for_others_stays(world, seated):
    world.erase("amina")
    world.db.expire_all()
    ben, carla = (reference_of(who, "march") for who in ("ben", "carla"))
    assert seated.wishes == {**SETTINGS, **NOBODY, "hosts": [ben], "keep_together": [[ben, carla]]}


def test_it_is_theirs_also_once_their_booking_has_moved_to_another_session(world, seated):
    world.session("may", START + 60 * DAY)
    world.booking("amina", "may", reference=reference_of("amina", "march"))
    assert [row["session"] for row in wished_for(world, "amina")] == ["march"]
    world.erase("amina")
    world.db.expire_all()
    assert reference_of("amina", "march") not in str(seated.wishes)
