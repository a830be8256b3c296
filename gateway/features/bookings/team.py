"""The team's pages of a session's bookings: the list, the waiting list, and booking a place for somebody."""

from collections.abc import Callable, Collection
from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_THE_TEAM, key_of, once, show
from gateway.parts.team_views import (
    TO_FIND,
    bookings_and_who_is_first,
    bookings_of,
    follow_figures,
    name_of,
    session_of,
)
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.pages.field_errors import EMAIL, SHORT, Asked, found, in_form
from gateway.web.pages.forms import typed
from gateway.web.pages.layout import go
from gateway.web.routing import page_routes, url_for
from services.registration.schemas import MOST_AT_ONCE, BookingForSomebody
from services.runtime.refusals import Invalid, Refusal
from services.runtime.search import index_of, matches, words_of

routes = page_routes("team_bookings", sign_in=FOR_THE_TEAM, private=True)
AT_ONCE: Final = 50
FILTERS: Final = ("q", "state", "sort")
SORTS: Final[dict[str, tuple[str, Callable[[Data], Any]]]] = {
    "booked": ("When they booked", lambda booking: booking["created_at"]),
    "latest": ("When they booked, the latest first", lambda booking: -booking["created_at"].timestamp()),
    "name": ("Name", lambda booking: booking["shown_name"].casefold()),
    "sector": ("Where they work", lambda booking: (booking["sector_name"], booking["shown_name"].casefold())),
    "state": (
        "State",
        lambda booking: ([*TO_FIND].index(booking["state"]), booking["state_in_words"], booking["position"] or 0),
    ),
}
COLUMNS: Final = (  # what a heading says, and the orders that it leads to
    ("Name", "name", None),
    ("State", "state", None),
    ("Where they work", "sector", None),
    ("Booked", "booked", "latest"),
)
FIELDS: Final = ("email", "name", "mode", "access_needs", "if_full", "reason")
WHY: Final = "Say why you give a place beyond those that there are"
ADMITTED: Final = "They have a place now. We have emailed them."
IN_THE_WAY: Final = ("session-full", "already-booked", "booking-closed", "session-cancelled")
ASKED: Final = {
    "email": Asked(ask=EMAIL),
    "name": Asked("the name", but=SHORT),
    "mode": Asked(ask="Choose in the room or online"),
    "access_needs": Asked("what they need", but=SHORT),
    "if_full": Asked(ask="Choose what to do if there is no place"),
    "reason": Asked("the reason", but={**SHORT, "reason-missing": WHY}),
}


@routes.route(
    "GET", "/team/sessions/{slug}/bookings", "A session’s bookings", requires="team", query=(*FILTERS, "page", "select")
)
def show_bookings(call: Call) -> Response:
    """Everybody who booked, to be searched and sorted; each leads to their booking, or several are selected."""
    return show_selection(call)


