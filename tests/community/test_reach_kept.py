"""What is kept of reach in memory is never older than what is in the database, whichever process changed that."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.community.models import Base, ReachMade, ReachMark, ReachRoom, ReachWho, Session
from services.community.reach import keeping, rooms
from services.community.reach.answers import reach
from services.runtime.database import Transactions, open_engine
from tests.community.conftest import START, World

pytestmark = pytest.mark.patient

LATER = datetime(2029, 1, 1, tzinfo=UTC)
SPRING = START + timedelta(days=60)
READ = ("reach_rooms", "reach_places", "reach_who")


def settle(engine):
    while rooms.make_next(Transactions(engine).begin, lambda: LATER):
        pass


class Process:
    """One of the community's processes: with connections, and a memory, of its own."""

    def __init__(self, engine):
        self.engine = engine
        self.statements = []
        event.listen(engine, "before_cursor_execute", lambda *given: self.statements.append(given[2]))

    @contextmanager
    def hears(self, world=None):
        """Yield a world in which events come to this process, in one transaction."""
        with Transactions(self.engine).begin() as db:
            world = world or World(db)
            world.db = db
            yield world

    def answers(self, *asked, **how):
        with OrmSession(self.engine) as db:
            return reach(db, *asked, **how)

    def read(self):
        """Return which tables of figures were read since this was asked last."""
        told, self.statements[:] = " ".join(self.statements), []
        return [table for table in READ if f"FROM {table}" in told]


@pytest.fixture
def engine(make_engine):
    return make_engine(Base.metadata, bus.metadata)


@pytest.fixture
def two(engine):
    """Two processes on one database, in which seven people came to a session in March and three in May."""
    again = open_engine(engine.url.render_as_string(hide_password=False))
    one, other = Process(engine), Process(again)
    with one.hears() as world:
        world.city(hospital=1000, third_sector=200)
        world.session("march")
        world.session("may", SPRING, programme="talks")
        for n in range(7):
            world.person(f"p{n}")
            world.attended("march", f"p{n}")
        for n in range(3):
            world.attended("may", f"p{n}")
    settle(engine)
    yield one, other, world
    again.dispose()


def people(answer):
    return answer["total"]["people"]


def test_nothing_is_read_again_while_nothing_has_changed(two):
    one, _, _ = two
    first = one.answers()
    assert one.read() == [*READ]
    assert one.answers() == first
    assert one.read() == []


def test_what_one_process_has_counted_is_in_the_next_answer_of_the_other(two):
    one, other, world = two
    assert (people(one.answers()), people(other.answers())) == (7, 7)
    with one.hears(world):
        world.person("late", "third_sector", "Elm Court")
        world.attended("march", "late")
    settle(one.engine)
    for process in two[:2]:
        answer = process.answers()
        assert (people(answer), answer["total"]["attended"]) == (8, 11)
        assert answer["sessions"][1]["sectors_in_room"] == 2


def test_only_what_was_counted_again_is_read_again(two):
    one, _, world = two
    one.answers()
    with OrmSession(one.engine) as db, keeping.of(db) as kept:
        before = dict(kept.sessions._rooms)
    with one.hears(world):
        world.attendance("p0", "may", False, state="absent")
    settle(one.engine)
    assert one.answers()["total"]["absent"] == 1
    with OrmSession(one.engine) as db, keeping.of(db) as kept:
        assert kept.sessions._rooms["march"] is before["march"]
        assert kept.sessions._rooms["may"] is not before["may"]


def test_another_date_programme_and_title_of_a_session_show_before_it_is_counted_again(two):
    one, other, world = two
    may = (SPRING.date(), SPRING.date())
    assert [people(one.answers(*may)), people(one.answers(None, None, "slp"))] == [3, 7]
    with other.hears(world):
        world.session("march", SPRING, programme="talks", title="Moved")
    assert [people(one.answers(*may)), people(one.answers(None, None, "slp"))] == [7, 0]
    assert "Moved" in [row["title"] for row in one.answers()["sessions"]]
    settle(other.engine)
    assert [people(one.answers(*may)), people(one.answers(None, None, "slp"))] == [7, 0]


def test_a_session_that_is_called_off_without_a_date_is_in_no_period(two):
    one, _, world = two
    one.answers()
    with one.hears(world):
        world.session("march", meetings=0)
    settle(one.engine)
    assert people(one.answers()) == 3


def test_an_organisation_that_nobody_else_named_is_gone_at_once_when_its_person_is_erased(two):
    one, other, world = two
    with one.hears(world):
        world.person("only", "third_sector", "Tiny Trust")
        world.attended("march", "only")
    settle(one.engine)
    for process in (one, other):
        assert "Tiny Trust" in [row["organisation"] for row in process.answers()["organisations"]]
    with one.hears(world):
        world.erase("only")
    for counts in (False, True):
        if counts:
            settle(one.engine)
        for process in (one, other):
            answer = process.answers()
            assert people(answer) == 8
            assert "Tiny Trust" not in str(answer)
    with OrmSession(one.engine) as db:
        assert None not in db.scalars(select(ReachWho.version)).all()


