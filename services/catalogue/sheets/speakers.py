"""Speakers from a sheet, one a line: found by slug, or else by their name as it is written."""

from typing import Final

from services.catalogue import schemas, speakers
from services.catalogue.models import Session, Speaker
from services.catalogue.sheets.kept import fields_of, kept
from services.catalogue.sheets.names import Alike, Names, only, spelled
from services.catalogue.sheets.work import Row, Work, differs
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid
from services.runtime.schemas import load
from services.runtime.sheets import Columns, column

COLUMNS: Final[Columns] = {
    "slug": column("Slug", "id"),
    "name": column("Name", "full name", "speaker", "speaker name", required=True),
    "role": column("Role", "job title", "job", "position"),
    "organisation": column("Organisation", "organization", "company", "employer", "affiliation", "where they work"),
    "about": column("About", "bio", "biography", "description"),
}
COLUMN_OF: Final = {"affiliation": "organisation", "bio": "about"}  # by field, where they are called differently
SCHEMA: Final = schemas.NewSpeaker()


def put(work: Work) -> None:
    """Make speakers what the lines say of them."""
    alike = Alike()
    led: dict[Speaker, list[Session]] = {speaker: [] for speaker in work.all(Speaker)}
    for speaker in led:
        alike.add(speaker.name, speaker)
    for session in work.all(Session):
        for speaker in session.speakers:
            led[speaker].append(session)
    taken: set[str] = set()
    for row in work.rows:
        found = None
        with work.reading(row.line, "name"):
            found = _found(work.names(Speaker), row)
        if work.is_wrong(row.line):
            continue
        named = found.slug if found else row.cells.get("slug") or spelled(row.cells.get("name", ""))
        if named and named in taken:
            work.refuse(row.line, "slug" if "slug" in row.cells else "name", Fault("repeated"))
            continue
        taken.add(named)
        if found:
            _change(work, row, found, led[found])
        else:
            _add(work, row, alike)


def _found(there: Names[Speaker], row: Row) -> Speaker | None:
    """Return the speaker of a line, None where they are new. Raises Unreadable."""
    if slug := row.cells.get("slug"):
        return there.slug(slug)
    found = there.called(row.cells.get("name", ""))
    return only(found) if found else None


def _change(work: Work, row: Row, speaker: Speaker, led: list[Session]) -> None:
    stored = fields_of(speaker)
    try:
        wanted = load(SCHEMA, stored | _given(row))
    except Invalid as refusal:
        _refuse(work, row, refusal)
        return
    before = kept(speaker)
    if differs(SCHEMA, wanted, stored):
        work.touch(speaker, *led)
        speakers.assign(speaker, wanted)
    work.change(row.line, speaker, before)


def _add(work: Work, row: Row, alike: Alike) -> None:
    speaker = Speaker()
    try:
        given = load(SCHEMA, _given(row))
        speakers.assign(speaker, given)
        work.take_slug(speaker, given.get("slug"))
    except Invalid as refusal:
        _refuse(work, row, refusal)
        return
    work.add(row.line, speaker, alike)


def _given(row: Row) -> dict[str, str]:
    cells = row.cells
    given = {"slug": cells.get("slug"), "name": cells.get("name"), "bio": cells.get("about")}
    given["affiliation"] = ", ".join(cells[name] for name in ("role", "organisation") if name in cells)
    return {name: value for name, value in given.items() if value}


def _refuse(work: Work, row: Row, refusal: Invalid) -> None:
    for error in refusal.errors:
        work.refuse_as(row.line, COLUMN_OF.get(error["field"], error["field"]), error)
