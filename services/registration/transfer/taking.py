"""A file that is being taken: who is who here, what is wrong with it, and what became of its rows so far."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session as OrmSession

from services.registration.models import Person
from services.runtime.faults import Fault

Row = dict[str, Any]


@dataclass
class Taking:
    """`ids` are the ids here of those whom the file names, `left_out` the ids in the file of who was erased here.

    `gone` is who was erased by the list that outlives the database.
    """

    db: OrmSession
    caller: Person
    now: datetime
    gone: frozenset[str] = frozenset()
    ids: dict[str, str] = field(default_factory=dict)
    left_out: set[str] = field(default_factory=set)
    new: dict[str, Row] = field(default_factory=dict)
    errors: list[Row] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: {n: Counter() for n in ("created", "same", "out")})

    def wrong(self, path: str, code: str, /, **limits: Any) -> None:
        """Note what is wrong, with the path of its field in the file."""
        if len(self.errors) < 100:
            self.errors.append(Fault(code, limits).at(path))

    def did(self, what: str, kind: str, number: int = 1) -> None:
        """Count what became of rows of a kind: they were `created`, are the `same`, or left `out`."""
        self.counts[what][kind] += number

    def person(self, id: str | None, path: str) -> str | None:
        """Return who that is here; note it where the file names someone who is neither in it nor here."""
        if id is None:
            return None
        if id not in self.ids:
            if self.db.get(Person, id) is None:
                self.wrong(path, "no-such-person")
                return None
            self.ids[id] = id
        return self.ids[id]
