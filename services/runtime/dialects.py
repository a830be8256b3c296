"""Column types, names, functions and inserts that mean the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, DateTime, Dialect, Integer, TypeDecorator
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.sql.functions import GenericFunction

from services.runtime.schemas import CITY

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as UTC: `timestamptz` on PostgreSQL, text on SQLite, read back aware on both."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without an offset cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER PRIMARY KEY
Json = JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


class city_day(GenericFunction[date]):  # noqa: N801 - it is called as SQL's functions are
    """The day of a moment in the city. SQLite calls `day_there`, as it knows no time zones."""

    type = Date()
    inherit_cache = True


@compiles(city_day, "postgresql")
def _day_on_postgresql(day: Any, compiler: Any, **kwargs: Any) -> str:
    """Return it as SQL. The name of the zone is one of those that the settings take."""
    return f"CAST(timezone('{CITY.key}', {compiler.process(day.clauses, **kwargs)}) AS DATE)"


def day_there(moment: str | None) -> str | None:
    """Return the day in the city of a moment as SQLite keeps it: as text, in UTC."""
    if moment is None:
        return None
    return datetime.fromisoformat(moment).replace(tzinfo=UTC).astimezone(CITY).date().isoformat()


def upsert(write: Callable[[Any], Any]) -> Callable[[OrmSession], Any]:
    """Write a statement for both databases, each with its own `insert`; what is returned picks the one for a session.

    Each is written once: building a statement costs more than running it.
    """
    written = {"postgresql": write(postgresql.insert), "sqlite": write(sqlite.insert)}
    return lambda db: written[db.get_bind().dialect.name]
