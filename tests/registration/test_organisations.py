"""The organisations that are listed: never somebody's own words, and the way that most write them."""

import pytest
from sqlalchemy import text

from services.registration import my_data, schemas
from services.registration.accounts import organisations, people
from tests.registration.conftest import NOW


@pytest.fixture
def from_(db, person):
    """Have people come from an organisation: one for each spelling."""
    made = []

    def come(*spellings, sector="hospital"):
        for spelling in spellings:
            made.append(person(f"p{len(made)}", organisation=spelling, sector=sector))
        return made[-len(spellings) :]

    return come


def names(db, q="", sector=None):
    page = schemas.OrganisationNames().dump(organisations.named(db, q, sector))
    assert page["next"] is None
    return [one["name"] for one in page["items"]]


def test_a_name_is_listed_once_five_people_gave_it(db, from_):
    from_(*["St James"] * 4)
    assert names(db) == []
    from_("St James")
    assert names(db) == ["St James"]


def test_case_and_spaces_make_no_other_name_and_most_decide_how_it_is_written(db, from_):
    from_("ST JAMES", "St  James", "St James", "St James", "st james", "St Jude", "St James’s")
    assert names(db) == ["St James"]
    assert names(db, "  sT  jA") == ["St James"]


def test_the_most_used_come_first_and_twenty_at_most(db, from_):
    from_(*["Zeta Trust"] * 6)
    for n in range(22):
        from_(*[f"Home {n:02}"] * 5)
    listed = names(db)
    assert (listed[:2], len(listed)) == (["Zeta Trust", "Home 00"], 20)


def test_people_of_a_sector_are_counted_where_one_is_named(db, from_):
    from_(*["City Council"] * 3)
    from_(*["City Council"] * 2, sector="citizen")
    from_(*["Elm Court"] * 5, sector="citizen")
    assert names(db) == ["City Council", "Elm Court"]
    assert names(db, sector="citizen") == ["Elm Court"]
    assert names(db, sector="hospital") == []
    assert names(db, sector="nothing of ours") == []


@pytest.mark.parametrize("q", ["ja", "%", "_", "st james’s hospital", "\N{LATIN SMALL LETTER SHARP S}", "x" * 1000])
def test_a_name_is_found_by_its_beginning_only(db, from_, q):
    from_(*["St James"] * 5)
    assert names(db, q) == []


def test_letters_of_all_languages_are_found(db, from_):
    from_(*["Śródmieście"] * 5)
    from_(*["Ein großes Haus"] * 3, *["EIN GROSSES HAUS"] * 2)
    assert names(db, "ŚRÓD") == ["Śródmieście"]
    assert names(db, "ein grosses") == ["Ein großes Haus"]


def test_who_leaves_a_name_is_not_counted(db, from_):
    *_, ben, amina = from_(*["St James"] * 5)
    people.change(db, ben, 1, {"organisation": "Elm Court"}, NOW)
    assert names(db) == []
    people.change(db, ben, 2, {"organisation": "ST JAMES"}, NOW)
    assert names(db) == ["St James"]
    my_data.erase(db, amina, NOW)
    assert names(db) == []
    assert amina.organisation_key is None


def test_a_blank_name_is_none(db, from_):
    from_(*["", " ", None] * 3)
    assert names(db) == []


def test_names_are_read_from_an_index(db, from_):
    from_(*["St James"] * 5)
    key = "organisation_key >= 'st' AND organisation_key < 'su'"
    query = f"SELECT organisation_key FROM people WHERE {key} GROUP BY organisation_key HAVING count(*) >= 5"
    if db.get_bind().dialect.name == "postgresql":
        db.execute(text("SET LOCAL enable_seqscan = off"))  # five rows are read faster without it
        plan = db.execute(text(f"EXPLAIN {query}")).scalars().all()
    else:
        plan = [row.detail for row in db.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    assert "ix_people_organisation" in " ".join(plan)
