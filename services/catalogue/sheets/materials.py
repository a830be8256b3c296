"""Materials from a sheet, one a line: each is that of its session or programme at its address. New ones are drafts."""

from typing import Final

from services.catalogue import materials, schemas
from services.catalogue.materials import Owner
from services.catalogue.models import Material, Programme, Session
from services.catalogue.sheets.cells import word_in
from services.catalogue.sheets.kept import fields_of, kept
from services.catalogue.sheets.names import Alike
from services.catalogue.sheets.work import Row, Work, differs
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid
from services.runtime.schemas import load
from services.runtime.sheets import Columns, column

COLUMNS: Final[Columns] = {
    "session": column("Session", "session slug", "session title"),
    "programme": column("Programme", "programme slug", "programme title", "series", "course"),
    "title": column("Title", "name", "material"),
    "link": column("Link", "url", "address", "web address", required=True),
    "kind": column("Kind", "type"),
    "audience": column("Audience", "for", "who for", "who it is for"),
}
SCHEMA: Final = schemas.NewMaterial()
KINDS: Final = {
    **{"recording": "recording", "video": "recording", "slides": "slides", "presentation": "slides"},
    **{"document": "document", "pdf": "document", "link": "link", "website": "link"},
}
AUDIENCES: Final = {
    **{"everyone": "everyone", "public": "everyone", "community": "community", "members": "community"},
    **{"attendees": "attendees", "booked": "booked"},
}


def put(work: Work) -> None:
    """Make materials what the lines say of them."""
    there = {(materials.owner_of(material), material.url): material for material in work.all(Material)}
    alike = Alike()
    for (owner, _), material in there.items():
        alike.add(material.title, material, owner)
    taken: set[tuple[Owner, str]] = set()
    for row in work.rows:
        owner, given = _owner(work, row), _given(work, row)
        key = (owner, given.get("url", ""))
        if key in taken and key[1]:
            work.refuse(row.line, "link", Fault("repeated"))
            continue
        taken.add(key)
        _put(work, row, owner, given, there.get(key), alike)


def _put(work: Work, row: Row, owner: Owner, given: dict[str, str], material: Material | None, alike: Alike) -> None:
    stored = fields_of(material) if material else {}
    if material and given.get("kind", material.kind) != material.kind:
        work.refuse(row.line, "kind", Fault("kind-fixed"))
        return
    try:
        wanted = load(SCHEMA, stored | given)
    except Invalid as refusal:
        for error in refusal.errors:
            work.refuse_as(row.line, "link" if error["field"] == "url" else error["field"], error)
        return
    if work.is_wrong(row.line):
        return
    if not isinstance(owner, Session) and wanted["audience"] not in schemas.WITHOUT_SESSION:
        work.refuse(row.line, "audience", Fault("not-a-choice", {"choices": list(schemas.WITHOUT_SESSION)}))
    elif material is None:
        _add(work, row, owner, wanted, alike)
    else:
        before = kept(material)
        if differs(SCHEMA, wanted, stored):
            work.touch(material)
            materials.assign(material, wanted)
        work.change(row.line, material, before)


def _add(work: Work, row: Row, owner: Owner, wanted: dict[str, str], alike: Alike) -> None:
    material = materials.new(owner, wanted)
    work.add(row.line, material, alike, owner)


def _owner(work: Work, row: Row) -> Owner:
    """Return what the material of a line is of; a programme beside a session says which session."""
    programme = session = None
    with work.reading(row.line, "programme"):
        if said := row.cells.get("programme"):
            programme = work.names(Programme).the_one(said)
    with work.reading(row.line, "session"):
        if said := row.cells.get("session"):
            session = work.names(Session).the_one(said, lambda one: programme in (None, one.programme))
    return session or programme


def _given(work: Work, row: Row) -> dict[str, str]:
    """Return what a line gives of a material."""
    given = {"title": row.cells.get("title", ""), "url": row.cells.get("link", "")}
    for name, words in (("kind", KINDS), ("audience", AUDIENCES)):
        if said := row.cells.get(name):
            with work.reading(row.line, name):
                given[name] = word_in(said, words)
    return {name: value for name, value in given.items() if value}
