"""What dated employments protect: where someone worked then is not lost, and the present one is what their row says."""

import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.bus import models as bus
from services.bus.wire import to_json
from services.registration import my_data, schemas
from services.registration.accounts import corrections, employment_changes, employments, people
from services.registration.errors import PresentEmployment
from services.registration.models import Audit, Base, Employment, Person, Sector
from services.registration.outcomes import turnout
from services.registration.places import bookings
from services.runtime.database import Transactions
from services.runtime.refusals import Invalid, NotFound, Refusal, StaleVersion
from services.runtime.schemas import load
from tests.examples import examples
from tests.registration.calls import World as Service
from tests.registration.conftest import NOW, START
from tests.registration.email_changes import SETTINGS, told
from tests.registration.events import told_types
from tests.registration.meetings import meeting
from tests.registration.races import World, at_once

DAY = timedelta(days=1)
TODAY = NOW.date()
SECRET = SETTINGS.secret_key
ELM = {"sector": "hospital", "organisation": "Elm Court", "job_role": "Nurse"}
OAK = {"sector": "citizen", "organisation": "Oak House", "job_role": None}
EARLIER = {**OAK, "since": date(2020, 1, 6), "until": date(2022, 7, 1)}


@pytest.fixture
def amina(db, person):
    """Someone who worked at Elm Court when their account was made, some weeks ago."""
    made = person(**ELM)
    made.created_at = NOW - 30 * DAY
    db.flush()
    return made


def say(db, person, now=NOW, **given):
    people.change(db, person, person.version, given, now)


def add(db, person, now=NOW, by_team=False, **given):
    """Add an employment as a request does; return its id."""
    wanted = load(schemas.EmploymentWanted(), given)
    return employment_changes.add(db, person, wanted, now, by_team=by_team)["id"]


def change(db, person, id, now=NOW, **given):
    return employment_changes.change(db, person, id, person.version, given, now)


def as_text(changes):
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in changes.items()}


def worked(db, person):
    """Return where the person works and worked, the present one first: organisation, first day, last day."""
    rows = employments.page(db, person, NOW)["items"]
    return [(row["organisation"], row["since"], row["until"]) for row in rows]


def present(db, person):
    return employments.page(db, person, NOW)["items"][0]["id"]


def check_present(db, person):
    """Fail unless the only employment without an end is what the person's own row says."""
    rows = db.scalars(select(Employment).where(Employment.person_id == person.id, Employment.until.is_(None))).all()
    assert len(rows) <= 1
    now = {name: getattr(rows[0], name) for name in employments.WORK} if rows else dict.fromkeys(employments.WORK)
    assert now == employments.work_of(person)


class TestWhatFollowsAProfile:
    def test_who_names_another_employer_works_there_from_today_and_was_elsewhere_until_then(self, db, amina):
        say(db, amina, **OAK)
        assert worked(db, amina) == [("Oak House", TODAY, None), ("Elm Court", None, TODAY)]
        check_present(db, amina)

    def test_who_moves_to_another_sector_or_out_of_an_organisation_has_moved(self, db, amina):
        say(db, amina, sector="citizen")
        say(db, amina, NOW + DAY, organisation=None)
        assert worked(db, amina) == [
            (None, TODAY + DAY, None),
            ("Elm Court", TODAY, TODAY + DAY),
            ("Elm Court", None, TODAY),
        ]

    @pytest.mark.parametrize(
        "given",
        [
            {**OAK, "was_wrong": True},
            {"organisation": "ELM  court"},
            {"job_role": "Matron"},
            {"name": "Amina Khan"},
        ],
    )
    def test_what_was_wrong_or_names_the_same_employer_is_put_right(self, db, amina, given):
        say(db, amina, **given)
        assert worked(db, amina) == [(amina.organisation, None, None)]
        check_present(db, amina)

    def test_what_was_missing_is_filled_in(self, db, person):
        ben = person("ben", sector=None)
        say(db, ben, sector="hospital")
        say(db, ben, NOW + DAY, organisation="Elm Court")
        say(db, ben, NOW + 2 * DAY, job_role="Nurse")
        assert worked(db, ben) == [("Elm Court", None, None)]
        check_present(db, ben)

    def test_what_was_said_today_is_put_right_today(self, db, amina):
        say(db, amina, **OAK)
        say(db, amina, organisation="Ash House")
        assert worked(db, amina) == [("Ash House", TODAY, None), ("Elm Court", None, TODAY)]

    def test_the_day_is_that_of_the_city(self, db, amina):
        midnight_in_leeds = NOW.replace(month=7, day=1, hour=23, minute=30)  # it is summer there
        say(db, amina, midnight_in_leeds, **OAK)
        assert worked(db, amina)[0] == ("Oak House", date(2027, 7, 2), None)

    def test_a_new_account_has_where_its_owner_works(self, db):
        made = people.ensure_account(db, "new@example.org", NOW, "New", **ELM)
        assert worked(db, made) == [("Elm Court", None, None)]

    def test_an_account_that_says_nothing_has_no_employment(self, db):
        assert worked(db, people.ensure_account(db, "new@example.org", NOW)) == []

    def test_what_the_team_corrects_was_wrong_unless_it_says_otherwise(self, db, amina, person):
        tess = person("tess")
        given = load(schemas.PersonCorrection(), {"organisation": "Elm House"})
        corrections.correct(db, tess, amina.id, amina.version, given, SECRET, NOW)
        assert worked(db, amina) == [("Elm House", None, None)]
        given = load(schemas.PersonCorrection(), {"organisation": "Oak House", "was_wrong": False})
        corrections.correct(db, tess, amina.id, amina.version, given, SECRET, NOW)
        assert worked(db, amina) == [("Oak House", TODAY, None), ("Elm House", None, TODAY)]
        assert told(db, "person_corrected")["changed"] == ["organisation"]


