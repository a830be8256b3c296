"""What somebody facilitates: their sessions, made for a phone; and who is coming to one of them."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.parts.asked_questions import answers_by_booking
from gateway.parts.sign_ins import FOR_FACILITATORS, show
from gateway.parts.team_views import all_rows, name_without_address, seen, session_of, where_of
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.routing import SignIn, page_routes

HEADING: Final = "Sessions you facilitate"
routes = page_routes("facilitating", sign_in=SignIn(HEADING, "to see them"), private=True)


@routes.route("GET", "/facilitating", HEADING, requires="person")
def show_facilitating(call: Call) -> Response:
    """The next one first, each with what there is to do; then those that are over."""
    call.model.require_ready()
    sessions = [_row(call, slug) for slug in call.who().get("facilitates", ())]
    there = sorted((one for one in sessions if one is not None), key=lambda one: (one["starts_at"], one["slug"]))
    over = [one for one in reversed(there) if one["ends_at"] <= call.now]
    coming = [one for one in there if one["ends_at"] > call.now]
    return call.app.pages.show_form(call, "facilitating.html", coming=coming, over=over)


@routes.route(
    "GET", "/team/sessions/{slug}/expected", "Who is coming", requires="facilitator", sign_in=FOR_FACILITATORS
)
def show_expected(call: Call) -> Response:
    """By name, with where they work, and what they answered; nobody's address, and nothing that anybody needs."""
    session = session_of(call)
    said = answers_by_booking(call, session["slug"])
    people = [{**_person(call, row), "said": said.get(row["reference"], [])}
              for row in all_rows(call, "expected", slug=session["slug"])]  # fmt: skip
    people.sort(key=lambda person: (person["shown_name"].casefold(), person["reference"]))
    groups = {mode: [person for person in people if person["mode"] == mode] for mode in ("in_room", "online")}
    return show(call, "team_expected.html", session=session, people=len(people), groups=groups, asks=bool(said))


def _row(call: Call, slug: str) -> Data | None:
    """Return a session as it stands in the list; None while the catalogue has not told of it here."""
    session = call.model.sessions.get(slug)
    return seen(call, session) if session else None


def _person(call: Call, told: Data) -> Data:
    person = told["person"]
    return {
        "reference": told["reference"],
        "mode": told["mode"],
        "shown_name": name_without_address(person, told["reference"]),
        "job_role": person["job_role"],
        "where": where_of(call, person),
    }
