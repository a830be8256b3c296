"""The whole catalogue at once, in and out."""

from werkzeug.wrappers import Response

from gateway.projection import response_schemas
from gateway.projection.call import Call
from gateway.web import responses
from gateway.web.routing import LARGE, Routes
from services.catalogue import schemas as catalogue

routes = Routes("api.imports", "Import and export")
IMPORT_SECONDS = 30.0


@routes.route(
    "POST",
    "/import",
    "Import a programme",
    requires="team",
    body=catalogue.AnyObject,
    returns=response_schemas.Counts,
    most=LARGE,
)
def import_programme(call: Call) -> Response:
    """All or nothing; what is there already does not change."""
    return responses.private(call.catalogue("import_programme", given=call.given, key=call.key, timeout=IMPORT_SECONDS))


@routes.route("GET", "/export", "Export the catalogue", requires="team", returns=catalogue.AnyObject)
def export(call: Call) -> Response:
    """In the shape that can be imported."""
    return responses.private(call.catalogue("export", timeout=IMPORT_SECONDS))
