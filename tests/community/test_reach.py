"""Whom the programme reaches: what counts, in which period, and that the events and the copies give the same."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from services.community import worker_process
from services.community.models import Plan, Reached, ReachFigures, ReachMade, ReachMark, ReachRoom, Seat
from services.community.reach import facts, gathering, making
from services.community.reach.answers import reach
from services.community.schemas import ReachView
from services.community.tables import publish
from services.runtime.refusals import Invalid
from tests.community.conftest import id_of, reference_of

pytestmark = pytest.mark.patient

LATER = datetime(2029, 1, 1, tzinfo=UTC)
SPRING = datetime(2027, 5, 4, 9, 30, tzinfo=UTC)  # in the programme year after the one of START


def beginning(world):
    """Return what opens transactions: all are one here, as the world's is the only one."""

    @contextmanager
    def begin():
        world.db.flush()
        yield world.db
        world.db.flush()

    return begin


def make_one(world, now=LATER, show=making.show_here):
    return making.make_next(beginning(world), show, lambda: now)


def settle(world, now=LATER):
    while make_one(world, now + timedelta(days=world.__dict__.setdefault("turns", 0))):
        world.turns += 1
        assert world.turns < 200
    world.db.flush()


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


def test_people_who_attended_are_reached_by_their_sector(city, db):
    city.attended("march", *crowd(city, 12))
    settle(city)
    answer = reach(db)
    hospital = sectors(answer)["hospital"]
    assert (hospital["people"], hospital["share"], hospital["workforce"]) == (12, 0.012, 1000)
    assert (hospital["new"], hospital["returning"], hospital["organisations"]) == (12, "<5", 1)
    assert answer["total"]["people"] == 12
    assert answer["organisations"] == [{"organisation": "General Hospital", "sector": "hospital", "people": 12}]


def test_under_five_are_not_told_from_none_and_not_in_the_total(city, db):
    city.attended("march", *crowd(city, 12), *crowd(city, 3, "third_sector", "Elm Court"))
    settle(city)
    answer = reach(db)
    assert [sectors(answer)[code]["people"] for code in ("hospital", "third_sector", "citizen")] == [12, "<5", "<5"]
    assert answer["total"]["people"] == 12
    assert ReachView().dump(answer)["sectors"]


def test_a_part_is_enough_and_absence_is_not(city, db):
    people = crowd(city, 11)
    for n, who in enumerate(people):
        city.booking(who)
        city.attendance(who, state=("attended", "partly_attended")[n % 2] if n < 6 else "absent")
    settle(city)
    hospital = sectors(reach(db))["hospital"]
    assert (hospital["people"], hospital["booked"], hospital["attended"]) == (6, 11, 6)


def test_how_many_did_not_come_is_not_worked_out_where_they_were_few(city, db):
    people = crowd(city, 12)
    for who in people:
        city.booking(who)
    for who in people[:10]:
        city.attendance(who)
    settle(city)
    hospital = sectors(reach(db))["hospital"]
    assert (hospital["people"], hospital["booked"]) == (10, None)


def test_a_place_counts_as_booked_once_the_session_has_ended(city, db):
    for who in crowd(city, 7):
        city.booking(who)
    settle(city, city.now)
    assert sectors(reach(db))["hospital"]["booked"] == "<5"
    settle(city)
    assert sectors(reach(db))["hospital"]["booked"] == 7


def test_places_that_were_given_up_do_not_count(city, db):
    for who in crowd(city, 7):
        city.booking(who)
        city.booking(who, state="cancelled")
    settle(city)
    assert sectors(reach(db))["hospital"]["booked"] == "<5"


def test_a_correction_of_the_attendance_list_moves_the_figures(city, db):
    people = crowd(city, 12)
    city.attended("march", *people)
    settle(city)
    for who in people[:6]:
        city.attendance(who, "march", False, state="absent")
    settle(city)
    assert sectors(reach(db))["hospital"]["people"] == 6


