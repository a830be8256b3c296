"""Sectors: the settings that people of the city work in."""

from werkzeug.wrappers import Response

from gateway import answers, shapes
from gateway.call import Call
from gateway.routing import Routes

routes = Routes("Sectors")


@routes.route("GET", "/sectors", "anyone", "List sectors", returns=shapes.Sector, lists=True)
def list_sectors(call: Call) -> Response:
    """All of them, in the city's own order."""
    call.model.require_ready()

    def write() -> bytes:
        city = call.model.city
        return answers.to_json({"items": city["sectors"] if city else [], "next": None})

    written = call.house.shelf.get("sectors", call.now, write)
    return answers.single(call, written.content, written.etag, personal=False)
