"""The team's page of broken links: addresses of materials that failed on two days, with what to change."""

from datetime import datetime

from werkzeug.wrappers import Response

from gateway.parts.editing import show
from gateway.parts.sign_ins import for_the_team
from gateway.projection.call import Call
from gateway.web.pages.paging import next_page
from gateway.web.routing import page_routes, url_for

routes = page_routes("team_links", sign_in=for_the_team("Materials"))
AT_ONCE = 50


@routes.route("GET", "/team/links", "Broken links", requires="team", query=("cursor",))
def show_links(call: Call) -> Response:
    """Since when each is broken, what was found last, and the materials that have it."""
    cursor = call.query().get("cursor")
    page = call.catalogue("broken_links", cursor=cursor, limit=AT_ONCE).value
    links = [
        {**link, **{name: datetime.fromisoformat(link[name]) for name in ("broken_since", "checked_at")}}
        for link in page["items"]
    ]
    return show(
        call,
        "team_links.html",
        links=links,
        total=page["total"],
        checked=page["checked"],
        next=next_page("team_links.show_links", page["next"]),
        first=url_for("team_links.show_links") if cursor else None,
    )
