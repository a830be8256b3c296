"""What is kept of employments: what was known stays, nothing is made up, and accounts from before have theirs."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import column, insert, select, table
from sqlalchemy.orm import Session as OrmSession

from services.registration import schemas
from services.registration.accounts import employment_changes, employments, people
from services.registration.models import Address, Employment, Person
from services.registration.outcomes import turnout
from services.registration.places import bookings
from services.runtime.database import make_schema
from services.runtime.migrations import versions
from services.runtime.refusals import Refusal
from services.runtime.schemas import load
from services.runtime.upgrades import upgrade
from tests.examples import examples
from tests.registration.conftest import NOW, START

DAY = timedelta(days=1)
TODAY = NOW.date()


def say(db, person, now=NOW, **given):
    people.change(db, person, person.version, given, now)


def add(db, person, now=NOW, **given):
    employment_changes.add(db, person, load(schemas.EmploymentWanted(), given), now)


def rows(db, person):
    """Return sector, organisation, role, first and last day of each, in the order in which they began."""
    return [tuple(getattr(row, name) for name in employments.SAID) for row in Employment.all_of(db, person)]


def check(db, person):
    """Fail unless the one employment without an end is what the person's own row says, and none says nothing."""
    there = [dict(zip(employments.SAID, row, strict=True)) for row in rows(db, person)]
    assert all(any(row[name] for name in employments.WORK) for row in there)
    now = [{name: row[name] for name in employments.WORK} for row in there if row["until"] is None]
    own = employments.work_of(person)
    assert now == ([own] if any(own.values()) else [])


def counted(db):
    asked = {"by": "organisation", "first": None, "last": None, "programme": None}
    items = turnout.turnout(db, START + 30 * DAY, None, 100, **asked)["items"]
    return {row["of"] and row["of"].casefold(): row["had_place"] for row in items}


class TestNothingLeft:
    @pytest.fixture
    def ben(self, db, person):
        """Someone who has said no more than an organisation, yesterday."""
        ben = person("ben", sector=None)
        say(db, ben, NOW - DAY, organisation="Elm Court")
        return ben

    def test_who_works_nowhere_any_more_has_worked_there_until_today(self, db, ben):
        say(db, ben, organisation=None)
        assert rows(db, ben) == [(None, "Elm Court", None, None, TODAY)]
        check(db, ben)

    def test_what_was_wrong_leaves_no_row(self, db, ben):
        say(db, ben, organisation=None, was_wrong=True)
        assert rows(db, ben) == []

    def test_what_was_said_today_and_taken_back_leaves_no_row(self, db, ben):
        say(db, ben, NOW - DAY, organisation=None)
        assert rows(db, ben) == []

    def test_where_they_work_next_is_another_one(self, db, ben):
        say(db, ben, organisation=None)
        say(db, ben, NOW + DAY, organisation="Oak House")
        assert [(row[1], row[4]) for row in rows(db, ben)] == [("Elm Court", TODAY), ("Oak House", None)]
        check(db, ben)

    def test_what_they_attend_after_that_counts_for_no_organisation(self, db, told, person, ben):
        told()
        bookings.book_for(db, person("tess", granted=["team"]), NOW, "march", ben.email, None)
        say(db, ben, organisation=None)
        assert counted(db) == {None: 1}

    def test_what_they_attended_before_that_counts_where_they_worked(self, db, told, person, ben):
        told()
        bookings.book_for(db, person("tess", granted=["team"]), NOW, "march", ben.email, None)
        say(db, ben, START + DAY, organisation=None)
        assert counted(db) == {"elm court": 1}


class TestFillingIn:
    @pytest.fixture
    def zoe(self, db, person):
        """Someone of whose employment all is known but the organisation."""
        zoe = person("zoe", job_role="Nurse")
        row = employments.present_of(db, zoe, employments.work_of(zoe), NOW)
        employment_changes.change(db, zoe, row.id, zoe.version, {"since": date(2024, 5, 1)}, NOW)
        return zoe

    def test_what_is_not_said_again_stays_known(self, db, zoe):
        add(db, zoe, sector="hospital", organisation="St James")
        assert rows(db, zoe) == [("hospital", "St James", "Nurse", date(2024, 5, 1), None)]
        check(db, zoe)

    def test_what_is_said_is_put_right(self, db, zoe):
        add(db, zoe, sector="hospital", organisation="St James", job_role="Matron", since="2023-01-09")
        assert rows(db, zoe) == [("hospital", "St James", "Matron", date(2023, 1, 9), None)]
        check(db, zoe)

    def test_another_sector_is_another_employment(self, db, zoe):
        add(db, zoe, sector="citizen", organisation="Oak House")
        assert [row[0] for row in rows(db, zoe)] == ["hospital", "citizen"]
        check(db, zoe)

    def test_an_earlier_one_leaves_it_as_it_is(self, db, zoe):
        add(db, zoe, sector="hospital", organisation="St James", until="2024-04-30")
        assert ("hospital", None, "Nurse", date(2024, 5, 1), None) in rows(db, zoe)
        check(db, zoe)


