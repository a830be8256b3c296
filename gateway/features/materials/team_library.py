"""The team's pages of materials that are of no session: those of a programme, and those of the library as a whole."""

from werkzeug.wrappers import Response

from gateway.features.materials.owners import of_neither, of_programme
from gateway.features.materials.team import add_to, show_empty_form, show_list
from gateway.features.materials.team_pasting import EMPTY_FORM, paste_to, show_paste_form
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.web.routing import page_routes

routes = page_routes("team_library", sign_in=for_the_team("Materials", lines="Materials"))


@routes.route("GET", "/team/materials", "Materials of the library", requires="team", query=("done", "cursor"))
def show_library(call: Call) -> Response:
    """All of them, whether they are published or not."""
    return show_list(call, of_neither(call))


@routes.route("GET", "/team/materials/new", "New material", requires="team")
def show_new_of_library(call: Call) -> Response:
    """An empty form."""
    return show_empty_form(call, of_neither(call))


@routes.route("POST", "/team/materials/new", "Add a material", requires="team")
def add_to_library(call: Call) -> Response:
    """Leads to the list; nobody else sees it until it is published."""
    return add_to(call, of_neither(call))


@routes.route("GET", "/team/materials/paste", "Add several materials", requires="team")
def show_paste_of_library(call: Call) -> Response:
    """An empty form."""
    return show_paste_form(call, of_neither(call), EMPTY_FORM)


@routes.route("POST", "/team/materials/paste", "Add several materials", requires="team")
def paste_to_library(call: Call) -> Response:
    """Shows first what was understood; once that was read, leads to the list."""
    return paste_to(call, of_neither(call))


@routes.route(
    "GET",
    "/team/programmes/{slug}/materials",
    "Materials of a programme",
    requires="team",
    query=("done", "cursor"),
)
def show_programme_materials(call: Call) -> Response:
    """Those of the programme itself, whether they are published or not."""
    return show_list(call, of_programme(call))


@routes.route("GET", "/team/programmes/{slug}/materials/new", "New material", requires="team")
def show_new_of_programme(call: Call) -> Response:
    """An empty form."""
    return show_empty_form(call, of_programme(call))


@routes.route("POST", "/team/programmes/{slug}/materials/new", "Add a material", requires="team")
def add_to_programme(call: Call) -> Response:
    """Leads to the list; nobody else sees it until it is published."""
    return add_to(call, of_programme(call))


@routes.route("GET", "/team/programmes/{slug}/materials/paste", "Add several materials", requires="team")
def show_paste_of_programme(call: Call) -> Response:
    """An empty form."""
    return show_paste_form(call, of_programme(call), EMPTY_FORM)


@routes.route("POST", "/team/programmes/{slug}/materials/paste", "Add several materials", requires="team")
def paste_to_programme(call: Call) -> Response:
    """Shows first what was understood; once that was read, leads to the list."""
    return paste_to(call, of_programme(call))
