"""Sectors: the settings that people of the city work in."""

from werkzeug.wrappers import Response

from gateway.parts.reading import latest
from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.projection.read_model import Data
from gateway.web import conditional, responses
from gateway.web.routing import Routes
from services.catalogue import schemas as catalogue
from services.runtime.refusals import NotFound

routes = Routes("api.sectors", "Sectors")


@routes.route("GET", "/sectors", "List sectors", requires="anyone", returns=response_schemas.Sector, lists=True)
def list_sectors(call: Call) -> Response:
    """All of them, in the city's own order."""
    call.model.require_ready()

    def write() -> bytes:
        return responses.to_json({"items": call.model.sectors, "next": None})

    written = call.app.cache.get("sectors", call.now, write)
    return responses.single(call, written.content, written.etag, personal=False)


@routes.route("GET", "/sectors/{code}", "Read a sector", requires="anyone", returns=response_schemas.Sector)
def read_sector(call: Call) -> Response:
    """The team reads what the catalogue holds."""
    code = call.path["code"]
    if call.is_team() and (value := latest(call, "sector", code=code)):
        content, etag = _written(value)
        return responses.single(call, content, etag, personal=True)
    call.model.require_ready()
    found = next((sector for sector in call.model.sectors if sector["code"] == code), None)
    if found is None:
        raise NotFound("There is no sector of this code.")
    content, etag = _written(found)
    return responses.single(call, content, etag, personal=False)


@routes.route(
    "PATCH",
    "/sectors/{code}",
    "Change a sector",
    requires="team",
    body=catalogue.SectorText,
    partial=True,
    returns=response_schemas.Sector,
    if_match=True,
)
def change_sector(call: Call) -> Response:
    """Only the fields that are given. The code never changes: it is in people's accounts."""
    answer = call.catalogue("change_sector", code=call.path["code"], version=call.version, given=call.given)
    content, etag = _written(answer.value)
    return responses.written(content, 200, answer.replayed, ETag=etag)


def _written(sector: Data) -> tuple[bytes, str]:
    """Return a sector as everyone reads it, and its ETag."""
    content = responses.to_json({name: sector[name] for name in response_schemas.Sector().fields})
    return content, conditional.tag(content, sector["version"])
