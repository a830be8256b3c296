"""The journal of imports: what each of their lines did, for as long as it can be undone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import aliased

from services.registration.models import Import, ImportedLine, Person
from services.runtime.retention import period

UNDO_FOR: Final = period("imports")


def page(db: OrmSession) -> list[dict[str, Any]]:
    """Return the imports of the last 30 days, the latest first."""
    rows = db.execute(select(Import, Person).join(Person, Person.id == Import.by_id).order_by(Import.made_at.desc()))
    return [_view(*row) for row in rows]


def importers(db: OrmSession, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return who imported what other services keep: `{id, name}` for each id that is of someone.

    The name is null once they are erased; of an account that is a part of another by now it is the other's.
    """
    owner = aliased(Person)
    whole = owner.id == func.coalesce(Person.merged_into, Person.id)
    rows = db.execute(select(Person.id, owner.name).join(owner, whole).where(Person.id.in_(ids)))
    return [{"id": id, "name": name} for id, name in rows]


def over(since: datetime) -> Select[Any]:
    """Return the query of the imports that were made then or before."""
    return select(Import.id).where(Import.made_at <= since).order_by(Import.made_at)


def drop(db: OrmSession, ids: Sequence[str], now: datetime) -> None:
    """Forget these imports, and what each of their lines did."""
    db.execute(delete(ImportedLine).where(ImportedLine.import_id.in_(ids)))
    db.execute(delete(Import).where(Import.id.in_(ids)))


def held_on(db: OrmSession, people: Sequence[Person]) -> list[dict[str, Any]]:
    """Return what imports added and changed of someone, as what is held on them."""
    theirs = select(ImportedLine, Import).join(Import, Import.id == ImportedLine.import_id)
    theirs = theirs.where(ImportedLine.person_id.in_([person.id for person in people])).order_by(ImportedLine.id)
    return [
        {"kind": made.kind, "made_at": made.made_at, "what": line.what, "facts": line.facts}
        for line, made in db.execute(theirs)
    ]


def erase(db: OrmSession, person: Person) -> None:
    """Forget what imports added and changed of someone: nothing of it is put back."""
    theirs = delete(ImportedLine).where(ImportedLine.person_id == person.id)
    db.execute(theirs, execution_options={"synchronize_session": False})


def _view(made: Import, by: Person) -> dict[str, Any]:
    names = ("id", "kind", "made_at", "undo_until", "undone_at")
    told = {name: getattr(made, name) for name in names}
    return {**told, "by": {"id": by.id, "name": by.name}, "add": made.added, "change": made.changed}
