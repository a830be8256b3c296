"""The day sheet of a session: all that whoever runs it wants at hand, on a phone or on paper."""

from typing import Any, Final

from werkzeug.wrappers import Response

from gateway.parts.asked_questions import answers_by_booking
from gateway.parts.sign_ins import FOR_FACILITATORS, show
from gateway.parts.team_views import all_rows, name_without_address, session_of, where_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.routing import page_routes
from services.runtime.refusals import NotFound, Refusal

routes = page_routes("team_day_sheet", sign_in=FOR_FACILITATORS, private=True)
PLACES: Final = {"tables": "Table", "rooms": "Breakout room"}
NOWHERE: Final = "–"


@routes.route("GET", "/team/sessions/{slug}/day-sheet", "Day sheet", requires="facilitator")
def show_day_sheet(call: Call) -> Response:
    """When, where, who, at which table, and what they answered; nobody's address, and nothing that anybody needs."""
    session = session_of(call)
    slug = session["slug"]
    told = call.registration("day_sheet", slug=slug).value
    rows = list(all_rows(call, "expected", slug=slug))
    said, view = answers_by_booking(call, slug), _tables(call, slug)
    rounds = view["rounds"] if view else []
    at, step_free = _places(rounds), {*view["wishes"]["step_free"]} if view else set()
    people = [
        {
            "reference": row["reference"],
            "mode": row["mode"],
            "shown_name": name_without_address(row["person"], row["reference"]),
            "job_role": row["person"]["job_role"],
            "where": where_of(call, row["person"]),
            "at": at.get(row["reference"], NOWHERE) if rounds else "",
            "step_free": row["reference"] in step_free,
            "said": said.get(row["reference"], []),
        }
        for row in rows
    ]
    people.sort(key=lambda person: (person["shown_name"].casefold(), person["reference"]))
    context: dict[str, Any] = {
        "people": people,
        "counts": {mode: sum(person["mode"] == mode for person in people) for mode in ("in_room", "online")},
        "join_url": told["join_url"],
        "needs": told["needs"],
        "place": PLACES[view["kind"]] if view else "",
        "rounds": len(rounds),
        "is_draft": bool(rounds) and view is not None and view["status"] != "published",
    }
    return show(call, "team_day_sheet.html", session=session, **context)


def _tables(call: Call, slug: str) -> Data | None:
    """Return the tables that people were told of, or else the draft of them; None where there are none."""
    for status in ("published", None):
        try:
            return dict(call.community("tables", slug=slug, status=status).value)
        except Refusal as refusal:
            if refusal.code != NotFound.code:
                raise
    return None


def _places(rounds: list[Any]) -> dict[str, str]:
    """Return where each booking sits, by the numbers of its tables in the order of the rounds."""
    numbers: dict[str, list[str]] = {}
    for round, tables in enumerate(rounds):
        for number, seats in enumerate(tables, start=1):
            for seat in seats:
                numbers.setdefault(seat["reference"], [NOWHERE] * len(rounds))[round] = str(number)
    return {reference: ", ".join(at) for reference, at in numbers.items()}
