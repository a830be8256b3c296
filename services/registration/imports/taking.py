"""An import under way: what is wrong with its lines, and what each of them did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession

from services.registration.models import ImportedLine, Person, Sector, folded
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid
from services.runtime.schemas import Schema, load
from services.runtime.sheets import Row, Sheet

Facts = dict[str, list[Any]]
Kept = list[tuple[int, str]]  # the lines that are not undone, and the code of why


def sector_codes(db: OrmSession) -> dict[str, str]:
    """Return the codes of the city's sectors, by code and by name, folded."""
    rows = db.scalars(select(Sector)).all()
    return {folded(row.name): row.code for row in rows} | {folded(row.code): row.code for row in rows}


@dataclass
class Taking:
    """A file that is being taken: who by, when, what it did so far, and who in it may be someone else as well."""

    db: OrmSession
    caller: Person
    now: datetime
    sheet: Sheet
    done: list[ImportedLine] = field(default_factory=list)
    same: int = 0
    duplicates: list[Row] = field(default_factory=list)

    def wrong(self, line: int, name: str, code: str, /, **limits: Any) -> None:
        """Note what is wrong with a line, in the column of that name."""
        self.sheet.wrong(line, name, Fault(code, limits))

    def loaded(self, schema: Schema, line: int, said: Row) -> Row | None:
        """Return what a line says as the schema loads it; None, with its faults noted, where that is wrong."""
        try:
            return dict(load(schema, said))
        except Invalid as refusal:
            for error in refusal.errors:
                self.wrong(line, error["field"], error["code"], **error["limits"])
            return None

    def details(self, schema: Schema, line: int, given: Row, sectors: Mapping[str, str]) -> Row | None:
        """Return what a line says, with the code of its sector; None, with all that is wrong noted, where it cannot."""
        said = self.loaded(schema, line, given)
        known = self._with_sector(line, given if said is None else said, sectors)
        return said if known else None

    def _with_sector(self, line: int, said: Row, sectors: Mapping[str, str]) -> bool:
        """Put its code in the place of a sector that is named; where there is none such, note that, and say so."""
        if "sector" not in said:
            return True
        code = sectors.get(folded(said["sector"]))
        if code is None:
            self.wrong(line, "sector", "unknown-sector")
            return False
        said["sector"] = code
        return True

    def did(self, line: int, what: str, facts: Facts, *, person: Person | None = None, key: str | None = None) -> None:
        """Note what a line added or changed."""
        of = person.id if person else None
        self.done.append(ImportedLine(line=line, what=what, person_id=of, key=key, facts=facts))

    def number(self, what: str) -> int:
        """Return of how many lines that is what they did."""
        return sum(one.what == what for one in self.done)

    @property
    def errors(self) -> Sequence[Row]:
        """All that is wrong, from the first line to the last."""
        return sorted(self.sheet.errors, key=lambda error: int(error["line"]))
