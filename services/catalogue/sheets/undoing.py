"""Undoing an import, as a whole: what it added goes, and what it changed is what it was.

Where someone has edited one of its things since, nothing is undone, and the refusal says which lines those are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session as OrmSession

from services.catalogue import materials, removing, sessions, speakers, topics
from services.catalogue.errors import ImportEdited, ImportOver
from services.catalogue.events import announce_changes, states
from services.catalogue.importing import everything
from services.catalogue.models import Import, ImportLine, Session, Speaker
from services.catalogue.sheets.kept import FIELDS, kept
from services.catalogue.sheets.sessions import taken_away
from services.catalogue.sheets.work import error_at
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid, NotFound
from services.runtime.schemas import load

Led = dict[Any, list[Session]]  # by speaker


def to_undo(db: OrmSession, now: datetime) -> list[Import]:
    """Return the imports that can be undone or were, the last one first."""
    rows = db.scalars(select(Import).order_by(Import.number.desc()))
    return [made for made in rows if made.undo_until > now]


def undo(db: OrmSession, id: str, now: datetime) -> Import:
    """Undo an import. Raises NotFound; ImportOver, also the second time; ImportEdited with the `lines`."""
    rows = select(Import).where(Import.id == id).with_for_update()
    made = db.scalars(rows.execution_options(populate_existing=True)).one_or_none()
    if made is None:
        raise NotFound("There is no such import.")
    if made.undone_at is not None or made.undo_until <= now:
        raise ImportOver
    _undo(db, made, now)
    made.undone_at = now
    db.flush()
    return made


def over(since: datetime) -> Select[Any]:
    """Return the query of the imports that were made at `since` or earlier."""
    return select(Import.number).where(Import.made_at <= since).order_by(Import.number)


def let_go(db: OrmSession, numbers: Sequence[int], now: datetime) -> None:
    """Forget imports, with their journals."""
    db.execute(delete(ImportLine).where(ImportLine.import_number.in_(numbers)))
    db.execute(delete(Import).where(Import.number.in_(numbers)))


def _undo(db: OrmSession, made: Import, now: datetime) -> None:
    there = {thing.subject: thing for thing in everything(db)}
    led = _led(there.values())
    pairs = [(entry, there.get(entry.subject)) for entry in made.lines]
    wrong = [(entry, fault) for entry, thing in pairs if (fault := _in_the_way(db, entry, thing, led))]
    if wrong:
        raise ImportEdited(lines=[error_at(entry.line, "", fault) for entry, fault in wrong])
    changed = [(entry, thing) for entry, thing in pairs if thing is not None and entry.before is not None]
    touched = {one.subject: one for _, thing in changed for one in [thing, *_shown_by(thing, led)]}
    before = states(touched.values())
    for entry, thing in changed:
        _put_back(db, entry, thing)
    announce_changes(db, now, before, list(touched.values()))
    for entry, thing in pairs:
        if thing is not None and entry.before is None:
            _remove(db, thing)


def _in_the_way(db: OrmSession, entry: ImportLine, thing: Any, led: Led) -> Fault | None:
    """Return why a line cannot be undone, None where it can."""
    if thing is None:
        return Fault("changed-since") if entry.before else None  # what was added is gone already
    if isinstance(thing, Session) and (fault := _status_in_the_way(entry, thing)):
        return fault
    if isinstance(thing, Session) and entry.before is not None:
        for _, fault in taken_away(thing, entry.before):
            return fault
    if _as_editors_see(db, kept(thing)) != _as_editors_see(db, entry.after):
        return Fault("changed-since")
    if entry.before is None and isinstance(thing, Session) and thing.materials:
        return Fault("changed-since")
    if entry.before is None and led.get(thing):
        return Fault("speaker-in-session")
    return None


def _status_in_the_way(entry: ImportLine, session: Session) -> Fault | None:
    if session.status == "cancelled":
        return Fault("session-cancelled")
    published_by_it = entry.before is None or entry.before["status"] != entry.after["status"]
    return Fault("session-published") if published_by_it and session.status == "published" else None


def _as_editors_see(db: OrmSession, fields: dict[str, Any]) -> dict[str, Any]:
    """Return what is compared: topics under the names that they have now, and no status of a session."""
    if "topics" not in fields:
        return fields
    renamed = topics.renamed(db)
    now = [renamed.get(topic, topic) for topic in fields["topics"]]
    return {**fields, "topics": list(dict.fromkeys(now)), "status": None}


def _put_back(db: OrmSession, entry: ImportLine, thing: Any) -> None:
    """Make a thing what it was before. Raises ImportEdited where that named what there is not any more."""
    assert entry.before is not None
    schema = FIELDS[type(thing)]
    try:
        wanted = load(schema, {name: value for name, value in entry.before.items() if name in schema.fields})
        if isinstance(thing, Session):
            sessions.assign(db, thing, wanted)
        elif isinstance(thing, Speaker):
            speakers.assign(thing, wanted)
        else:
            materials.assign(thing, wanted)
    except Invalid as refusal:
        raise ImportEdited(lines=[error_at(entry.line, "", Fault("changed-since"))]) from refusal


def _remove(db: OrmSession, thing: Any) -> None:
    if isinstance(thing, Session):
        removing.delete_session(db, thing.slug)
    elif isinstance(thing, Speaker):
        removing.delete_speaker(db, thing.slug)
    else:
        db.delete(thing)
        db.flush()


def _shown_by(thing: Any, led: Led) -> list[Any]:
    """Return what is announced along with a thing, as it shows the thing: its materials, or a speaker's sessions."""
    return list(thing.materials) if isinstance(thing, Session) else led.get(thing, [])


def _led(things: Iterable[Any]) -> Led:
    """Return the sessions of each speaker."""
    led: Led = defaultdict(list)
    for thing in things:
        if isinstance(thing, Session):
            for speaker in thing.speakers:
                led[speaker].append(thing)
    return led