class TestAddingChangingAndRemoving:
    def test_every_field_that_is_accepted_is_kept_and_shown(self, db, amina):
        id = add(db, amina, **as_text({**EARLIER, "job_role": "Volunteer"}))
        shown = employments.view(amina, employments.one(db, amina, id))
        assert shown == {**EARLIER, "job_role": "Volunteer", "id": id, "version": 2}
        loaded = load(schemas.EmploymentChange(), as_text({**EARLIER, "job_role": "Helper"}))
        assert change(db, amina, id, **loaded) == {**EARLIER, "job_role": "Helper", "id": id, "version": 3}

    def test_an_earlier_one_leaves_the_present_one_as_it_is(self, db, amina):
        add(db, amina, **as_text(EARLIER))
        assert worked(db, amina) == [("Elm Court", None, None), ("Oak House", EARLIER["since"], EARLIER["until"])]
        check_present(db, amina)

    def test_a_new_present_one_ends_the_last_and_is_what_the_person_says(self, db, amina):
        add(db, amina, **as_text({**OAK, "since": date(2026, 12, 1)}))
        assert worked(db, amina) == [
            ("Oak House", date(2026, 12, 1), None),
            ("Elm Court", None, date(2026, 12, 1)),
        ]
        assert employments.work_of(amina) == OAK
        check_present(db, amina)

    def test_a_new_present_one_without_a_day_began_today(self, db, amina):
        add(db, amina, **OAK)
        assert worked(db, amina) == [("Oak House", TODAY, None), ("Elm Court", None, TODAY)]

    def test_one_that_names_the_organisation_of_a_sector_is_no_other(self, db, person):
        zoe = person("zoe", sector="hospital", organisation=None)
        add(db, zoe, sector="hospital", organisation="St James", since="2020-05-01")
        assert [(row.organisation, row.since) for row in Employment.all_of(db, zoe)] == [("St James", date(2020, 5, 1))]

    def test_a_first_one_may_have_begun_nobody_knows_when(self, db, person):
        ben = person("ben", sector=None)
        add(db, ben, **ELM)
        assert worked(db, ben) == [("Elm Court", None, None)]
        check_present(db, ben)

    def test_a_new_present_one_cannot_have_begun_before_the_last(self, db, amina):
        change(db, amina, present(db, amina), since=date(2026, 6, 1))
        with pytest.raises(Invalid) as refused:
            add(db, amina, **as_text({**OAK, "since": date(2026, 5, 31)}))
        assert [(one["field"], one["code"]) for one in refused.value.errors] == [("since", "before-present-employment")]
        check_present(db, amina)

    def test_the_present_one_is_put_right_with_what_the_person_says(self, db, amina):
        change(db, amina, present(db, amina), organisation="Elm House", since=date(2024, 5, 1))
        assert amina.organisation == "Elm House"
        assert worked(db, amina) == [("Elm House", date(2024, 5, 1), None)]
        check_present(db, amina)

    def test_the_present_one_is_neither_ended_nor_removed(self, db, amina):
        id = present(db, amina)
        with pytest.raises(PresentEmployment):
            change(db, amina, id, until=TODAY)
        with pytest.raises(PresentEmployment):
            employment_changes.remove(db, amina, id)
        check_present(db, amina)

    def test_an_earlier_one_does_not_become_the_present_one(self, db, amina):
        id = add(db, amina, **as_text(EARLIER))
        with pytest.raises(Invalid) as refused:
            change(db, amina, id, until=None)
        assert [(one["field"], one["code"]) for one in refused.value.errors] == [("until", "null")]

    def test_the_present_one_needs_a_sector(self, db, amina):
        with pytest.raises(Invalid) as refused:
            add(db, amina, organisation="Oak House")
        assert [(one["field"], one["code"]) for one in refused.value.errors] == [("sector", "null")]

    @pytest.mark.parametrize(
        ("days", "fault"),
        [
            ({"since": TODAY, "until": TODAY - DAY}, ("until", "last-before-first")),
            ({"since": TODAY + DAY}, ("since", "day-to-come")),
            ({"since": EARLIER["since"], "until": TODAY + DAY}, ("until", "day-to-come")),
            ({"since": date(26, 1, 6), "until": TODAY}, ("since", "year-out-of-range")),
        ],
    )
    def test_days_are_in_order_and_none_is_to_come(self, db, amina, days, fault):
        with pytest.raises(Invalid) as refused:
            add(db, amina, **as_text({**OAK, **days}))
        assert [(one["field"], one["code"]) for one in refused.value.errors] == [fault]

    def test_one_day_is_enough(self, db, amina):
        add(db, amina, **as_text({**OAK, "since": TODAY, "until": TODAY}))
        assert worked(db, amina)[1] == ("Oak House", TODAY, TODAY)

    @pytest.mark.parametrize("given", [{}, {"organisation": None}, {"organisation": " "}, {"since": "6 Jan"}])
    def test_what_cannot_be_read_is_refused(self, given):
        with pytest.raises(Invalid):
            load(schemas.EmploymentWanted(), {**OAK, "organisation": None, **given})

    def test_a_sector_that_the_city_does_not_have_is_refused(self, db, amina):
        with pytest.raises(Invalid):
            add(db, amina, **as_text({**EARLIER, "sector": "circus"}))

    def test_the_sector_of_an_earlier_one_need_not_be_known(self, db, amina):
        id = add(db, amina, **as_text({**EARLIER, "sector": None}))
        assert employments.one(db, amina, id).sector is None

    def test_an_earlier_one_is_removed_for_good(self, db, amina):
        employment_changes.remove(db, amina, add(db, amina, **as_text(EARLIER)))
        assert worked(db, amina) == [("Elm Court", None, None)]

    def test_nobody_s_but_their_own_are_found(self, db, amina, person):
        ben = person("ben")
        id = add(db, amina, **as_text(EARLIER))
        for attempt in (
            lambda: employments.one(db, ben, id),
            lambda: change(db, ben, id, job_role="Boss"),
            lambda: employment_changes.remove(db, ben, id),
        ):
            with pytest.raises(NotFound):
                attempt()

    def test_there_are_fifty_at_most(self, db, amina):
        for n in range(employments.MOST - 1):
            add(db, amina, **as_text({**EARLIER, "organisation": f"House {n}"}))
        with pytest.raises(Invalid) as refused:
            add(db, amina, **as_text(EARLIER))
        assert [(one["code"], one["limits"]) for one in refused.value.errors] == [("too-many-employments", {"max": 50})]

    def test_a_change_that_was_made_upon_an_old_version_is_refused(self, db, amina):
        id = add(db, amina, **as_text(EARLIER))
        with pytest.raises(StaleVersion):
            employment_changes.change(db, amina, id, amina.version - 1, {"job_role": "Helper"}, NOW)

    def test_others_are_told_of_each_change(self, db, amina):
        id = add(db, amina, **as_text(EARLIER))
        change(db, amina, id, job_role="Helper")
        employment_changes.remove(db, amina, id)
        assert told_types(db) == ["registration.person_changed.v1"] * 3


