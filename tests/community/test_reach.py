"""Who the programme reaches: every figure is counted a second time, from the raw rows, in another way."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.community.models import Plan, Reached, ReachMark, ReachRoom, ReachWho, Seat
from services.community.reach import facts, rooms
from services.community.reach.answers import reach
from services.community.reach.sharing import PEOPLE, rounded
from services.community.schemas import ReachView
from services.community.tables import publish
from services.runtime.refusals import Invalid
from tests.community.conftest import START, id_of, reference_of

pytestmark = pytest.mark.patient

LATER = datetime(2029, 1, 1, tzinfo=UTC)
SPRING = datetime(2027, 5, 4, 9, 30, tzinfo=UTC)


def settle(world, now=LATER):
    """Count all sessions that are out of date."""

    @contextmanager
    def begin():
        world.db.flush()
        yield world.db
        world.db.flush()

    while rooms.make_next(begin, lambda: now):
        pass


def crowd(world, number, sector="hospital", organisation="General Hospital", prefix=None):
    """Have so many people register; return their names."""
    names = [f"{prefix or sector}-{n}" for n in range(number)]
    for name in names:
        world.person(name, sector, organisation)
    return names


def sectors(answer):
    return {row["sector"]: row for row in answer["sectors"]}


@pytest.fixture
def city(world):
    world.city(hospital=1000, third_sector=200, citizen=None)
    world.session("march", programme="slp")
    return world


def test_the_team_sees_exact_figures_however_small(city, db):
    city.attended("march", *crowd(city, 12), *crowd(city, 3, "third_sector", "Elm Court"))
    settle(city)
    answer = reach(db)
    assert [sectors(answer)[code]["people"] for code in ("hospital", "third_sector", "citizen")] == [12, 3, 0]
    assert (answer["total"]["people"], answer["total"]["attended"]) == (15, 15)
    assert sectors(answer)["hospital"]["share"] == 0.012
    assert ReachView().dump(answer)["sectors"]


def test_what_is_shared_hides_few_people_and_its_total_is_the_true_one_rounded(city, db):
    city.attended("march", *crowd(city, 12), *crowd(city, 3, "third_sector", "Elm Court"))
    settle(city)
    answer = reach(db, shared=True)
    assert [sectors(answer)[code]["people"] for code in ("hospital", "third_sector", "citizen")] == [10, "<5", 0]
    assert answer["total"]["people"] == 15
    assert [row["organisation"] for row in answer["organisations"]] == ["General Hospital"]
    assert sectors(answer)["third_sector"]["hours"] is None


@given(number=st.integers(0, 2_000_000))
def test_a_shared_figure_is_hidden_from_1_to_4_and_else_the_nearest_5(number):
    shown = rounded(number)
    assert (shown == "<5") == (1 <= number <= 4)
    assert shown == "<5" or (shown % 5 == 0 and abs(shown - number) <= 2)


def test_places_that_were_used_not_used_and_not_recorded_are_apart(city, db):
    people = crowd(city, 11)
    for n, who in enumerate(people):
        city.booking(who)
        if n < 10:
            city.attendance(who, "march", n < 6, state="attended" if n < 6 else "absent")
    settle(city)
    total = reach(db)["total"]
    assert (total["people"], total["booked"], total["attended"], total["absent"]) == (6, 11, 6, 4)


def test_whoever_was_still_waiting_when_the_session_was_over_is_counted_where_they_worked(city, db):
    waited = crowd(city, 3, prefix="waits")
    for who in waited:
        city.booking(who, "march", state="waiting")
    city.booking(*crowd(city, 1, "third_sector", "Elm Court"), "march", state="offered")
    city.booking(waited[0], "march", reference="HR-OTHER")  # has a place by another booking
    city.attended("march", *crowd(city, 6))
    settle(city)
    answer = reach(db)
    assert {row["sector"]: row["waiting"] for row in answer["sectors"] if row["waiting"]} == {
        "hospital": 2,
        "third_sector": 1,
    }
    assert (answer["total"]["waiting"], reach(db, shared=True)["total"]["waiting"]) == (3, "<5")


def test_hours_are_those_of_the_meetings_that_people_were_at(city, db):
    city.session("two-days", SPRING, meetings=2)
    for who, there in zip(crowd(city, 2), ((True, True), (True, False)), strict=True):
        city.booking(who, "two-days")
        city.attendance(who, "two-days", *there, state="attended" if all(there) else "partly_attended")
    settle(city)
    assert reach(db)["total"]["hours"] == 21, "three meetings of seven hours"


def test_a_place_counts_once_the_session_has_ended(city, db):
    for who in crowd(city, 7):
        city.booking(who)
    settle(city, city.now)
    assert reach(db)["total"]["booked"] == 0
    settle(city)
    assert reach(db)["total"]["booked"] == 7
    city.booking("hospital-1", state="cancelled")
    settle(city)
    assert reach(db)["total"]["booked"] == 6


def test_a_correction_of_the_attendance_list_moves_the_figures(city, db):
    people = crowd(city, 12)
    city.attended("march", *people)
    settle(city)
    for who in people[:6]:
        city.attendance(who, "march", False, state="absent")
    settle(city)
    total = reach(db)["total"]
    assert (total["people"], total["absent"], total["hours"]) == (6, 6, 42)


def test_new_is_who_was_never_reached_before_the_period_and_the_year_before_stands_beside(city, db):
    city.session("next", START + timedelta(days=365))
    first, second = crowd(city, 6), crowd(city, 7, prefix="later")
    city.attended("march", *first)
    city.attended("next", *first[:2], *second)
    settle(city)
    answer = reach(db, date(2028, 1, 1), date(2028, 12, 31))
    assert [answer["total"][name] for name in ("people", "new", "returning")] == [9, 7, 2]
    assert (answer["year_before"]["people"], answer["year_before"]["new"]) == (6, 6)
    assert reach(db)["year_before"] is None


def test_any_period_is_answered_to_the_day(city, db):
    city.attended("march", *crowd(city, 3))
    settle(city)
    day = START.date()
    assert reach(db, day, day)["total"]["people"] == 3
    assert reach(db, day + timedelta(days=1), None)["total"]["people"] == 0
    assert reach(db, None, day - timedelta(days=1))["total"]["people"] == 0
    with pytest.raises(Invalid):
        reach(db, day, day - timedelta(days=1))


def test_people_count_where_they_worked_when_the_session_began_and_once_in_the_total(city, db):
    people = crowd(city, 7)
    city.attended("march", *people)
    city.now = SPRING
    for who in people:
        city.person(who, "third_sector", "Elm Court")
    city.session("june", SPRING + timedelta(days=40))
    city.attended("june", *people)
    settle(city)
    answer = reach(db)
    assert [sectors(answer)[code]["people"] for code in ("hospital", "third_sector")] == [7, 7]
    assert (answer["total"]["people"], answer["total"]["attended"]) == (7, 14)


def test_another_date_moves_a_session_to_another_period(city, db):
    city.attended("march", *crowd(city, 7))
    settle(city)
    city.session("march", SPRING, programme="slp")
    settle(city)
    assert reach(db, date(2027, 5, 1), date(2027, 5, 31))["total"]["people"] == 7
    assert reach(db, date(2027, 3, 1), date(2027, 3, 31))["total"]["people"] == 0


def test_whoever_has_not_said_their_sector_counts_apart(city, db):
    for n in range(6):
        city.person(f"someone-{n}", None, None)
        city.attended("march", f"someone-{n}")
    settle(city)
    row = sectors(reach(db))[None]
    assert (row["people"], row["workforce"]) == (6, None)


def test_erasure_leaves_the_count_and_nobody_in_it(city, db):
    city.session("april", SPRING)
    people = crowd(city, 12)
    for session in ("march", "april"):
        city.attended(session, *people)
    settle(city)
    for who in people[:3]:
        city.erase(who)
    before = reach(db)["total"]
    assert before["people"] == 12
    city.attended("march", *crowd(city, 1, prefix="another"))
    settle(city)
    assert (reach(db)["total"]["people"], reach(db)["total"]["hours"]) == (13, before["hours"] + 7)
    gone = {id_of(who) for who in people[:3]}
    assert not gone & {*db.scalars(select(Reached.person)), *db.scalars(select(ReachWho.person))}


def test_organisations_that_nobody_attended_from_are_named_to_the_team_and_not_shared(city, db):
    city.attended("march", *crowd(city, 6))
    crowd(city, 2, organisation="Quiet Clinic", prefix="quiet")
    settle(city)
    assert reach(db)["never_reached"] == [{"organisation": "Quiet Clinic", "sector": "hospital"}]
    assert reach(db, shared=True)["never_reached"] == []


def test_a_pair_meets_first_once_whichever_session_is_recorded_first(city, db):
    city.session("may", SPRING)
    hospital, third_sector = crowd(city, 3), crowd(city, 2, "third_sector", "Elm Court")
    city.attended("may", *hospital, *third_sector)
    settle(city)
    assert reach(db)["total"]["first_meetings"] == 6
    city.attended("march", *hospital[:2], *third_sector)
    settle(city)
    answer = [reach(db, day, day)["total"]["first_meetings"] for day in (START.date(), SPRING.date())]
    assert answer == [4, 2]
    assert reach(db)["sessions"][0]["sectors_in_room"] == 2


def test_tables_that_are_published_after_the_attendance_was_recorded_say_who_met(city, db):
    hospital, third_sector = crowd(city, 6), crowd(city, 7, "third_sector", "Elm Court")
    city.attended("march", *hospital, *third_sector)
    settle(city)
    assert reach(db)["total"]["first_meetings"] == 42
    plan = Plan(session="march", status="draft", version=1, size=4, rounds=1, wishes={}, made_at=city.now)
    db.add(plan)
    db.flush()
    for n, table in enumerate(([*hospital[:3], *third_sector[:4]], [*hospital[3:], *third_sector[4:]]), start=1):
        for who in table:
            seat = {"person": id_of(who), "reference": reference_of(who, "march")}
            db.add(Seat(plan=plan.id, round=1, table=n, **seat))
    db.flush()
    publish(db, "march", city.now)
    settle(city)
    assert reach(db)["total"]["first_meetings"] == 12 + 9


def test_what_the_events_made_is_what_the_copies_make(city, db):
    city.session("may", SPRING, programme="talks")
    people = [*crowd(city, 9), *crowd(city, 8, "third_sector", "Elm Court")]
    city.attended("march", *people[:7])
    city.attended("may", *people[3:])
    city.now = SPRING
    city.person(people[4], "third_sector", "Elm Court")
    city.session("may", SPRING + timedelta(days=1), programme="slp")
    city.erase(people[5])
    settle(city)
    before = reach(db)
    facts.rebuild(db)
    for slug in ("march", "may"):
        rooms.make_room(db, slug, LATER)
    assert reach(db) == before


def test_a_booking_before_its_session_is_over_has_nothing_counted_again(city, db):
    crowd(city, 1)
    city.booking("hospital-0")
    assert db.scalars(select(ReachRoom.session)).all() == []
    assert db.execute(select(ReachMark.id)).all() == []


NTH = st.integers(0, 2)
SESSIONS = ("march", "april", "may")
STATES = ("confirmed", "attended", "absent", "cancelled")
WORLDS = st.lists(st.tuples(st.integers(0, 1), st.lists(st.sampled_from((None, *STATES)), min_size=3, max_size=3)),
                  max_size=7)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    people=WORLDS, first=st.integers(0, 2), last=st.integers(0, 2), programme=st.sampled_from((None, "slp", "talks"))
)
def test_figures_are_those_of_a_naive_count_and_shared_never_1_to_4(make_world, people, first, last, programme):
    first, last = min(first, last), max(first, last)
    with make_world() as world:
        world.city(hospital=100, third_sector=50)
        for n, slug in enumerate(SESSIONS):
            world.session(slug, START + timedelta(days=30 * n), programme=("slp", "talks", "slp")[n])
        for n, (sector, places) in enumerate(people):
            world.person(f"p{n}", ("hospital", "third_sector")[sector], f"Organisation {n % 3}")
            for slug, became in zip(SESSIONS, places, strict=True):
                if became:
                    world.booking(f"p{n}", slug)
                if became == "cancelled":
                    world.booking(f"p{n}", slug, state="cancelled")
                elif became in ("attended", "absent"):
                    world.attendance(f"p{n}", slug, became == "attended", state=became)
        settle(world)
        days = [(START + timedelta(days=30 * n)).date() for n in range(3)]
        asked = (days[first], days[last], programme)
        exact, to_share = reach(world.db, *asked), reach(world.db, *asked, shared=True)
        within = [n for n in range(first, last + 1) if programme in (None, ("slp", "talks", "slp")[n])]
        for code, told in [(None, exact["total"]), *sectors(exact).items()]:
            mine = [places for sector, places in people if code in (None, ("hospital", "third_sector")[sector])]
            came = [places for places in mine if any(places[n] == "attended" for n in within)]
            seen = [places for places in came if any(places[n] == "attended" for n in range(first))]
            states = [places[n] for places in mine for n in within]
            naive = {"people": len(came), "returning": len(seen), "new": len(came) - len(seen),
                     "booked": sum(state in STATES[:3] for state in states), "attended": states.count("attended"),
                     "absent": states.count("absent"), "hours": 7 * states.count("attended")}  # fmt: skip
            assert {name: told[name] for name in naive} == naive
        met = set()
        for n in range(3):
            there = [(sector, p) for p, (sector, places) in enumerate(people) if places[n] == "attended"]
            new = {(a, b) for a in there for b in there if a[0] < b[0]} - met
            if n in within:
                exact["total"]["first_meetings"] -= len(new)
            met |= new
        assert exact["total"]["first_meetings"] == 0
        for row in [to_share["total"], *to_share["sectors"], *to_share["organisations"]]:
            assert all(row[name] == "<5" or row[name] % 5 == 0 for name in PEOPLE if name in row)
