"""Where the team's pages begin."""

from typing import Final

from werkzeug.wrappers import Response

from gateway.features.site import first_steps
from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.parts.team_views import seen
from gateway.projection import lists
from gateway.projection.call import Call
from gateway.web.routing import page_routes
from services.runtime.refusals import Refusal, Unavailable

routes = page_routes("team_home", sign_in=for_the_team("Team"))
NEXT: Final = 5  # sessions that are shown


@routes.route("GET", "/team", "Team", requires="team", query=("done",))
def show_home(call: Call) -> Response:
    """What comes next in a new installation, the next sessions, and links to all that the team does."""
    call.model.require_ready()
    coming = lists.sessions(call.model, {"when": "upcoming", "limit": str(lists.MOST)}, call.now).rows
    held = [session for session in coming if session.data["status"] == "published"]
    sessions = [seen(call, session) for session in held[:NEXT]]
    by_application = [seen(call, session) for session in held if session.data["by_application"]]
    steps, done = first_steps.first_steps(call), call.query().get("done")
    hidden = first_steps.are_hidden(call)
    return show(
        call,
        "team_home.html",
        coming=sessions,
        to_give=[one for one in by_application if one["waiting"] and one["taken"] < one["capacity"]],
        reports=_open_reports(call),
        broken_links=_broken_links(call),
        steps=steps,
        hidden=hidden,
        done=done,
    )


def _open_reports(call: Call) -> int:
    """Return how many reports nobody has dealt with; the page does without, where that cannot be found out now."""
    try:
        return int(call.community("reports_waiting").value["open"])
    except Refusal as refusal:
        if refusal.code != Unavailable.code:
            raise
        return 0


def _broken_links(call: Call) -> int:
    """Return how many addresses of materials are broken; the page does without, where that cannot be found out now."""
    try:
        return int(call.catalogue("broken_links", limit=1).value["total"])
    except Refusal as refusal:
        if refusal.code != Unavailable.code:
            raise
        return 0