class TestTheTeam:
    def test_whose_they_are_is_told_that_the_team_changed_them(self, db, amina):
        id = add(db, amina, by_team=True, **as_text(EARLIER))
        employment_changes.change(db, amina, id, amina.version, {"job_role": "Helper"}, NOW, by_team=True)
        employment_changes.remove(db, amina, id, by_team=True)
        assert told(db, "person_corrected")["changed"] == ["employments"]
        assert told_types(db).count("registration.person_corrected.v1") == 3

    def test_what_the_team_sees_and_changes_is_recorded(self, make_engine):
        service = Service(make_engine(Base.metadata, bus.metadata))
        with service.service.database.begin() as db:
            id = db.scalars(select(Person.id).where(Person.email == "amina@example.org")).one()
        refused = service.ask("employments_of", "amina", person=id)
        assert refused.refusal.code == "not-allowed"
        wanted = as_text({**EARLIER, "sector": "hospital"})
        made = service.ask("add_employment_of", "team", person=id, given=wanted).value
        service.ask("employments_of", "team", person=id)
        service.ask("employment_of", "team", person=id, id=made["id"])
        changed = {"person": id, "id": made["id"], "version": made["version"], "given": {"job_role": "Helper"}}
        assert service.ask("change_employment_of", "team", **changed).value["job_role"] == "Helper"
        service.ask("remove_employment_of", "team", person=id, id=made["id"])
        with service.service.database.begin() as db:
            rows = db.execute(select(Audit.action, Audit.object).order_by(Audit.position)).all()
        of_employments = [row.action for row in rows if row.object == f"people/{id}/employments"]
        assert of_employments == ["data-changed", "data-seen", "data-changed", "data-changed"]  # seen twice is once


