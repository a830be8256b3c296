"""What columns keep: one moment, whatever offset it was given in, and numbers that fit."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from sqlalchemy import Column, MetaData, Table, insert, select
from sqlalchemy.exc import StatementError

from services.runtime.dialects import BigId, Json, Moment, city_day

things = Table("things", MetaData(), Column("id", BigId, primary_key=True), Column("at", Moment), Column("what", Json))


@pytest.fixture
def connection(make_engine):
    with make_engine(things.metadata).begin() as connection:
        yield connection


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2027, 3, 9, 9, 30, 0, 123456, tzinfo=UTC),
        datetime(2027, 7, 9, 9, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
        None,
    ],
)
def test_a_moment_comes_back_as_the_same_moment_in_utc(connection, moment):
    connection.execute(insert(things).values(at=moment))
    kept = connection.scalar(select(things.c.at))
    assert kept == moment
    assert kept is None or kept.utcoffset() == timedelta(0)


def test_moments_are_compared_as_moments(connection):
    early = datetime(2027, 3, 9, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    late = datetime(2027, 3, 9, 8, 0, tzinfo=UTC)
    connection.execute(insert(things), [{"at": late}, {"at": early}])
    assert connection.scalars(select(things.c.at).order_by(things.c.at)).all() == [early, late]
    assert connection.scalars(select(things.c.at).where(things.c.at < late)).all() == [early]


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2027, 7, 9, 22, 59, 59, 999999, tzinfo=UTC), date(2027, 7, 9)),
        (datetime(2027, 7, 9, 23, 0, tzinfo=UTC), date(2027, 7, 10)),
        (datetime(2027, 12, 9, 23, 0, tzinfo=UTC), date(2027, 12, 9)),
        (None, None),
    ],
)
def test_a_day_is_one_of_the_city_whatever_zone_the_database_is_in(connection, moment, day):
    connection.execute(insert(things).values(at=moment))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET TIME ZONE 'Pacific/Auckland'")
    assert connection.scalar(select(city_day(things.c.at))) == day
    if day is not None:
        assert connection.scalars(select(things.c.at).where(city_day(things.c.at) == day)).all() == [moment]


def test_a_time_without_an_offset_is_a_defect(connection):
    with pytest.raises(StatementError, match="without an offset"):
        connection.execute(insert(things).values(at=datetime(2027, 3, 9, 9, 30)))


def test_an_id_counts_beyond_four_bytes(connection):
    connection.execute(insert(things).values(id=2**40))
    assert connection.scalar(select(things.c.id)) == 2**40


@pytest.mark.parametrize("value", [{"a": [1, None, "ü", {"b": True}]}, [], "text", 0])
def test_json_comes_back_as_it_went(connection, value):
    connection.execute(insert(things).values(what=value))
    assert connection.scalar(select(things.c.what)) == value


def test_no_json_is_null(connection):
    connection.execute(insert(things).values(what=None))
    assert connection.scalar(select(things.c.id).where(things.c.what.is_(None))) == 1
