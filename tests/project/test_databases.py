"""`make_engine` gives databases of production's kind: empty, each test's own, with the tables that were asked for."""

from contextlib import ExitStack, closing

import psycopg2
import pytest
from sqlalchemy import Column, ForeignKey, Identity, Integer, MetaData, Table, insert, inspect, select

from tests import databases

metadata = MetaData()
things = Table("things", metadata, Column("id", Integer, Identity(), primary_key=True))
parts = Table("parts", metadata, Column("thing", ForeignKey("things.id"), nullable=False))


def test_each_engine_is_a_database_of_its_own(make_engine):
    first, second, empty = make_engine(metadata), make_engine(metadata), make_engine()
    with first.begin() as connection:
        connection.execute(insert(things).values(id=7))
    assert [rows(engine, things) for engine in (first, second)] == [[(7,)], []]
    assert inspect(empty).get_table_names() == []


@pytest.mark.parametrize("turn", [1, 2])
def test_nothing_is_left_of_the_test_before(make_engine, turn):
    """Each turn would see what the other left, the count of its sequence too."""
    engine = make_engine(metadata)
    assert rows(engine, things) == []
    with engine.begin() as connection:
        [thing] = connection.execute(insert(things).values().returning(things.c.id)).one()
        connection.execute(insert(parts).values(thing=thing))
    assert rows(engine, things) == [(1,)]


@pytest.fixture
def source(postgresql_server):
    with ExitStack() as until_the_end:
        yield databases.Emptied(postgresql_server, until_the_end)


@pytest.fixture
def used_again(source):
    """Tell whether the database of a test that did `statement` is given to the next."""

    def tell(statement):
        with source.fresh((metadata,)) as first, closing(psycopg2.connect(first)) as connection, connection:
            connection.cursor().execute(statement)
        with source.fresh((metadata,)) as second:
            return first == second

    return tell


def test_a_database_that_was_only_written_to_is_used_again(used_again):
    assert used_again("INSERT INTO things VALUES (DEFAULT)")


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE parts",
        "ALTER TABLE things ADD COLUMN name text",
        "ALTER TABLE things ADD CHECK (id > 0)",
        "CREATE INDEX ON parts (thing)",
        "CREATE TABLE other ()",
        "CREATE SCHEMA other",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER never BEFORE TRUNCATE ON parts EXECUTE FUNCTION pg_catalog.tsvector_update_trigger()",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
    ],
)
def test_a_database_whose_tables_were_changed_is_not_used_again(used_again, change):
    assert not used_again(change)


def test_whoever_still_holds_a_row_is_shown_out(source):
    with source.fresh((metadata,)) as url:
        forgotten = psycopg2.connect(url)
        forgotten.cursor().execute("INSERT INTO things VALUES (DEFAULT)")
    with source.fresh((metadata,)) as again, closing(psycopg2.connect(again)) as connection:
        assert again == url
        cursor = connection.cursor()
        cursor.execute("SELECT * FROM things")
        assert cursor.fetchall() == []
    forgotten.close()


def rows(engine, table):
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(select(table))]
