"""What coordinators protect: an organisation sees of its people what they agreed to, from then on, and nothing else."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from services.bus.models import outbox
from services.registration import access, my_data, schemas
from services.registration.accounts import coordinators, facilitators, people, sharing, unused
from services.registration.attendance import recording, shared_places
from services.registration.errors import NoOrganisation
from services.registration.merging import merge, previews, undoing
from services.registration.models import Audit, Coordinator, Merge, Nomination, Person
from services.registration.places import bookings, lookup
from services.runtime.refusals import Invalid, NotAllowed, NotFound
from services.runtime.schemas import load
from tests.registration.conftest import NOW, START

pytestmark = pytest.mark.patient

DAY = timedelta(days=1)
ELM, OAK = "Elm Court", "Oak House"
CORA = "cora@example.org"
OVER = START + timedelta(hours=7)


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


@pytest.fixture
def cora(db, team, person):
    """Someone who coordinates Elm Court."""
    cora = person("cora")
    coordinators.name(db, team, ELM, CORA, NOW)
    return cora


@pytest.fixture
def zoe(db, told, person):
    """Someone who works at Elm Court, and has a place in March."""
    told("march")
    zoe = person("zoe", organisation=ELM)
    bookings.book(db, zoe, NOW, "march")
    return zoe


def id_of(db, person):
    [id] = coordinators.coordinated(db, person)
    return id


def seen_by(db, coordinator):
    items = shared_places.page(db, id_of(db, coordinator), None, 50)["items"]
    return schemas.coordinators.PlacesShared().dump({"items": items, "next": None})["items"]


def names_seen_by(db, coordinator):
    return [(row["name"], row["session"], row["state"]) for row in seen_by(db, coordinator)]


def works_at(db, person, organisation, now=NOW):
    people.change(db, person, person.version, {"organisation": organisation}, now)


def actions(db):
    return list(db.scalars(select(Audit.action).order_by(Audit.position)))


class TestNaming:
    def test_whoever_is_named_coordinates_the_organisation_which_is_shown_and_announced(self, db, team, person):
        cora = person("cora")
        named = coordinators.name(db, team, "  Elm   Court ", CORA, NOW)
        assert schemas.coordinators.CoordinatorView().dump(named) == {
            "id": named["id"],
            "organisation": ELM,
            "person": {"id": cora.id, "name": "Cora", "email": CORA},
            "since": NOW.isoformat(),
            "named_by": {"id": team.id, "name": "Team"},
        }
        shown = facilitators.with_sessions(db, cora, NOW)
        assert (shown["coordinates"], shown["roles"]) == ([named["id"]], ["person", "coordinator"])
        told = db.execute(select(outbox).where(outbox.c.type == "registration.coordinator_named.v1")).one()
        assert told.erase_key == cora.id
        assert actions(db)[-1] == "coordinator-named"

    def test_named_twice_is_named_once_however_the_organisation_is_written(self, db, team, cora):
        again = coordinators.name(db, team, "ELM COURT", CORA, NOW + DAY)
        assert [again["id"]] == coordinators.coordinated(db, cora)
        assert db.scalar(select(func.count()).select_from(Coordinator)) == 1
        other = coordinators.name(db, team, OAK, CORA, NOW)
        assert coordinators.coordinated(db, cora) == [again["id"], other["id"]]

    def test_the_database_refuses_a_second_one_whatever_the_code_does(self, db, team, cora):
        db.add(
            Coordinator(organisation=ELM, organisation_key="elm court", person_id=cora.id, since=NOW, named_by=team.id)
        )
        with pytest.raises(IntegrityError):
            db.flush()

    @pytest.mark.parametrize(
        "given", [{"email": CORA}, {"organisation": ELM}, {"organisation": " ", "email": CORA}], ids=str
    )
    def test_an_organisation_and_an_address_are_needed(self, given):
        with pytest.raises(Invalid):
            load(schemas.coordinators.CoordinatorWanted(), given)

    def test_they_are_listed_in_order_of_all_organisations_or_one(self, db, team, cora):
        coordinators.name(db, team, OAK, "ola@example.org", NOW)
        everyone = coordinators.page(db, None, None, 50)["items"]
        assert [row["organisation"] for row in everyone] == [ELM, OAK]
        [one] = coordinators.page(db, "oak house", None, 50)["items"]
        assert one["person"].email == "ola@example.org"

    def test_an_account_that_coordinates_is_in_use(self, db, team, cora):
        cora.last_used_at = NOW - timedelta(days=800)
        cora.created_at = NOW - timedelta(days=800)
        db.flush()
        assert cora.id not in db.scalars(unused.to_warn(NOW - timedelta(days=700))).all()


class TestForHowLong:
    def test_taken_back_it_is_over_at_once(self, db, team, cora):
        id = id_of(db, cora)
        access.coordinator(db, cora, NOW, {"id": id})
        coordinators.take_back(db, team, id, NOW)
        with pytest.raises(NotAllowed):
            access.coordinator(db, cora, NOW, {"id": id})
        assert facilitators.with_sessions(db, cora, NOW)["roles"] == ["person"]
        assert actions(db)[-1] == "coordinator-taken-back"
        with pytest.raises(NotFound):
            coordinators.take_back(db, team, id, NOW)

    def test_what_they_typed_goes_with_it_and_that_of_others_stays(self, db, team, cora, zoe):
        for key in ("elm court", "oak house"):
            db.add(_nomination(zoe, cora, organisation_key=key))
        db.flush()
        coordinators.take_back(db, team, id_of(db, cora), NOW)
        assert list(db.scalars(select(Nomination.organisation_key))) == ["oak house"]

    def test_a_coordinator_who_is_erased_leaves_nothing(self, db, cora, zoe):
        db.add(_nomination(zoe, cora))
        db.flush()
        my_data.erase(db, cora, NOW)
        for kind in (Coordinator, Nomination):
            assert db.scalar(select(func.count()).select_from(kind)) == 0

    def test_nobody_else_gets_in_by_it_not_even_the_team(self, db, team, cora, person):
        ola = person("ola")
        coordinators.name(db, team, OAK, "ola@example.org", NOW)
        for other in (team, ola, person("ann")):
            with pytest.raises(NotAllowed):
                access.coordinator(db, other, NOW, {"id": id_of(db, cora)})


class TestWhatPeopleLetThemSee:
    def test_nothing_unless_they_agree(self, db, cora, zoe):
        assert sharing.view(db, zoe) == {"organisation": ELM, "shares": False, "since": None, "coordinators": ["Cora"]}
        assert names_seen_by(db, cora) == []

    def test_their_places_once_they_agree_without_address_id_or_reference(self, db, cora, zoe):
        told = sharing.change(db, zoe, NOW, shares=True)
        assert (told["shares"], told["since"]) == (True, NOW)
        [row] = seen_by(db, cora)
        assert (row["name"], row["session"], row["state"], row["participatory_hours"]) == (
            "Zoe",
            "march",
            "confirmed",
            None,
        )
        assert row.keys().isdisjoint({"email", "person", "reference", "access_needs"})

    def test_agreeing_twice_is_agreeing_once(self, db, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        assert sharing.change(db, zoe, NOW + DAY, shares=True)["since"] == NOW
        assert actions(db).count("sharing-agreed") == 1

    def test_ended_it_is_over_at_once_and_said_again_it_begins_again(self, db, cora, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        assert sharing.change(db, zoe, NOW + DAY, shares=False)["since"] is None
        assert names_seen_by(db, cora) == []
        assert sharing.change(db, zoe, NOW + 2 * DAY, shares=True)["since"] == NOW + 2 * DAY

    def test_sessions_that_were_over_when_they_agreed_are_not_shown(self, db, cora, zoe):
        sharing.change(db, zoe, OVER, shares=True)
        assert names_seen_by(db, cora) == []

    def test_a_booking_that_is_cancelled_is_no_place(self, db, cora, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        [booking] = lookup.page(db, zoe, NOW, None, 5)["items"]
        bookings.cancel(db, zoe, booking["reference"], NOW)
        assert names_seen_by(db, cora) == []

    def test_attendance_is_shown_with_its_hours(self, db, team, cora, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        [booking] = lookup.page(db, zoe, NOW, None, 5)["items"]
        records = [{"reference": booking["reference"], "meeting": 1, "present": True}]
        recording.record(db, team, "march", records, "list", OVER)
        [row] = seen_by(db, cora)
        assert row["state"] == "attended"
        assert row["participatory_hours"] == row["hours"] > 0

    def test_a_coordinator_of_another_organisation_sees_nothing_of_it(self, db, team, cora, zoe, person):
        ola = person("ola")
        coordinators.name(db, team, OAK, "ola@example.org", NOW)
        sharing.change(db, zoe, NOW, shares=True)
        assert (names_seen_by(db, ola), len(names_seen_by(db, cora))) == ([], 1)

    def test_it_ends_with_the_employment_and_does_not_come_back_with_it(self, db, cora, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        works_at(db, zoe, OAK, NOW + DAY)
        assert (names_seen_by(db, cora), zoe.shares_since) == ([], None)
        works_at(db, zoe, ELM, NOW + 2 * DAY)
        assert names_seen_by(db, cora) == []

    def test_the_same_name_in_other_letters_is_the_same_organisation(self, db, cora, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        works_at(db, zoe, "elm  court")
        assert len(names_seen_by(db, cora)) == 1

    def test_an_older_release_that_changes_the_employer_ends_it_too(self, db, cora, zoe):
        """It writes the columns that it knows, and not those of agreeing."""
        sharing.change(db, zoe, NOW, shares=True)
        there = Person.__table__
        db.execute(there.update().where(there.c.id == zoe.id).values(organisation=OAK, organisation_key="oak house"))
        assert names_seen_by(db, cora) == []

    def test_who_has_not_said_where_they_work_cannot_agree(self, db, told, person):
        with pytest.raises(NoOrganisation):
            sharing.change(db, person("ann"), NOW, shares=True)

    def test_who_is_erased_is_not_shown(self, db, cora, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        my_data.erase(db, zoe, NOW)
        assert names_seen_by(db, cora) == []
        assert (zoe.shares_with, zoe.shares_since) == (None, None)


@given(steps=st.lists(st.sampled_from(["agree", "end", ELM, OAK, "elm court", None]), max_size=12))
@pytest.mark.one_database
def test_they_are_seen_only_where_the_last_word_on_it_was_yes_and_of_where_they_work(steps):
    """Whatever someone does in whatever order: agreeing is for one employer, and the next change ends it."""
    person = Person(organisation=ELM)
    agreed = None
    for step in steps:
        if step == "agree":
            person.shares_with = agreed = person.organisation_key
        elif step == "end":
            person.shares_with = agreed = None
        else:
            person.organisation = step
            agreed = agreed if agreed == person.organisation_key else None
        assert person.shares_with == agreed


class TestWithOtherThings:
    def test_it_is_all_in_the_export(self, db, cora, zoe):
        sharing.change(db, zoe, NOW, shares=True)
        db.add(_nomination(zoe, cora))
        db.flush()
        of_cora, of_zoe = my_data.export(db, cora), my_data.export(db, zoe)
        assert of_cora["coordinates"] == [{"organisation": ELM, "since": NOW}]
        assert of_zoe["person"]["shares_since"] == NOW
        assert of_zoe["nominations"] == [
            {"session": "march", "email": "zoe@example.org", "name": "Zoe O", "nominated_at": NOW}
        ]

    def test_merged_the_account_coordinates_what_both_did_and_parted_each_does_again(self, db, team, cora, person):
        kept = person("kept")
        for organisation in (ELM, OAK):
            coordinators.name(db, team, organisation, "kept@example.org", NOW)
        coordinators.name(db, team, "Ash Lodge", CORA, NOW)
        made = merge.merge(db, kept, cora, NOW, by=kept, version=previews.preview(db, kept, cora)["version"])
        organisations = [row["organisation"] for row in coordinators.of_person(db, kept)]
        assert sorted(organisations) == ["Ash Lodge", ELM, OAK]
        version = undoing.preview(db, db.get_one(Merge, made.id))["version"]
        undoing.undo(db, made, NOW, by=kept, version=version)
        assert sorted(row["organisation"] for row in coordinators.of_person(db, cora)) == ["Ash Lodge", ELM]

    def test_the_places_of_an_account_that_was_merged_are_shown_only_if_the_one_that_is_kept_agreed(
        self, db, cora, zoe, person
    ):
        kept = person("kept")
        sharing.change(db, zoe, NOW, shares=True)
        merge.merge(db, kept, zoe, NOW, by=kept, version=previews.preview(db, kept, zoe)["version"])
        assert kept.organisation == ELM
        assert names_seen_by(db, cora) == []


def _nomination(whose, by, **changes):
    said = {"organisation_key": "elm court", "session": "march", "email": "zoe@example.org", "name": "Zoe O"}
    return Nomination(person_id=whose.id, nominated_by=by.id, nominated_at=NOW, **{**said, **changes})