def test_new_is_who_was_never_reached_before_the_period(city, db):
    city.session("may", SPRING)
    first, second = crowd(city, 6), crowd(city, 7, prefix="later")
    city.attended("march", *first)
    city.attended("may", *first, *second)
    settle(city)
    year = sectors(reach(db, date(2027, 4, 1), date(2028, 3, 31)))["hospital"]
    assert (year["people"], year["new"], year["returning"]) == (13, 7, 6)
    assert sectors(reach(db))["hospital"]["new"] == 13


def test_the_answer_is_of_the_smallest_period_with_the_sessions_that_are_asked_for(city, db):
    city.session("may", SPRING)
    city.session("september", SPRING + timedelta(days=140))
    city.attended("march", *crowd(city, 6))

    def period(first, last, programme=None):
        answer = reach(db, date.fromisoformat(first), date.fromisoformat(last), programme)
        return answer["from"] and (answer["from"].isoformat(), answer["to"].isoformat())

    assert period("2027-03-01", "2027-03-31") == ("2027-01-01", "2027-03-31")
    assert period("2027-05-04", "2027-05-04") == ("2027-04-01", "2027-06-30")
    assert period("2027-05-04", "2027-12-31") == ("2027-04-01", "2028-03-31")
    assert period("2027-01-01", "2027-12-31") is None, "all time"
    assert period("2027-05-04", "2027-05-04", "slp") == ("2027-04-01", "2027-06-30")
    assert period("2027-05-04", "2027-05-04", "talks") == ("2027-05-04", "2027-05-04"), "there was none"
    assert reach(db, date(2027, 1, 1), date(2027, 12, 31))["total"]["people"] == "<5"


def test_a_period_without_sessions_reached_nobody(city, db):
    city.attended("march", *crowd(city, 12))
    settle(city)
    answer = reach(db, date(2027, 3, 10), date(2027, 3, 31))
    assert sectors(answer)["hospital"]["people"] == "<5"
    assert (answer["from"], answer["to"]) == (date(2027, 3, 10), date(2027, 3, 31))


def test_a_period_ends_after_it_begins(city, db):
    with pytest.raises(Invalid):
        reach(db, date(2027, 3, 10), date(2027, 3, 9))


def test_a_programme_has_figures_of_its_own(city, db):
    city.session("talk", programme="talks")
    city.attended("march", *crowd(city, 6))
    city.attended("talk", *crowd(city, 8, prefix="other"))
    settle(city)
    assert sectors(reach(db, programme="slp"))["hospital"]["people"] == 6
    assert sectors(reach(db, programme="talks"))["hospital"]["people"] == 8
    assert sectors(reach(db))["hospital"]["people"] == 14
    assert sectors(reach(db, programme="none"))["hospital"]["people"] == "<5"


def test_programmes_do_not_tell_a_few_people_apart_from_all(city, db):
    city.session("talk", programme="talks")
    city.attended("march", *crowd(city, 9))
    city.attended("talk", *crowd(city, 3, prefix="other"))
    settle(city)
    shown = [sectors(reach(db, programme=of))["hospital"]["people"] for of in (None, "slp", "talks")]
    assert shown == [12, None, "<5"]


def test_people_count_where_they_worked_when_the_session_began(city, db):
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
    march = sectors(reach(db, date(2027, 3, 9), date(2027, 3, 9)))
    assert [march[code]["people"] for code in ("hospital", "third_sector")] == [7, "<5"]


def test_another_date_moves_a_session_to_another_period(city, db):
    city.attended("march", *crowd(city, 7))
    settle(city)
    city.session("march", SPRING, programme="slp")
    settle(city)
    assert sectors(reach(db, date(2027, 5, 1), date(2027, 5, 31)))["hospital"]["people"] == 7
    assert sectors(reach(db, date(2027, 3, 1), date(2027, 3, 31)))["hospital"]["people"] == "<5"


def test_whoever_has_not_said_their_sector_counts_apart(city, db):
    for n in range(6):
        city.person(f"someone-{n}", None, None)
        city.attended("march", f"someone-{n}")
    settle(city)
    row = sectors(reach(db))[None]
    assert (row["name"], row["people"], row["workforce"]) == ("Not said", 6, None)


