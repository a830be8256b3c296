"""After a session: who is told that they sat with members, of how many, when, and how often."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from services.bus.models import inbox, outbox
from services.community import blocks, meeting_others, members, tablemates
from services.community.models import Plan, Seat, ToldOfSitting
from services.community.schemas import MetPage
from tests.community.conftest import START, id_of, reference_of
from tests.community.membership import DAY, announced, caller, do, join, leave, propose, report

pytestmark = pytest.mark.patient

OVER = START + timedelta(hours=7)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TYPE = "community.sat_together.v1"
SECTORS = {"amina": "hospital", "ben": "social_care", "carla": "hospital", "dev": "citizen"}


def seated(world, *tables_, session="march", delivery="face_to_face", mode="in_room", **more):
    """Have members book a session with published tables: `seated(world, ["amina", "ben"], ["carla"])`."""
    world.city(hospital=None, social_care=None, citizen=None)
    world.session(session, delivery=delivery)
    for who in (who for table in tables_ for who in table):
        if members.is_member(world.db, caller(who)) != {"member": True}:
            join(world, who, SECTORS.get(who, "hospital"), tell_tablemates=True)
        world.booking(who, session, mode=mode)
    sit(world, session, tables_, **more)


def sit(world, session, tables_, status="published", round=1):
    wishes = {"who": "booked"}
    plan = Plan(session=session, status=status, version=1, size=4, rounds=1, wishes=wishes, made_at=world.now)
    world.db.add(plan)
    world.db.flush()
    for n, table in enumerate(tables_, start=1):
        for who in table:
            reference = reference_of(who, session)
            seat = {"plan": plan.id, "round": round, "person": id_of(who), "reference": reference, "table": n}
            world.db.add(Seat(**seat))
    world.db.flush()


def attend(world, *people, session="march", at=OVER + MINUTE, **more):
    world.now = at
    for who in people:
        world.attendance(who, session, **more)


def told(world, at=OVER + 2 * HOUR):
    """Let it be that time; return what was announced so far, by person."""
    world.now = at
    tablemates.tell(world.db, at)
    world.db.flush()
    return {event["person"]: (event["others"], event["sectors"]) for event in announced(world, TYPE)}


def test_each_is_told_how_many_and_of_which_sectors_and_of_nobody_s_name(world):
    seated(world, ["amina", "ben", "carla"], ["dev"])
    attend(world, "amina", "ben", "carla", "dev")
    assert told(world) == {
        id_of("amina"): (2, ["Hospital", "Social_Care"]),
        id_of("ben"): (2, ["Hospital"]),
        id_of("carla"): (2, ["Hospital", "Social_Care"]),
    }
    [mine] = [event for event in announced(world, TYPE) if event["person"] == id_of("amina")]
    assert mine["reference"] == reference_of("amina", "march")
    assert (mine["session"], mine["kind"]) == ("march", "tables")
    text = json.dumps(mine)
    assert not any(word in text for who in ("ben", "carla") for word in (id_of(who), who.title(), f"{who}@"))


def test_online_it_was_a_breakout_room(world):
    seated(world, ["amina", "ben"], delivery="virtual", mode="online")
    attend(world, "amina", "ben")
    assert len(told(world)) == 2
    assert {event["kind"] for event in announced(world, TYPE)} == {"rooms"}


def test_whoever_came_online_to_a_hybrid_session_sat_with_nobody(world):
    seated(world, ["amina", "ben", "carla"], delivery="hybrid")
    world.booking("carla", mode="online")
    attend(world, "amina", "ben", "carla")
    assert told(world).keys() == {id_of("amina"), id_of("ben")}
    assert {number for number, _ in told(world).values()} == {1}


class TestWhen:
    def test_an_hour_after_the_session_and_not_before_it_is_over(self, world):
        seated(world, ["amina", "ben"])
        attend(world, "amina", "ben", at=START - MINUTE)
        for at in (START + HOUR, OVER - MINUTE, OVER + 59 * MINUTE):
            assert told(world, at) == {}
        assert len(told(world, OVER + HOUR)) == 2

    def test_only_once_nothing_was_recorded_for_an_hour(self, world):
        seated(world, ["amina", "ben", "carla"])
        attend(world, "amina", "ben", at=OVER + DAY)
        attend(world, "carla", at=OVER + DAY + 30 * MINUTE)
        assert told(world, OVER + DAY + HOUR) == {}
        assert {number for number, _ in told(world, OVER + DAY + 90 * MINUTE).values()} == {2}

    def test_where_no_attendance_was_recorded_nobody_is_told(self, world):
        seated(world, ["amina", "ben"])
        assert told(world, OVER + DAY) == {}

    def test_two_weeks_later_it_is_no_news(self, world):
        seated(world, ["amina", "ben"])
        attend(world, "amina", "ben", at=OVER + 15 * DAY)
        assert told(world, OVER + 16 * DAY) == {}

    def test_a_session_that_was_put_off_is_waited_for(self, world):
        seated(world, ["amina", "ben"])
        attend(world, "amina", "ben", at=START - DAY)
        world.session(starts_at=START + 7 * DAY)
        assert told(world, OVER + HOUR) == {}
        assert len(told(world, OVER + 7 * DAY + HOUR)) == 2

    def test_of_a_session_that_was_cancelled_nobody_is_told(self, world):
        seated(world, ["amina", "ben"])
        attend(world, "amina", "ben", at=START)
        world.session(status="cancelled")
        assert told(world) == {}

    def test_tables_that_were_not_published_were_nobody_s(self, world):
        seated(world, ["amina", "ben"], status="draft")
        attend(world, "amina", "ben")
        assert told(world) == {}

    def test_tables_published_after_the_doors_opened_count(self, world, db):
        world.session()
        for who in ("amina", "ben"):
            join(world, who, tell_tablemates=True)
            world.booking(who)
        attend(world, "amina", "ben", at=START)
        sit(world, "march", [["amina", "ben"]])
        assert len(told(world)) == 2


class TestOnce:
    def test_looking_again_tells_nothing_new(self, world):
        seated(world, ["amina", "ben"])
        attend(world, "amina", "ben")
        told(world)
        told(world, OVER + DAY)
        assert len(announced(world, TYPE)) == 2

    def test_a_corrected_attendance_tells_nobody_twice(self, world):
        seated(world, ["amina", "ben"])
        attend(world, "amina", "ben")
        told(world)
        world.now = OVER + DAY
        world.attendance("ben", "march", False, state="absent")
        attend(world, "ben", at=OVER + DAY + MINUTE)
        told(world, OVER + 2 * DAY)
        assert len(announced(world, TYPE)) == 2

    def test_whoever_was_forgotten_on_the_sheet_is_told_alone(self, world):
        seated(world, ["amina", "ben", "carla"])
        attend(world, "amina", "ben")
        told(world)
        attend(world, "carla", at=OVER + DAY)
        told(world, OVER + 2 * DAY)
        assert [event["person"] for event in announced(world, TYPE)].count(id_of("carla")) == 1
        assert len(announced(world, TYPE)) == 3

    def test_another_session_is_another_letter(self, world):
        seated(world, ["amina", "ben"])
        seated(world, ["amina", "ben"], session="april")
        attend(world, "amina", "ben")
        attend(world, "amina", "ben", session="april")
        told(world)
        assert sorted(event["session"] for event in announced(world, TYPE)) == ["april", "april", "march", "march"]


class TestWhoIsCounted:
    """Amina sits with Ben. What Ben is, or did, decides whether either hears of it."""

    @pytest.fixture
    def world(self, world):
        seated(world, ["amina", "ben"])
        return world

    def shows(self, world):
        """Whether Amina and Ben are told of it; as the page of those whom one has met shows it."""
        attend(world, "amina", "ben")
        heard = told(world)
        for who in ("amina", "ben"):
            if members.is_member(world.db, caller(who))["member"]:
                page = meeting_others.met(world.db, caller(who), None, 10, "march")
                assert len(MetPage().dump(page)["items"]) == heard.get(id_of(who), (0, []))[0]
        assert set(heard) in (set(), {id_of("amina"), id_of("ben")})
        return bool(heard)

    def test_two_members_who_want_it(self, world):
        assert self.shows(world)

    def test_whoever_is_no_member(self, world, db):
        leave(world, "ben")
        assert not self.shows(world)

    def test_whoever_was_erased(self, world):
        world.erase("ben")
        world.now = OVER + MINUTE
        world.attendance("amina")
        assert told(world) == {}

    @pytest.mark.parametrize("who", ["amina", "ben"])
    def test_whoever_does_not_want_to_be_shown_to_those_they_met(self, world, db, who):
        members.change(db, caller(who), 1, {"tell_tablemates": False})
        db.flush()
        assert not self.shows(world)

    @pytest.mark.parametrize(("by", "whom"), [("amina", "ben"), ("ben", "amina")])
    def test_whoever_blocked_the_other(self, world, db, by, whom):
        blocks.block(db, caller(by), id_of(whom), world.now)
        db.flush()
        assert not self.shows(world)

    def test_whoever_was_reported(self, world):
        report(world, "ben", propose(world, "amina", "ben")["id"])
        assert not self.shows(world)

    def test_whoever_was_not_there(self, world):
        world.now = OVER
        world.attendance("amina")
        world.attendance("ben", "march", False, state="absent")
        assert told(world) == {}

    def test_those_who_know_each_other_are_shown_to_each_other_as_on_the_page(self, world):
        do(world, "accept", "ben", propose(world, "amina", "ben")["id"])
        assert self.shows(world)

    def test_whoever_sat_at_another_table(self, world, db):
        db.execute(Seat.__table__.update().where(Seat.person == id_of("ben")).values(table=2))
        assert not self.shows(world)


def test_a_session_of_many_tells_what_the_page_shows(world, db):
    names = [f"p{n}" for n in range(12)]
    seated(world, names[:6], names[6:])
    for n, who in enumerate(names):
        if n % 5 == 0:
            members.change(db, caller(who), 1, {"tell_tablemates": False})
        if n % 7 == 3:
            leave(world, who)
    db.flush()
    blocks.block(db, caller("p1"), id_of("p2"), world.now)
    db.flush()
    attend(world, *names)
    heard = told(world)
    for who in names:
        if members.is_member(db, caller(who))["member"]:
            shown = meeting_others.met(db, caller(who), None, 100, "march")["items"]
            assert heard.get(id_of(who), (0, []))[0] == len(shown)


def test_the_page_of_one_session_shows_those_met_there_alone(world, db):
    seated(world, ["amina", "ben"])
    seated(world, ["amina", "carla"], session="april")
    attend(world, "amina", "ben")
    attend(world, "amina", "carla", session="april")

    def met(session=None):
        return {item["name"] for item in meeting_others.met(db, caller("amina"), None, 10, session)["items"]}

    assert (met(), met("march"), met("april"), met("may")) == ({"Ben", "Carla"}, {"Ben"}, {"Carla"}, set())


def test_erasing_leaves_nothing_that_was_kept_of_it(world, db):
    seated(world, ["amina", "ben"])
    attend(world, "amina", "ben")
    told(world)
    world.erase("ben")
    assert db.scalars(select(ToldOfSitting.person)).all() == [id_of("amina")]
    kept = db.execute(select(outbox.c.envelope).where(outbox.c.type == TYPE)).scalars()
    assert [json.loads(row)["data"]["person"] for row in kept if row] == [id_of("amina")]
    assert db.execute(select(inbox)).all() == []
