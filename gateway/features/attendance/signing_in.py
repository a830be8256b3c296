"""A sheet to print and to sign: everyone who has a place, by name, with room for a signature."""

from werkzeug.wrappers import Response

from gateway.parts.sign_ins import FOR_FACILITATORS, show
from gateway.parts.team_views import all_rows, name_without_address, session_of
from gateway.projection.call import Call
from gateway.web.routing import page_routes

routes = page_routes("team_signing_in", sign_in=FOR_FACILITATORS, private=True)


@routes.route("GET", "/team/sessions/{slug}/attendance/to-sign", "Sheet to sign", requires="facilitator")
def show_signing_in(call: Call) -> Response:
    """By name, with the organisation; nobody's address. Empty lines are for those who come without a place."""
    session = session_of(call)
    people = [
        {"shown_name": name_without_address(row["person"], row["reference"]), **row["person"]}
        for row in all_rows(call, "expected", slug=session["slug"])
    ]
    people.sort(key=lambda person: person["shown_name"].casefold())
    return show(call, "team_signing_in.html", session=session, people=people)
