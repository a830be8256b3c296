"""Merging two accounts that have several addresses and employments: each is one account's, and goes back to its own."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from services.registration import my_data
from services.registration.accounts import addresses, employment_changes, employments, people
from services.registration.errors import AddressFixed
from services.registration.models import Address, Person
from services.registration.places import overview
from tests.registration.addresses import add, id_of, prefer, remove, shown, signs_in_as
from tests.registration.conftest import NOW
from tests.registration.email_changes import told as said
from tests.registration.kept import let_go
from tests.registration.merging import merge, undo

MINE, OLD, HOME = "amina@example.org", "amy@example.org", "amy@home.example"
DAY = timedelta(days=1)
END = NOW + 30 * DAY
LONG_AGO = NOW - 30 * DAY
UNTIL = date(2026, 1, 31)


@pytest.fixture
def kept(person):
    return person("amina")


@pytest.fixture
def other(db, person):
    other = person("amy")
    add(db, other, HOME, LONG_AGO)
    return other


def say(db, person, organisation):
    people.change(db, person, person.version, {"organisation": organisation}, NOW)


def had_worked(db, person, organisation):
    given = {"sector": "hospital", "organisation": organisation, "job_role": None, "since": None, "until": UNTIL}
    employment_changes.add(db, person, given, NOW)


def worked(db, person):
    return [(row["organisation"], row["until"]) for row in employments.page(db, person, NOW)["items"]]


class TestAddresses:
    def test_one_signs_in_to_the_kept_account_with_all_of_them(self, db, kept, other):
        merge(db, kept, other)
        assert shown(db, kept) == [(MINE, True), (HOME, False), (OLD, False)]
        assert [signs_in_as(db, email) for email in (MINE, OLD, HOME)] == [kept] * 3
        assert said(db, "person_changed")["addresses"] == [MINE, HOME, OLD]

    def test_the_team_finds_the_kept_account_by_each(self, db, kept, other):
        merge(db, kept, other)
        for email in (MINE, OLD, HOME):
            assert [one.id for one in overview.find_people(db, email, None, 20)["items"]] == [kept.id]

    def test_each_goes_back_to_its_own_account(self, db, kept, other):
        undo(db, merge(db, kept, other), NOW + DAY, by=kept)
        assert (shown(db, kept), shown(db, other)) == ([(MINE, True)], [(OLD, True), (HOME, False)])
        assert said(db, "person_parted")["addresses"] == [OLD, HOME]

    @pytest.mark.parametrize("email", [OLD, HOME])
    @pytest.mark.parametrize("what", [prefer, remove])
    def test_those_that_came_with_it_stay_as_they_are_while_it_can_be_undone(self, db, kept, other, what, email):
        row = merge(db, kept, other)
        with pytest.raises(AddressFixed) as refused:
            what(db, kept, id_of(db, email))
        assert refused.value.facts["until"] == row.undo_until.isoformat()
        fixed = {item["email"]: item["fixed_until"] for item in addresses.page(db, kept)["items"]}
        assert fixed == {MINE: None, OLD: row.undo_until, HOME: row.undo_until}

    def test_and_are_like_any_other_after_that(self, db, kept, other):
        merge(db, kept, other)
        let_go(db, END, "merges")
        prefer(db, kept, id_of(db, OLD), END)
        remove(db, kept, id_of(db, HOME), END)
        assert shown(db, kept) == [(OLD, True), (MINE, False)]
        assert db.get_one(Person, other.id).email is None

    def test_the_account_that_became_a_part_is_no_guest_to_be_forgotten(self, db, kept, other):
        merge(db, kept, other)
        let_go(db, END, "merges")
        let_go(db, END + 4000 * DAY, "guests")
        assert people.one(db, other.id) is kept

    def test_erasure_forgets_all_of_them(self, db, kept, other):
        merge(db, kept, other)
        my_data.erase(db, kept, NOW)
        assert db.scalars(select(Address.email)).all() == []


class TestEmployments:
    def test_where_the_older_account_worked_was_before_where_the_kept_one_works(self, db, kept, other):
        say(db, kept, "City Council")
        say(db, other, "General Hospital")
        had_worked(db, other, "Elm Court")
        merge(db, kept, other)
        assert worked(db, kept) == [("City Council", None), ("General Hospital", NOW.date()), ("Elm Court", UNTIL)]
        assert kept.organisation == "City Council"
        told = [(job["organisation"], job["since"]) for job in said(db, "person_changed")["employments"]]
        assert [name for name, _ in told] == ["Elm Court", "General Hospital", "City Council"]

    def test_where_a_younger_account_works_is_left_with_it(self, db, kept, other):
        say(db, kept, "City Council")
        say(db, other, "General Hospital")
        employments.present_of(db, other, employments.work_of(other), NOW).since = NOW.date() + DAY
        merge(db, kept, other)
        assert worked(db, kept) == [("City Council", None)]

    def test_a_kept_account_that_said_nothing_works_where_the_other_said(self, db, kept, other):
        say(db, other, "General Hospital")
        row = merge(db, kept, other)
        assert worked(db, kept) == [("General Hospital", None)]
        undo(db, row, NOW + DAY, by=kept)
        assert worked(db, other) == [("General Hospital", None)]
        assert kept.organisation is None

    def test_each_goes_back_to_its_own_account(self, db, kept, other):
        say(db, kept, "City Council")
        say(db, other, "General Hospital")
        had_worked(db, other, "Elm Court")
        before = worked(db, kept), worked(db, other)
        undo(db, merge(db, kept, other), NOW + DAY, by=kept)
        assert (worked(db, kept), worked(db, other)) == before