somewhere = st.sampled_from(["Elm Court", "Oak House"])
days = st.none() | st.dates(date(2025, 1, 1), TODAY).map(date.isoformat)
told_of = st.fixed_dictionaries({"organisation": st.none() | somewhere, "was_wrong": st.booleans()})
wanted = st.fixed_dictionaries({"organisation": somewhere, "since": days, "until": days, "sector": st.just("hospital")})
moved = st.sampled_from(["hospital", "citizen"]).map(lambda sector: {"sector": sector})
steps = st.one_of(
    st.tuples(st.just(say), told_of),
    st.tuples(st.just(say), told_of),  # twice, so that many go on without a sector
    st.tuples(st.just(say), moved),
    st.tuples(st.just(add), wanted),
)


@pytest.mark.one_database
@settings(max_examples=examples(100), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(steps, st.sampled_from([DAY, timedelta()])), min_size=2, max_size=8))
def test_whoever_began_with_nothing_said_has_no_employment_that_says_nothing(db, steps):
    with db.begin_nested() as undone:
        ben = Person(email="ben@example.org", granted=[], created_at=NOW, version=1)
        db.add(ben)
        db.flush()
        now = NOW
        for (do, said), later in steps:
            now += later
            try:
                do(db, ben, now, **said)
            except Refusal:
                db.expire_all()
            check(db, ben)
        undone.rollback()


COLUMNS = ("id", "email", *employments.WORK, "organisation_key", "erased_at")
ACCOUNTS = [
    ("works", "works@example.org", "hospital", "Elm  Court", "Nurse", "elm court", None),
    ("silent", "silent@example.org", None, None, None, None, None),
    ("guest", None, None, "Oak House", None, "oak house", None),
    ("erased", None, "citizen", None, None, None, "2026-02-01 09:00:00"),
]


@pytest.fixture
def before(make_engine):
    """A database of the release that knew of no employments, with accounts in it."""
    engine = make_engine()
    make_schema(engine, "registration")
    upgrade(engine, versions("registration"), "0027")
    all_say = {"granted": "[]", "created_at": "2026-01-05 09:00:00", "version": 1}
    people_then = table("people", *map(column, (*COLUMNS, *all_say)))
    with engine.begin() as connection:
        made = [{**dict(zip(COLUMNS, row, strict=True)), **all_say} for row in ACCOUNTS]
        connection.execute(insert(people_then), made)
    return engine


@pytest.mark.patient
def test_each_account_that_there_was_has_its_address_and_where_its_owner_said_they_work(before):
    upgrade(before, versions("registration"), "0028")
    kept = (
        Employment.person_id,
        *(getattr(Employment, name) for name in employments.SAID),
        Employment.organisation_key,
    )
    with before.connect() as connection:
        held = connection.execute(select(Address.person_id, Address.email).order_by(Address.email)).all()
        worked = connection.execute(select(*kept).order_by(Employment.person_id)).all()
    assert held == [("silent", "silent@example.org"), ("works", "works@example.org")]
    assert worked == [
        ("guest", None, "Oak House", None, None, None, "oak house"),
        ("works", "hospital", "Elm  Court", "Nurse", None, None, "elm court"),
    ]


@pytest.mark.patient
def test_an_account_from_before_moves_on_as_any_other(before):
    upgrade(before, versions("registration"))
    with OrmSession(before) as db:
        works = db.get_one(Person, "works")
        say(db, works, organisation="Oak House")
        assert [(row[1], row[3], row[4]) for row in rows(db, works)] == [
            ("Elm  Court", None, TODAY),
            ("Oak House", TODAY, None),
        ]
        check(db, works)
