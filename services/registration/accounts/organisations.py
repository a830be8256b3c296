"""The organisations that people come from, as the team named them, or enough people: a name is nobody's own words."""

from typing import Any, Final

from sqlalchemy import Select, func, or_, select, union_all
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Employment, Organisation, Person, folded

FEWEST_PEOPLE: Final = 5
MOST_NAMES: Final = 20
LAST_CHARACTER: Final = chr(0x10FFFF)


def named(db: OrmSession, q: str, sector: str | None) -> dict[str, Any]:
    """Return the organisations whose names begin with `q`, those of the most people first, as most wrote them.

    At least five people have to have given a name: people of the `sector`, or, without one, any. Those that the team
    named come after, however few have. Case and spaces make no other name.
    """
    key, people = Person.organisation_key, func.count()
    query = select(key).where(key.is_not(None)).group_by(key).having(people >= FEWEST_PEOPLE)
    if sector is not None:
        query = query.where(Person.sector == sector)
    wanted = folded(q)
    if wanted:
        query = query.where(key >= wanted, key < wanted + LAST_CHARACTER)
    keys = db.scalars(query.order_by(people.desc(), key).limit(MOST_NAMES)).all()
    ours = {row.key: row.name for row in db.scalars(_named_by_team(wanted, sector))}
    spelled = spellings(db, [key for key in keys if key]) | ours
    shown = list(dict.fromkeys([*(key for key in keys if key), *ours]))[:MOST_NAMES]
    return {"items": [{"name": spelled[key]} for key in shown], "next": None}


def _named_by_team(wanted: str, sector: str | None) -> Select[Organisation]:
    query = select(Organisation).where(Organisation.key >= wanted, Organisation.key < wanted + LAST_CHARACTER)
    if sector is not None:
        query = query.where(or_(Organisation.sector == sector, Organisation.sector.is_(None)))
    return query.order_by(Organisation.key).limit(MOST_NAMES)


def spellings(db: OrmSession, keys: list[str]) -> dict[str, str]:
    """Return how most people write each of these names."""
    now, then = (
        select(kind.organisation_key.label("key"), kind.organisation.label("name")).where(
            kind.organisation_key.in_(keys)
        )
        for kind in (Person, Employment)
    )
    named = union_all(now, then).subquery()
    query = select(named.c.key, named.c.name).group_by(named.c.key, named.c.name)
    rows = db.execute(query.order_by(func.count(), named.c.name.desc())).all()
    return {key: " ".join(name.split()) for key, name in rows if key and name}  # the last one, of the most, stays