def show_selection(call: Call, status: int = 200, selected: Collection[str] = (), error: str = "") -> Response:
    """Show the list with these bookings selected, by their references; or all, where the address says so."""
    query = call.query()
    asked = {name: query.get(name, "").strip() for name in FILTERS}
    state, sort = asked["state"], asked["sort"]
    session = session_of(call)
    rows, asked_first = bookings_and_who_is_first(call, state if state in TO_FIND else None)
    looked_for = words_of(asked["q"])
    found = [row for row in rows if matches(_index(row), looked_for)]
    found.sort(key=SORTS.get(sort, SORTS["booked"])[1])
    all_of_them = query.get("select") == "all" and len(found) <= MOST_AT_ONCE
    at_once = MOST_AT_ONCE if all_of_them or selected else AT_ONCE
    pages = max(1, -(-len(found) // at_once))
    text = query.get("page", "1")
    page = min(pages, max(1, int(text))) if text.isascii() and text.isdigit() and len(text) < 6 else 1
    kept = {name: value for name, value in asked.items() if value}

    def to(number: int) -> str:
        return url_for("team_bookings.show_bookings", slug=session["slug"], **kept, page=number)

    shown: Data = {
        "asked_first": asked_first,
        "rows": found[(page - 1) * at_once : page * at_once],
        "found": len(found),
        "page": page,
        "pages": pages,
        "previous": to(page - 1) if page > 1 else None,
        "next": to(page + 1) if page < pages else None,
    }
    choices: Data = {"states": TO_FIND, "sorts": {name: words for name, (words, _) in SORTS.items()}}
    shown["columns"] = _columns(session["slug"], kept, sort)
    address: Data = {"slug": session["slug"], **kept}
    shown["select"] = {
        "all": url_for("team_bookings.show_bookings", **address, select="all") if len(found) <= MOST_AT_ONCE else None,
        "none": url_for("team_bookings.show_bookings", **address),
        "selected": {row["reference"] for row in shown["rows"] if all_of_them or row["reference"] in selected},
        "most": MOST_AT_ONCE,
    }
    errors = {"selected": error} if error else {}
    return show(call, "team_bookings.html", status, session=session, asked=asked, errors=errors, **shown, **choices)


def _columns(slug: str, kept: dict[str, str], sort: str) -> list[Data]:
    """Return the headings, each leading to the list in its order, or the other way round where it is in that order."""
    chosen = sort if sort in SORTS else next(iter(SORTS))
    columns = []
    for words, up, down in COLUMNS:
        to = down if down and chosen == up else up
        way = {up: "ascending", down: "descending"}.get(chosen)
        href = url_for("team_bookings.show_bookings", slug=slug, **{**kept, "sort": to})
        columns.append({"words": words, "sorted": way, "href": href})
    return columns


def _index(booking: Data) -> str:
    person = booking["person"]
    texts = (booking["reference"], person["name"], person["email"], person["organisation"])
    return index_of([text for text in texts if text])


@routes.route("GET", "/team/sessions/{slug}/waiting-list", "A session’s waiting list", requires="team", query=("done",))
def show_waiting_list(call: Call) -> Response:
    """Who waits, in order; who was offered a place, until when; and which places are held for whom."""
    session = session_of(call)
    rows, asked_first = bookings_and_who_is_first(call, "waiting")
    waiting = sorted(rows, key=lambda row: (row["position"] or 0, row["created_at"]))
    offered = sorted(bookings_of(call, "offered"), key=lambda row: row["answer_by"])
    shown: Data = {"waiting": waiting, "offered": offered, "is_coming": session["starts_at"] > call.now}
    shown["asked_first"] = asked_first
    shown["done"] = ADMITTED if call.query().get("done") == "admitted" else None
    return show(call, "team_waiting_list.html", session=session, **shown)


@routes.route("GET", "/team/sessions/{slug}/book", "Book for somebody", requires="team")
def show_book(call: Call) -> Response:
    """The form."""
    return _ask(call, dict.fromkeys(FIELDS, ""))


@routes.route("POST", "/team/sessions/{slug}/book", "Book for somebody", requires="team")
def book(call: Call) -> Response:
    """Leads to the booking; or says at the field what is in the way."""
    said = typed(call, *FIELDS)
    errors = _wrong(call, said)
    if errors:
        return _ask(call, said, errors, 422)
    try:
        slug, key = call.path["slug"], key_of(call)
        answer = once(lambda: call.registration("book_for", slug=slug, given=_given(said), key=key))
    except Refusal as refusal:
        if refusal.code == Invalid.code:
            return _ask(call, said, in_form(refusal, ASKED, said), 422)
        if refusal.code not in IN_THE_WAY:
            raise
        return _ask(call, said, {"email": refusal.detail}, 409, booked=refusal.facts.get("reference"))
    follow_figures(call, answer)
    if answer is None:
        return go("team_bookings.show_bookings", slug=slug, sort="latest")
    done = "booked_for_another" if answer.value.get("name_used") is False else "booked"
    return go("team_booking.show_booking", reference=answer.value["reference"], done=done)


def _wrong(call: Call, said: dict[str, str]) -> dict[str, str]:
    """Return all that is missing or wrong, at its field, in the order of the form."""
    errors = found(BookingForSomebody(), _given(said), ASKED)
    if len(session_of(call)["modes"]) > 1 and not said["mode"]:
        errors["mode"] = ASKED["mode"].ask
    if said["if_full"] == "anyway" and not said["reason"].strip():
        errors["reason"] = WHY
    return {field: errors[field] for field in FIELDS if field in errors}


def _given(said: dict[str, str]) -> dict[str, Any]:
    anyway = said["if_full"] == "anyway"
    given: dict[str, Any] = {name: text for name, text in said.items() if text.strip() and name != "if_full"}
    if not anyway:
        given.pop("reason", None)
    return {**given, "over_capacity": True} if anyway else {**given, "if_full": said["if_full"]}


def _ask(
    call: Call, said: dict[str, str], errors: dict[str, str] | None = None, status: int = 200, booked: str | None = None
) -> Response:
    context: Data = {"said": said, "errors": errors or {}, "booked": booked}
    if booked:
        context["booked_for"] = name_of(call.registration("booking_of_person", reference=booked).value["person"])
    return show(call, "team_book.html", status, session=session_of(call), **context)
