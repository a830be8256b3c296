"""What importing organisations protects: their names are offered as the team spells them, and it can be undone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.registration.accounts import organisations
from services.registration.imports import importing
from services.registration.models import Organisation
from tests.registration.conftest import NOW
from tests.registration.taken_in import counts, wrong

LATER = NOW + timedelta(days=1)


@pytest.fixture
def team(person):
    return person("team", granted=["team"])


def text(*lines):
    return "\n".join(("Organisation;Sector", *lines))


def save(db, team, *lines):
    return importing.save(db, team, "organisations", text(*lines), NOW)


def offered(db, q, sector=None):
    return [item["name"] for item in organisations.named(db, q, sector)["items"]]


def test_their_names_are_offered_though_nobody_works_there_yet(db, team):
    save(db, team, "Elm Court;Hospitals", "elmwood House;")
    assert offered(db, "elm", "hospital") == ["Elm Court", "elmwood House"]
    assert offered(db, "elm", "citizen") == ["elmwood House"]
    assert offered(db, "ELM C") == ["Elm Court"]


def test_what_many_people_gave_comes_first_and_as_the_team_spells_it(db, team, person):
    for n in range(5):
        person(f"p{n}", organisation="st marys"), person(f"q{n}", organisation="St Ann")
    person("one", organisation="St Nobody")
    save(db, team, "St Marys;", "St Agnes;")
    assert offered(db, "st") == ["St Ann", "St Marys", "St Agnes"]


def test_the_same_name_in_another_case_is_changed_and_the_same_file_changes_nothing(db, team):
    save(db, team, "elm court;")
    assert counts(save(db, team, "Elm  Court;hospital")) == {"add": 0, "change": 1, "same": 0}
    assert counts(save(db, team, "Elm  Court;hospital")) == {"add": 0, "change": 0, "same": 1}


def test_what_is_wrong_and_what_is_nearly_the_same_is_said(db, team, person):
    person("zoe", organisation="St Mary’s")
    told = importing.look(db, team, "organisations", text("Elm;moon", "St Marys;", "Oak;", "oak;"), NOW)
    assert wrong(told) == [(2, "Sector", "unknown-sector"), (5, "Organisation", "listed-twice")]
    assert told["duplicates"] == [{"line": 3, "name": "St Marys", "like": "St Mary’s", "like_line": None}]
    assert db.scalars(select(Organisation)).all() == []


def test_undoing_takes_them_out_and_puts_back_what_they_were(db, team):
    save(db, team, "Elm Court;")
    made = save(db, team, "ELM COURT;hospital", "Oak House;", "Ash;")
    db.get_one(Organisation, "ash").name = "ASH"
    db.flush()
    undone = importing.undo(db, team, made["id"], LATER)
    assert (undone["undone"], [kept["line"] for kept in undone["kept"]]) == (2, [4])
    rows = db.scalars(select(Organisation).order_by(Organisation.key))
    assert [(row.name, row.sector) for row in rows] == [("ASH", None), ("Elm Court", None)]