def test_erasure_leaves_the_count_and_nobody_in_it(city, db):
    people = crowd(city, 12)
    city.attended("march", *people)
    settle(city)
    for who in people[:3]:
        city.erase(who)
    settle(city)
    making.make_all(beginning(city), LATER)
    assert sectors(reach(db))["hospital"]["people"] == 12
    kept = db.scalars(select(Reached)).all()
    gone = [fact for fact in kept if fact.booking is None]
    assert len(gone) == 3
    assert not {fact.person for fact in gone} & {id_of(who) for who in people}


def test_organisations_that_nobody_attended_from_are_named(city, db):
    city.attended("march", *crowd(city, 6))
    crowd(city, 2, organisation="Quiet Clinic", prefix="quiet")
    settle(city)
    assert reach(db)["never_reached"] == [{"organisation": "Quiet Clinic", "sector": "hospital"}]


def test_sessions_say_how_many_sectors_were_in_the_room_and_who_met_across_them(city, db):
    city.attended("march", *crowd(city, 6), *crowd(city, 7, "third_sector", "Elm Court"))
    settle(city)
    answer = reach(db)
    assert [(row["session"], row["sectors_in_room"]) for row in answer["sessions"]] == [("march", 2)]
    assert answer["meetings"] == {"cross_sector": 40, "rounded_to": 10}


def test_pairs_are_added_up_again_whenever_more_come(city, db):
    city.attended("march", *crowd(city, 6), *crowd(city, 7, "third_sector", "Elm Court"))
    settle(city)
    assert reach(db)["meetings"]["cross_sector"] == 40
    city.attended("march", *crowd(city, 7, prefix="late"))
    settle(city)
    assert reach(db)["meetings"]["cross_sector"] == 90, "13 and 7"


def draft(world, session, *tables):
    """Have tables drawn up, each of these people."""
    plan = Plan(session=session, status="draft", version=1, size=4, rounds=1, wishes={}, made_at=world.now)
    world.db.add(plan)
    world.db.flush()
    for n, table in enumerate(tables, start=1):
        for who in table:
            seat = {"person": id_of(who), "reference": reference_of(who, session)}
            world.db.add(Seat(plan=plan.id, round=1, table=n, **seat))
    world.db.flush()


def test_tables_that_are_published_after_the_attendance_was_recorded_say_who_met(city, db):
    hospital, third_sector = crowd(city, 6), crowd(city, 7, "third_sector", "Elm Court")
    city.attended("march", *hospital, *third_sector)
    settle(city)
    assert reach(db)["meetings"]["cross_sector"] == 40, "all 42 pairs in the room"
    draft(city, "march", [*hospital[:3], *third_sector[:4]], [*hospital[3:], *third_sector[4:]])
    settle(city)
    assert reach(db)["meetings"]["cross_sector"] == 40, "nobody has been told"
    publish(db, "march", city.now)
    settle(city)
    assert reach(db)["meetings"]["cross_sector"] == 20, "12 and 9 at two tables"
    draft(city, "march", [*hospital, *third_sector[:2]], third_sector[2:])
    publish(db, "march", city.now)
    settle(city)
    assert reach(db)["meetings"]["cross_sector"] == 10, "12, as they were told at last"
    before = all_figures(db)
    facts.rebuild(db)
    making.make_all(beginning(city), LATER)
    assert all_figures(db) == before


def test_every_sector_has_its_turn_however_much_happens_in_the_first(city, db):
    made = []
    for n, sector in enumerate(("academia", "hospital", "third_sector")):
        crowd(city, 1, sector, prefix=f"{sector}-{n}")
    for turn in range(8):
        city.booking("academia-0-0", state=("confirmed", "cancelled")[turn % 2])
        assert make_one(city, LATER + timedelta(days=turn))
        last = db.scalars(select(ReachMade).order_by(ReachMade.made_at.desc(), ReachMade.sector)).all()
        made.append(next(row.sector for row in last if not row.sector.startswith(("*making", "*ended"))))
    assert {*made} == {"academia", "hospital", "third_sector", "*"}


