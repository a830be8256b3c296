"""What members report of each other, for the team to read."""

from datetime import datetime
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from gateway import lists
from gateway.call import Call
from gateway.pages.doors import only_for, show
from gateway.read_model import Data
from gateway.routing import Routes

routes = Routes("Pages", prefix="")


@routes.route("GET", "/team/reports", "anyone", "Reports", media="text/html", query=("cursor",))
@only_for("team")
def show_reports(call: Call) -> Response:
    """The latest first: who reported whom, what they say, and the message that began it."""
    cursor = call.query().get("cursor")
    page = call.community("reports", cursor=cursor, limit=lists.USUAL).value
    next_page = f"/team/reports?{urlencode({'cursor': page['next']})}" if page["next"] else None
    first = "/team/reports" if cursor else None
    return show(call, "team_reports.html", rows=[_seen(row) for row in page["items"]], next=next_page, first=first)


def _seen(row: Data) -> Data:
    asked = row["by"] if row["asked_by"] == row["by"]["id"] else row["about"]
    return {**row, "asked": asked["name"], "created_at": datetime.fromisoformat(row["created_at"])}
