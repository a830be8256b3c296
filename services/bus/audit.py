"""What a call leaves in the audit record: who saw, took away or changed what of other people's data.

A method says so once, `@rpc(…, records=seen("sessions/{slug}/bookings"))`, and its service sees that it is kept. What a
client asks for inside `exporting` is a file, which leaves with the data in it.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Session as OrmSession

from services.bus.outbox import announce

SEEN: Final = "data-seen"
EXPORTED: Final = "data-exported"
CHANGED: Final = "data-changed"
USES: Final = (SEEN, EXPORTED, CHANGED)
HEADER: Final = "export"  # of a call whose answer goes into a file
export: ContextVar[bool] = ContextVar("export", default=False)  # whether what is asked for now goes into a file


@dataclass(frozen=True)
class Entry:
    """That something was done with an `object`, a path such as `people/ID`; `person` is the one whose data it is.

    `person` is None where that follows from the object, or where the data are of many.
    """

    action: str
    object: str
    person: str | None = None


Facts = Mapping[str, Any]  # what the method was given, and what it returned
Records = Callable[[Facts], Iterable[Entry]]


@dataclass(frozen=True)
class _Template:
    """An entry whose object has names of facts in braces; none is made where one of those is null.

    `person` is where a fact says who it is about, such as `about.id`. With `each`, the facts are those of each row of
    that list.
    """

    action: str
    object: str
    person: str = ""
    each: str = ""

    def __call__(self, facts: Facts) -> Iterator[Entry]:
        rows = facts[self.each] if self.each else [facts]
        made = [self._entry(row) for row in rows if all(row[name] is not None for name in self._names)]
        yield from dict.fromkeys(made)

    @property
    def _names(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.object)

    def _entry(self, facts: Facts) -> Entry:
        whose: Any = facts if self.person else None
        for name in filter(None, self.person.split(".")):
            whose = whose and whose[name]
        return Entry(self.action, self.object.format_map(facts), whose)


def seen(object: str, *, person: str = "", each: str = "") -> Records:
    """Return what records that the caller saw the object; or took it away, where the answer goes into a file."""
    return _Template(SEEN, object, person, each)


def changed(object: str, *, person: str = "", each: str = "") -> Records:
    """Return what records that the caller changed the object."""
    return _Template(CHANGED, object, person, each)


def entries_of(records: Records, facts: Facts) -> list[Entry]:
    """Return what a call leaves in the record."""
    return [
        replace(entry, action=EXPORTED) if entry.action == SEEN and export.get() else entry for entry in records(facts)
    ]


@contextmanager
def exporting() -> Iterator[None]:
    """Have what is asked for inside be recorded as taken away."""
    token = export.set(True)
    try:
        yield
    finally:
        export.reset(token)


def announce_used(db: OrmSession, what: str, actor: str, entries: Sequence[Entry]) -> None:
    """Announce, as the event `what`, what `actor` did with the data of others; with their own is nobody's business."""
    of_others = [entry for entry in entries if entry.person != actor]
    if of_others:
        used = [{"action": entry.action, "object": entry.object, "person": entry.person} for entry in of_others]
        announce(db, what, f"audit/{uuid.uuid4()}", 1, {"actor": actor, "used": used, "version": 1})
