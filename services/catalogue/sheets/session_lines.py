"""What the lines of one session say together: each cell once, and a meeting for each line that has a time."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from services.catalogue.editing import slugs_from
from services.catalogue.models import Programme, Speaker
from services.catalogue.sheets.cells import Unreadable, day_in, list_in, moment_in, number_in, word_in
from services.catalogue.sheets.work import Row, Work
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid

TIMES: Final = ("date", "starts_at", "ends_at")  # the columns that each line has its own of
DELIVERIES: Final = {
    **dict.fromkeys(("in person", "face to face", "in room", "in a room", "on site"), "face_to_face"),
    **dict.fromkeys(("online", "virtual"), "virtual"),
    "hybrid": "hybrid",
}
STATES: Final = {"draft": "draft", "published": "published"}
COLUMN_OF: Final = {  # by field, where they are called differently
    **{"join_url": "link", "places_in_room": "places", "held_places": "places", "meetings": "starts_at"},
    **{"venue.address": "venue_address", "venue.access": "venue_access", "venue.name": "venue"},
}
OF_VENUE: Final = {"venue": "name", "venue_address": "address", "venue_access": "access"}


@dataclass
class Given:
    """A session as its lines give it: fields of a `NewSession` as JSON, as far as they are there."""

    rows: list[Row]
    slug: str | None
    fields: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)  # where each column first says something
    meetings: list[int] = field(default_factory=list)  # the lines of the meetings, in the order of these
    published: bool = False

    @property
    def line(self) -> int:
        """The first of its lines."""
        return self.rows[0].line

    def line_of(self, column: str) -> int:
        """Return the line where a column first says something."""
        return self.lines.get(column, self.line)

    def column_of(self, field: str) -> str:
        """Return the column that a field is given in, by its dotted path."""
        column = COLUMN_OF.get(field, field.partition(".")[0])
        return "places" if column == "places_online" and column not in self.lines else column

    def fields_for(self, delivery: str) -> dict[str, Any]:
        """Return the fields; where all are online, places are places online."""
        fields = dict(self.fields)
        if delivery == "virtual" and "places_in_room" in fields and "places_online" not in fields:
            fields["places_online"] = fields.pop("places_in_room")
        return fields

    def refuse(self, work: Work, refusal: Invalid) -> None:
        """Note what is wrong, each at its cell."""
        for error in refusal.errors:
            name = error["field"]
            if name == "meetings" and work.is_wrong(*(row.line for row in self.rows)):
                continue  # they are missing because a line of them cannot be read
            if found := re.match(r"meetings\.(\d+)\.(.*)", name):
                work.refuse_as(self.meetings[int(found[1])], found[2], error)
                continue
            column = self.column_of(name)
            work.refuse_as(self.line_of(column), column, error)


def read(work: Work, rows: list[Row]) -> Given | None:
    """Return what the lines say; what cannot be read is noted. None where one says something else than another."""
    given = Given(rows, rows[0].cells.get("slug"))
    if not _agree(work, given):
        return None
    cells = {column: row.cells[column] for row in reversed(rows) for column in row.cells if column not in TIMES}
    given.fields = {name: cells[name] for name in ("slug", "title", "summary") if name in cells}
    if "link" in cells:
        given.fields["join_url"] = cells["link"]
    if venue := {name: cells[column] for column, name in OF_VENUE.items() if column in cells}:
        given.fields["venue"] = venue
    readers: dict[str, tuple[str, Callable[[str], Any]]] = {
        "programme": ("programme", lambda said: work.names(Programme).the_one(said).slug),
        "delivery": ("delivery", lambda said: word_in(said, DELIVERIES)),
        "places": ("places_in_room", number_in),
        "places_online": ("places_online", number_in),
        "topics": ("topics", _topics_in),
        "speakers": ("speakers", lambda said: _speakers_in(work, said)),
    }
    for column in readers.keys() & cells.keys():
        name, reader = readers[column]
        with work.reading(given.line_of(column), column):
            given.fields[name] = reader(cells[column])
    with work.reading(given.line_of("state"), "state"):
        given.published = word_in(cells.get("state", "draft"), STATES) == "published"
    _take_meetings(work, given)
    return given


def first_day(given: Given) -> date | None:
    """Return the day of the first meeting, None where no line has a time."""
    meetings = given.fields.get("meetings")
    return datetime.fromisoformat(meetings[0]["starts_at"]).date() if meetings else None


def _agree(work: Work, given: Given) -> bool:
    """Note where each column first says something, and whether a later line says something else."""
    agreed = True
    first: dict[str, str] = {}
    for row in given.rows:
        for column, cell in row.cells.items():
            if column in TIMES:
                continue
            given.lines.setdefault(column, row.line)
            if first.setdefault(column, cell) != cell:
                work.refuse(row.line, column, Fault("differs-from-line", {"line": given.lines[column]}))
                agreed = False
    return agreed


def _take_meetings(work: Work, given: Given) -> None:
    """Take up a meeting for each line that says when, the earliest first."""
    meetings = []
    for row in given.rows:
        if not row.cells.keys() & set(TIMES):
            continue
        if meeting := _meeting(work, row):
            meetings.append((meeting, row.line))
    if meetings:
        meetings.sort(key=lambda found: found[0]["starts_at"])
        given.fields["meetings"] = [meeting for meeting, _ in meetings]
        given.meetings = [line for _, line in meetings]


def _meeting(work: Work, row: Row) -> dict[str, str] | None:
    """Return when a line meets; None where that is not all there, or cannot be read."""
    column = "date"
    try:
        day = day_in(row.cells["date"]) if "date" in row.cells else None
        column = "starts_at"
        starts = moment_in(_there(row, column), day)
        column = "ends_at"
        ends = moment_in(_there(row, column), datetime.fromisoformat(starts).date())
    except Unreadable as error:
        work.refuse(row.line, column, error.fault)
        return None
    return {"starts_at": starts, "ends_at": ends}


def _there(row: Row, column: str) -> str:
    if column not in row.cells:
        raise Unreadable(Fault("missing"))
    return row.cells[column]


def _speakers_in(work: Work, said: str) -> list[str]:
    """Return the slugs of those who are named."""
    return list(dict.fromkeys(work.names(Speaker).the_one(name).slug for name in list_in(said)))


def _topics_in(said: str) -> list[str]:
    """Return topics as they are written in addresses: “Systems thinking” is `systems-thinking`."""
    slugs = [next(slugs_from(name), "") for name in list_in(said)]
    if "" in slugs:
        raise Unreadable(Fault("not-a-slug", {"joined_by": "-"}))
    return list(dict.fromkeys(slugs))
