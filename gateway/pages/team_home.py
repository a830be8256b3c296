"""Where the team's pages begin."""

from werkzeug.wrappers import Response

from gateway.call import Call
from gateway.pages.editing import show, team_only
from gateway.routing import Routes

routes = Routes("Pages", prefix="")


@routes.route("GET", "/team", "anyone", "Team", media="text/html")
@team_only("Team")
def show_home(call: Call) -> Response:
    """Links to all that the team does."""
    return show(call, "team_home.html")
