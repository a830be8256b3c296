"""The kinds of file that can be imported, in the order in which they build on each other: one row for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.projection.call import Call
from gateway.web.call import Answer
from services.runtime.refusals import NotFound, Refusal

SECONDS: Final = 60.0  # for as many lines as a file may have


@dataclass(frozen=True)
class Kind:
    """A kind by its name in addresses: what pages call it, whose `import_csv` takes it, and what is in a file of it.

    `cells` are the columns, each with what a made-up line has there, and `hint` says what is worth knowing before.
    """

    name: str
    title: str
    service: str
    cells: Mapping[str, str]
    hint: str

    @property
    def columns(self) -> tuple[str, ...]:
        """What the first line of a file names."""
        return tuple(self.cells)

    @property
    def example(self) -> tuple[str, ...]:
        """The made-up line below it, to begin with."""
        return tuple(self.cells.values())


OF_ALL: Final = (
    Kind(
        "people",
        "People",
        "registration",
        {
            "Email": "asha@example.org",
            "Name": "Asha Patel",
            "Sector": "hospital",
            "Organisation": "Elm Court Hospital",
            "Job role": "Ward manager",
            "Since": "2024-09-01",
        },
        "Each person needs an email address, and a name if they are new. Since is the first day at that organisation."
        " Nobody is emailed, except people who use their account already and whose details change.",
    ),
    Kind(
        "organisations",
        "Organisations",
        "registration",
        {
            "Name": "Elm Court Hospital",
            "Sector": "hospital",
        },
        "People who type where they work are offered these names, so that all spell them alike. Who works there is in"
        " the file of people. Without a sector, a name is offered to everyone.",
    ),
    Kind(
        "speakers",
        "Speakers",
        "catalogue",
        {
            "Name": "Asha Patel",
            "Role": "Ward manager",
            "Organisation": "Elm Court Hospital",
            "About": "Leads a team of 30 on a medical ward.",
        },
        "Each speaker needs a name. One who is there already by that name is changed.",
    ),
    Kind(
        "sessions",
        "Sessions",
        "catalogue",
        {
            "Title": "Maxims in practice",
            "Programme": "virtual-sessions",
            "Delivery": "online",
            "Date": "2027-03-09",
            "Starts": "12:30",
            "Ends": "13:30",
            "Venue": "",
            "Places": "",
            "Places online": "100",
            "Topics": "trust, systems thinking",
            "Speakers": "Asha Patel",
            "Summary": "What good leaders say, and why it helps.",
            "State": "draft",
        },
        "Import the speakers first. Delivery is in person, online or hybrid. A session of several days has a line for"
        " each, all with the same Slug: add that column. Sessions come in as drafts, unless State says published."
        " Nobody is emailed about a session that is over.",
    ),
    Kind(
        "materials",
        "Materials",
        "catalogue",
        {
            "Session": "Maxims in practice",
            "Programme": "",
            "Title": "Slides",
            "Link": "https://example.org/slides.pdf",
            "Kind": "slides",
            "Audience": "everyone",
        },
        "Name a session or a programme, or neither. Kind is recording, slides, document or link. Materials come in as"
        " drafts.",
    ),
    Kind(
        "bookings",
        "Past bookings",
        "registration",
        {
            "Email": "asha@example.org",
            "Session": "maxims-in-practice",
            "State": "partly attended",
            "Mode": "online",
            "Meetings attended": "1, 3",
            "Booked on": "2024-05-01",
        },
        "Import the people and the sessions first. Session is the last part of a session’s web address. State is"
        " confirmed, attended, partly attended, absent or cancelled. Only sessions that were over two weeks ago can"
        " be in the file. They count in the figures, certificates and learning records, and nobody is emailed.",
    ),
)
KINDS: Final = {kind.name: kind for kind in OF_ALL}


def kind_of(call: Call) -> Kind:
    """Return the kind that the address names. Raises NotFound."""
    kind = KINDS.get(call.path["kind"])
    if kind is None:
        raise NotFound("There is no such kind of import.")
    return kind


def asked(call: Call, kind: Kind, text: str, *, dry_run: bool, key: str | None = None) -> Answer:
    """Have a file looked at or taken, by the service that keeps such things. Raises a refusal."""
    named = {"kind": kind.name, "text": text, "dry_run": dry_run, "timeout": SECONDS}
    answer: Answer = _peer(call, kind.service)("import_csv", **named, **({} if dry_run else {"key": key}))
    return answer


def undone(call: Call, id: str, key: str | None) -> dict[str, Any]:
    """Undo an import, by the service that knows it; return `{id, kind, undone, kept}`. Raises a refusal."""
    for service in _services():
        try:
            told: dict[str, Any] = _peer(call, service)("undo_import", id=id, key=key, timeout=SECONDS).value
        except Refusal as refusal:
            if refusal.code != NotFound.code:
                raise
            continue
        if told.get("drafts"):  # as where one is deleted
            call.registration("forget_drafts", slugs=told["drafts"])
        everything = told.get("add", 0) + told.get("change", 0)  # of a service that undoes all of it or nothing
        return {"id": id, "kind": told["kind"], "undone": told.get("undone", everything), "kept": told.get("kept", [])}
    raise NotFound("There is no such import.")


def listed(call: Call) -> list[dict[str, Any]]:
    """Return the imports that can be undone, or were, the latest first."""
    rows = [row for service in _services() for row in _peer(call, service)("list_imports").value]
    ids = {row["by"] for row in rows if isinstance(row["by"], str)}  # of a service that knows no names
    told = call.registration("importers", ids=sorted(ids)).value if ids else []
    names = {person["id"]: person["name"] for person in told}
    for row in rows:
        if isinstance(row["by"], str):
            row["by"] = {"id": row["by"], "name": names.get(row["by"])}
    return sorted(rows, key=lambda row: str(row["made_at"]), reverse=True)


def _services() -> list[str]:
    return list(dict.fromkeys(kind.service for kind in KINDS.values()))


def _peer(call: Call, service: str) -> Any:
    return getattr(call, service)