def test_the_workforce_and_who_was_never_reached_are_as_they_are_now(two):
    one, other, world = two
    for process in (one, other):
        process.answers()
    with one.hears(world):
        world.city(hospital=70)
        world.person("quiet", "third_sector", "Quiet Clinic")
    answer = other.answers()
    assert answer["sectors"][0]["share"] == 0.1
    assert answer["never_reached"] == [{"organisation": "Quiet Clinic", "sector": "third_sector"}]


def test_what_the_release_before_has_counted_is_seen_and_numbered_again(two):
    one, other, world = two
    for process in (one, other):
        process.answers()
    with one.hears(world) as told:
        told.db.execute(update(ReachRoom).where(ReachRoom.session == "march").values(came=b""))
        told.db.execute(text("UPDATE reach_made SET rows = 0 WHERE sector = '*'"))
    assert [people(process.answers()) for process in (one, other)] == [3, 3]
    with one.hears(world):
        world.attendance("p0", "may", False, state="absent")
    settle(one.engine)
    assert [people(process.answers()) for process in (one, other)] == [2, 2]
    other.read()
    other.answers()
    assert other.read() == []


def test_what_is_there_at_an_upgrade_is_numbered_without_a_change(two):
    one, _, world = two
    with one.hears(world) as told:
        told.db.execute(text("UPDATE reach_made SET rows = 0, numbering = NULL"))
        for kept in (ReachRoom, ReachWho):
            told.db.execute(update(kept).values(version=None))
    settle(one.engine)
    with OrmSession(one.engine) as db:
        made = db.get(ReachMade, "*")
        assert made.version == 1
        assert made.numbering
        assert {*db.scalars(select(ReachRoom.version)), *db.scalars(select(ReachWho.version))} == {1}


def test_everything_is_read_again_after_an_hour_should_anything_have_been_missed(two, monkeypatch):
    one, _, _ = two
    one.answers()
    one.read()
    monkeypatch.setattr(keeping, "AT_MOST", -1.0)
    one.answers()
    assert one.read() == [*READ]


def test_so_many_answers_are_kept_and_no_more(two):
    one, _, _ = two
    for n in range(keeping.MOST_ANSWERS + 5):
        one.answers(date(2027, 1, 1) + timedelta(days=n), date(2027, 12, 31))
    with OrmSession(one.engine) as db, keeping.of(db) as kept:
        assert len(kept._answers) == keeping.MOST_ANSWERS


def test_a_session_to_come_that_changes_is_not_counted_before_it_is_over(two):
    one, _, world = two
    with one.hears(world):
        world.session("to-come", LATER + timedelta(days=1))
    with one.hears(world):
        world.session("to-come", LATER + timedelta(days=2))
    settle(one.engine)
    with OrmSession(one.engine) as db:
        assert db.get(Session, "to-come") is not None
        assert db.get(ReachRoom, "to-come") is None
        assert db.scalars(select(ReachMark.id)).all() == []


SLUGS = ("march", "april", "may")
WHO = st.sampled_from([f"p{n}" for n in range(6)])
CHANGES = st.one_of(
    st.tuples(st.just("came"), WHO, st.sampled_from(SLUGS)),
    st.tuples(st.just("missed"), WHO, st.sampled_from(SLUGS)),
    st.tuples(st.just("moved"), st.sampled_from(SLUGS), st.integers(0, 90)),
    st.tuples(st.just("works"), WHO, st.sampled_from(("Elm Court", "Oak House", "Tiny Trust"))),
    st.tuples(st.just("erased"), WHO),
    st.tuples(st.just("counted")),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(changes=st.lists(CHANGES, max_size=14))
def test_after_any_changes_what_is_kept_is_what_a_new_process_would_read(make_world, changes):
    with make_world() as world:
        world.city(hospital=100, third_sector=50)
        for n, slug in enumerate(SLUGS):
            world.session(slug, START + timedelta(days=30 * n), programme=("slp", "talks", "slp")[n])
        for n in range(6):
            world.person(f"p{n}", ("hospital", "third_sector")[n % 2], f"Organisation {n}")
        gone = set()
        for what, *of in changes:
            if of and of[0] in gone:
                continue
            _change(world, what, of, gone)
            _compare(world.db)


def _change(world, what, of, gone):
    world.now += timedelta(days=1)
    if what == "came":
        world.attended(of[1], of[0])
    elif what == "missed":
        world.booking(*of)
        world.attendance(*of, False, state="absent")
    elif what == "moved":
        world.session(of[0], START + timedelta(days=of[1]))
    elif what == "works":
        world.person(of[0], "third_sector", of[1])
    elif what == "erased":
        gone.add(of[0])
        world.erase(of[0])
    else:
        while rooms.make_next(lambda: _within(world.db), lambda: LATER):
            pass


@contextmanager
def _within(db):
    db.flush()
    yield db
    db.flush()


def _compare(db):
    day = START.date() + timedelta(days=20)
    for asked in ((), (day, None), (day, day + timedelta(days=31), "slp")):
        kept = reach(db, *asked)
        at_hand = keeping._kept.pop(db.connection().engine)
        assert kept == reach(db, *asked)
        keeping._kept[db.connection().engine] = at_hand
