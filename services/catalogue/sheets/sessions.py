"""Sessions from a sheet: a line for each meeting, and the lines of one slug are one session. New ones are drafts.

Without a slug, a session is the one of the same programme and title on the same day.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from services.catalogue import schemas, sessions
from services.catalogue.models import Session
from services.catalogue.sheets.kept import fields_of, kept
from services.catalogue.sheets.names import Alike, only, spelled
from services.catalogue.sheets.session_lines import Given, first_day, read
from services.catalogue.sheets.work import Row, Work, differs
from services.runtime.faults import Fault
from services.runtime.refusals import Invalid
from services.runtime.schemas import CITY, load
from services.runtime.sheets import Columns, column

COLUMNS: Final[Columns] = {
    "slug": column("Slug", "id", "session slug"),
    "title": column("Title", "session", "session title", "name", required=True),
    "programme": column("Programme", "programme slug", "programme title", "series", "course"),
    "delivery": column("Delivery", "kind", "type", "mode", "how it meets"),
    "date": column("Date", "day"),
    "starts_at": column("Starts at", "starts", "start", "start time", "begins", "from"),
    "ends_at": column("Ends at", "ends", "end", "end time", "finishes", "to", "until"),
    "venue": column("Venue", "venue name", "place", "location", "room"),
    "venue_address": column("Venue address", "address"),
    "venue_access": column("Venue access", "access", "getting in"),
    "link": column("Link", "join url", "link to join", "join link"),
    "places": column("Places", "places in room", "places in the room", "capacity"),
    "places_online": column("Places online"),
    "topics": column("Topics", "topic", "themes"),
    "speakers": column("Speakers", "speaker", "led by"),
    "summary": column("Summary", "description", "about"),
    "state": column("State", "status"),
}
SCHEMA: Final = schemas.NewSession()
Key = tuple[str, str, date]  # what a session is found by that has no slug: programme, title and day


def put(work: Work) -> None:
    """Make sessions what the lines say of them."""
    alike = Alike()
    there: dict[Key | None, list[Session]] = defaultdict(list)
    for session in work.all(Session):
        alike.add(session.title, session, _day_of(session))
        there[(session.programme.slug, spelled(session.title), _day_of(session))].append(session)
    taken: set[Any] = set()
    for rows in _grouped(work.rows):
        given = read(work, rows)
        if given is None:
            continue
        found = None
        with work.reading(given.line, "title"):
            found = _found(work, given, there)
        key = found or given.slug or _key_of(given)
        if key in taken:
            work.refuse(given.line, "title", Fault("repeated"))
            continue
        if key is not None:
            taken.add(key)
        if found is None:
            _add(work, given, alike)
        else:
            _change(work, given, found)


def taken_away(session: Session, wanted: Mapping[str, Any]) -> Iterator[tuple[str, Fault]]:
    """Yield what people may have of a published session that would go, each with its field.

    Whoever changes the session by itself is shown who would lose a place, or what was recorded.
    """
    if session.status != "published":
        return
    for name in ("places_in_room", "places_online"):
        if wanted[name] < getattr(session, name):
            yield name, Fault("fewer-places", {"min": getattr(session, name)})
    if len(wanted["meetings"]) < len(session.meetings):
        yield "meetings", Fault("fewer-meetings", {"min": len(session.meetings)})


def _grouped(rows: list[Row]) -> list[list[Row]]:
    """Return the lines of each session, in the order of their first ones."""
    groups: dict[str | int, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.cells.get("slug") or row.line, []).append(row)
    return list(groups.values())


def _found(work: Work, given: Given, there: Mapping[Key | None, list[Session]]) -> Session | None:
    """Return the session that is given, None where it is new. Raises Unreadable."""
    if given.slug:
        return work.names(Session).slug(given.slug)
    found = there.get(_key_of(given))
    return only(found) if found else None


def _key_of(given: Given) -> Key | None:
    """Return what a session is found by that has no slug; None where that is not all there."""
    programme, title, day = given.fields.get("programme"), given.fields.get("title"), first_day(given)
    return (programme, spelled(title), day) if programme and title and day else None


def _change(work: Work, given: Given, session: Session) -> None:
    stored = fields_of(session)
    if given.fields.get("delivery", session.delivery) != session.delivery:
        work.refuse(given.line_of("delivery"), "delivery", Fault("delivery-fixed"))
        return
    fields = dict(given.fields_for(session.delivery))
    if session.venue and "venue" in fields:
        fields["venue"] = {**session.venue, **fields["venue"]}
    wanted = _loaded(work, given, stored | fields)
    if wanted is None:
        return
    is_other = differs(SCHEMA, wanted, stored)
    for name, fault in taken_away(session, wanted):
        column = given.column_of(name)
        work.refuse(given.line_of(column), column, fault)
    publishes = given.published and session.status == "draft"
    if (is_other or publishes) and session.status == "cancelled":
        work.refuse(given.line, "title", Fault("session-cancelled"))
        return
    if publishes and session.template is not None:
        work.refuse(given.line_of("state"), "state", Fault("not-a-choice", {"choices": ["draft"]}))
        return
    before = kept(session)
    if is_other or publishes:
        work.touch(session, *session.materials)  # its topics are theirs too
    if is_other:
        sessions.assign(work.db, session, wanted)
    if publishes:
        session.publish()
    work.change(given.line, session, before)


def _add(work: Work, given: Given, alike: Alike) -> None:
    wanted = _loaded(work, given, given.fields_for(given.fields.get("delivery", "")))
    if wanted is None:
        return
    session = Session(changed_at=work.now)
    try:
        sessions.assign(work.db, session, wanted)
        work.take_slug(session, given.slug)
    except Invalid as refusal:
        given.refuse(work, refusal)
        return
    if given.published:
        session.publish()
    work.add(given.line, session, alike, _day_of(session))


def _loaded(work: Work, given: Given, fields: dict[str, Any]) -> dict[str, Any] | None:
    """Return a session as it is wanted; None where that is wrong, or a cell was."""
    try:
        wanted: dict[str, Any] = load(SCHEMA, fields)
    except Invalid as refusal:
        given.refuse(work, refusal)
        return None
    return None if work.is_wrong(*(row.line for row in given.rows)) else wanted


def _day_of(session: Session) -> date:
    first: datetime = session.meetings[0].starts_at
    return first.astimezone(CITY).date()