class TestReports:
    def counted(self, db):
        asked = {"by": "organisation", "first": None, "last": None, "programme": None}
        rows = turnout.turnout(db, START + 30 * DAY, None, 100, **asked)["items"]
        return {row["of"]: row["had_place"] for row in rows}

    @pytest.fixture
    def attends(self, db, told, amina):
        """Have Amina, who works at Elm Court, hold a place in a session of the 9th of March."""
        told(meetings=[meeting(START)])
        bookings.book(db, amina, NOW, "march")
        return amina

    def test_who_moves_afterwards_counts_where_they_worked_then(self, db, attends):
        say(db, attends, START + DAY, **OAK)
        assert self.counted(db) == {"Elm Court": 1}

    def test_who_moved_before_counts_where_they_moved_to(self, db, attends):
        say(db, attends, START - DAY, **OAK)
        assert self.counted(db) == {"Oak House": 1}

    def test_on_the_day_of_the_move_the_new_one_counts(self, db, attends):
        say(db, attends, START, **OAK)
        assert self.counted(db) == {"Oak House": 1}

    def test_what_was_wrong_never_counts(self, db, attends):
        say(db, attends, START + DAY, **OAK, was_wrong=True)
        assert self.counted(db) == {"Oak House": 1}

    def test_in_a_time_between_two_the_one_that_ended_last_counts(self, db, attends):
        later = START + 10 * DAY
        change(db, attends, present(db, attends), later, since=(START + DAY).date())
        long = {**OAK, "organisation": "Long", "since": date(2020, 1, 6), "until": (START - DAY).date()}
        short = {**OAK, "organisation": "Short", "since": date(2021, 1, 6), "until": date(2021, 2, 6)}
        add(db, attends, later, **as_text(long)), add(db, attends, later, **as_text(short))
        assert self.counted(db) == {"Long": 1}

    def test_before_all_that_is_known_the_present_one_counts(self, db, attends):
        change(db, attends, present(db, attends), START + 10 * DAY, since=(START + DAY).date())
        assert self.counted(db) == {"Elm Court": 1}

    def test_a_present_one_of_unknown_age_came_after_the_one_that_ended(self, db, attends):
        later = START + 10 * DAY
        ended = {**OAK, "since": None, "until": (START + DAY).date()}
        add(db, attends, later, **as_text(ended))
        assert self.counted(db) == {"Oak House": 1}

    def test_who_worked_for_two_counts_where_they_began_last(self, db, attends):
        later = START + 10 * DAY
        change(db, attends, present(db, attends), later, since=date(2020, 1, 6))
        add(db, attends, later, **as_text({**OAK, "since": date(2021, 1, 6), "until": (START + DAY).date()}))
        assert self.counted(db) == {"Oak House": 1}

    def test_whom_an_older_release_kept_without_employments_counts_where_they_say_they_work(self, db, attends):
        assert db.scalars(select(Employment)).all() == []
        assert self.counted(db) == {"Elm Court": 1}