def test_tables_are_counted_at_once_and_no_sector_is_made_again_for_them(city, db):
    city.attended("march", *crowd(city, 6), *crowd(city, 7, "third_sector", "Elm Court"))
    settle(city)
    draft(city, "march", ["hospital-1", "third_sector-1"])
    publish(db, "march", city.now)
    assert db.scalars(select(ReachMark.sector)).all() == ["*"]
    assert make_one(city, LATER + timedelta(days=city.turns))
    assert db.scalars(select(ReachMark.sector)).all() == []
    assert db.get(ReachRoom, "march").pairs == [{"sectors": ["hospital", "third_sector"], "pairs": 1}]


def test_erasing_somebody_makes_no_figures_of_those_who_have_not_said_where_they_work(city, db):
    city.attended("march", *crowd(city, 6))
    city.erase("hospital-1")
    city.erase("somebody nobody told of")
    settle(city)
    assert set(sectors(reach(db))) == {"hospital", "third_sector", "citizen"}


def test_pairs_with_a_sector_that_is_hidden_are_not_counted(city, db):
    city.attended("march", *crowd(city, 12), *crowd(city, 3, "third_sector", "Elm Court"))
    settle(city)
    assert reach(db)["meetings"]["cross_sector"] == 0


def test_what_the_events_made_is_what_the_copies_make(city, db):
    city.session("may", SPRING, programme="talks")
    people = [*crowd(city, 9), *crowd(city, 8, "third_sector", "Elm Court")]
    city.attended("march", *people[:7])
    city.attended("may", *people[3:])
    city.booking(people[8], "march")
    city.booking(people[8], "march", state="cancelled")
    city.now = SPRING
    city.person(people[4], "third_sector", "Elm Court")
    city.session("may", SPRING + timedelta(days=1), programme="slp")
    city.erase(people[5])
    settle(city)
    before = all_figures(db)
    facts.rebuild(db)
    making.make_all(beginning(city), LATER)
    assert all_figures(db) == before
    assert before


def all_figures(db):
    db.expire_all()
    rows = db.scalars(select(ReachFigures))
    return {(row.period, row.programme, row.sector): row.figures for row in rows}


@pytest.mark.one_database  # these are thousands of questions, each of which other tests ask PostgreSQL
def test_no_pair_of_days_tells_more_than_the_few_periods_that_are_kept(city, db):
    city.session("may", SPRING)
    city.session("talk", SPRING + timedelta(days=140), programme="talks")
    city.attended("march", *crowd(city, 9), *crowd(city, 3, "third_sector", "Elm Court"))
    city.attended("may", *crowd(city, 8, prefix="may"))
    city.attended("talk", *crowd(city, 7, prefix="may"), *crowd(city, 4, prefix="talk"))
    settle(city)
    days = [date(2027, 2, 1) + timedelta(days=n) for n in range(0, 300, 11)]
    for programme in (None, "slp", "talks"):
        for first in days:
            for last in (day for day in days if day >= first):
                answer = reach(db, first, last, programme)
                same = reach(db, answer["from"], answer["to"], programme)
                assert answer["sectors"] == same["sectors"]
                assert answer["organisations"] == same["organisations"]
                whole = (answer["from"] and (answer["from"].month % 3, answer["from"].day)) or (1, 1)
                assert whole == (1, 1) or not any(isinstance(row["people"], int) for row in answer["sectors"])


