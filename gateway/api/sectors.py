"""Sectors: the settings that people of the city work in."""

from werkzeug.wrappers import Response

from gateway import answers, conditions, shapes
from gateway.api.reading import latest
from gateway.call import Call
from gateway.identity import is_team
from gateway.read_model import Data
from gateway.routing import Routes
from services.bus.refusals import NotFound
from services.catalogue import schemas as catalogue

routes = Routes("api.sectors", "Sectors")


@routes.route("GET", "/sectors", "List sectors", requires="anyone", returns=shapes.Sector, lists=True)
def list_sectors(call: Call) -> Response:
    """All of them, in the city's own order."""
    call.model.require_ready()

    def write() -> bytes:
        return answers.to_json({"items": _known(call), "next": None})

    written = call.house.shelf.get("sectors", call.now, write)
    return answers.single(call, written.content, written.etag, personal=False)


@routes.route("GET", "/sectors/{code}", "Read a sector", requires="anyone", returns=shapes.Sector)
def read_sector(call: Call) -> Response:
    """The team reads what the catalogue holds."""
    code = call.path["code"]
    if is_team(call) and (value := latest(call, "sector", code=code)):
        content, etag = _written(value)
        return answers.single(call, content, etag, personal=True)
    call.model.require_ready()
    found = next((sector for sector in _known(call) if sector["code"] == code), None)
    if found is None:
        raise NotFound("There is no sector of this code.")
    content, etag = _written(found)
    return answers.single(call, content, etag, personal=False)


@routes.route(
    "PATCH",
    "/sectors/{code}",
    "Change a sector",
    requires="team",
    body=catalogue.SectorText,
    partial=True,
    returns=shapes.Sector,
    if_match=True,
)
def change_sector(call: Call) -> Response:
    """Only the fields that are given. The code never changes: it is in people's accounts."""
    answer = call.catalogue("change_sector", code=call.path["code"], version=call.version, given=call.given)
    content, etag = _written(answer.value)
    return answers.written(content, 200, answer.replayed, ETag=etag)


def _known(call: Call) -> list[Data]:
    return call.model.city["sectors"] if call.model.city else []


def _written(sector: Data) -> tuple[bytes, str]:
    """Return a sector as everyone reads it, and its ETag."""
    content = answers.to_json({name: sector[name] for name in shapes.Sector().fields})
    return content, conditions.tag(content, sector["version"])
