"""The pages on which someone says where they work and have worked."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.account.employment_pages import EmploymentPages
from gateway.projection.call import Call
from gateway.web.routing import SignIn, page_routes

SIGN_IN: Final = SignIn("Where you have worked", "to see where you have worked")
routes = page_routes("employments", sign_in=SIGN_IN, private=True)
PAGES: Final = EmploymentPages(
    "employments.show_list",
    "employments.show_add",
    "employments.show_change",
    "employments.show_remove",
    of_team=False,
)


@routes.route("GET", "/account/employments", "Where you have worked", requires="person", query=("done",))
def show_list(call: Call) -> Response:
    """Each employment, the present one first."""
    return PAGES.show_list(call)


@routes.route("GET", "/account/employments/add", "Add a place of work", requires="person")
def show_add(call: Call) -> Response:
    """An empty form."""
    return PAGES.show_add(call)


@routes.route("POST", "/account/employments/add", "Add a place of work", requires="person")
def add(call: Call) -> Response:
    """Leads to the list."""
    return PAGES.add(call)


@routes.route("GET", "/account/employments/{employment}", "Change a place of work", requires="person")
def show_change(call: Call) -> Response:
    """A form with what is known of it."""
    return PAGES.show_change(call)


@routes.route("POST", "/account/employments/{employment}", "Change a place of work", requires="person")
def change(call: Call) -> Response:
    """Leads to the list; says so where it was changed elsewhere meanwhile."""
    return PAGES.change(call)


@routes.route("GET", "/account/employments/{employment}/remove", "Remove a place of work", requires="person")
def show_remove(call: Call) -> Response:
    """Says what it means, with a button."""
    return PAGES.show_remove(call)


@routes.route("POST", "/account/employments/{employment}/remove", "Remove a place of work", requires="person")
def remove(call: Call) -> Response:
    """Leads to the list, also where it was removed already."""
    return PAGES.remove(call)
