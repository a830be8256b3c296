"""A page for each kind of problem: the address that `type` names in a problem document."""

from werkzeug.wrappers import Response

from gateway.projection.call import Call
from gateway.web.problems import PROBLEMS
from gateway.web.routing import page_routes
from services.runtime.refusals import NotFound

routes = page_routes("errors")


@routes.route("GET", "/problems", "All problems", requires="anyone")
def all_problems(call: Call) -> Response:
    """In the order of their status."""
    rows = sorted(PROBLEMS.items(), key=lambda item: (item[1].status, item[0]))
    return call.app.pages.show(call, "problems.html", lambda: {"problems": rows})


@routes.route("GET", "/problems/{slug}", "A problem explained", requires="anyone")
def one_problem(call: Call) -> Response:
    """For whoever follows the link."""
    problem = PROBLEMS.get(call.path["slug"])
    if problem is None:
        raise NotFound("There is no problem of this name.")
    return call.app.pages.show(call, "problem.html", lambda: {"slug": call.path["slug"], "problem": problem})
