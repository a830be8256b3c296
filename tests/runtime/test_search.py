"""What searching protects: people find names by the letters that their keyboard has, on every database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, MetaData, String, Table, Text, insert, select, text

from services.runtime import search

ROWS = Table(
    "rows", MetaData(), Column("id", String(36), primary_key=True), Column("name", Text), Column("search_key", Text)
)
NAMES = ["Zoë Okafor", "Siân O’Neil", "Łukasz Ørsted", "Ðorđe Strauß", "Ayşe Iş\u0131k", "Æthel", "100% sure", "李娜"]


@pytest.fixture
def db(make_engine):
    engine = make_engine(ROWS.metadata)
    with engine.begin() as db:
        yield db


def found(db, typed):
    query = select(ROWS.c.name)
    for word in typed.split():
        query = query.where(search.has(word, ROWS.c.search_key, ROWS.c.name))
    return sorted(db.scalars(query))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("zoe", "Zoë Okafor"),
        ("ZOË oka", "Zoë Okafor"),
        ("okafor zoe", "Zoë Okafor"),
        ("zoe\u0308", "Zoë Okafor"),
        ("sian", "Siân O’Neil"),
        ("o'neil", "Siân O’Neil"),
        ("oneil", "Siân O’Neil"),
        ("lukasz orsted", "Łukasz Ørsted"),
        ("ørsted", "Łukasz Ørsted"),
        ("dorde strauss", "Ðorđe Strauß"),
        ("isik", "Ayşe Iş\u0131k"),
        ("aethel", "Æthel"),
        ("100%", "100% sure"),
        ("李", "李娜"),
    ],
)
@pytest.mark.parametrize("with_keys", [True, False], ids=["by this release", "filled in"])
def test_a_name_is_found_by_the_letters_of_any_keyboard(db, typed, name, with_keys):
    db.execute(insert(ROWS), [{"id": str(n), "name": one, "search_key": search.key_of(one) if with_keys else None}
                              for n, one in enumerate(NAMES)])  # fmt: skip
    if not with_keys:
        search.fill_keys(db, "rows", "id", "name")
    assert found(db, typed) == [name]


def test_what_the_release_before_wrote_is_found_as_it_is_written(db):
    db.execute(insert(ROWS), [{"id": "1", "name": "Zoë Okafor", "search_key": None}])
    assert (found(db, "ZOË".lower()), found(db, "okaf"), found(db, "zoe")) == (["Zoë Okafor"], ["Zoë Okafor"], [])


def test_every_row_gets_its_key_however_many_there_are(db, monkeypatch):
    monkeypatch.setattr(search, "AT_ONCE", 2)
    db.execute(insert(ROWS), [{"id": str(n), "name": None if n == 3 else f"Zoë {n}"} for n in range(7)])
    search.fill_keys(db, "rows", "id", "name")
    assert db.scalar(text("SELECT count(*) FROM rows WHERE search_key LIKE 'zoe %'")) == 6


def test_signs_are_found_as_they_are_written(db):
    names = ["Zoë – night shift", "Ben"]
    db.execute(insert(ROWS), [{"id": name, "name": name, "search_key": search.key_of(name)} for name in names])
    assert (found(db, "–"), found(db, "%")) == (names[:1], [])


@given(st.text())
def test_folding_what_is_folded_changes_nothing(written):
    words = search.words_of(written)
    assert [word for one in words for word in search.words_of(one)] == words
    assert all(not word[0].isspace() for word in words)
