"""The next eight weeks at a glance: how full each session is, and who has a place in them."""

from datetime import timedelta
from typing import Final

from werkzeug.wrappers import Response

from gateway.features.operations.fillings import filled, with_sectors
from gateway.parts.sign_ins import FOR_THE_TEAM, show
from gateway.parts.team_views import sector_name, seen
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web.documents.charts import share_of, stacked
from gateway.web.routing import page_routes

routes = page_routes("team_dashboard", sign_in=FOR_THE_TEAM, private=True)
AHEAD: Final = timedelta(weeks=8)
PARTS: Final = ("taken", "over", "kept", "free", "waiting")  # of the bar of a session, from the left


@routes.route("GET", "/team/dashboard", "The next eight weeks", requires="team")
def show_dashboard(call: Call) -> Response:
    """As it is now, how it came to that, and which sectors are in each room."""
    call.model.require_ready()
    rows = [
        seen(call, session)
        for session in call.model.sessions.values()
        if session.data["status"] == "published" and call.now < session.ends_at and session.starts_at < call.now + AHEAD
    ]
    rows.sort(key=lambda row: (row["starts_at"], row["slug"]))
    most = max((sum(_parts(row).values()) for row in rows), default=0)
    for row in rows:
        row["bars"] = _bars(row, most)
    counted = call.registration("sectors_of", slugs=[row["slug"] for row in rows]).value["items"] if rows else []
    totals = {name: sum(row[name] for row in rows) for name in ("capacity", *PARTS)}
    each = with_sectors(call, filled(call, rows), counted)
    in_sectors = _by_sector(call, counted)
    return show(call, "team_dashboard.html", rows=rows, totals=totals, each=each, in_sectors=in_sectors)


def _bars(row: Data, most: int) -> list[dict[str, int | str]]:
    """Return the parts of a session's bar, as long as the session is large beside the others."""
    parts = _parts(row)
    return stacked(parts, share_of(sum(parts.values()), most))


def _parts(row: Data) -> dict[str, int]:
    return {name: row[name] for name in PARTS}


def _by_sector(call: Call, counted: list[Data]) -> list[Data]:
    """Return `{name, people, width}` of every sector of the city, and of who has not said theirs, the most first."""
    people: dict[str | None, int] = dict.fromkeys(call.model.sector_names, 0)
    for row in counted:
        people[row["sector"]] = people.get(row["sector"], 0) + row["people"]
    most = max(people.values(), default=0)
    rows = [
        {"name": sector_name(call, code), "people": count, "width": share_of(count, most)}
        for code, count in people.items()
    ]
    return sorted(rows, key=lambda row: (-int(str(row["people"])), str(row["name"])))
