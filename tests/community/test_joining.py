"""Who may join, whose organisation is confirmed, and that a new account cannot write to people at once."""

from datetime import timedelta

import pytest

from services.community import introductions, members, my_data, organisations, schemas
from services.community.errors import AccountTooNew, NotOpenToYou, RemovedFromCommunity
from services.community.models import Person, Removal
from services.runtime.refusals import Invalid, NotFound
from services.runtime.schemas import load
from tests.community.conftest import NOW, id_of
from tests.community.membership import announced, caller, join, leave, propose

DAY = timedelta(hours=24)
TEAM = {"id": id_of("tess"), "roles": ["person", "team"]}


def ask_in(world, who="amina", roles=("person",)):
    joined = members.join(world.db, caller(who, roles=[*roles]), world.now, None, [], False, "attended")
    world.db.flush()
    return joined


def confirm(world, name="General Hospital", email_domain=None):
    given = load(schemas.OrganisationConfirmed(), {"name": name, "email_domain": email_domain})
    return organisations.confirm(world.db, TEAM, world.now, **given)


def write(world, by="amina", to="ben", wait=DAY):
    return introductions.propose(world.db, caller(by), world.now, id_of(to), "Hello", wait)


# Who may join


def test_whoever_came_to_no_session_cannot_join_where_that_is_asked(world):
    world.person("amina")
    with pytest.raises(NotOpenToYou) as refused:
        ask_in(world)
    assert refused.value.facts == {"organisation": "General Hospital"}
    with pytest.raises(NotOpenToYou):
        members.check_may_join(world.db, caller("amina", roles=["person"]), "attended")
    members.check_may_join(world.db, caller("amina", roles=["person"]), "anyone")


def test_a_booking_alone_is_not_enough_and_attendance_is(world):
    world.session()
    world.person("amina")
    world.booking("amina")
    with pytest.raises(NotOpenToYou):
        ask_in(world)
    world.attendance("amina", "march", False, state="absent")
    with pytest.raises(NotOpenToYou):
        ask_in(world)
    world.attendance("amina", "march", True)
    assert ask_in(world)["name"] == "Amina"


def test_the_people_of_a_confirmed_organisation_can_join(world):
    world.person("amina")
    confirm(world, "  general   HOSPITAL ")
    assert ask_in(world)["name"] == "Amina"


@pytest.mark.parametrize(
    ("domain", "is_let_in"), [("example.org", True), ("@Example.ORG", True), ("org", False), ("ample.org", False)]
)
def test_where_a_domain_is_given_only_an_address_that_ends_in_it_counts(world, domain, is_let_in):
    world.person("amina")
    if domain == "org":
        with pytest.raises(Invalid) as refused:
            confirm(world, email_domain=domain)
        assert refused.value.errors[0]["code"] == "not-a-domain"
        return
    confirm(world, email_domain=domain)
    if is_let_in:
        assert ask_in(world)
    else:
        with pytest.raises(NotOpenToYou):
            ask_in(world)


def test_an_address_of_a_part_of_the_organisation_counts(world):
    world.person("amina", email="amina@beds.example.org")
    confirm(world, email_domain="example.org")
    assert ask_in(world)


@pytest.mark.parametrize("role", ["team", "operator", "facilitator"])
def test_whoever_runs_the_programme_can_join(world, role):
    world.person("amina")
    assert ask_in(world, roles=["person", role])


def test_members_stay_members_whatever_is_asked_later(world):
    join(world, "amina")
    assert ask_in(world)["name"] == "Amina"
    assert members.require(world.db, id_of("amina"))
    leave(world, "amina")
    with pytest.raises(NotOpenToYou):
        ask_in(world)


def test_whoever_was_removed_is_told_that_first(world):
    world.person("amina")
    world.db.add(Removal(person=id_of("amina"), reason="Rude", removed_at=NOW, version=1))
    world.db.flush()
    with pytest.raises(RemovedFromCommunity):
        members.check_may_join(world.db, caller("amina", roles=["person"]), "attended")


# Organisations


def test_confirming_again_changes_the_domain_and_withdrawing_ends_it(world):
    world.person("tess")
    first = confirm(world)
    again = confirm(world, "General hospital", "example.org")
    assert (again["id"], again["name"], again["email_domain"]) == (first["id"], "General hospital", "example.org")
    assert organisations.page(world.db, None, 20) == {"items": [again], "next": None}
    assert again["confirmed_by"] == {"id": id_of("tess"), "name": "Tess"}
    world.person("amina")
    organisations.withdraw(world.db, first["id"])
    with pytest.raises(NotOpenToYou):
        ask_in(world)
    with pytest.raises(NotFound):
        organisations.withdraw(world.db, first["id"])


def test_an_organisation_stays_confirmed_by_nobody_when_they_are_erased(world):
    world.person("tess")
    confirm(world)
    my_data.forget(world.db, id_of("tess"))
    world.db.flush()
    world.db.expire_all()
    [row] = organisations.page(world.db, None, 20)["items"]
    assert (row["name"], row["confirmed_by"]) == ("General Hospital", None)


@pytest.mark.parametrize("name", ["evil.com", "", None])
def test_an_organisation_has_a_name_without_a_link(name):
    with pytest.raises(Invalid):
        load(schemas.OrganisationConfirmed(), {"name": name})


# Writing to people


@pytest.fixture
def two(world):
    join(world, "ben", "social_care")
    join(world, "amina")
    world.person("amina", created_at=NOW.isoformat())
    return world


def test_an_account_of_a_day_cannot_ask_to_meet_anyone(two):
    two.now = NOW + DAY - timedelta(seconds=1)
    with pytest.raises(AccountTooNew) as refused:
        write(two)
    assert refused.value.facts == {"retry_after": 1, "again_at": (NOW + DAY).isoformat()}
    assert "24 hours" in refused.value.detail
    assert announced(two, "community.introduction_proposed.v1") == []
    two.now = NOW + DAY
    assert write(two)["state"] == "proposed"


def test_where_nobody_waits_a_new_account_asks_at_once(two):
    assert write(two, wait=timedelta(0))["state"] == "proposed"


def test_an_account_from_before_this_was_kept_is_new_no_longer(two):
    assert write(two, "ben", "amina")["state"] == "proposed"


def test_what_changes_later_makes_no_account_older_or_newer(two):
    two.now = NOW + timedelta(hours=2)
    two.person("amina", organisation="Elm Court", created_at=NOW.isoformat())
    assert two.db.get(Person, id_of("amina")).created_at == NOW
    two.person("amina", organisation="Oak Court")  # as an older release tells it
    assert two.db.get(Person, id_of("amina")).created_at == NOW
    two.erase("amina")
    assert two.db.get(Person, id_of("amina")).created_at is None


# What is told of who asks


def test_an_organisation_is_proven_by_an_address_and_by_nothing_else(two):
    propose(two, "ben", "amina")
    confirm(two)
    propose(two, "amina", join(two, "carla", "third_sector") and "carla")
    confirm(two, email_domain="example.org")
    propose(two, "carla", "ben")
    told = announced(two, "community.introduction_proposed.v1")
    assert [one["proven"] for one in told] == [False, False, True]


def test_a_name_of_before_that_holds_a_link_makes_none_in_an_email(two):
    two.person("amina", organisation="evil.example", name="Headrow evil.example", created_at=None)
    propose(two, "amina", "ben")
    [told] = announced(two, "community.introduction_proposed.v1")
    assert (told["name"], told["organisation"]) == ("Headrow evil. example", "evil. example")
