"""The team’s pages of where someone works and has worked. They are told what is changed."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.account.employment_pages import EmploymentPages
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.web.routing import page_routes

routes = page_routes("team_employments", sign_in=for_the_team("Where someone has worked"), private=True)
PAGES: Final = EmploymentPages(
    "team_employments.show_list",
    "team_employments.show_add",
    "team_employments.show_change",
    "team_employments.show_remove",
    of_team=True,
)


@routes.route("GET", "/team/people/{id}/employments", "Where someone has worked", requires="team", query=("done",))
def show_list(call: Call) -> Response:
    """Each employment, the present one first."""
    return PAGES.show_list(call)


@routes.route("GET", "/team/people/{id}/employments/add", "Add a place of work", requires="team")
def show_add(call: Call) -> Response:
    """An empty form."""
    return PAGES.show_add(call)


@routes.route("POST", "/team/people/{id}/employments/add", "Add a place of work", requires="team")
def add(call: Call) -> Response:
    """Leads to the list."""
    return PAGES.add(call)


@routes.route("GET", "/team/people/{id}/employments/{employment}", "Change a place of work", requires="team")
def show_change(call: Call) -> Response:
    """A form with what is known of it."""
    return PAGES.show_change(call)


@routes.route("POST", "/team/people/{id}/employments/{employment}", "Change a place of work", requires="team")
def change(call: Call) -> Response:
    """Leads to the list; says so where it was changed elsewhere meanwhile."""
    return PAGES.change(call)


@routes.route("GET", "/team/people/{id}/employments/{employment}/remove", "Remove a place of work", requires="team")
def show_remove(call: Call) -> Response:
    """Says what it means, with a button."""
    return PAGES.show_remove(call)


@routes.route("POST", "/team/people/{id}/employments/{employment}/remove", "Remove a place of work", requires="team")
def remove(call: Call) -> Response:
    """Leads to the list, also where it was removed already."""
    return PAGES.remove(call)