class TestMakingFiguresBesideTheCalls:
    def test_another_process_makes_the_same(self, city, db, monkeypatch):
        monkeypatch.setattr(making, "FEW_ROWS", 0)
        city.session("may", SPRING, programme="talks")
        city.attended("march", *crowd(city, 9), *crowd(city, 8, "third_sector", "Elm Court"))
        city.attended("may", *crowd(city, 3))
        crowd(city, 2, organisation="Quiet Clinic", prefix="quiet")
        assert make_one(city, show=making.show_apart)
        apart = all_figures(db)
        making.make_all(beginning(city), LATER)
        assert apart == {here: told for here, told in all_figures(db).items() if here[2] == "hospital"}
        assert apart

    def test_who_is_erased_while_figures_are_made_leaves_a_count(self, city, db):
        people = crowd(city, 12)
        city.attended("march", *people)

        def show(parts):
            assert not {id_of(who) for who in people} & {str(part) for rows in parts for part in rows.rows}
            city.erase(people[0])
            return making.show_here(parts)

        make_one(city, show=show)
        assert sectors(reach(db))["hospital"]["people"] == 12
        settle(city)
        assert sectors(reach(db))["hospital"]["people"] == 12

    def test_who_is_erased_while_rows_are_read_does_not_count_twice(self, city, db, monkeypatch):
        monkeypatch.setattr(gathering, "AT_ONCE", 5)
        city.session("april", SPRING - timedelta(days=20))
        people = crowd(city, 4)
        city.attended("march", *people)
        city.attended("april", *people)
        opened = []

        @contextmanager
        def begin():
            opened.append(1)
            if len(opened) == 3:  # after the first rows
                city.erase(people[0])
            with beginning(city)():
                yield db

        assert making.make_next(begin, making.show_here, lambda: LATER)
        assert not all_figures(db), "it is not kept"
        settle(city)
        assert sectors(reach(db))["hospital"]["people"] == "<5"

    def test_what_changes_while_figures_are_made_is_in_those_that_are_made_next(self, city, db):
        city.attended("march", *crowd(city, 6))

        def show(parts):
            city.attended("march", *crowd(city, 5, prefix="late"))
            return making.show_here(parts)

        make_one(city, show=show)
        assert sectors(reach(db))["hospital"]["people"] == 6
        settle(city)
        assert sectors(reach(db))["hospital"]["people"] == 11

    def test_what_a_process_is_at_is_left_to_it_until_it_must_have_died(self, city, db):
        city.attended("march", *crowd(city, 6))

        def dies(parts):
            assert not make_one(city), "it is taken"
            raise MemoryError

        with pytest.raises(MemoryError):
            make_one(city, show=dies)
        assert not make_one(city)
        assert make_one(city, LATER + making.LEASE + timedelta(seconds=1))
        assert sectors(reach(db))["hospital"]["people"] == 6

    def test_a_sector_that_fails_is_tried_again_later_and_holds_up_no_other(self, city, db, monkeypatch):
        monkeypatch.setattr(making, "FEW_ROWS", 0)
        city.attended("march", *crowd(city, 6), *crowd(city, 7, "third_sector", "Elm Court"))
        with monkeypatch.context() as broken:
            broken.setattr(worker_process.sys, "executable", "/bin/false")
            assert make_one(city, show=making.show_apart)
        assert make_one(city)
        assert [sectors(reach(db))[code]["people"] for code in ("hospital", "third_sector")] == ["<5", 7]
        settle(city, LATER + timedelta(minutes=2))
        assert sectors(reach(db))["hospital"]["people"] == 6

    def test_the_rooms_of_many_sessions_are_counted_a_few_at_a_time(self, city, db, monkeypatch):
        monkeypatch.setattr(making, "ROOMS_AT_ONCE", 2)
        people = crowd(city, 6)
        for n in range(5):
            city.session(f"talk-{n}", SPRING + timedelta(days=n))
            city.attended(f"talk-{n}", *people)
        assert make_one(city)
        assert not all_figures(db)
        settle(city)
        assert len(reach(db)["sessions"]) == 5

    def test_an_organisation_is_named_no_longer_once_nobody_has_an_account_from_it(self, city, db):
        city.attended("march", *crowd(city, 6))
        (only,) = crowd(city, 1, organisation="Quiet Clinic", prefix="quiet")
        settle(city)
        city.erase(only)
        settle(city)
        assert reach(db)["never_reached"] == []