def test_the_export_holds_every_employment(db, amina):
    add(db, amina, **as_text(EARLIER))
    held = json.loads(to_json(my_data.export(db, amina)))["employments"]
    assert [(row["organisation"], row["since"], row["until"]) for row in held] == [
        ("Elm Court", None, None),
        ("Oak House", "2020-01-06", "2022-07-01"),
    ]


def test_erasure_leaves_no_employment(db, amina, person):
    ben = person("ben", **ELM)
    for one in (amina, ben):
        add(db, one, **as_text(EARLIER))
    my_data.erase(db, amina, NOW)
    assert {row.person_id for row in db.scalars(select(Employment))} == {ben.id}


@pytest.fixture
def world(make_engine):
    transactions = Transactions(make_engine(Base.metadata, bus.metadata))
    world = World(transactions)
    world.people(1, "amina")
    world.do(lambda db: db.add_all([Sector(code=code, name=code, workforce=None) for code in ("hospital", "citizen")]))
    yield world
    with OrmSession(transactions.engine) as db:
        check_present(db, db.get_one(Person, "amina0"))


def amina_of(db):
    return db.get_one(Person, "amina0")


@pytest.mark.patient
class TestAtTheSameMoment:
    def test_two_who_look_first_find_one_employment(self, world):
        def look(db):
            return len(employments.page(db, amina_of(db), NOW)["items"])

        assert at_once(*[lambda: world.do(look)] * 4) == [1] * 4

    def test_one_of_two_changes_of_one_version_is_told_of_the_other(self, world):
        id, version = world.do(lambda db: (add(db, amina_of(db), **as_text(EARLIER)), amina_of(db).version))

        def put(role):
            return lambda: world.do(
                lambda db: employment_changes.change(db, amina_of(db), id, version, {"job_role": role}, NOW)
            )

        answers = at_once(put("Helper"), put("Cook"))
        assert sorted(isinstance(answer, Refusal) for answer in answers) == [False, True]
        assert [type(answer) for answer in answers if isinstance(answer, Refusal)] == [StaleVersion]

    def test_two_new_present_ones_are_one_after_the_other(self, world):
        def begin(name):
            return lambda: world.do(lambda db: add(db, amina_of(db), **{**OAK, "organisation": name}))

        at_once(begin("Oak House"), begin("Ash House"))
        rows = world.read(select(Employment))
        assert sorted(row.until is None for row in rows) == [False, False, True]


organisations = st.sampled_from(["Elm Court", "Oak House", "Ash House"])
days = st.none() | st.dates(date(2020, 1, 1), date(2028, 1, 1))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), st.fixed_dictionaries({"organisation": st.none() | organisations})),
        st.tuples(st.just("wrong"), st.fixed_dictionaries({"organisation": st.none() | organisations})),
        st.tuples(
            st.just("add"),
            st.fixed_dictionaries({"organisation": organisations, "since": days, "until": days}),
        ),
        st.tuples(st.just("change"), st.fixed_dictionaries({"organisation": organisations, "since": days})),
        st.tuples(st.just("remove"), st.just({})),
    ),
    max_size=12,
)


@pytest.mark.one_database
@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, which=st.randoms(use_true_random=False))
def test_whatever_is_done_there_is_one_present_employment_and_the_days_are_in_order(db, person, steps, which):
    one = person(str(uuid4()), **ELM)
    now = NOW
    for what, said in steps:
        now += DAY
        ids = [row["id"] for row in employments.page(db, one, now)["items"]]
        try:
            if what in ("say", "wrong"):
                say(db, one, now, **said, was_wrong=what == "wrong")
            elif what == "add":
                add(db, one, now, **as_text({"sector": "hospital", **said}))
            elif what == "change":
                change(db, one, which.choice(ids), now, **said)
            else:
                employment_changes.remove(db, one, which.choice(ids))
        except Refusal:
            db.expire_all()  # a refusal leaves all as it was: nothing was flushed before it
        check_present(db, one)
        rows = Employment.all_of(db, one)
        assert all(row.since is None or row.until is None or row.since <= row.until for row in rows)
        assert all(day <= now.date() for row in rows for day in (row.since, row.until) if day)
